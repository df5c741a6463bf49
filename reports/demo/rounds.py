"""The rounds of the story: asked, answered, discussed, closed; and one that is still open."""

from __future__ import annotations

import datetime as dt
from functools import partial

from accounts import actions as accounts_actions
from accounts import links
from accounts.models import OutgoingMail, Unit
from assessment import actions, questionnaires
from assessment.access import ANSWER
from assessment.answer_values import AnswerContent
from assessment.invitees import Invitee
from assessment.models import Assessment, QuestionnaireVersion, Respondent
from reports.demo import bearing
from reports.demo.answers import answers_of, first_answers
from reports.demo.clock import Calendar
from reports.demo.people import Firm, settle_mail
from reports.demo.story import Entry, Story

AN_ANSWER = dt.timedelta(seconds=17)
UNFINISHED = "magnus"
REMINDED = (4, 3)


class Round:
    """One round while it is told. Its people are known once it has been created."""

    def __init__(self, entry: Entry, story: Story, firm: Firm, version: QuestionnaireVersion) -> None:
        self.entry = entry
        self.story = story
        self.firm = firm
        self.version = version
        self.questionnaire = questionnaires.by_version(version.pk)
        self.by = firm.users[entry["facilitator"]]
        self.respondents: dict[str, Respondent] = {}
        self.assessment: Assessment

    def create(self, people: list[Entry], *, due: int, unit: Unit | None = None) -> None:
        self.assessment = actions.create_assessment(
            self.firm.organization,
            title=self.entry["title"],
            by=self.by,
            unit=unit,
            visibility=self.entry["visibility"],
            due_on=self.story.date(due),
            questionnaire=self.version,
        )
        invitees = [Invitee(person["name"], person["mail"], person["function"]) for person in people]
        asked = actions.invite_respondents(self.assessment, invitees, by=self.by)
        for person, respondent in zip(people, asked, strict=True):
            respondent.assessment = self.assessment
            self.respondents[person["id"]] = respondent
        actions.open_round(self.assessment, by=self.by)
        settle_mail(self.firm)

    def save(self, person: str, item: str, content: AnswerContent) -> None:
        respondent = self.respondents[person]
        actions.save_answer(respondent, item, content, base_revision=0, by=self.firm.users.get(person))

    def attach(self, person: str, item: str, file: str) -> None:
        """One of the generated files beside an answer, so that a charter's hash leads to its bytes."""
        respondent, content = self.respondents[person], bearing.csv_file(file)
        actions.attach_file(respondent, item, name=file, content=content, by=self.firm.users.get(person))

    def submit(self, person: str) -> None:
        actions.submit(self.respondents[person], by=self.firm.users.get(person))

    def remind(self) -> None:
        actions.remind(self.assessment, by=self.by)
        settle_mail(self.firm)

    def review(self) -> None:
        actions.start_review(self.assessment, by=self.by)

    def agree(self, agreed: Entry) -> None:
        differs = [f"{self.story.name(one['by'])}: level {one['level']}" for one in agreed["differs"]]
        actions.record_consensus(
            self.assessment,
            agreed["item"],
            level=agreed["level"],
            reason=agreed["reason"],
            who_differs=", ".join(differs),
            by=self.by,
        )

    def close(self) -> None:
        actions.close(self.assessment, by=self.by)

    def put_aside(self, person: str, opened: dt.datetime) -> None:
        """The link was opened, nothing was answered."""
        links.links_to(self.respondents[person], ANSWER).update(last_used_at=opened)

    def bounce(self, person: str) -> None:
        sent = OutgoingMail.objects.filter(
            organization=self.firm.organization, to=self.respondents[person].address
        )
        accounts_actions.mark_bounced(sent.latest("created_at"), by=self.by)


def enter_closed(round_: Round, calendar: Calendar) -> None:
    """A finished round, from its draft to its frozen result."""
    entry, story = round_.entry, round_.story
    people = [story.person(key) for key in entry["respondents"]]
    create = partial(round_.create, people, due=entry["review_day"])
    calendar.at(story.moment(entry["opened_day"], "08:30"), create)
    answers = answers_of(entry, round_.questionnaire)
    for number, person in enumerate(entry["respondents"]):
        day = story.working_day(entry["opened_day"] + 1 + (number * 2) % 8)
        moment = story.moment(day, f"{8 + number % 8:02}:{number * 7 % 60:02}")
        for given in answers.get(person, []):
            moment += AN_ANSWER
            calendar.at(moment, partial(round_.save, person, given.item, given.content))
        for kept in entry.get("files", ()):
            if kept["by"] == person:
                moment += AN_ANSWER
                calendar.at(moment, partial(round_.attach, person, kept["item"], kept["file"]))
        if person != UNFINISHED:
            calendar.at(moment + AN_ANSWER, partial(round_.submit, person))
    if UNFINISHED in entry["respondents"]:
        for days in REMINDED:
            calendar.at(story.moment(entry["review_day"] - days, "08:05"), round_.remind)
    _enter_review(round_, calendar)


def _enter_review(round_: Round, calendar: Calendar) -> None:
    entry, story = round_.entry, round_.story
    review = story.moment(entry["review_day"], "13:00")
    calendar.at(review, round_.review)
    for number, agreed in enumerate(entry.get("workshop", {}).get("consensus", ()), start=1):
        calendar.at(review + dt.timedelta(minutes=18 * number), partial(round_.agree, agreed))
    calendar.at(story.moment(entry["closed_day"], "15:10"), round_.close)


def enter_open(round_: Round, calendar: Calendar) -> None:
    """The round that is still being answered: some have begun, one mail came back."""
    entry, story = round_.entry, round_.story
    unit = round_.firm.units[entry["unit"]]
    create = partial(round_.create, entry["invitations"], due=entry["due_day"], unit=unit)
    calendar.at(story.moment(entry["opened_day"], "09:15"), create)
    for person in entry["invitations"]:
        key = person["id"]
        if person["started"]:
            moment = story.moment(person["last_day"], "07:20")
            for item, content in first_answers(entry, person, round_.questionnaire):
                moment += AN_ANSWER
                calendar.at(moment, partial(round_.save, key, item.key, content))
        elif "opened_day" in person:
            opened = story.moment(person["opened_day"], "11:40")
            calendar.at(opened, partial(round_.put_aside, key, opened))
        if person.get("bounced"):
            calendar.at(story.moment(entry["opened_day"] + 3, "08:50"), partial(round_.bounce, key))
