"""Holds sealed sheets, decisions, readings, change requests and learning against their audit entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from accounts import chain
from accounts.models import AuditEvent
from charters.models import ChangeRequest, Charter, Decision, Learning, Reading, SealedSheet
from charters.proof_rows import Rows

READING_FIELDS = (
    "criterion", "source", "candidate", "value", "unit", "metric_key", "taken_on", "data_name", "data_sha256",
    "data_digest", "slice", "run", "chosen",
)  # fmt: skip
DECISION_FIELDS = (
    "outcome", "as_agreed", "verdict", "next_action", "next_owner", "next_on", "plan_item", "decided_at",
)  # fmt: skip


class Wrong(NamedTuple):
    """What differs: which row of the revision, which field of it, in words."""

    row: str
    field: str
    says: str


def check_kept(rows: Rows) -> Iterator[Wrong]:
    """All that does not fit among what keeps a signed revision alive."""
    for sheet in rows.sheets:
        yield from _against(sheet.audit, "charter.sealed", ", sealed sheet", _of_sheet(sheet))
    for decision in rows.decisions:
        yield from _against(decision.audit, "charter.decided", ", decision", _of_decision(decision))
        yield from _words(decision.audit, ", decision", "reason", decision.reason, "words")
    for reading in rows.readings:
        where = f", reading of {reading.criterion}"
        yield from _against(reading.audit, "charter.reading", where, _of_reading(reading))
        for name in ("answer", "proof"):
            yield from _words(reading.audit, where, name, getattr(reading, name), name)
    yield from _changes(rows)
    kept: tuple[tuple[str, str, list[Any]], ...] = (
        ("charter.sealed", "sealed sheet", rows.sheets),
        ("charter.decided", "decision", rows.decisions),
        ("charter.reading", "reading", rows.readings),
    )
    for event, name, found in kept:
        known = {row.audit_id for row in found}
        for entry in rows.entries_of(event):
            if entry.pk not in known:
                yield Wrong(f", {name}", "row", f"the {name} of entry {entry.number} is missing")


def _against(entry: AuditEvent, event: str, where: str, facts: Mapping[str, Any]) -> Iterator[Wrong]:
    if entry.event != event:
        yield Wrong(where, "audit", f"entry {entry.number} is {entry.event}")
        return
    for name, value in facts.items():
        said = entry.data.get(name)
        # What is not given may be written as nothing or as an empty text.
        if said != chain.plain(value) and (said or value) not in ("", None):
            yield Wrong(where, name, f"entry {entry.number} says {entry.data.get(name)}")


def _words(entry: AuditEvent, where: str, field: str, value: str, name: str) -> Iterator[Wrong]:
    """What somebody wrote is in the entry as a digest, and in clear until a person is erased."""
    clear = next((text for text in entry.clear_texts.all() if text.field == name), None)
    if clear is not None and clear.salt and clear.value != chain.plain(value):
        yield Wrong(where, field, f"is not what entry {entry.number} holds")


def _of_sheet(sheet: SealedSheet) -> dict[str, Any]:
    return {
        "round": sheet.round_id,
        "sheet": sheet.file.sha256,
        "paper": sheet.paper.sha256,
        "key": sheet.key_mark,
        "token": hashlib.sha256(sheet.token.encode()).hexdigest(),
        "time_stamped": sheet.time_stamped,
        "sealed_at": sheet.sealed_at,
    }


def _of_decision(decision: Decision) -> dict[str, Any]:
    own = {name: getattr(decision, name) for name in DECISION_FIELDS}
    return {**own, "name": decision.by_name, "address": decision.by_email}


def _of_reading(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in READING_FIELDS}


def _changes(rows: Rows) -> Iterator[Wrong]:
    """A change request has its entry when it was opened, and one when it was dropped."""
    opened = {entry.data.get("change"): entry for entry in rows.entries_of("charter.change_opened")}
    dropped = {entry.data.get("change") for entry in rows.entries_of("charter.change_dropped")}
    # A charter that ends takes its open change with it.
    ended = bool(rows.entries_of("charter.cancelled") or rows.entries_of("charter.superseded"))
    known = {change.number for change in rows.changes}
    for change in rows.changes:
        where = f", change request {change.number}"
        entry = opened.get(change.number)
        if entry is None:
            yield Wrong(where, "row", "the audit chain does not know it")
            continue
        if entry.data.get("kind") != change.kind:
            yield Wrong(where, "kind", f"entry {entry.number} says {entry.data.get('kind')}")
        yield from _words(entry, where, "reason", change.reason, "words")
        may_be_dropped = change.number in dropped or ended
        is_dropped = change.state == ChangeRequest.State.DROPPED
        if (change.number in dropped and not is_dropped) or (is_dropped and not may_be_dropped):
            yield Wrong(where, "state", "does not fit the audit chain")
    for number, entry in opened.items():
        if number not in known:
            yield Wrong(f", change request {number}", "row", f"that of entry {entry.number} is missing")


def check_learning(organizations: Sequence[str]) -> Iterator[tuple[Learning | AuditEvent, Wrong]]:
    """What does not fit among what was learned, each with its row, or with the entry whose row is missing."""
    events = ("charter.learned", "charter.learning_withdrawn")
    entries = AuditEvent.objects.filter(
        chain_id__in=organizations, subject_type=Charter._meta.label_lower, event__in=events
    ).prefetch_related("clear_texts")
    found = {
        event: {str(entry.data.get("learning")): entry for entry in group}
        for event, group in groupby(entries.order_by("event", "number"), key=lambda entry: entry.event)
    }
    learned, withdrawn = (found.get(event, {}) for event in events)
    known = set()
    rows = Learning.objects.filter(charter__organization_id__in=organizations).select_related("charter")
    for row in rows.order_by("charter__code", "at", "pk").iterator():
        known.add(str(row.pk))
        for wrong in _learning(row, learned.get(str(row.pk)), str(row.pk) in withdrawn):
            yield row, wrong
    for key, entry in learned.items():
        if key not in known:
            yield entry, Wrong(", learning", "row", f"the learning of entry {entry.number} is missing")


def _learning(row: Learning, entry: AuditEvent | None, is_withdrawn: bool) -> Iterator[Wrong]:
    where = ", learning"
    if entry is None or entry.subject_id != str(row.charter_id):
        yield Wrong(where, "row", "the audit chain does not know it")
        return
    yield from _against(
        entry,
        "charter.learned",
        where,
        {name: getattr(row, name) for name in ("item", "initiative", "criterion")},
    )
    for name in ("learned", "evidence"):
        yield from _words(entry, where, name, getattr(row, name), name)
    if (row.withdrawn_at is not None) != is_withdrawn:
        yield Wrong(where, "withdrawn_at", "does not fit the audit chain")
