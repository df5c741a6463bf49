"""Request ids: by them alone truth finds its answer later, be that answer sampled or not. Pure.

An id holds when it was asked and the release that was, with a short seal, so that an id from elsewhere or of
another deployment is told from one of ours. A row of several has its place behind a dot.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

LONGEST = 40
_SHAPE = re.compile(r"([0-9a-f]{11})-([0-9]{1,6})-([0-9a-f]{6})-([0-9a-f]{8})(?:\.([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request id tells."""

    request: str
    at: dt.datetime
    release: int
    row: int | None


def make(key: bytes, deployment: str, at: dt.datetime, release: int) -> str:
    """An id for a request at this moment; release 0 where there is none."""
    begin = f"{int(at.timestamp() * 1000):011x}-{release}-{secrets.token_hex(3)}"
    return f"{begin}-{_seal(key, deployment, begin)}"


def of_row(request: str, row: int, rows: int) -> str:
    """The id of one row: that of the request, with its place where there are several."""
    return request if rows == 1 else f"{request}.{row}"


def read(key: bytes, deployment: str, given: str) -> Asked | None:
    """What an id tells; None for one that was not made here for this deployment."""
    found = _SHAPE.fullmatch(given)
    if found is None:
        return None
    stamp, release, more, seal, row = found.groups()
    if not hmac.compare_digest(seal, _seal(key, deployment, f"{stamp}-{release}-{more}")):
        return None
    at = dt.datetime.fromtimestamp(int(stamp, 16) / 1000, dt.UTC)
    return Asked(given.partition(".")[0], at, int(release), int(row) if row else None)


def _seal(key: bytes, deployment: str, begin: str) -> str:
    return hmac.new(key, f"{deployment}/{begin}".encode(), hashlib.sha256).hexdigest()[:8]
