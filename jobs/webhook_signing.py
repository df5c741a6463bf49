"""Signatures of webhooks after the Standard Webhooks scheme (standardwebhooks.com): HMAC-SHA256. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret of 256 bits as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, at: int, body: bytes) -> str:
    """``v1,`` and the Base64 of HMAC-SHA256 over ``<id>.<seconds since 1970>.<body>``.

    Raises ValueError for a secret that is not ``whsec_`` and Base64.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("not a secret of a webhook")
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{message_id}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
