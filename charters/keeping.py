"""How a charter in force stands: readings, verdicts, learning, the decision, and who may report."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership, User
from accounts.permissions import allowed
from charters import verdicts
from charters.criteria import Criterion, Reading, Verdict, deciding, judge
from charters.document import CharterText, read
from charters.models import Charter, Decision, Learning, Revision, Signatory
from charters.models import Reading as ReadingRow
from charters.queries import document_of
from charters.signoff import SeatState, State

# The revisions whose criteria are or were measured.
LIVED = (State.IN_FORCE, State.CLOSED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion with its verdict and the reading that it rests on."""

    criterion: Criterion
    verdict: Verdict
    row: ReadingRow | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A revision in force as it stands: each criterion, the charter as a whole, what that calls for."""

    revision: Revision
    text: CharterText
    judged: tuple[Judged, ...]
    verdict: Verdict
    candidate: str
    called_for: frozenset[str]

    @property
    def mark(self) -> str:
        """Changes with the text and with every verdict: what a page showed is part of a decision."""
        facts = [self.revision.sha256, self.verdict.outcome, self.verdict.why]
        facts += [f"{item.criterion.key}:{item.verdict.outcome}:{item.verdict.why}" for item in self.judged]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """The verdicts as they are kept with a decision."""
        return {
            "outcome": str(self.verdict.outcome),
            "why": self.verdict.why,
            "criteria": [
                {
                    "key": item.criterion.key,
                    "name": item.criterion.name or item.criterion.question,
                    "must": item.criterion.must,
                    "outcome": str(item.verdict.outcome),
                    "why": item.verdict.why,
                }
                for item in self.judged
            ],
        }


def lived_revision(charter: Charter) -> Revision | None:
    """The revision in force, or the one that was when the charter was decided or cancelled."""
    revision = Revision.objects.filter(charter=charter, state__in=LIVED).order_by("-number").first()
    if revision is not None:
        revision.charter = charter
    return revision


def scaled_revision(charter: Charter) -> Revision | None:
    """The text that was decided with scale: what runs on is held to it."""
    decision = decision_of(charter)
    if decision is None or decision.outcome != Decision.Outcome.SCALE:
        return None
    return lived_revision(charter)


def readings_of(charter: Charter) -> list[ReadingRow]:
    """All readings for all revisions of a charter, in the order in which they were noted."""
    rows = ReadingRow.objects.filter(revision__charter=charter).select_related("revision", "by", "audit")
    return list(rows.order_by("noted_at", "audit__number"))


def as_reading(row: ReadingRow) -> Reading:
    """A stored reading as the pure module reads it."""
    return Reading(
        value=row.value,
        unit=row.unit,
        metric_key=row.metric_key,
        taken_on=row.taken_on,
        data_name=row.data_name,
        data_sha256=row.data_sha256,
        data_digest=row.data_digest,
        slice=row.slice,
        candidate=row.candidate,
        answer=row.answer,
        proof=row.proof,
        by=row.by_name,
        verified=row.source == ReadingRow.Source.VERIFIED,
    )


def standings_of(candidates: Mapping[UUID, str | None]) -> dict[UUID, Standing]:
    """The standing of many charters, by id with the nominated version or None, in three queries.

    Charters of which nothing was ever in force are left out.
    """
    found = standings_for({pk: [candidate] for pk, candidate in candidates.items()})
    return {pk: standing for (pk, _), standing in found.items()}


def standings_for(
    wanted: Mapping[UUID, Iterable[str | None]],
) -> dict[tuple[UUID, str | None], Standing]:
    """The same for several versions of each charter, in as many queries."""
    revisions = Revision.objects.filter(charter__in=wanted).select_related("charter")
    by_id = {row.pk: row for row in revisions.order_by("charter", "number")}
    lived = {row.charter_id: row for row in by_id.values() if row.state in LIVED}
    rows: dict[UUID, list[ReadingRow]] = defaultdict(list)
    for row in ReadingRow.objects.filter(revision__in=by_id).order_by("noted_at", "audit__number"):
        row.revision = by_id[row.revision_id]
        rows[row.revision.charter_id].append(row)
    tied = Counter(_tied().filter(charter__in=lived).values_list("charter_id", flat=True))
    return {
        (pk, candidate): standing_of(revision, candidate=candidate, rows=rows[pk], tied=tied[pk])
        for pk, revision in lived.items()
        for candidate in wanted[pk]
    }


def standing_of(
    revision: Revision,
    *,
    candidate: str | None = None,
    rows: Iterable[ReadingRow] | None = None,
    tied: int | None = None,
) -> Standing:
    """The standing of a revision. Readings for an earlier revision count while they measured the same.

    `candidate` is the nominated version; without one it is that of the last reading of a model. `rows` and
    `tied` (its readings, and how many of its learning records are tied) are read where they are not given.
    """
    text = read(document_of(revision))
    found = readings_of(revision.charter) if rows is None else list(rows)
    wordings = {revision.pk: {criterion.key: criterion for criterion in text.criteria}}
    by_key: dict[str, list[tuple[Criterion, ReadingRow]]] = {}
    for row in found:
        if row.revision_id not in wordings:
            earlier = read(document_of(row.revision)).criteria
            wordings[row.revision_id] = {criterion.key: criterion for criterion in earlier}
        then = wordings[row.revision_id].get(row.criterion)
        now = wordings[revision.pk].get(row.criterion)
        if then and now and row.revision.number <= revision.number and verdicts.still_counts(then, now):
            by_key.setdefault(row.criterion, []).append((now, row))
    records = tied_records(revision.charter) if tied is None else tied
    return _judged(revision, text, by_key, candidate, records)


def _judged(
    revision: Revision,
    text: CharterText,
    by_key: dict[str, list[tuple[Criterion, ReadingRow]]],
    nominated: str | None,
    tied: int,
) -> Standing:
    in_order = sorted(
        (pair for pairs in by_key.values() for pair in pairs), key=lambda pair: pair[1].noted_at
    )
    candidate = nominated
    if candidate is None:
        candidate = verdicts.candidate_of((criterion, as_reading(row)) for criterion, row in in_order)
    readings = {key: [as_reading(row) for _, row in pairs] for key, pairs in by_key.items()}
    pairs = judge(text.criteria, readings, candidate)
    behind = {
        criterion.key: deciding(criterion, readings.get(criterion.key, []), candidate)
        for criterion in text.criteria
    }
    judged = tuple(
        Judged(criterion, verdict, _row_at(by_key.get(criterion.key, []), behind[criterion.key]))
        for criterion, verdict in pairs
    )
    verdict = verdicts.verdict_of(pairs, route=text.text("route"), tied_records=tied)
    return Standing(revision, text, judged, verdict, candidate, verdicts.called_for(verdict))


def _row_at(pairs: list[tuple[Criterion, ReadingRow]], at: int | None) -> ReadingRow | None:
    return None if at is None else pairs[at][1]


def learnings_of(charter: Charter) -> list[Learning]:
    return list(Learning.objects.filter(charter=charter, withdrawn_at=None).select_related("by"))


def tied_records(charter: Charter) -> int:
    """Learning records that say what they inform: an item of the questionnaire or an initiative."""
    return _tied().filter(charter=charter).count()


def _tied() -> QuerySet[Learning]:
    return Learning.objects.filter(withdrawn_at=None).exclude(item="", initiative="")


def decision_of(charter: Charter) -> Decision | None:
    found = Decision.objects.filter(revision__charter=charter)
    return found.select_related("revision", "audit").order_by("-decided_at").first()


def owner_seat(revision: Revision) -> Signatory | None:
    """The seat of the outcome owner who signed this revision."""
    seats = Signatory.objects.filter(
        round__revision=revision, round__state=State.IN_FORCE, state=SeatState.SIGNED
    )
    return next((seat for seat in seats if seat.seat.partition(".")[0] == "outcome_owner"), None)


def may_report(user: User, membership: Membership, text: CharterText) -> bool:
    """Whether this member may hand in readings: facilitators, and those whom the charter names."""
    state = membership.organization.state
    if allowed(membership.role, "manage", state):
        return True
    return allowed(membership.role, "edit", state) and is_named(user, text)


def is_named(user: User, text: CharterText) -> bool:
    """Whether the charter names this person: at the table by address, for work by name."""
    if any(seat.email and seat.email == user.email for seat in text.seats):
        return True
    names = {member.name for member in text.team}
    names |= {name for item in text.criteria for name in (item.measured_by, item.answered_by)}
    return bool(user.get_full_name()) and user.get_full_name() in names


def ended_on(text: CharterText) -> dt.date | None:
    """The last day of the time box, or the agreed day of decision if that is later."""
    days = [day for day in (text.day("time_end"), text.day("decision_on")) if day is not None]
    return max(days) if days else None
