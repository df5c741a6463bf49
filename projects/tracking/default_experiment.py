"""Experiment 0: what MLflow's client names when a script sets no experiment.

A workspace of MLflow has no experiment of that number, so that such a script would fail. Here it means the
project's experiment “Default”, which is made with the first write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from projects.tracking.server import Application, Message, Receive, Scope

NAME: Final = "Default"
NUMBER: Final = "0"
API: Final = "/api/2.0/mlflow/experiments/"


def is_named(query: Mapping[str, list[str]], body: Mapping[str, Any]) -> bool:
    """Whether a request is about experiment 0."""
    listed = body.get("experiment_ids")
    return (
        str(body.get("experiment_id")) == NUMBER
        or (isinstance(listed, list) and NUMBER in map(str, listed))
        or NUMBER in query.get("experiment_id", [])
    )


def renamed(body: Mapping[str, Any], number: str) -> dict[str, Any]:
    """The body with the number of the project's own experiment in place of 0."""
    found = dict(body)
    if str(found.get("experiment_id")) == NUMBER:
        found["experiment_id"] = number
    if isinstance(found.get("experiment_ids"), list):
        found["experiment_ids"] = [number if str(one) == NUMBER else one for one in found["experiment_ids"]]
    return found


class DefaultExperiments:
    """The numbers of these experiments by project, as far as one process has seen them."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def number(self, inner: Application, scope: Scope, slug: str, *, make: bool) -> str:
        """The number for a project; "0", which is nothing, where it was never made and is not to be.

        `scope` is a request as MLflow sees it, with the workspace.
        """
        if slug not in self._known:
            found = await _find(inner, scope)
            if not found and make:
                await _ask(inner, scope, "POST", "create", body={"name": NAME})
                found = await _find(inner, scope)
            if not found:
                return NUMBER
            self._known[slug] = found
        return self._known[slug]


async def _find(inner: Application, scope: Scope) -> str:
    answer = await _ask(inner, scope, "GET", "get-by-name", query={"experiment_name": NAME})
    return str(answer.get("experiment", {}).get("experiment_id", ""))


async def _ask(
    inner: Application,
    scope: Scope,
    method: str,
    name: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What MLflow answers to a question of our own; nothing where it refuses."""
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))

    content = json.dumps(body).encode() if body is not None else b""
    headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"content-type")]
    headers += [(b"content-length", str(len(content)).encode()), (b"content-type", b"application/json")]
    asked = {
        **scope,
        "method": method,
        "path": f"{API}{name}",
        "raw_path": f"{API}{name}".encode(),
        "query_string": urlencode(query or {}).encode(),
        "headers": headers,
    }
    await inner(asked, once(content), send)
    try:
        answer = json.loads(b"".join(parts))
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def once(content: bytes, rest: Receive | None = None) -> Receive:
    """A body to read; after it what the connection says, such as that the client is gone."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return await rest() if rest is not None else {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
