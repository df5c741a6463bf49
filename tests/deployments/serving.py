"""A deployment with replicas that answer on sockets, and the gateway before it, in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.utils import timezone

from deployments.gateway import answering, gate
from deployments.gateway.gate import ServingGateway
from deployments.models import Deployment, Environment, Release, Replica
from projects.actions.tokens import create_project_token
from tests.kept import kept
from tests.projects import cast as made

SIGNATURE = {
    "inputs": [
        {"name": "age", "type": "long", "required": True},
        {"name": "income", "type": "double", "required": False},
        {"name": "region", "type": "string", "required": True},
    ],
    "outputs": [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}],
}
ROW = {"age": 30, "income": 1.5, "region": "north"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@kept
def deployment(
    cast: Any, name: str = "flood-risk", project: Any = None, place: str = "floor", **more: Any
) -> Deployment:
    """Served, in an environment with a time-out for busy machines; `more` are fields of either."""
    project = project or made.project(cast.organization, cast.frank)
    own = {key: more.pop(key) for key in ("at_once", "timeout_ms", "driver") if key in more}
    environment, _ = Environment.objects.get_or_create(
        organization=cast.organization,
        slug=place,
        defaults={"name": place.title(), "timeout_ms": 60_000, "at_once": 4, **own},
    )
    return Deployment.objects.create(
        organization=cast.organization,
        project=project,
        environment=environment,
        name=name,
        title=name.title(),
        **more,
    )


def release(
    of: Deployment,
    sockets: list[Path],
    *,
    number: int = 1,
    state: str = "live",
    weight: int = 100,
    **more: Any,
) -> Release:
    """A release of the deployment with a ready replica on each socket."""
    row = Release.objects.create(
        deployment=of,
        number=number,
        model="flood",
        version=number,
        state=state,
        weight=weight,
        live_at=timezone.now(),
        signature=more.pop("signature", SIGNATURE),
        **more,
    )
    for at, socket in enumerate(sockets):
        Replica.objects.create(release=row, number=at, state="ready", address=f"unix:{socket}")
    return row


def token(of: Deployment, by: Any, only: str = "", scope: str = "serving") -> str:
    assert of.project is not None
    return create_project_token(of.project, by=by, scope=scope, name="t", only=only)[1]


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Fake:
    """A replica: predicts the sum of each row's numbers, and remembers what it was asked."""

    socket: Path
    asked: list[Any] = field(default_factory=list)
    answer: Handler | None = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        if self.answer is not None:
            return await self.answer(request)
        rows = self.asked[-1]["dataframe_split"]["data"]
        sums = [sum(value for value in row if isinstance(value, int | float)) for row in rows]
        name = "explanations" if request.path == "/explain" else "predictions"
        return web.json_response({name: sums})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Fake]:
        application = web.Application()
        application.router.add_post("/{path}", self._handle)
        runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.UnixSite(runner, str(self.socket)).start()
        try:
            yield self
        finally:
            await runner.cleanup()


async def cut(request: web.Request) -> web.StreamResponse:
    """End the connection without an answer, as a process does that is killed."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


@dataclass
class Caller:
    """Somebody with a token before the gateway."""

    gateway: ServingGateway
    secret: str

    async def ask(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {
            "host": urlsplit(settings.GATES_URL).netloc,
            "content-type": "application/json",
            "authorization": f"Bearer {self.secret if secret is None else secret}",
            **(headers or {}),
        }
        messages = [{"type": "http.request", "body": content, "more_body": False}]
        return await call(self.gateway, method, path, given, messages)

    async def predict(self, body: Any, name: str = "flood-risk", **more: Any) -> Answer:
        return await self.ask(f"/serve/{await self.slug()}/{name}/invocations", body, **more)

    async def slug(self) -> str:
        return await sync_to_async(
            lambda: str(Deployment.objects.select_related("project").all()[0].project.slug)
        )()


async def call(
    gateway: ServingGateway, method: str, path: str, headers: Mapping[str, str], messages: list[Any]
) -> Answer:
    """One request, as uvicorn hands it over; without messages the client sends nothing and waits."""
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": pairs}
    scope["query_string"] = b""
    sent: list[Any] = []

    async def receive() -> Any:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, body)


def play(monkeypatch: Any, secret: str, scene: Callable[[Caller], Awaitable[Any]]) -> Any:
    """Run a scene before a gateway of its own; the database is asked in the thread of the test."""

    async def run(function: Any, *args: Any, **kwargs: Any) -> Any:
        return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)

    monkeypatch.setattr(gate, "run", run)
    monkeypatch.setattr(answering, "run", run)

    async def whole() -> Any:
        gateway = ServingGateway()
        try:
            return await scene(Caller(gateway, secret))
        finally:
            await gateway.stop()

    return async_to_sync(whole)()
