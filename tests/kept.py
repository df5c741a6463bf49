"""What many tests begin with is made once, and its rows are put back where the same is wanted again.

A signed charter takes hundreds of statements of the product, its rows a few. A function marked `kept` runs
as usual the first time. When it is called again with the same arguments on a database that came about in the
same way, the rows that it left are written again, and a copy of what it returned is returned.

That is done only where nothing else can have a say: the test runs in a transaction that is rolled back, has
written nothing but through such functions, and has patched nothing. Changed settings count as arguments.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, wraps
from types import SimpleNamespace
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import pytest
from django.apps import apps
from django.conf import LazySettings, UserSettingsHolder, settings
from django.core import mail
from django.db import connection, models
from django.utils import timezone

# Texts such as "one minute ago" and what expires must not notice.
SECONDS = 45
NEUTRAL = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN")
CLOCKS = (time.time, timezone.now)

P = ParamSpec("P")
R = TypeVar("R")
# By table and primary key.
Rows = dict[str, dict[Any, Any]]


class _Table(NamedTuple):
    key: str
    columns: list[str]


@dataclass
class _Kept:
    """What a call left: rows, what waits for the commit, and mails."""

    at: float
    given: list[models.Model]
    # What it returned, and the attributes of what it was given, as they are afterwards.
    value: tuple[Any, list[dict[str, Any]]]
    written: Rows
    deleted: dict[str, list[Any]]
    at_commit: list[Any]
    mails: list[Any]
    # All that the database then held.
    rows: Rows


@dataclass
class _State:
    """How the database of this test came about: by which calls, or None for in other ways too."""

    chain: tuple[Any, ...] | None = None
    rows: Rows | None = None
    patches: list[pytest.MonkeyPatch] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Django calls it around each statement."""
        if self.chain is not None and not sql.startswith(NEUTRAL):
            self.chain = None
        return execute(sql, params, many, context)


_now = _State()
_memory: dict[Any, _Kept] = {}


@contextmanager
def from_the_start(patches: list[pytest.MonkeyPatch]) -> Iterator[None]:
    """Around each test, with what it may patch by."""
    _now.chain, _now.rows, _now.patches = (), None, patches
    connection.execute_wrappers.append(_now)
    try:
        yield
    finally:
        connection.execute_wrappers.remove(_now)


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """Marks a function whose effect on the database hangs on its arguments alone."""

    @wraps(make)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        key = _key(make, args, kwargs)
        if key is None:
            return make(*args, **kwargs)
        given = list(_models((args, kwargs)))
        found = _memory.get(key)
        if found and time.monotonic() - found.at < SECONDS:
            value = _put_back(found, given)
        else:
            value = _make(key, given, lambda: make(*args, **kwargs))
        _now.chain = key
        return cast(R, value)

    return call


def _key(make: Any, args: Any, kwargs: Any) -> tuple[Any, ...] | None:
    """Equal for what leaves the same; None where that can't be known."""
    blocks = connection.atomic_blocks
    alone = blocks and blocks[0]._from_testcase and not connection.needs_rollback
    if _now.chain is None or not alone or (time.time, timezone.now) != CLOCKS:
        return None
    if any(patch._setattr or patch._setitem for patch in _now.patches):
        return None
    try:
        told = _told((args, kwargs))
    except LookupError:
        return None
    return (_now.chain, make, told, _overridden())


def _told(value: Any) -> Any:
    """An argument as a part of a key."""
    match value:
        case models.Model():
            return (value._meta.label, value.pk)
        case Mapping():
            return tuple(sorted((str(name), _told(one)) for name, one in value.items()))
        case list() | tuple() | set() | frozenset():
            return tuple(_told(one) for one in value)
        case _ if is_dataclass(value):
            return (type(value).__name__, *(_told(getattr(value, one.name)) for one in fields(value)))
        case SimpleNamespace():
            return _told(vars(value))
        case _ if callable(value):
            raise LookupError
    return repr(value)


def _models(value: Any) -> Iterator[models.Model]:
    """The records among the arguments, always in the same order."""
    match value:
        case models.Model():
            yield value
        case Mapping():
            for one in value.values():
                yield from _models(one)
        case list() | tuple():
            for one in value:
                yield from _models(one)
        case _ if is_dataclass(value):
            for one in fields(value):
                yield from _models(getattr(value, one.name))
        case SimpleNamespace():
            yield from _models(vars(value))


