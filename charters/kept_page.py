"""What the pages of a charter in force show: verdicts and what they rest on, changes, learning, decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from accounts.models import Membership, Organization, User
from charters.actions.changing import open_change_of
from charters.actions.deciding import may_decide
from charters.actions.succeeding import seats_left
from charters.criteria import OUTCOME_WORDS, Outcome, Verdict, figure
from charters.document import NextStep, to_decimal
from charters.fields import OUTCOMES
from charters.history import moved_words
from charters.keeping import (
    Judged,
    Standing,
    decision_of,
    ended_on,
    learnings_of,
    lived_revision,
    may_report,
    owner_seat,
    readings_of,
    standing_of,
)
from charters.likeness import Likened, reasons, weight
from charters.models import Charter, Learning, Reading, Revision
from charters.presentation import CriterionView, criterion_views
from charters.queries import criteria_changes_until, document_of
from charters.signoff import State
from roadmap.actions.initiatives import known_items
from roadmap.queries import catalogue_of, today_of
from roadmap.use_case_models import UseCase
from ui import formats
from ui.words import listed, plural

OUTCOME_KINDS = {
    Outcome.MET: "good",
    Outcome.MISSED: "bad",
    Outcome.NOT_YET: "open",
    Outcome.DOES_NOT_COUNT: "watch",
}
SOURCE_WORDS = {
    Reading.Source.FORM: "self-reported by {name}",
    Reading.Source.TRACKING: "self-reported by {name} from run {run}",
    Reading.Source.VERIFIED: "verified: the product ran the evaluation",
    Reading.Source.LIVE: "live figure",
}
MOST_SIMILAR = 6
# Of an organization with more records than these the latest are compared.
MOST_READ = 500


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One criterion as it stands: its sentence, its state in words, and what that rests on."""

    view: CriterionView
    name: str
    kind: str
    word: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading in the history, with what it was worth when read alone."""

    row: Reading
    criterion: str
    said: str
    source: str


@dataclass(frozen=True, slots=True)
class LearningRow:
    """A learning record with the words of what it informs."""

    row: Learning
    item: str
    initiative: str
    initiative_url: str
    mine: bool = False
    # Why the use case that taught it is alike, where it is another's.
    alike: str = ""


def verdict_state(verdict: Verdict) -> tuple[str, str]:
    """The kind of state and its word."""
    return OUTCOME_KINDS[verdict.outcome], OUTCOME_WORDS[verdict.outcome]


def verdict_rows(standing: Standing) -> list[VerdictRow]:
    views = criterion_views(standing.text.criteria, formats.day)
    return [_row(view, item) for view, item in zip(views, standing.judged, strict=True)]


def _row(view: CriterionView, item: Judged) -> VerdictRow:
    kind, word = verdict_state(item.verdict)
    if item.row is not None:
        return VerdictRow(view, _name(item), kind, word, item.verdict.why, source_of(item.row))
    due = f"Due {formats.day(item.criterion.by)}." if item.criterion.by else ""
    return VerdictRow(view, _name(item), kind, word, due, "")


def source_of(row: Reading) -> str:
    """Who said it and when, such as "Self-reported by Priya on 20 Nov 2026, for version 7"."""
    words = SOURCE_WORDS[Reading.Source(row.source)].format(name=row.by_name or "somebody", run=row.run)
    if row.source == Reading.Source.LIVE and row.by_name:
        words = row.by_name
    words = f"{words[:1].upper()}{words[1:]} on {formats.day(row.taken_on)}"
    words = f"{words}, for {row.candidate}" if row.candidate else words
    return f"{words}; {row.by_name or 'who asked for it'} chose {row.chosen}" if row.chosen else words


def kept_context(charter: Charter, user: User, membership: Membership) -> dict[str, Any]:
    """What the charter's own page says beside its text; empty before anything was in force."""
    revision = lived_revision(charter)
    if revision is None:
        return {}
    standing = standing_of(revision)
    in_force = revision.state == State.IN_FORCE
    return {
        "standing": standing,
        "verdict": verdict_state(standing.verdict),
        "rows": verdict_rows(standing),
        "candidate": standing.candidate,
        "moved": moved_words(criteria_changes_until(charter, document_of(revision))),
        "change": open_change_of(charter),
        "left": _left(charter, revision) if in_force else [],
        "may_manage": membership.role in ("owner", "facilitator"),
        "decision": decision_of(charter),
        "late": days_late(standing, today_of(charter.organization)) if in_force else 0,
        "decides": in_force and decides(revision, user),
        "reports": in_force and may_report(user, membership, standing.text),
        "learned": plural(len(learnings_of(charter)), "learning record", "learning records"),
    }


