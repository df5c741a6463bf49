"""Readings of signed criteria: frozen copies, only ever added."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.localize import zone_of
from accounts.models import User
from charters.actions.events import lock
from charters.actions.telling import tell_verdicts
from charters.criteria import Criterion, Kind
from charters.keeping import Standing, scaled_revision, standing_of
from charters.models import Charter, Reading, Revision
from charters.queries import revision_in_force
from ui.errors import Conflict, Invalid

LENGTHS = {
    "candidate": 300, "unit": 40, "metric_key": 250, "data_name": 300, "data_digest": 40, "slice": 300,
    "run": 64, "chosen": 600, "answer": 5000, "proof": 2000, "by_name": 300,
}  # fmt: skip
LABELS = {
    "candidate": "Model version", "unit": "Unit", "metric_key": "Metric key", "data_name": "Data",
    "data_digest": "MLflow digest", "slice": "Slice", "run": "Run", "answer": "Answer", "proof": "Evidence",
    "chosen": "Chosen", "by_name": "Reported by",
}  # fmt: skip
HIGHEST = 1e15
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@transaction.atomic
def record_reading(
    revision: Revision,
    key: str,
    *,
    by: User | None,
    taken_on: dt.date,
    value: float | None = None,
    source: str = Reading.Source.FORM,
    data_sha256: str = "",
    candidate_judged: str | None = None,
    tell: bool = True,
    **texts: str,
) -> Reading:
    """Keep one figure or answer for a criterion of the revision in force.

    `texts` are candidate, unit, metric_key, data_name, data_digest, slice, run, chosen, answer, proof,
    by_name. What was measured on other data or in another unit is kept too: its verdict then says why it
    does not count.
    Without `tell` the caller tells of the verdicts that have changed. A live figure is also kept for a text
    that was decided with scale: what runs is held to it.
    Raises Invalid for what no reading can be, Conflict when the revision is not in force.
    """
    locked = lock(revision.charter)
    current = _held_to(revision, locked, source)
    before = standing_of(current, candidate=candidate_judged)
    criterion = _criterion(before, key)
    values = _checked(criterion, value, taken_on, data_sha256, texts, _today(current))
    if source not in Reading.Source.values:
        raise Invalid(
            "Where the reading comes from is not known.", fields={"source": ["One of the sources."]}
        )
    values["by_name"] = values["by_name"] or (by.get_full_name() if by else "")
    facts = {name: given for name, given in values.items() if name not in ("answer", "proof", "by_name")}
    entry = audit.record(
        organization=locked.organization,
        actor=by,
        event="charter.reading",
        subject=current,
        data={"charter": locked.pk, "number": current.number, "criterion": key, "source": source, **facts},
        personal={name: values[name] for name in ("answer", "proof", "by_name") if values[name]} or None,
    )
    reading = Reading.objects.create(
        revision=current, criterion=key, source=source, by=by, audit=entry, **values
    )
    if tell:
        after = standing_of(current, candidate=candidate_judged)
        tell_verdicts(before, after, by=by, by_name=reading.by_name)
    return reading


def _held_to(revision: Revision, locked: Charter, source: str) -> Revision:
    """The text that readings are for now, which must be this one."""
    current = revision_in_force(locked)
    if current is None and source == Reading.Source.LIVE:
        current = scaled_revision(locked)
    if current is None or current.pk != revision.pk:
        raise Conflict(f"Revision {revision.number} is not in force; readings are for the text in force.")
    return current


def _criterion(standing: Standing, key: str) -> Criterion:
    found = next((item.criterion for item in standing.judged if item.criterion.key == key), None)
    if found is None:
        known = ", ".join(item.criterion.key for item in standing.judged)
        raise Invalid("There is no such criterion.", fields={"criterion": [f"One of {known}."]})
    return found


def _today(revision: Revision) -> dt.date:
    return timezone.now().astimezone(zone_of(revision.charter.organization)).date()


def _checked(
    criterion: Criterion,
    value: float | None,
    taken_on: dt.date,
    data_sha256: str,
    texts: dict[str, str],
    today: dt.date,
) -> dict[str, Any]:
    """The values of a reading by column. Raises Invalid with every field that cannot be."""
    problems: dict[str, list[str]] = {}
    values: dict[str, Any] = dict.fromkeys(LENGTHS, "")
    for name, given in texts.items():
        if name not in LENGTHS:
            raise TypeError(f"{name} is no part of a reading")
        values[name] = given.strip()
        if len(values[name]) > LENGTHS[name]:
            problems[name] = [f"{LABELS[name]}: at most {LENGTHS[name]} characters."]
        elif _UNWRITABLE.search(values[name].replace("\r\n", "\n")):
            problems[name] = [f"{LABELS[name]}: a character that cannot be written."]
    values["data_sha256"] = data_sha256.strip().lower()
    if values["data_sha256"] and not _SHA256.fullmatch(values["data_sha256"]):
        problems["data_sha256"] = ["64 hexadecimal digits."]
    if not dt.date(2000, 1, 1) <= taken_on <= today:
        problems["taken_on"] = ["A day from 2000 until today."]
    problems |= _figure_problems(criterion, value, values)
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    return values | {"value": value, "taken_on": taken_on}


def _figure_problems(
    criterion: Criterion, value: float | None, values: dict[str, Any]
) -> dict[str, list[str]]:
    if criterion.is_question:
        missing = {
            "answer": "A question is answered in words.",
            "proof": f"What proves it? The charter asks for: {criterion.evidence or 'a proof'}.",
        }
        found = {name: [words] for name, words in missing.items() if not values[name]}
        return found | ({"value": ["A question has no figure."]} if value is not None else {})
    if value is None or not math.isfinite(value) or abs(value) >= HIGHEST:
        return {"value": ["A number below 1e15, such as 0.75."]}
    if criterion.unit == "fraction" and values["unit"] == "fraction" and not 0 <= value <= 1:
        return {"value": ["A fraction runs from 0 to 1; 75 % is 0.75."]}
    if criterion.kind is Kind.BUSINESS_FIGURE and not values["proof"]:
        return {"proof": ["Say where the figure stands, so that somebody else can look it up."]}
    return {}
