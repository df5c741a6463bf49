"""The client against a small server of the test's own: what it prints, what it refuses, what it says then."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("mlflow")
import mlflow
import numpy as np
import pandas as pd
from throughline import ThroughlineError, criteria, log_reference
from throughline._reference import describe

ANSWER = {
    "project": "bearing",
    "name": "Bearing warning",
    "candidate": "bearing/3",
    "verdict": {"outcome": "missed", "why": "1 of 2 musts missed: Recall.", "calls_for": ["iterate"]},
    "criteria": [
        {
            "key": "c1", "name": "Recall", "sentence": "recall_score at least 0.75", "must": True,
            "outcome": "missed", "why": "0.7; asked: at least 0.75.", "reading": {"value": 0.7},
        },
        {
            "key": "c2", "name": "Reasons", "sentence": "Can they say why?", "must": False,
            "outcome": "not_yet", "why": "Not yet measured.", "reading": None,
        },
    ],
}  # fmt: skip


class Pages(BaseHTTPRequestHandler):
    """Answers by path what the test has put there; keeps what it was asked with."""

    answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
    seen: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        status, body, headers = self.answers.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: Any) -> None:
        """Nothing on the screen of the tests."""


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(Pages, "seen", [])
    info = {"workspaces_enabled": False, "throughline_url": base}
    answers = {
        "/mlflow/bearing/api/3.0/mlflow/server-info": (200, json.dumps(info).encode(), {}),
        "/api/v1/projects/bearing/criteria/": (200, json.dumps(ANSWER).encode(), {}),
    }
    monkeypatch.setattr(Pages, "answers", answers)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "tlp_secret")
    monkeypatch.delenv("THROUGHLINE_URL", raising=False)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"{base}/mlflow/bearing")
    try:
        yield base
    finally:
        mlflow.set_tracking_uri(before)
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_the_criteria_are_printed_and_returned(pages: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = criteria()
    assert (found.verdict, found.candidate, len(found)) == ("missed", "bearing/3", 2)
    assert [(one.key, one.outcome, one.value, one.must) for one in found] == [
        ("c1", "missed", 0.7, True),
        ("c2", "not_yet", None, False),
    ]
    printed = capsys.readouterr().out
    assert printed.startswith("Bearing warning: missed, for bearing/3\n1 of 2 musts missed: Recall.\n")
    assert "missed          must    Recall: recall_score at least 0.75" in printed
    assert "not yet         should  Reasons" in printed
    assert {token for _, token in Pages.seen} == {"Bearer tlp_secret"}
    criteria(quiet=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"error": {"message": "This token does not open this project."}}', "does not open"),
        (404, b'{"detail": "Not found."}', "answered 404. Not found."),
        (500, b"<html>", "answered 500"),
        (302, b"", "answered 302"),
        (200, b"not json", "not answer in JSON"),
        (200, b"[]", "as expected"),
        (200, b'{"name": "x"}', "does not know"),
    ],
)
def test_what_the_server_refuses_is_said(pages: str, status: int, body: bytes, words: str) -> None:
    elsewhere = {"Location": f"{pages}/elsewhere"} if status == 302 else {}
    Pages.answers["/api/v1/projects/bearing/criteria/"] = (status, body, elsewhere)
    with pytest.raises(ThroughlineError, match=words):
        criteria()
    assert "/elsewhere" not in [path for path, _ in Pages.seen]


def test_without_a_charter_there_is_nothing_to_judge(pages: str) -> None:
    body = json.dumps({**ANSWER, "verdict": None, "criteria": [], "candidate": ""}).encode()
    Pages.answers["/api/v1/projects/bearing/criteria/"] = (200, body, {})
    assert "no charter is in force" in str(criteria(quiet=True))


def test_what_is_missing_in_the_set_up_is_named(pages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_URL", "http://127.0.0.1:9")
    with pytest.raises(ThroughlineError, match="does not answer"):
        criteria()
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    with pytest.raises(ThroughlineError, match="MLFLOW_TRACKING_TOKEN"):
        criteria()
    mlflow.set_tracking_uri("http://127.0.0.1:9/elsewhere")
    with pytest.raises(ThroughlineError, match="not the address of a project"):
        criteria()


def table(rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "load": draw.normal(size=rows),
            "plant": np.where(draw.random(rows) < 0.5, "Moss", "Bergen"),
            "old": draw.random(rows) < 0.5,
            7: np.where(np.arange(rows) % 4 == 0, np.nan, 1.0),
        }
    )


def test_columns_are_described() -> None:
    found = {row["name"]: (row["kind"], row["missing"]) for row in describe(table(100))}
    assert found == {
        "load": ("number", 0.0),
        "plant": ("category", 0.0),
        "old": ("boolean", 0.0),
        "7": ("number", 0.25),
    }
    assert describe(pd.DataFrame({"at": pd.to_datetime(["2026-01-01"])}))[0]["kind"] == "time"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1, 2], "pandas DataFrame"),
        (pd.DataFrame(), "empty"),
        (pd.DataFrame({"a": []}), "empty"),
        (pd.DataFrame(np.zeros((2, 501))), "501 columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "one name"),
        (pd.DataFrame({"a": [{1}, "x"]}), "cannot be written"),
        (pd.DataFrame({"a": [np.random.default_rng(1).bytes(12 * 1024 * 1024)]}), "at most 10 MB"),
    ],
)
def test_what_is_no_sample_is_refused(given: Any, words: str) -> None:
    with pytest.raises(ThroughlineError, match=words):
        log_reference(given, run_id="x")


def test_a_sample_needs_a_run_or_a_model() -> None:
    with pytest.raises(ThroughlineError, match="neither a run nor a model"):
        log_reference(table(10))
    with pytest.raises(ThroughlineError, match="rows: from 1"):
        log_reference(table(10), run_id="x", rows=0)