def _overridden() -> tuple[Any, ...]:
    """The settings that this test changed."""
    found: dict[str, str] = {}
    holder = cast(LazySettings, settings)._wrapped
    while isinstance(holder, UserSettingsHolder):
        own = {name: repr(value) for name, value in vars(holder).items() if name.isupper()}
        found = own | found
        holder = holder.default_settings
    return tuple(sorted(found.items()))


def _make(key: Any, given: list[models.Model], make: Callable[[], Any]) -> Any:
    before = _now.rows if _now.rows is not None else _read()
    waiting, sent, begun = len(connection.run_on_commit), len(_outbox()), time.monotonic()
    value = make()
    after = _now.rows = _read()
    for old in [name for name, one in _memory.items() if begun - one.at > SECONDS]:
        del _memory[old]
    _memory[key] = _Kept(
        begun,
        given,
        copy.deepcopy((value, [vars(one) for one in given]), {id(one): one for one in given}),
        {
            table: changed
            for table, rows in after.items()
            if (changed := {pk: row for pk, row in rows.items() if before.get(table, {}).get(pk) != row})
        },
        {
            table: gone
            for table, rows in before.items()
            if (gone := [pk for pk in rows if pk not in after.get(table, {})])
        },
        connection.run_on_commit[waiting:],
        _outbox()[sent:],
        after,
    )
    return value


def _put_back(found: _Kept, given: list[models.Model]) -> Any:
    with connection.cursor() as cursor:
        for name, gone in found.deleted.items():
            column = _tables()[name].key
            cursor.executemany(f'DELETE FROM "{name}" WHERE "{column}" = %s', [(pk,) for pk in gone])  # noqa: S608
        for name, rows in found.written.items():
            _write(cursor, name, rows)
    _now.rows = found.rows
    ids = set(connection.savepoint_ids)
    connection.run_on_commit += [(ids, *rest) for _, *rest in found.at_commit]
    _outbox().extend(found.mails)
    same = list(zip(found.given, given, strict=True))
    value, attributes = copy.deepcopy(found.value, {id(then): now for then, now in same})
    for (_, now), of_then in zip(same, attributes, strict=True):
        vars(now).clear()
        vars(now).update(of_then)
    return value


def _outbox() -> list[Any]:
    return getattr(mail, "outbox", [])


@cache
def _tables() -> dict[str, _Table]:
    found = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        columns = [str(one.column) for one in meta.local_concrete_fields]
        found[meta.db_table] = _Table(str(meta.pk.column), columns)
    return found


def _read() -> Rows:
    """All rows, as the database itself writes them."""
    with connection.cursor() as cursor:
        asked = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in _tables()]  # noqa: S608
        cursor.execute(" UNION ALL ".join(asked))
        found: Rows = {name: {} for (name,) in cursor.fetchall()}
        for name in found:
            table = _tables()[name]
            if connection.vendor == "postgresql":
                row = f'"{name}"::text'
            else:
                # An expression, so that the driver makes no dates and numbers of what it reads.
                row = ", ".join(f'+"{column}"' for column in table.columns)
            cursor.execute(f'SELECT "{table.key}", {row} FROM "{name}"')  # noqa: S608
            found[name] = {pk: values for pk, *values in cursor.fetchall()}
    return found


def _write(cursor: Any, name: str, rows: dict[Any, Any]) -> None:
    table = _tables()[name]
    columns = ", ".join(f'"{column}"' for column in table.columns)
    changed = ", ".join(f'"{column}" = excluded."{column}"' for column in table.columns)
    again = f'ON CONFLICT ("{table.key}") DO UPDATE SET {changed}'
    if connection.vendor == "postgresql":
        lines = f'SELECT {columns} FROM unnest(%s::text[]::"{name}"[])'  # noqa: S608
        cursor.execute(
            f'INSERT INTO "{name}" ({columns}) {lines} {again}', [[row for (row,) in rows.values()]]
        )
    else:
        holes = ", ".join("%s" for _ in table.columns)
        cursor.executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({holes}) {again}', list(rows.values()))  # noqa: S608
