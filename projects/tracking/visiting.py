"""MLflow's own page at the gate: how a ticket becomes a cookie, and what its answers carry.

The cookie is the only credential that a browser brings here. It reaches one project, is sent along by pages
of this host name alone, and opens nothing by itself: the rights of its person are read at each request.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from projects.actions import visits
from projects.tracking.allow_page import STATIC
from projects.tracking.server import Message, Scope, Send

ENTER: Final = "/enter"
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# What MLflow's page needs: its own scripts, styles that it writes while it runs, files of runs as pictures.
_PAGE: Final = "; ".join(
    (
        _NOTHING,
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src blob:",
        "manifest-src 'self'",
    )
)
# The two pages of our own here, which say that MLflow's opens, or why not.
_STYLE: Final = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "body{max-width:38rem;margin:0;padding:4rem 1.5rem}"
    "h1{font:500 1.75rem/1.25 Georgia,serif}a{color:inherit}"
)
_PLAIN: Final = f"{_NOTHING}; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# MLflow opens on what it calls GenAI, with an assistant at its side, and tells its makers what is clicked:
# all three are closed here. The choices are the browser's from then on.
START: Final = "/enter.js"
_START: Final = b"""\
const kept = {
  "mlflow.workflowType_v1": '"machine_learning"',
  "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
  "mlflow.settings.telemetry.enabled_v1": "false",
  "mlflow.telemetry.info.alert.dismissed_v1": "true",
};
for (const [name, value] of Object.entries(kept))
  if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
location.replace("./#/experiments");
"""
CLOSED: Final = "This page is not open any more."
# "/mlflow/<project>/" itself.
PARTS_OF_DOCUMENT: Final = 3
Headers = list[tuple[bytes, bytes]]
Run = Callable[..., Awaitable[Any]]


def cookie_name() -> str:
    return "__Secure-mlflow" if _is_secure() else "throughline_mlflow"


def secret_in(headers: Mapping[bytes, bytes]) -> str:
    """The secret of the visit's cookie; "" where there is none, or two, of which one is somebody else's."""
    given = headers.get(b"cookie", b"").decode("latin-1")
    pairs = [part.strip().partition("=") for part in given.split(";")]
    found = [value for name, _, value in pairs if name == cookie_name()]
    return found[0] if len(found) == 1 else ""


def is_document(scope: Scope) -> bool:
    """Whether this is the page itself, `/mlflow/<project>/`."""
    path: str = scope["path"]
    return path.endswith("/") and path.count("/") == PARTS_OF_DOCUMENT


def is_strange(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request with the cookie comes from anywhere but the page itself.

    The document may be opened from elsewhere, but not framed. `Origin` was compared with this host before.
    """
    if is_document(scope):
        return _is_framed(headers)
    site = headers.get(b"sec-fetch-site", b"same-origin")
    if scope["method"] == "GET":
        # A person may ask for a file by its address.
        return site not in (b"same-origin", b"none")
    return site != b"same-origin" or b"origin" not in headers


def _is_framed(headers: Mapping[bytes, bytes]) -> bool:
    return headers.get(b"sec-fetch-dest", b"document") != b"document"


def dressing(send: Send, scope: Scope) -> Send:
    """Sends answers with the headers that a browser needs, whatever came of the request."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _dressed(scope, message["status"], message.get("headers", []))}
        await send(message)

    return dressed


def _dressed(scope: Scope, status: int, headers: Headers) -> Headers:
    # Files of the page itself have names that change with what is in them; they may be kept.
    lasting = STATIC in scope["path"] and status == HTTPStatus.OK
    ours = {name for name, _ in _HEADERS} | {b"cache-control"}
    kept = [(name, value) for name, value in headers if name.lower() not in ours]
    kept += [*_HEADERS, (b"cache-control", b"private, max-age=86400" if lasting else b"no-store")]
    if b"content-security-policy" not in {name.lower() for name, _ in kept}:
        # A worker of the page goes by the policy that its own file came with.
        policy = _PAGE if lasting or is_document(scope) else _NOTHING
        kept.append((b"content-security-policy", policy.encode()))
    return kept


async def enter(scope: Scope, headers: Mapping[bytes, bytes], slug: str, send: Send, run: Run) -> None:
    """Exchange a ticket. It is used up, so that the address in the browser's history opens nothing."""
    ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0][:200]
    secret = None if _is_framed(headers) else await run(visits.enter, ticket, slug=slug)
    if secret is None:
        await refuse(send, HTTPStatus.FORBIDDEN, "This ticket was used, or is too old.")
    else:
        await _welcome(send, secret, slug)


async def refuse(send: Send, status: int, words: str) -> None:
    """Tell a person, with the way back."""
    back = f'<a href="{escape(settings.PUBLIC_URL)}/projects/">To the projects</a>'
    await _tell(send, status, words, f"MLflow’s own page is opened from the page Experiments. {back}")


async def _welcome(send: Send, secret: str, slug: str) -> None:
    """Set the cookie and go on to the address without ticket.

    Not by a redirect: the cookie is strict, and would not be sent after one that began on the main host.
    """
    secure = "; Secure" if _is_secure() else ""
    age = int(visits.LASTS.total_seconds())
    place = f"/mlflow/{slug}/"
    cookie = f"{cookie_name()}={secret}; Path={place}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"
    more = [
        (b"set-cookie", cookie.encode()),
        (b"refresh", f"2; url={place}#/experiments".encode()),
        (b"content-security-policy", f"{_PLAIN}; script-src 'self'".encode()),
    ]
    way = f'<a href="{place}">Go on</a><script src="{place}{START[1:]}"></script>'
    await _tell(send, HTTPStatus.OK, "MLflow’s own page opens.", way, more)


async def start(send: Send) -> None:
    """The script of the welcome: to the parts of the page that are open here."""
    headers = [(b"content-type", b"text/javascript"), (b"content-length", str(len(_START)).encode())]
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": headers})
    await send({"type": "http.response.body", "body": _START})


async def _tell(send: Send, status: int, words: str, more: str, headers: Headers | None = None) -> None:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>MLflow’s own page</title><style>{_STYLE}</style>'
        f"<h1>{escape(words)}</h1><p>{more}</p>"
    ).encode()
    given = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    given += headers or [(b"content-security-policy", _PLAIN.encode())]
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body})


def _is_secure() -> bool:
    return bool(urlsplit(settings.GATES_URL).scheme == "https")
