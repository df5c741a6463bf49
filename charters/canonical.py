"""One byte sequence for one charter text, and its SHA-256.

The same text gives the same bytes whatever the order of its keys, the normal form of its letters or the time
zone in which an instant was written. Rules: UTF-8 in NFC; keys sorted by code point; no white space between
tokens; numbers as integers, or as decimal texts without exponent and without trailing zeros; days as
``YYYY-MM-DD``; instants (aware datetimes, and texts under keys that end with ``_at``) in UTC, ``…Z``.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal


class NotCanonical(ValueError):
    """A value that has no one canonical form; the message names its place."""


def canonical(document: Mapping[str, object]) -> bytes:
    """The canonical bytes of a document. Raises `NotCanonical` for floats, naive times, colliding keys."""
    plain = _normal(document, "", instant=False)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(document: Mapping[str, object]) -> str:
    """The SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(document)).hexdigest()


def digest_of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent and trailing zeros: 0.90 and 0.9 are one number and one text."""
    if not value.is_finite():
        raise NotCanonical("a number that is not finite")
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _normal(value: object, where: str, *, instant: bool) -> object:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _instant(value, where) if instant and value else _text(value, where)
        case Decimal():
            return decimal_text(value)
        case datetime():
            return _utc(value, where)
        case date():
            return value.isoformat()
        case Mapping():
            return _mapping(value, where)
        case list() | tuple():
            return [_normal(item, f"{where}[{at}]", instant=False) for at, item in enumerate(value)]
        case _:
            raise NotCanonical(f"{where or 'document'}: {type(value).__name__} has no canonical form")


def _mapping(value: Mapping[object, object], where: str) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(f"{where or 'document'}: the key {key!r} is not a text")
        name = _text(key, where)
        if name in plain:
            raise NotCanonical(f"{where or 'document'}: the key {name} stands twice")
        plain[name] = _normal(item, f"{where}.{name}".lstrip("."), instant=name.endswith("_at"))
    return plain


def _text(value: str, where: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise NotCanonical(f"{where}: a lone surrogate character")
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def _instant(value: str, where: str) -> str:
    try:
        return _utc(datetime.fromisoformat(value), where)
    except ValueError as error:
        raise NotCanonical(f"{where}: {value!r} is not an instant with its time zone") from error


def _utc(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        raise NotCanonical(f"{where}: a time without time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
