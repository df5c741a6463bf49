"""What assessments put on the desk: questions to answer, rounds to review, the first station."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse

from assessment.models import Assessment, Respondent, Result
from assessment.queries import latest_result
from assessment.result_words import first_lower
from reports.desk import Reader
from reports.desk_changes import Named, Story
from reports.duties import Delay, Duty, Mark, Stop
from ui.words import counted, plural

LEADS = "You lead the rounds of this organization."


@dataclass(frozen=True)
class UnderWay:
    """A round that is not closed, with how many were asked and have submitted."""

    round: Assessment
    asked: int
    submitted: int
    last_submitted: datetime | None

    @property
    def url(self) -> str:
        return reverse("assessment:show", args=[self.round.pk])

    @property
    def words(self) -> str:
        if self.round.state == Assessment.State.DRAFT:
            return f"{self.round.title} is being prepared"
        if self.round.state == Assessment.State.REVIEW:
            return f"{self.round.title} is in review"
        return f"{self.round.title}: {self.submitted} of {self.asked} have answered"


def under_way(reader: Reader) -> list[UnderWay]:
    """The rounds that are not closed, the latest first; one query."""
    done = Q(respondents__submitted_at__isnull=False)
    rows = (
        Assessment.objects.filter(organization=reader.organization, state__in=["draft", "open", "review"])
        .annotate(
            asked=Count("respondents"),
            submitted=Count("respondents", filter=done),
            last=Max("respondents__submitted_at"),
        )
        .order_by("-created_at")
    )
    return [UnderWay(row, row.asked, row.submitted, row.last) for row in rows]


def newest_result(reader: Reader) -> Result | None:
    """The newest frozen result of the whole organization."""
    return latest_result(reader.organization)


def waits(reader: Reader) -> list[Duty]:
    """Own answers that are open and, for facilitators, rounds that need a next step."""
    return [*_to_answer(reader), *(_to_lead(reader) if reader.leads else [])]


def _to_answer(reader: Reader) -> list[Duty]:
    own = Respondent.objects.select_related("assessment").filter(
        user=reader.user,
        assessment__organization=reader.organization,
        assessment__state=Assessment.State.OPEN,
        submitted_at=None,
    )
    return [
        Duty(
            verb="Answer",
            what=person.assessment.title,
            url=reverse("answer:first", args=[person.pk]),
            detail="You have begun; what you answered is kept."
            if person.started_at
            else "15 minutes or less.",
            since=reader.day_of(person.invited_at or person.assessment.opened_at),
            due=person.assessment.due_on,
            why=f"{person.assessment.title} asks you as {person.function.replace('_', ' ')}.",
        )
        for person in own
    ]


def _to_lead(reader: Reader) -> list[Duty]:
    duties = []
    for found in reader.once(under_way):
        if found.round.state == Assessment.State.DRAFT:
            duties.append(_to_open(reader, found))
        elif found.round.state == Assessment.State.REVIEW:
            since = reader.day_of(found.round.review_at)
            detail = "Answers are locked. Record what the room agrees on, then close the round."
            duties.append(Duty("Review", found.round.title, found.url, detail, since, why=LEADS))
        elif found.asked and found.submitted == found.asked:
            since = reader.day_of(found.last_submitted)
            detail = f"All {found.asked} have answered; the review can start."
            duties.append(Duty("Review", found.round.title, found.url, detail, since, why=LEADS))
    return duties


def _to_open(reader: Reader, found: UnderWay) -> Duty:
    since = reader.day_of(found.round.created_at)
    if not found.asked:
        detail = "It has nobody to ask yet. Add people, then open it."
        return Duty("Add people", found.round.title, found.url, detail, since, why=LEADS)
    asked = counted(found.asked, "person", "people")
    detail = f"Ready for {asked}; nobody is written to before it is open."
    return Duty("Open", found.round.title, found.url, detail, since, why=LEADS)


def late(reader: Reader) -> list[Delay]:
    """Open rounds past their day with somebody still missing; for those who may remind them."""
    if not reader.leads:
        return []
    return [
        Delay(
            days=(reader.today - found.round.due_on).days,
            what=found.round.title,
            url=found.url,
            kind="Round",
            who=f"{found.asked - found.submitted} of {found.asked} have not finished",
            holds="Holds the review and the scores.",
        )
        for found in reader.once(under_way)
        if found.round.state == Assessment.State.OPEN
        and found.round.due_on
        and found.round.due_on < reader.today
        and found.submitted < found.asked
    ]


def line(reader: Reader) -> Stop:
    """The first station: the phase, what holds it, and rounds under way."""
    url = reverse("assessment:list")
    result = reader.once(newest_result)
    rounds = reader.once(under_way)
    note = rounds[0].words if rounds else ""
    if result is None:
        begun = bool(rounds) or Assessment.objects.filter(organization=reader.organization).exists()
        return Stop("Assessments", url, begun, "No result yet" if begun else "Not begun", note, note)
    content = result.content
    target = content["target_phase"]
    gates = [gate for gate in content["gates"] if gate["phase"] <= target]
    hold = sum(gate["holds"] is True for gate in gates)
    return Stop(
        "Assessments",
        url,
        reached=True,
        headline=f"Phase {content['phase']}",
        caption=f"Phase {content['phase']}, {hold} of {len(gates)} gates hold",
        fact=f"{hold} of {plural(len(gates), 'gate', 'gates')} for phase {target} hold",
        cells=(hold, len(gates)),
        marks=_weakest(content["pillars"][0]),
        note=note,
    )


def _weakest(pillar: dict[str, Any]) -> tuple[Mark, ...]:
    if pillar["score"] is None:
        return ()
    return (Mark("watch", f"Weakest: {first_lower(pillar['title'])}, {pillar['score']}"),)


def _round_names(reader: Reader, ids: set[str]) -> dict[str, Named]:
    rounds = Assessment.objects.filter(organization=reader.organization, pk__in=ids)
    return {str(row.pk): Named(row.title, reverse("assessment:show", args=[row.pk])) for row in rounds}


ROUNDS = Story(
    subject_type="assessment.assessment",
    sentences={
        "assessment.opened": "{actor} opened {name} for answers.",
        "assessment.review_started": "{actor} locked the answers of {name} for review.",
        "assessment.closed": "{actor} closed {name}; its result is frozen.",
        "assessment.reopened": "{actor} opened {name} again.",
        "consensus.recorded": "A consensus was recorded in {name}.",
    },
    names=_round_names,
)
