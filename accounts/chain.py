"""The arithmetic of the audit chain: what is sealed, in which form, and how. Knows neither Django nor tables.

Each field of an entry gets a mark, HMAC-SHA256 over (entry id, field, value). The seal of the entry is
HMAC-SHA256 over the seal before it and all marks. Without the key no mark and no seal can be made; with
the marks, a changed entry names the field that changed.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

ANCHOR = re.compile(r"throughline-chain:([0-9a-z-]{1,64}):(\d{1,12}):([0-9a-f]{64})")


def plain(value: Any) -> Any:
    """``value`` as JSON keeps it: texts in NFC, times in UTC, whole floats as integers.

    Raises ``TypeError`` for what has no place in an entry and ``ValueError`` for NaN and infinity.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, Mapping):
        return {unicodedata.normalize("NFC", str(key)): plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [plain(child) for child in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(child) for child in value), key=canonical)
    return _plain_text(value)


def _plain_float(value: float) -> float | int:
    if not math.isfinite(value):
        raise ValueError("An entry cannot hold NaN or infinity.")
    # Databases may hand back 3 for 3.0, so both are sealed as 3.
    return int(value) if value.is_integer() else value


def _plain_text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"An entry cannot hold a {type(value).__name__}.")


def canonical(value: Any) -> bytes:
    """One byte form for equal values, whatever the order of keys, the Unicode form or the time zone."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_mark(key: bytes) -> str:
    """A short name of a key that does not give it away; entries say by it which key sealed them."""
    return hashlib.sha256(b"throughline audit key\0" + key).hexdigest()[:16]


def field_mark(key: bytes, entry: str, field: str, value: Any) -> str:
    """The mark of one field, 128 bits in hex; bound to its entry and its name."""
    return hmac.new(key, canonical(["mark", entry, field, value]), hashlib.sha256).hexdigest()[:32]


def field_marks(key: bytes, entry: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """The marks of all fields of an entry."""
    return {name: field_mark(key, entry, name, value) for name, value in fields.items()}


def seal(key: bytes, previous: str, marks: Mapping[str, str]) -> str:
    """The seal of an entry, 256 bits in hex, over the seal before it and its marks."""
    return hmac.new(key, canonical(["seal", previous, dict(marks)]), hashlib.sha256).hexdigest()


def digest(salt: str, value: str) -> str:
    """What an entry keeps of a personal field. The salt is random, so a digest without it tells nothing."""
    return hashlib.sha256(canonical([salt, value])).hexdigest()


def anchor_text(chain: str, number: int, head: str) -> str:
    """The end of a chain as one line, to be kept where nobody who can change the database can change it."""
    return f"throughline-chain:{chain}:{number}:{head}"


def find_anchors(text: str) -> list[tuple[str, int, str]]:
    """All anchors in a text as (chain, number, seal), in the order of the text, each once."""
    found = [(chain, int(number), head) for chain, number, head in ANCHOR.findall(text)]
    return list(dict.fromkeys(found))
