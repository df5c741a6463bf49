"""The text of a charter as data: assembled from its fields, read into types, taken apart again.

The document is what a revision freezes: plain mappings of texts and truth values, so that it has one
canonical form (`charters.canonical`). Reading never fails on what is missing; completeness names that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from charters.criteria import Baseline, Comparator, Criterion, EvaluationData, Kind
from charters.fields import FAMILIES, FIELDS, Value

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat at the table: a person, or an empty seat with its reason. `step` 0: that of its party."""

    key: str
    name: str = ""
    email: str = ""
    function: str = ""
    table: str = ""
    step: int = 0
    reason: str = ""
    filled_by: str = ""
    filled_until: date | None = None
    accepted_by: str = ""

    @property
    def party(self) -> str:
        return self.key.partition(".")[0]

    @property
    def is_filled(self) -> bool:
        return bool(self.name)

    @property
    def is_explained(self) -> bool:
        return bool(self.reason and self.filled_until and self.accepted_by)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team; `share` in hundredths of a full-time position."""

    key: str
    role: str = ""
    name: str = ""
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Deliverable:
    key: str
    text: str = ""
    kind: str = ""
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class DataNeed:
    """A data asset that the charter uses; `asset` is its id in the register, empty where it has none."""

    key: str
    asset: str = ""
    name: str = ""
    purpose: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What was agreed for one outcome before the start."""

    key: str
    condition: str = ""
    action: str = ""
    owner: str = ""
    on: date | None = None
    reserved: str = ""


@dataclass(frozen=True, slots=True)
class UseCase:
    """What the charter knows of its use case. `beyond_rules` is that question's level, None if unknown."""

    key: str = ""
    title: str = ""
    problem_type: str = ""
    data_origin: str = ""
    touches: frozenset[str] = frozenset()
    beyond_rules: int | None = None


