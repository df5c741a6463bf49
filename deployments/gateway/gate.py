"""`/serve/<project>/<name>/…` on the second host: predictions, explanations, truth, and a description.

An ASGI application. Every request gets a clear answer within the time that its environment sets; what one
model does touches no other.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.utils import timezone

from accounts.models.keys import hash_secret
from deployments.gateway import describing, feedback
from deployments.gateway.answering import Answering, Reply
from deployments.gateway.bodies import JSON_TYPES, Unfit, load
from deployments.gateway.recording import write
from deployments.gateway.replicas import Replicas
from deployments.gateway.routes import Route, Routes
from deployments.gateway.telemetry import Telemetry
from projects.models import ProjectToken
from projects.tracking.bearers import Bearers
from projects.tracking.gate import Problem as TrackingProblem
from projects.tracking.gate import refuse_strange_host, run, secret_of
from projects.tracking.server import Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
MAX_BODY = 5 * 1024 * 1024
BODY_SECONDS = 10.0
FLUSH_SECONDS = 2.0
KEPT = 500
METHODS = {"invocations": "POST", "explain": "POST", "feedback": "POST", "openapi.json": "GET"}
Key = tuple[str, str, str]
AWAY = "This does not work just now. Try again."
_PATH = re.compile(r"/serve/([a-z0-9-]{1,40})/([A-Za-z0-9_-]{1,40})/([a-z.]{1,20})")


class Refused(Exception):
    """An answer without a model."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reply = Reply.error(status, code, message, headers=headers)


class ServingGateway:
    """One for each process; `stop` writes what is still counted."""

    def __init__(self) -> None:
        # Writing down the last use of a token would wait while the database is locked: that comes later.
        self._bearers = Bearers(note=False)
        self._routes = Routes()
        self._telemetry = Telemetry()
        self._replicas = Replicas()
        self._answering = Answering(self._routes, self._replicas, self._telemetry)
        # Tokens that opened a deployment before: whether they still do is asked while the model works.
        self._opened: set[Key] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_often())
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            reply = await self._serve(scope, receive)
        except Refused as refused:
            reply = refused.reply
        except TrackingProblem as problem:
            reply = Reply.error(problem.status, problem.code.lower(), problem.message)
        except Unfit as unfit:
            reply = Reply.unfit(unfit)
        except Exception:
            # A database that is away: the client tries again, and nobody is shown why.
            logger.exception("The gateway failed at %s %s", scope["method"], scope["path"])
            reply = Reply.error(503, "unavailable", AWAY, headers={"Retry-After": "5"})
        if not begun:
            await reply.send(watch)

    async def stop(self) -> None:
        """Write what is counted, and close all connections."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
            self._flushing = None
        await self.flush()
        await self._replicas.close()

    async def flush(self) -> None:
        """One transaction with all since the last; what cannot be written waits."""
        async with self._writing:
            batch = self._telemetry.take()
            if not batch:
                return
            try:
                await run(write, batch)
            except Exception:
                logger.exception("The figures of serving could not be written; they wait")
                self._telemetry.put_back(batch)

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            # What is being written when this ends is written to its end; `stop` waits for it.
            await asyncio.shield(self.flush())
            await self._replicas.prune(self._routes.addresses())

    async def _serve(self, scope: Scope, receive: Receive) -> Reply:
        headers = dict(scope["headers"])
        refuse_strange_host(headers)
        slug, name, what = _split(scope)
        key = (hash_secret(secret_of(headers)), slug, name)
        likely = self._likely(key) if what == "invocations" and scope["method"] == "POST" else None
        if likely is not None:
            return await self._predict_meanwhile(likely, key, receive, headers)
        route = await self._admitted(key, secret_of(headers))
        if scope["method"] != METHODS[what]:
            allow = {"Allow": METHODS[what]}
            raise Refused(405, "method_not_allowed", f"This address takes {METHODS[what]}.", allow)
        if what == "openapi.json":
            return Reply(200, json.dumps(description(route)).encode())
        content = await _body(receive, headers)
        kind = headers.get(b"content-type", b"").decode("latin-1")
        if what == "feedback":
            return await self._feedback(route, content, kind)
        if what == "explain":
            return await self._answering.explain(route, content, kind)
        return await self._answering.predict(route, content, kind)

    def _likely(self, key: Key) -> Route | None:
        """The route of somebody who was let in before, while what is known of routes is fresh."""
        return self._routes.known(*key[1:]) if key in self._opened and self._routes.is_fresh() else None

    async def _admitted(self, key: Key, secret: str) -> Route:
        try:
            route: Route = await run(self._admit, secret, *key[1:])
        except Refused:
            self._opened.discard(key)
            raise
        if len(self._opened) >= KEPT:
            self._opened.clear()
        self._opened.add(key)
        return route

    async def _predict_meanwhile(
        self, route: Route, key: Key, receive: Receive, headers: Mapping[bytes, bytes]
    ) -> Reply:
        """Ask the model and the database at once; no answer leaves before the right to it is certain."""
        admitting = asyncio.create_task(self._admitted(key, secret_of(headers)))
        try:
            content = await _body(receive, headers)
            kind = headers.get(b"content-type", b"").decode("latin-1")
            return await self._answering.predict(route, content, kind)
        finally:
            await admitting

    def _admit(self, secret: str, slug: str, name: str) -> Route:
        """Who asks, and where it goes; read now, in one turn of a thread."""
        bearer = self._bearers.find(secret, slug=slug, scope=ProjectToken.Scope.SERVING, deployment=name)
        if bearer is None:
            raise Refused(401, "unauthenticated", "This token does not open this deployment.")
        route = self._routes.find(slug, name)
        if route is None:
            raise Refused(404, "not_found", "This project has no deployment of this name.")
        self._telemetry.used(bearer.token.pk, timezone.now())
        return route

    async def _feedback(self, route: Route, content: bytes, kind: str) -> Reply:
        if kind.partition(";")[0].strip().lower() not in JSON_TYPES:
            raise Unfit("Truth is told as JSON.", {"Content-Type": ["application/json"]})
        told = feedback.read(load(content), route.deployment)
        # What was drawn of an answer of this second must be there to be met.
        await self.flush()
        stored = await run(feedback.store, route.deployment, told)
        return Reply(200, json.dumps(stored).encode())


def description(route: Route) -> dict[str, Any]:
    """The OpenAPI document of a deployment."""
    return describing.document(
        title=route.title,
        address=f"{settings.GATES_URL}/serve/{route.slug}/{route.name}",
        signature=route.signature,
        label=route.label,
        timeout=route.timeout,
    )


def _split(scope: Scope) -> tuple[str, str, str]:
    raw = scope.get("raw_path") or scope["path"].encode()
    found = _PATH.fullmatch(unquote(raw.decode("latin-1").partition("?")[0], errors="replace"))
    if found is None or found[3] not in METHODS:
        raise Refused(404, "not_found", "There is nothing at this address.")
    return found[1], found[2], found[3]


async def _body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """All of the body, of a bounded size and within a bounded time."""
    length = headers.get(b"content-length", b"0")
    too_large = Refused(413, "too_large", f"The body is larger than {MAX_BODY // 1024 // 1024} MB.")
    if length.isdigit() and int(length) > MAX_BODY:
        raise too_large
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "closed", "The connection was closed.")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MAX_BODY:
                    raise too_large
                more = message.get("more_body", False)
    except TimeoutError:
        close = {"Connection": "close"}
        words = f"The body did not arrive within {BODY_SECONDS:g} s."
        raise Refused(408, "slow", words, close) from None
    return b"".join(parts)
