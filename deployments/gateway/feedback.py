"""Truth that comes later: by request id, for answers of this deployment, kept beside a copy of the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from deployments.gateway import request_ids
from deployments.gateway.bodies import Unfit, is_writable
from deployments.models import Feedback, Release, Sample

MOST = 1_000
LONGEST = 300
OLDEST = dt.timedelta(days=400)
AHEAD = dt.timedelta(minutes=5)
FORM = '{"request_id": "…", "truth": value}, or {"feedback": [such objects]}'
_NAMES = ("request_id", "truth", "prediction")


@dataclass(slots=True)
class Told:
    """One truth, read and checked; `given` is the answer as the caller remembers it."""

    item: str
    at: dt.datetime
    release: int
    truth: Any
    given: Any


def read(body: Any, deployment: UUID) -> list[Told]:
    """What a body tells. Raises `Unfit` for the first thing that is wrong; nothing is half done."""
    if not isinstance(body, dict):
        raise Unfit(f"The body is {FORM}.", {"body": [FORM]})
    rows = body.get("feedback") if "feedback" in body else [body]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST or ("feedback" in body and len(body) > 1):
        raise Unfit(f"feedback is a list of 1 to {MOST} objects.", {"feedback": [FORM]})
    found: dict[str, Told] = {}
    for number, row in enumerate(rows, 1):
        for one in _told(row, deployment, f"Entry {number}"):
            found[one.item] = one
        if len(found) > MOST:
            raise _too_many()
    return list(found.values())


def _too_many() -> Unfit:
    return Unfit(f"At most {MOST} truths at once.", {"feedback": [f"1 to {MOST} truths."]})


def _told(row: Any, deployment: UUID, where: str) -> Iterator[Told]:
    if not isinstance(row, dict) or "truth" not in row or any(name not in _NAMES for name in row):
        raise Unfit(f"{where} is not an object with request_id and truth.", {"feedback": [FORM]})
    asked = _asked(row.get("request_id"), deployment, where)
    truths, given = row["truth"], row.get("prediction")
    if not isinstance(truths, list):
        _check(truths, "truth", where)
        _check(given, "prediction", where, may_miss=True)
        item = asked.request if asked.row is None else f"{asked.request}.{asked.row}"
        yield Told(item, asked.at, asked.release, truths, given)
        return
    if len(truths) > MOST:
        # Before each is looked at: this runs where all other requests wait.
        raise _too_many()
    answers = given if given is not None else [None] * len(truths)
    if not truths or not isinstance(answers, list) or len(answers) != len(truths):
        raise Unfit(f"{where}: as many predictions as truths.", {"prediction": ["A list as long as truth."]})
    for at, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
        _check(truth, "truth", where)
        _check(answer, "prediction", where, may_miss=True)
        item = request_ids.of_row(asked.request, at, len(truths))
        yield Told(item, asked.at, asked.release, truth, answer)


def _asked(given: Any, deployment: UUID, where: str) -> request_ids.Asked:
    key = settings.SECRET_KEY.encode()
    asked = request_ids.read(key, str(deployment), given) if isinstance(given, str) else None
    if asked is None:
        allowed = (
            "The X-Request-Id of an answer of this deployment; .0, .1, … behind it for one row of several."
        )
        raise Unfit(f"{where}: this request id is not known here.", {"request_id": [allowed]})
    now = timezone.now()
    if not now - OLDEST <= asked.at <= now + AHEAD:
        raise Unfit(
            f"{where}: this request is too old.", {"request_id": [f"At most {OLDEST.days} days old."]}
        )
    return asked


def _check(value: Any, name: str, where: str, *, may_miss: bool = False) -> None:
    """A single value that every database takes."""
    fits = isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST)
    if isinstance(value, str):
        fits = fits and is_writable(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        fits = abs(value) < 2**63
    if not fits and not (may_miss and value is None):
        allowed = f"A number, true or false, or a text of at most {LONGEST} characters."
        raise Unfit(f"{where}: this cannot be a {name}.", {name: [allowed]})


@transaction.atomic
def store(deployment: UUID, told: list[Told]) -> Mapping[str, int]:
    """Keep each truth once; one that is told again replaces the first. Says how many met a known answer."""
    items = {one.item for one in told}
    drawn = Sample.objects.filter(deployment=deployment, request_id__in=items)
    answers = {
        item: (output, release)
        for item, output, release in drawn.values_list("request_id", "output", "release_id")
    }
    numbers = {one.release for one in told}
    releases = dict(
        Release.objects.filter(deployment=deployment, number__in=numbers).values_list("number", "pk")
    )
    now = timezone.now()
    rows = [
        Feedback(
            deployment_id=deployment,
            release_id=release,
            request_id=one.item,
            asked_at=one.at,
            at=now,
            output=output,
            truth=one.truth,
        )
        for one in told
        for output, release in [answers.get(one.item, (one.given, releases.get(one.release)))]
    ]
    known = sum(row.output is not None for row in rows)
    first = [row for row in rows if row.output is not None], [row for row in rows if row.output is None]
    for some, fields in zip(first, (["truth", "output", "at"], ["truth", "at"]), strict=True):
        Feedback.objects.bulk_create(
            some, update_conflicts=True, unique_fields=["deployment", "request_id"], update_fields=fields
        )
    return {"stored": len(rows), "with_answer": known}
