"""The gate before MLflow: who may, what may, and where it is led. An ASGI application.

A request passes when its token opens the project, the allow list knows its route, and nothing in it names
another place. Prefix and credentials are taken off; the workspace is always ours.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

from projects.actions import visits
from projects.actions.tokens import Bearer
from projects.actions.visits import Visitor
from projects.models import ProjectToken
from projects.tracking import allow, allow_page, server, visiting
from projects.tracking.allow import Refused
from projects.tracking.bearers import Bearers
from projects.tracking.default_experiment import DefaultExperiments, is_named, once, renamed
from projects.tracking.intents import Intents
from projects.tracking.server import Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
MAX_JSON = 10 * 1024 * 1024
# Nothing that MLflow reads is nested more than five levels deep.
DEEPEST = 20
AWAY = "Tracking does not answer. Try again."
PASSED_ON = {b"accept", b"accept-encoding", b"content-type", b"content-length", b"range", b"user-agent"}
SERVER_INFO = ("/api/3.0/mlflow/server-info", allow_page.SERVER_INFO)
_SLUG = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Problem(Exception):
    """An answer that the gate gives itself, in MLflow's form, so that its client prints the message."""

    status: int
    code: str
    message: str


class TrackingGate:
    """`/mlflow/<project>/…` on the second host."""

    def __init__(self, inner: server.Application | None = None) -> None:
        self._inner = inner
        self._known: set[str] = set()
        self._bearers = Bearers()
        self._intents = Intents()
        self._defaults = DefaultExperiments()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        headers = dict(scope["headers"])
        if b"authorization" not in headers:
            send = visiting.dressing(send, scope)

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._serve(scope, headers, receive, watch)
        except Refused as refused:
            await answer(send, 403, "PERMISSION_DENIED", str(refused))
        except Problem as problem:
            if b"authorization" not in headers and visiting.is_document(scope):
                await visiting.refuse(send, problem.status, problem.message)
            else:
                await answer(send, problem.status, problem.code, problem.message)
        except Exception:
            # A database that is away, ours or MLflow's: the client tries again, and nobody is shown why.
            logger.exception("The gate failed at %s %s", scope["method"], scope["path"])
            if not begun:
                await answer(send, 503, "TEMPORARILY_UNAVAILABLE", AWAY)

    async def _serve(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        refuse_strange_host(headers)
        slug, path = split(scope)
        bearer: Bearer | Visitor
        if b"authorization" in headers:
            bearer = await self._bearer(headers, slug)
            rule = _rule(scope["method"], path)
        elif scope["method"] == "GET" and path == visiting.ENTER:
            await visiting.enter(scope, headers, slug, send, run)
            return
        else:
            bearer = await _visitor(scope, headers, slug)
            if path == visiting.START:
                await visiting.start(send)
                return
            if (scope["method"], path) == allow_page.GATEWAY:
                await respond(send, 200, {"endpoints": []})
                return
            rule, path = _page_rule(scope["method"], path)
        if rule.need not in bearer.rights:
            raise Problem(403, "PERMISSION_DENIED", "Your role in this project does not allow this.")
        if path in SERVER_INFO:
            # The client need not know of workspaces: its project is in the address; ours asks for the pages.
            facts = {"store_type": "SqlStore", "workspaces_enabled": False}
            await respond(send, 200, {**facts, "throughline_url": settings.PUBLIC_URL})
            return
        query = _query(scope["query_string"])
        allow.check_query(query)
        allow.check_place(path, slug, query)
        body, receive = await _body(rule, scope["method"], path, headers, slug, receive)
        inner = self._inner or server.application()
        slug = bearer.project.slug
        if slug not in self._known:
            await run(server.ensure_workspace, slug)
            self._known.add(slug)
        inward = _inward(scope, path, slug)
        if is_named(query, body):
            number = await self._defaults.number(inner, inward, slug, make=rule.need == allow.WRITE)
            body = renamed(body, number)
            inward, receive = await _about(inward, receive, query, body, number)
        await self._forward(inward, receive, send, bearer=bearer, rule=rule, body=body)

    async def _bearer(self, headers: Mapping[bytes, bytes], slug: str) -> Bearer:
        scope = ProjectToken.Scope.TRACKING
        found: Bearer | None = await run(self._bearers.find, secret_of(headers), slug=slug, scope=scope)
        if found is None:
            raise Problem(401, "UNAUTHENTICATED", "This token does not open this project.")
        return found

    async def _forward(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        bearer: Bearer | Visitor,
        rule: allow.Rule,
        body: Mapping[str, Any],
    ) -> None:
        inner, path = self._inner or server.application(), scope["path"]
        intent: UUID | None = None
        if rule.need == allow.WRITE and not self._intents.covers(bearer.project, path, body):
            intent = await run(
                self._intents.begin,
                bearer.project,
                by=bearer.user,
                method=scope["method"],
                path=path,
                body=body,
            )
        status, begun = 500, False

        async def watch(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                message = {**message, "headers": _safe(path, message.get("headers", []))}
            await send(message)

        try:
            await inner(scope, receive, watch)
        except Exception:
            logger.exception("MLflow failed at %s %s", scope["method"], path)
            if not begun:
                raise Problem(503, "TEMPORARILY_UNAVAILABLE", AWAY) from None
        finally:
            if intent is not None:
                await run(self._intents.settle, intent, status)


def split(scope: Scope) -> tuple[str, str]:
    """The project's short name and the path behind it, decoded once."""
    raw = scope.get("raw_path") or scope["path"].encode()
    try:
        path = unquote(raw.decode("latin-1").partition("?")[0], errors="strict")
    except UnicodeDecodeError:
        raise Problem(400, "BAD_REQUEST", "The address is not UTF-8.") from None
    head, found, rest = path.removeprefix("/mlflow/").partition("/")
    if not found or not path.startswith("/mlflow/") or not _SLUG.fullmatch(head):
        raise Problem(404, "ENDPOINT_NOT_FOUND", "There is nothing at this address.")
    return head, f"/{rest}"


def _query(raw: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(raw.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=500)
    except ValueError:
        raise Problem(400, "BAD_REQUEST", "The query cannot be read: UTF-8, at most 500 fields.") from None


def _rule(method: str, path: str) -> allow.Rule:
    try:
        return allow.rule_for(method, path)
    except Refused as refused:
        raise Problem(404, "ENDPOINT_NOT_FOUND", str(refused)) from refused


def _page_rule(method: str, path: str) -> tuple[allow.Rule, str]:
    try:
        return allow_page.rule_for(method, path)
    except Refused as refused:
        raise Problem(404, "ENDPOINT_NOT_FOUND", str(refused)) from refused


async def _visitor(scope: Scope, headers: Mapping[bytes, bytes], slug: str) -> Visitor:
    """Who looks at MLflow's own page, by the cookie of this host name; no other one means anything here."""
    if visiting.is_strange(scope, headers):
        raise Problem(403, "PERMISSION_DENIED", "Only MLflow’s own page may ask for this.")
    found: Visitor | None = await run(visits.visitor_of, visiting.secret_in(headers), slug=slug)
    if found is None:
        raise Problem(401, "UNAUTHENTICATED", visiting.CLOSED)
    return found


def secret_of(headers: Mapping[bytes, bytes]) -> str:
    """The token of a Bearer header, or the password of a Basic one."""
    kind, _, given = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
    return ""


def refuse_strange_host(headers: Mapping[bytes, bytes]) -> None:
    """A page elsewhere must not reach this server through a name of its own (DNS rebinding), nor by CORS."""
    wanted = urlsplit(settings.GATES_URL)
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if host != wanted.netloc.lower():
        raise Problem(403, "PERMISSION_DENIED", "This host name is not served here.")
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if origin and origin != f"{wanted.scheme}://{wanted.netloc}".lower():
        raise Problem(403, "PERMISSION_DENIED", "Other sites may not call this.")


async def _body(
    rule: allow.Rule, method: str, path: str, headers: Mapping[bytes, bytes], slug: str, receive: Receive
) -> tuple[Mapping[str, Any], Receive]:
    """The body read and checked, with a way to read it again; streams are left alone."""
    if rule.body == "stream":
        return {}, receive
    content = await _read(receive, headers)
    if rule.body == "none" or (method == "DELETE" and not content):
        return {}, once(content, receive)
    try:
        body = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise Problem(400, "BAD_REQUEST", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem(400, "BAD_REQUEST", "The body is a JSON object.")
    if _is_deeper(body):
        raise Problem(400, "BAD_REQUEST", f"The body is nested more than {DEEPEST} levels deep.")
    if b"\\u" in content and allow.has_unwritable(body):
        raise Problem(400, "BAD_REQUEST", "The body has a character that cannot be written.")
    try:
        allow.check_body(body, slug)
        if path == allow_page.GRAPHQL:
            allow_page.check_question(body)
    except Refused as refused:
        raise Problem(400, "INVALID_PARAMETER_VALUE", str(refused)) from refused
    return body, once(content, receive)


def _is_deeper(body: dict[str, Any]) -> bool:
    level: list[Any] = [body]
    for _ in range(DEEPEST + 1):
        parts = (one.values() if isinstance(one, dict) else one for one in level)
        level = [part for many in parts for part in many if isinstance(part, dict | list)]
        if not level:
            return False
    return True


async def _read(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > MAX_JSON:
        raise Problem(413, "BAD_REQUEST", "The body is larger than 10 MB.")
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "BAD_REQUEST", "The connection was closed.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_JSON:
            raise Problem(413, "BAD_REQUEST", "The body is larger than 10 MB.")
        more = message.get("more_body", False)
    return b"".join(parts)


def _inward(scope: Scope, path: str, slug: str) -> Scope:
    """The request as MLflow sees it: no prefix, no credentials, no headers of proxies, our workspace."""
    headers = [(name, value) for name, value in scope["headers"] if name in PASSED_ON]
    headers += [(b"host", b"localhost"), (server.WORKSPACE, slug.encode())]
    return {**scope, "path": path, "raw_path": path.encode(), "root_path": "", "headers": headers}


async def _about(
    scope: Scope, receive: Receive, query: Mapping[str, list[str]], body: Mapping[str, Any], number: str
) -> tuple[Scope, Receive]:
    """The request with another experiment in it, in its query and in its body."""
    if "experiment_id" in query:
        query = {**query, "experiment_id": [number]}
        scope = {**scope, "query_string": urlencode(query, doseq=True).encode()}
    if not body:
        return scope, receive
    await receive()
    content = json.dumps(body).encode()
    headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
    headers.append((b"content-length", str(len(content)).encode()))
    return {**scope, "headers": headers}, once(content, receive)


def _safe(path: str, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Files that users made are handed out as files, never as pages."""
    kept = [(name, value) for name, value in headers if name.lower() not in (b"set-cookie", b"server")]
    if path.startswith(allow.ARTIFACTS) or allow_page.is_file(path):
        kept = [(name, value) for name, value in kept if name.lower() != b"content-disposition"]
        kept += [(b"content-security-policy", b"sandbox"), (b"content-disposition", b"attachment")]
    return [*kept, (b"x-content-type-options", b"nosniff")]


async def answer(send: Send, status: int, code: str, message: str) -> None:
    """An error as MLflow writes them."""
    await respond(send, status, {"error_code": code, "message": message})


async def respond(send: Send, status: int, content: Mapping[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def run(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Django's database calls, in threads that keep their connections."""

    def call() -> Any:
        close_old_connections()
        return function(*args, **kwargs)

    return await sync_to_async(call, thread_sensitive=False)()