def decides(revision: Revision, user: User) -> bool:
    seat = owner_seat(revision)
    if seat is None:
        return False
    seat.round.revision.charter = revision.charter
    return may_decide(seat, user)


def days_late(standing: Standing, today: dt.date) -> int:
    """Days since the time box ended without a decision."""
    end = ended_on(standing.text)
    return max((today - end).days, 0) if end else 0


def _left(charter: Charter, revision: Revision) -> list[dict[str, str]]:
    return [
        {
            "name": seat.name,
            "role": seat.role,
            "url": reverse("charters:successor", args=[charter.pk, seat.seat]),
        }
        for seat in seats_left(revision)
    ]


def readings_context(charter: Charter) -> dict[str, Any]:
    """Verdicts with why, and every reading that was ever handed in, the latest first."""
    revision = lived_revision(charter)
    if revision is None:
        return {"rows": [], "history": [], "title": "Nothing is measured yet"}
    standing = standing_of(revision)
    names = {item.criterion.key: _name(item) for item in standing.judged}
    history = [
        ReadingRow(row, names.get(row.criterion, row.criterion), said(row), source_of(row))
        for row in reversed(readings_of(charter))
    ]
    return {
        "revision": revision,
        "standing": standing,
        "verdict": verdict_state(standing.verdict),
        "rows": verdict_rows(standing),
        "candidate": standing.candidate,
        "history": history,
        "title": standing.verdict.why.rstrip("."),
        "in_force": revision.state == State.IN_FORCE,
    }


def _name(item: Judged) -> str:
    return item.criterion.name or item.criterion.question


def said(row: Reading) -> str:
    """The figure with its unit, or the answer."""
    amount = to_decimal(repr(row.value)) if row.value is not None else None
    return figure(amount, row.unit) if amount is not None else row.answer


def learning_rows(
    organization: Organization, rows: Iterable[Learning], *, viewer: User | None = None
) -> list[LearningRow]:
    items, initiatives = known_items(organization), catalogue_of(organization).by_key
    found = []
    for row in rows:
        initiative = initiatives.get(row.initiative)
        found.append(
            LearningRow(
                row,
                items.get(row.item, row.item),
                initiative.title if initiative else row.initiative,
                reverse("roadmap:initiative", args=[row.initiative]) if initiative else "",
                mine=viewer is not None and row.by_id == viewer.pk,
            )
        )
    return found


def similar_learnings(use_case: UseCase, *, without: Charter | None = None) -> list[LearningRow]:
    """What use cases that are alike have taught, with why they are: the most alike first, then the latest."""
    found = Learning.objects.filter(
        charter__organization_id=use_case.organization_id, charter__use_case__isnull=False, withdrawn_at=None
    ).order_by("-at", "pk")
    if without is not None:
        found = found.exclude(charter=without)
    rows = list(
        found.select_related("charter__use_case__unit").prefetch_related("charter__use_case__assets")[
            :MOST_READ
        ]
    )
    here = _likened(use_case)
    why = {row.pk: reasons(here, _likened(row.charter.use_case)) for row in rows if row.charter.use_case}
    alike = sorted((row for row in rows if why.get(row.pk)), key=lambda row: -weight(why[row.pk]))
    shown = learning_rows(use_case.organization, alike[:MOST_SIMILAR])
    return [replace(line, alike=listed(why[line.row.pk])) for line in shown]


def _likened(use_case: UseCase) -> Likened:
    return Likened(
        key=str(use_case.pk),
        problem_type=use_case.problem_type,
        unit=str(use_case.unit_id or ""),
        assets={str(asset.pk): asset.name for asset in use_case.assets.all()},
    )


def learned_elsewhere(charter: Charter) -> list[LearningRow]:
    """For whoever writes a charter: what similar use cases have taught."""
    if not charter.is_draft or charter.use_case is None:
        return []
    return similar_learnings(charter.use_case, without=charter)


def decision_context(charter: Charter, revision: Revision) -> dict[str, Any]:
    """What was agreed for each outcome beside the result, and what the result calls for."""
    standing = standing_of(revision)
    kind, word = verdict_state(standing.verdict)
    agreed = [
        {
            "key": key,
            "label": label,
            "step": standing.text.pathway.get(key, NextStep(key)),
            "called": key in standing.called_for,
        }
        for key, label in OUTCOMES
    ]
    called = [label.lower() for key, label in OUTCOMES if key in standing.called_for]
    return {
        "standing": standing,
        "verdict": (kind, word),
        "rows": verdict_rows(standing),
        "agreed": agreed,
        "called": listed(called, last="or") if called else "",
        "several": len(called) > 1,
        "late": days_late(standing, today_of(charter.organization)),
        "change": open_change_of(charter),
    }