@dataclass(frozen=True, slots=True)
class CharterText:
    """A charter read into types. `plain` holds the single fields as texts and truth values."""

    plain: Mapping[str, str | bool] = field(default_factory=dict)
    use_case: UseCase = field(default_factory=UseCase)
    clauses: Mapping[str, str] = field(default_factory=dict)
    seats: tuple[Seat, ...] = ()
    team: tuple[Member, ...] = ()
    deliverables: tuple[Deliverable, ...] = ()
    data: tuple[DataNeed, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    pathway: Mapping[str, NextStep] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.plain.get(name, "")
        return value if isinstance(value, str) else ""

    def yes(self, name: str) -> bool:
        return self.plain.get(name) is True

    def day(self, name: str) -> date | None:
        return to_date(self.text(name))

    def seat(self, party: str) -> Seat | None:
        """The first filled seat of a party, else its first seat."""
        own = [seat for seat in self.seats if seat.party == party]
        return next((seat for seat in own if seat.is_filled), own[0] if own else None)

    @property
    def weeks(self) -> int | None:
        """Length of the time box in weeks, a begun week counting whole; None without both days."""
        start, end = self.day("time_start"), self.day("time_end")
        if start is None or end is None or end < start:
            return None
        return -(-((end - start).days + 1) // 7)


def assemble(
    fields: Mapping[str, Value], *, head: Mapping[str, Any], use_case: Mapping[str, Any]
) -> dict[str, Any]:
    """The document of a charter: `head` (code, organization, revision), its use case and its fields.

    Empty values are left out, so that a field that was never touched and one that was emptied read alike.
    """
    document: dict[str, Any] = {"schema": SCHEMA, **head, "use_case": dict(use_case)}
    plain = {spec.name: fields[spec.name] for spec in FIELDS if _is_given(fields.get(spec.name))}
    document["fields"] = plain
    for family in FAMILIES:
        members = {
            name.partition(".")[2]: value
            for name, value in fields.items()
            if name.startswith(f"{family}.") and _is_given(value)
        }
        document[family] = {key: members[key] for key in sorted(members, key=natural)}
    return document


def flatten(document: Mapping[str, Any]) -> dict[str, str | bool]:
    """All values of a document by dotted name, such as `criterion.c1.target`; the head is left out."""
    flat: dict[str, str | bool] = dict(document.get("fields", {}))
    for family in FAMILIES:
        for key, record in document.get(family, {}).items():
            for part, value in record.items():
                flat[f"{family}.{key}.{part}"] = value
    return flat


def fields_of(document: Mapping[str, Any]) -> dict[str, Value]:
    """The fields that `assemble` was given, by flat name."""
    fields: dict[str, Value] = dict(document.get("fields", {}))
    for family in FAMILIES:
        for key, record in document.get(family, {}).items():
            fields[f"{family}.{key}"] = dict(record)
    return fields


def read(document: Mapping[str, Any]) -> CharterText:
    """A document as types. Unknown parts are ignored and missing ones empty, so that drafts can be read."""
    return CharterText(
        plain=document.get("fields", {}),
        use_case=_use_case(document.get("use_case", {})),
        clauses={key: str(record.get("text", "")) for key, record in _members(document, "clause")},
        seats=tuple(_seat(key, record) for key, record in _members(document, "seat")),
        team=tuple(
            Member(key, _get(record, "role"), _get(record, "name"), to_int(_get(record, "share")))
            for key, record in _members(document, "team")
        ),
        deliverables=tuple(
            Deliverable(key, _get(record, "text"), _get(record, "kind"), _get(record, "receiver"))
            for key, record in _members(document, "deliverable")
        ),
        data=tuple(
            DataNeed(key, *(_get(record, part) for part in ("asset", "name", "purpose", "note")))
            for key, record in _members(document, "data")
        ),
        criteria=tuple(to_criterion(key, record) for key, record in _members(document, "criterion")),
        pathway={key: _next_step(key, record) for key, record in _members(document, "pathway")},
    )


def to_criterion(key: str, record: Mapping[str, Any]) -> Criterion:
    """A criterion from its record; texts that are no number or no day count as not given."""
    kind, comparator = _get(record, "kind"), _get(record, "comparator")
    return Criterion(
        key=key,
        name=_get(record, "name"),
        kind=Kind(kind) if kind in list(Kind) else Kind.TRACKED_METRIC,
        must=record.get("must") is True,
        metric_key=_get(record, "metric_key"),
        comparator=Comparator(comparator) if comparator in list(Comparator) else None,
        target=to_decimal(_get(record, "target")),
        unit=_get(record, "unit"),
        tolerance=to_decimal(_get(record, "tolerance")),
        baseline=Baseline(to_decimal(_get(record, "baseline")), _get(record, "baseline_method")),
        data=_evaluation_data(record),
        slice=_get(record, "slice"),
        measured_by=_get(record, "measured_by"),
        by=to_date(_get(record, "by")),
        question=_get(record, "question"),
        answered_by=_get(record, "answered_by"),
        evidence=_get(record, "evidence"),
    )


def _evaluation_data(record: Mapping[str, Any]) -> EvaluationData:
    return EvaluationData(
        asset=_get(record, "asset"),
        file=_get(record, "file"),
        sha256=_get(record, "sha256"),
        digest=_get(record, "digest"),
        source=_get(record, "source"),
        truth_column=_get(record, "truth_column"),
        positive_class=_get(record, "positive_class"),
        threshold=to_decimal(_get(record, "threshold")),
        own_answers=record.get("own_answers") is True,
    )


def to_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def to_decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def to_int(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts c2 before c10."""
    return tuple(
        (0, int(bit), "") if bit.isdigit() else (1, 0, bit) for bit in re.split(r"([0-9]+)", key) if bit
    )


def _members(document: Mapping[str, Any], family: str) -> list[tuple[str, Mapping[str, Any]]]:
    records: Mapping[str, Mapping[str, Any]] = document.get(family, {})
    return [(key, records[key]) for key in sorted(records, key=natural)]


def _get(record: Mapping[str, Any], part: str) -> str:
    value = record.get(part, "")
    return value if isinstance(value, str) else ""


def _is_given(value: object) -> bool:
    return value not in (None, "", False, {})


def _seat(key: str, record: Mapping[str, Any]) -> Seat:
    return Seat(
        key=key,
        name=_get(record, "name"),
        email=_get(record, "email"),
        function=_get(record, "function"),
        table=_get(record, "table"),
        step=to_int(_get(record, "step")) or 0,
        reason=_get(record, "reason"),
        filled_by=_get(record, "filled_by"),
        filled_until=to_date(_get(record, "filled_until")),
        accepted_by=_get(record, "accepted_by"),
    )


def _next_step(key: str, record: Mapping[str, Any]) -> NextStep:
    return NextStep(
        key=key,
        condition=_get(record, "condition"),
        action=_get(record, "action"),
        owner=_get(record, "owner"),
        on=to_date(_get(record, "on")),
        reserved=_get(record, "reserved"),
    )


def _use_case(record: Mapping[str, Any]) -> UseCase:
    level = record.get("beyond_rules")
    return UseCase(
        key=_get(record, "key"),
        title=_get(record, "title"),
        problem_type=_get(record, "problem_type"),
        data_origin=_get(record, "data_origin"),
        touches=frozenset(str(item) for item in record.get("touches", ())),
        beyond_rules=level if isinstance(level, int) and not isinstance(level, bool) else None,
    )
