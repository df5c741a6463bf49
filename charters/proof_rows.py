"""What the proof of charters reads: the rows of many revisions, with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.models import AuditEvent
from charters.models import (
    ChangeRequest,
    Decision,
    Reading,
    Revision,
    SealedSheet,
    Signatory,
    Signature,
    SignoffEvent,
    SignoffRound,
)


@dataclass(slots=True)
class Rows:
    """All that belongs to one revision; `entries` are those of the audit chain about it, in their order."""

    rounds: list[SignoffRound] = field(default_factory=list)
    seats: dict[UUID, list[Signatory]] = field(default_factory=lambda: defaultdict(list))
    signatures: dict[UUID, list[Signature]] = field(default_factory=lambda: defaultdict(list))
    events: list[SignoffEvent] = field(default_factory=list)
    entries: list[AuditEvent] = field(default_factory=list)
    sheets: list[SealedSheet] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    changes: list[ChangeRequest] = field(default_factory=list)

    def entries_of(self, event: str) -> list[AuditEvent]:
        return [entry for entry in self.entries if entry.event == event]


def rows_of(revisions: Sequence[Revision]) -> dict[UUID, Rows]:
    """The rows of each of these revisions, in as many queries however many they are."""
    ids = [revision.pk for revision in revisions]
    found = {pk: Rows() for pk in ids}
    place: dict[UUID, Rows] = {}
    for round_ in SignoffRound.objects.filter(revision__in=ids).order_by("number"):
        found[round_.revision_id].rounds.append(round_)
        place[round_.pk] = found[round_.revision_id]
    for seat in Signatory.objects.filter(round__in=place):
        place[seat.round_id].seats[seat.round_id].append(seat)
    for signature in Signature.objects.filter(round__in=place).select_related("audit"):
        place[signature.round_id].signatures[signature.round_id].append(signature)
    for sheet in SealedSheet.objects.filter(round__in=place).select_related("audit", "file", "paper"):
        place[sheet.round_id].sheets.append(sheet)
    for event in SignoffEvent.objects.filter(revision__in=ids).select_related("audit"):
        found[event.revision_id].events.append(event)
    for decision in Decision.objects.filter(revision__in=ids).prefetch_related("audit__clear_texts"):
        found[decision.revision_id].decisions.append(decision)
    for reading in Reading.objects.filter(revision__in=ids).prefetch_related("audit__clear_texts"):
        found[reading.revision_id].readings.append(reading)
    for change in ChangeRequest.objects.filter(base__in=ids):
        found[change.base_id].changes.append(change)
    _add_entries(revisions, found)
    return found


def _add_entries(revisions: Sequence[Revision], found: dict[UUID, Rows]) -> None:
    chains = {str(revision.charter.organization_id) for revision in revisions}
    by_id: dict[str, Any] = {str(pk): rows for pk, rows in found.items()}
    entries = AuditEvent.objects.filter(
        chain_id__in=chains, subject_type=Revision._meta.label_lower, subject_id__in=list(by_id)
    )
    for entry in entries.order_by("number").prefetch_related("clear_texts"):
        by_id[entry.subject_id].entries.append(entry)
