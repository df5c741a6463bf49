"""Sends bad input, notes what is answered with a 5xx, and reads what may be broken afterwards.

What is sent is the same in every run. ``BAD_INPUTS`` sets how many bodies an operation of the API gets; from
24 on, every page and every operation gets its storm.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import connection, models, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from tests import bad_values as bad
from tests.assessment.cast import GATE_ITEM
from tests.urls_table import ROWS

COUNT = int(os.environ.get("BAD_INPUTS", "4"))
# How much of the rest there is to send: 2 of a kind in the usual run, up to 6 in a long one.
FEW = min(24, max(2, COUNT // 12))
LONG = 24


def some(names: Sequence[str]) -> Sequence[str]:
    """A third of them in the usual run, others of them on PostgreSQL; all in a long one."""
    if COUNT >= LONG:
        return names
    return names[1::6] if connection.vendor == "postgresql" else names[::3]


WRITES = re.compile(r'(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "(\w+)"')
# What a request writes beside its matter.
BESIDE = ("django_session", "usersessions_usersession", "accounts_idempotencykey")


@dataclass
class Watch:
    """Sends requests, and notes each that is answered with a 5xx and where in the product that came from."""

    client: Client
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    raised: str = ""
    # Whether what was sent wrote anything of its matter, so that something may be broken.
    wrote: bool = False
    _sending: bool = False
    # The names of query and form that were looked at; "*" where all of them were.
    looked_at: set[str] = field(default_factory=set)

    def see(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        written = WRITES.match(sql)
        self.wrote |= self._sending and bool(written and written[1] not in BESIDE)
        return execute(sql, params, many, context)

    def note(self, **_: Any) -> None:
        kind, error, trace = sys.exc_info()
        frames = [frame for frame in extract_tb(trace) if ".venv" not in frame.filename]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames[:-5:-1])
        self.raised = f"{kind.__name__ if kind else ''}: {str(error)[:150]} at {where}"

    def send(self, verb: str, address: str, about: object = "", **more: Any) -> Any:
        cache.clear()
        self.sent += 1
        mark = transaction.savepoint()
        self._sending = True
        if isinstance(more.get("data"), bytes):
            response = self.client.generic(verb, address, **more)
        else:
            response = getattr(self.client, verb.lower())(address, **more)
        self._sending = False
        if response.status_code >= 500:
            said = str(about or more.get("data", ""))[:200]
            self.failed.append(f"{verb} {address[:120]} {said} -> {response.status_code} {self.raised}")
            connection.needs_rollback = False
            transaction.savepoint_rollback(mark)
        else:
            transaction.savepoint_commit(mark)
        return response

    def done(self) -> None:
        print(f"{self.sent} requests sent")  # shown with pytest -rP
        by_place = {line.rsplit(" -> ", 1)[1]: line for line in reversed(self.failed)}
        assert not self.failed, f"{len(self.failed)} of {self.sent}:\n" + "\n".join(by_place.values())


@pytest.fixture(name="watch")
def watching(cast: Any) -> Iterator[Watch]:
    found = Watch(cast.client("owner"))
    found.client.raise_request_exception = False
    got_request_exception.connect(found.note)
    with connection.execute_wrapper(found.see), pytest.MonkeyPatch.context() as patch:
        for name in ("get", "getlist", "__getitem__", "__contains__"):
            patch.setattr(QueryDict, name, _noting(getattr(QueryDict, name), found))
        for name in ("items", "lists", "dict", "urlencode", "copy", "keys", "__iter__"):
            patch.setattr(QueryDict, name, _noting(getattr(QueryDict, name), found, "*"))
        yield found
    got_request_exception.disconnect(found.note)


def _noting(method: Any, watch: Watch, name: str = "") -> Any:
    def noting(self: QueryDict, *given: Any, **more: Any) -> Any:
        watch.looked_at.add(name or str(given[0]))
        return method(self, *given, **more)

    return noting


def junk_addresses(watch: Watch, verb: str, address: str, arguments: list[Any]) -> None:
    for argument in arguments:
        for part in random.Random(address.partition(str(argument))[2]).sample(
            bad.PATH_PARTS, min(FEW * 2, len(bad.PATH_PARTS))
        ):
            watch.send(verb, address.replace(f"/{argument}/", f"/{part}/"))


def junk_queries(watch: Watch, address: str, names: list[str]) -> None:
    for name in names:
        watch.looked_at.clear()
        for value in bad.QUERIES:
            watch.send("GET", f"{address}?{name}={value}")
            if watch.looked_at.isdisjoint((name, "*")):
                break  # nobody asks for it, so the next value would do the same


HEADERS = (
    "Accept",
    "Accept-Language",
    "Content-Type",
    "If-None-Match",
    "If-Match",
    "Range",
    "X-Request-ID",
    "Origin",
)


def junk_mixtures(watch: Watch, address: str, names: list[str], count: int) -> None:
    """``count`` requests that only read, each with several wrong words in its query and a wrong header."""
    chance = random.Random(address.partition("?")[0])
    for _ in range(count):
        query = "&".join(f"{chance.choice(names)}={chance.choice(bad.QUERIES)}" for _ in range(3))
        junk = (
            chance.choice(bad.TEXTS)[:2000]
            .encode("ascii", "ignore")
            .decode()
            .replace("\r", "")
            .replace("\n", "")
        )
        watch.send("GET", f"{address}?{query}", headers={chance.choice(HEADERS): junk})


def look_around(watch: Watch, browser: Client, name: str, arguments: list[Any]) -> None:
    """Reads what the storm may have broken: rows, lists, and the pages of the same object."""
    if not watch.wrote:
        return
    assert unstorable() == []
    space = AREAS.get(name.rpartition("-")[0], ("reports",)) if "-" in name else (name.partition(":")[0],)
    api, watch.client = watch.client, browser
    around = [
        other
        for other, row in ROWS.items()
        if row.method == "get" and other.startswith(tuple(f"{s}:" for s in space))
    ]
    # Each page is read after some storm in the usual run, and after every storm of its app in a long one.
    many = len(around) if COUNT >= LONG else min(FEW * 2, len(around))
    for other in random.Random(name).sample(around, many):
        row = ROWS[other]
        if row.make is None:
            assert watch.send("GET", reverse(other)).status_code in (200, 302, 404, 409), other
        elif arguments:
            watch.send("GET", _address(other, arguments))
    watch.client = api
    if "-" in name:
        stem = name.partition("-")[0]
        watch.send("GET", reverse("desk"))
        for other in ROWS:
            if other.startswith(f"{stem}-") and other.endswith("-list"):
                watch.send("GET", reverse(other))


AREAS: dict[str, tuple[str, ...]] = {
    "answer": ("assessment",),
    "assessment": ("assessment",),
    "assessment-start": ("assessment",),
    "audit": ("accounts",),
    "charter": ("charters",),
    "data-asset": ("evidence",),
    "deployment": ("deployments",),
    "environment": ("deployments",),
    "initiative": ("roadmap",),
    "invitation": ("accounts",),
    "member": ("accounts",),
    "organization": ("accounts",),
    "plan": ("roadmap",),
    "plan-what": ("roadmap",),
    "planrequest": ("roadmap",),
    "project": ("projects",),
    "respondent": ("assessment",),
    "result": ("assessment", "reports"),
    "release": ("deployments",),
    "report": ("reports",),
    "roster": ("evidence",),
    "use_case": ("use_cases",),
    "waiver": ("deployments",),
}


def _address(name: str, arguments: list[Any]) -> str:
    """The address of another page of the same object, its further arguments from nowhere."""
    for more in ([], ["criteria"], ["x"], [1], [GATE_ITEM]):
        try:
            return reverse(name, args=[*arguments, *more])
        except Exception:  # noqa: S112 - of another shape
            continue
    return "/"


def unstorable() -> list[str]:
    """What SQLite took and PostgreSQL would not: texts too long or with NUL, numbers out of range."""
    found = []
    for model in apps.get_models():
        texts = [f for f in model._meta.concrete_fields if isinstance(f, models.CharField | models.TextField)]
        whole = [f for f in model._meta.concrete_fields if isinstance(f, models.IntegerField)]
        for row in (
            model._base_manager.values(*[f.attname for f in (*texts, *whole)])[:500] if texts or whole else ()
        ):
            for f in texts:
                value = row[f.attname] or ""
                if isinstance(value, str) and ("\x00" in value or len(value) > (f.max_length or len(value))):
                    found.append(f"{model.__name__}.{f.name} {value[:40]!r}")
            for f in whole:
                if (
                    row[f.attname] is not None
                    and not -(2**31) <= row[f.attname] < 2**31
                    and "Big" not in f.get_internal_type()
                ):
                    found.append(f"{model.__name__}.{f.name} {row[f.attname]}")
    return sorted(set(found))
