"""What a project says about the decision at the end of its time box, and about what was learned."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import User
from charters.keeping import decision_of, ended_on, learnings_of, owner_seat, standing_of
from charters.kept_page import LearningRow, decides, similar_learnings
from charters.models import Decision
from charters.queries import revision_in_force
from projects.models import Project
from roadmap.queries import today_of
from ui.words import listed, plural

# From so many days before its end on, a project leads to the decision.
SOON = 14
OUTCOMES = ("scale", "iterate", "stop")


@dataclass(frozen=True, slots=True)
class DecisionBox:
    """`kind` is the shape of the state; `mine`: this reader is asked. `taken` is the decision, once it is."""

    kind: str
    lead: str
    words: str
    url: str
    mine: bool = False
    taken: Decision | None = None
    asks_for_lessons: bool = False
    lessons_url: str = ""
    # Whether the project may be closed by hand: not while a decision is to be taken.
    closable: bool = True


def decision_box(project: Project, user: User) -> DecisionBox | None:
    """Where the decision stands; None for a project without a charter."""
    charter = project.charter
    if charter is None:
        return None
    url = reverse("charters:decision", args=[charter.pk])
    lessons = reverse("charters:learning", args=[charter.pk])
    taken = decision_of(charter)
    revision = revision_in_force(charter)
    if revision is None:
        if taken is None:
            words = "No decision is due: nothing of the charter is in force."
            shown = reverse("charters:show", args=[charter.pk])
            return DecisionBox("watch", f"Charter: {charter.get_state_display().lower()}.", words, shown)
        return DecisionBox(
            "good",
            f"Decided: {taken.get_outcome_display().lower()}.",
            f"{taken.by_name} decided. Next: {taken.next_action}",
            url,
            taken=taken,
            asks_for_lessons=not learnings_of(charter),
            lessons_url=lessons,
        )
    standing = standing_of(revision)
    seat = owner_seat(revision)
    kind, lead = due_words(ended_on(standing.text), today_of(project.organization))
    called = [outcome for outcome in OUTCOMES if outcome in standing.called_for]
    result = (
        f"The result calls for {listed(called, last='or')}."
        if called
        else "The result calls for nothing yet."
    )
    who = f"{seat.name} decides as outcome owner. " if seat else ""
    mine = decides(revision, user)
    return DecisionBox(kind, lead, f"{who}{result}", url, mine=mine, lessons_url=lessons, closable=False)


def due_words(end: dt.date | None, today: dt.date) -> tuple[str, str]:
    """Shape and words for how far the decision is: open, watch from two weeks before, bad once it is late."""
    if end is None:
        return "open", "No day of decision is agreed."
    left = (end - today).days
    if left < 0:
        return "bad", f"The decision is {plural(-left, 'day', 'days')} late."
    if left == 0:
        return "watch", "The decision is due today."
    return ("watch" if left <= SOON else "open"), f"The decision is due in {plural(left, 'day', 'days')}."


def lessons_elsewhere(project: Project) -> list[LearningRow]:
    """What similar use cases have taught; without a use case nothing is known to be similar."""
    if project.use_case is None:
        return []
    return similar_learnings(project.use_case, without=project.charter)
