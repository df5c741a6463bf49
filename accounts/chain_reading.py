"""Proving sealed entries quickly, from their columns as text. Knows neither Django nor tables.

``Prover.proves`` may say no to an entry that is whole, never yes to one that is not: who gets a no looks
again, field by field, with what ``accounts.chain`` has for writing entries.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NamedTuple

from accounts.chain import canonical

FIXED = ("chain", "number", "actor", "event", "subject_type", "subject_id", "created_at")
# Entries of one event have the same fields: a log knows some dozens of shapes.
SHAPES = 1_000


class Columns(NamedTuple):
    """One entry as its table holds it: all but the number as text, ids with hyphens or without."""

    pk: str
    number: int
    actor: str | None
    event: str
    subject_type: str
    subject_id: str
    created_at: str
    data: str
    personal: str
    key_mark: str
    field_marks: str
    previous: str
    seal: str


class Shape:
    """What entries with the same fields share: the texts around the values and around the marks."""

    def __init__(self, names: Sequence[str]) -> None:
        quoted = [encode_basestring(name) for name in names]
        places = range(len(names))
        order = sorted(places, key=lambda at: names[at])
        # PostgreSQL keeps keys by length and then by letter, SQLite as they were written.
        by_length = sorted(places, key=lambda at: (len(names[at]), names[at]))
        filled = [text.replace("%", "%%") + ': "%s"' for text in quoted]
        self.names = names
        self.before = [f"{text}," for text in quoted]
        self.in_order, self.in_length = itemgetter(*order), itemgetter(*by_length)
        self.sealed = "{" + ",".join([filled[at].replace(': "%s"', ':"%s"') for at in order]) + "}]"
        self.written = "{" + ", ".join(filled) + "}"
        self.by_length = "{" + ", ".join([filled[at] for at in by_length]) + "}"

    def holds(self, marks: Sequence[str], stored: str) -> bool:
        """Whether these marks, no more and no fewer, are the ones that were stored."""
        return (
            self.written % tuple(marks) == stored
            or self.by_length % self.in_length(marks) == stored
            or json.loads(stored) == dict(zip(self.names, marks, strict=True))
        )


class Prover:
    """Proves entries of one chain that were sealed with one key."""

    def __init__(self, key: bytes, chain: str) -> None:
        # HMAC with its two padded keys hashed once and copied: a new object each time costs twice as much.
        block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy
        self._chain = json_text(chain)
        self._shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], Shape] = {}

    def proves(self, row: Columns) -> Mapping[str, Any] | None:
        """The personal field's digests of an entry that is whole; None where that could not be shown."""
        try:
            data = json.loads(row.data)
            personal = json.loads(row.personal) if row.personal != "{}" else {}
            if type(data) is not dict or type(personal) is not dict:
                return None
            shape = self._shape(tuple(data), tuple(personal))
            if shape is None:
                return None
            marks = self._marks(row, shape, [*data.values(), *personal.values()])
            sealed = f'["seal",{json_text(row.previous)},' + shape.sealed % shape.in_order(marks)
            whole = self._keyed(sealed) == row.seal and shape.holds(marks, row.field_marks)
        except (ValueError, TypeError, RecursionError):
            return None
        return personal if whole else None

    def _shape(self, data: tuple[str, ...], personal: tuple[str, ...]) -> Shape | None:
        shape = self._shapes.get((data, personal))
        if shape is None:
            names = [*FIXED, *(f"data.{name}" for name in data), *(f"personal.{name}" for name in personal)]
            # Beyond ASCII two names may be one in NFC.
            if not all(name.isascii() for name in names):
                return None
            if len(self._shapes) >= SHAPES:
                self._shapes.clear()
            shape = self._shapes[data, personal] = Shape(names)
        return shape

    def _marks(self, row: Columns, shape: Shape, values: Sequence[Any]) -> list[str]:
        texts = [
            self._chain,
            str(row.number),
            "null" if row.actor is None else f'"{hyphened(row.actor)}"',
            json_text(row.event),
            json_text(row.subject_type),
            json_text(row.subject_id),
            time_text(row.created_at),
        ]
        texts += [
            encode_basestring(value) if type(value) is str and value.isascii() else json_text(value)
            for value in values
        ]
        head, copy_inner, copy_outer = f'["mark","{hyphened(row.pk)}",', self._inner, self._outer
        marks = []
        for name, text in zip(shape.before, texts, strict=True):
            # As in _keyed, without the call: these lines are most of the cost of proving a log.
            inner, outer = copy_inner(), copy_outer()
            inner.update(f"{head}{name}{text}]".encode())
            outer.update(inner.digest())
            marks.append(outer.hexdigest()[:32])
        return marks

    def _keyed(self, text: str) -> str:
        inner, outer = self._inner(), self._outer()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()


def hyphened(pk: str) -> str:
    """An id as it is hashed; SQLite keeps them without hyphens."""
    return f"{pk[:8]}-{pk[8:12]}-{pk[12:16]}-{pk[16:20]}-{pk[20:]}" if len(pk) == 32 else pk


def time_text(value: str) -> str:
    """A moment as it is hashed, from the text of a database; without a zone it is in UTC."""
    at = dt.datetime.fromisoformat(value)
    if at.tzinfo is not None:
        at = at.astimezone(dt.UTC).replace(tzinfo=None)
    return f'"{at.isoformat(timespec="microseconds")}+00:00"'


def json_text(value: Any) -> str:
    """What ``canonical`` gives, as text, with a short way for what entries mostly hold."""
    kind = type(value)
    if kind is str and value.isascii():
        return encode_basestring(value)
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    return canonical(value).decode()


def quick_digest(salt: str, value: str) -> str:
    """What ``accounts.chain.digest`` gives."""
    return hashlib.sha256(f"[{json_text(salt)},{json_text(value)}]".encode()).hexdigest()
