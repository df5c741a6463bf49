"""Rate limits in fixed windows, counted in the cache."""

from __future__ import annotations

import hashlib
import time

from allauth.core.internal.httpkit import get_client_ip
from django.core.cache import cache
from django.http import HttpRequest

from ui.errors import TooMany


def client_address(request: HttpRequest) -> str:
    """The caller's address; forwarded headers count only as far as proxies are trusted by setting."""
    return get_client_ip(request) or "unknown"


def limit(what: str, who: str, *, times: int, seconds: int) -> None:
    """Count one try; raises TooMany once there are more than ``times`` in the current window."""
    window = int(time.time()) // seconds
    mark = hashlib.sha256(f"{what}\0{who}".encode()).hexdigest()[:32]
    key = f"limit:{mark}:{window}"
    cache.add(key, 0, timeout=seconds)
    try:
        tries = cache.incr(key)
    except ValueError:
        tries = 1
    if tries > times:
        raise TooMany(f"Too many tries. Wait {max(1, seconds // 60)} minutes and try again.")
