"""The gate with another server behind it: what fails there is told in words, and only once."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from projects.actions.tokens import Bearer
from projects.tracking import gate as gates
from projects.tracking.gate import TrackingGate
from projects.tracking.server import Message, Receive, Scope, Send

API = "/api/2.0/mlflow/"
RIGHTS = frozenset({"view", "contribute"})


class Settled:
    """Keeps what the gate says about its writes."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def covers(self, *parts: Any) -> bool:
        return False

    def begin(self, *parts: Any, **more: Any) -> int:
        return 1

    def settle(self, pk: int, status: int) -> None:
        self.statuses.append(status)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[Any], TrackingGate]:
    """A gate before the given server, which lets everybody in; its threads ask no database."""
    settings.GATES_URL = "http://127.0.0.1:8001"
    monkeypatch.setattr(gates, "close_old_connections", lambda: None)
    monkeypatch.setattr(gates.server, "ensure_workspace", lambda slug: None)

    def make(inner: Any) -> TrackingGate:
        made = TrackingGate(inner)
        project: Any = SimpleNamespace(slug="one")
        found = Bearer(project, None, None, RIGHTS)  # type: ignore[arg-type]
        monkeypatch.setattr(made, "_bearers", SimpleNamespace(find=lambda secret, **more: found))
        monkeypatch.setattr(made, "_intents", Settled())
        return made

    return make


def ask(gate: TrackingGate, path: str, body: Any, method: str = "POST") -> tuple[list[int], Any]:
    """The statuses that were sent, which should be one, and the body."""
    content, sent = json.dumps(body).encode() if body is not None else b"", []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": f"/mlflow/one{path}", "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8001"), (b"authorization", b"Bearer t")],
    }  # fmt: skip
    async_to_sync(gate)(scope, receive, send)
    starts = [message["status"] for message in sent if message["type"] == "http.response.start"]
    told = b"".join(message.get("body", b"") for message in sent)
    return starts, json.loads(told) if told.startswith(b"{") else told


BATCH = {"run_id": "r", "metrics": []}


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise OperationalError("a secret of the database")


async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise OperationalError("gone")


def test_a_server_that_fails_is_told_in_words(gate: Callable[[Any], TrackingGate]) -> None:
    made = gate(fails)
    statuses, told = ask(made, f"{API}runs/log-batch", BATCH)
    assert statuses == [503]
    assert told == {"error_code": "TEMPORARILY_UNAVAILABLE", "message": gates.AWAY}
    assert made._intents.statuses == [500]  # type: ignore[attr-defined]


def test_an_answer_that_breaks_off_is_not_begun_again(gate: Callable[[Any], TrackingGate]) -> None:
    assert ask(gate(breaks_off), f"{API}runs/log-batch", BATCH) == ([200], b"half")


def test_a_database_of_ours_that_is_away_is_told_too(
    gate: Callable[[Any], TrackingGate], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = gate(fails)

    def away(*parts: Any, **more: Any) -> Any:
        raise OperationalError("a secret of the database")

    monkeypatch.setattr(made, "_bearers", SimpleNamespace(find=away))
    statuses, told = ask(made, f"{API}runs/log-batch", BATCH)
    assert (statuses, told["message"]) == ([503], gates.AWAY)


class Experiments:
    """As much of MLflow as experiment 0 needs."""

    def __init__(self, number: str = "") -> None:
        self.number = number
        self.seen: list[tuple[str, str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = json.loads((await receive())["body"] or b"{}")
        name = scope["path"].removeprefix(API)
        self.seen.append((name, scope["query_string"].decode(), body))
        lengths = [int(value) for key, value in scope["headers"] if key == b"content-length"]
        answer: Any = {}
        if name == "experiments/create":
            self.number = "7"
        elif name == "experiments/get-by-name" and self.number:
            answer = {"experiment": {"experiment_id": self.number}}
        status = 404 if name == "experiments/get-by-name" and not self.number else 200
        assert all(length == len(json.dumps(body).encode()) or not body for length in lengths)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def test_experiment_0_is_made_with_the_first_write_and_asked_for_once(
    gate: Callable[[Any], TrackingGate],
) -> None:
    inner = Experiments()
    made = gate(inner)
    for _ in range(2):
        assert ask(made, f"{API}runs/create", {"experiment_id": "0", "start_time": 1})[0] == [200]
    created = [body for name, _, body in inner.seen if name == "runs/create"]
    assert created == [{"experiment_id": "7", "start_time": 1}] * 2
    assert sum(name == "experiments/create" for name, _, _ in inner.seen) == 1
    ask(made, f"{API}runs/search", {"experiment_ids": ["0", "12"]})
    assert inner.seen[-1] == ("runs/search", "", {"experiment_ids": ["7", "12"]})
    ask(made, f"{API}experiments/get?experiment_id=0", None, "GET")
    assert inner.seen[-1][:2] == ("experiments/get", "experiment_id=7")


def test_reading_experiment_0_makes_nothing(gate: Callable[[Any], TrackingGate]) -> None:
    inner = Experiments()
    ask(gate(inner), f"{API}runs/search", {"experiment_ids": ["0"]})
    assert [name for name, _, _ in inner.seen] == ["experiments/get-by-name", "runs/search"]
    assert inner.seen[-1][2] == {"experiment_ids": ["0"]}
