"""Six digits by mail that prove that somebody reads an address; bound to one session and one purpose."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import mail
from accounts.limits import client_address, limit
from accounts.models import Organization

SESSION_KEY = "accounts.codes"
VALID_SECONDS = 600
MAX_TRIES = 5


def send(
    request: HttpRequest, *, purpose: str, address: str, what: str, organization: Organization | None
) -> None:
    """Mail a fresh code to ``address``; an earlier code for this purpose stops working.

    ``what`` completes "Use this code to ..." in the mail. Raises TooMany when asked for too often.
    """
    address = address.strip().lower()
    limit("code.send", address, times=5, seconds=900)
    limit("code.send.from", client_address(request), times=30, seconds=900)
    code = f"{secrets.randbelow(1_000_000):06d}"
    mark = secrets.token_hex(8)
    _store(request, purpose, {"mark": mark, "hash": _hash(mark, code), "address": address, "at": time.time()})
    mail.send(
        organization=organization,
        to=address,
        template="emails/code",
        context={"code": code, "what": what, "minutes": VALID_SECONDS // 60},
    )


def check(request: HttpRequest, *, purpose: str, code: str) -> str | None:
    """The address that the right code proves, or None. A code works once and survives five wrong tries."""
    waiting = _waiting(request, purpose)
    if waiting is None:
        return None
    limit("code.check", waiting["mark"], times=MAX_TRIES, seconds=VALID_SECONDS)
    given = "".join(code.split()).replace("-", "")
    if not constant_time_compare(waiting["hash"], _hash(waiting["mark"], given)):
        return None
    _store(request, purpose, None)
    return str(waiting["address"])


def sent_to(request: HttpRequest, purpose: str) -> str:
    """The address that a code for this purpose was mailed to and still works; empty for none."""
    waiting = _waiting(request, purpose)
    return str(waiting["address"]) if waiting else ""


def _waiting(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    waiting = request.session.get(SESSION_KEY, {}).get(purpose)
    if not isinstance(waiting, dict) or not 0 <= time.time() - waiting["at"] < VALID_SECONDS:
        return None
    return waiting


def _store(request: HttpRequest, purpose: str, value: dict[str, Any] | None) -> None:
    others = {name: kept for name, kept in request.session.get(SESSION_KEY, {}).items() if name != purpose}
    request.session[SESSION_KEY] = {**others, purpose: value} if value else others


def _hash(mark: str, code: str) -> str:
    return salted_hmac("accounts.codes", f"{mark}:{code}", algorithm="sha256").hexdigest()
