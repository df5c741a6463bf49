"""The story's charters: written, frozen, sent, signed by one after the other, changed."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.utils import timezone

from accounts import links
from accounts.models import User
from accounts.sign_in import BY_DEMO_DOOR
from assessment.evidence.models import DataAsset
from charters import actions
from charters.access import SIGN, Visitor
from charters.models import Charter, Signatory
from charters.queries import draft_of
from charters.seats import limits_for
from reports.demo import kept, projects, serving
from reports.demo.charter_fields import OUTCOMES, Writer
from reports.demo.clock import Calendar
from reports.demo.people import Firm, settle_mail
from reports.demo.story import Entry, Story
from roadmap.use_case_models import UseCase

WRITTEN_BEFORE = 6
NEVER_SENT = -12


class Told:
    """One charter while it is told."""

    def __init__(
        self,
        entry: Entry,
        story: Story,
        firm: Firm,
        assets: dict[str, DataAsset],
        ideas: dict[str, UseCase],
    ) -> None:
        self.entry = entry
        self.story = story
        self.firm = firm
        self.assets = assets
        self.ideas = ideas
        self.lead = firm.users[entry["project_lead"]]
        self.charter: Charter

    @property
    def owner(self) -> User:
        """Who writes the criteria: the outcome owner, or the lead while there is none."""
        return self.firm.users[self.entry["outcome_owner"] or self.entry["project_lead"]]

    def write(self) -> None:
        self.charter = actions.create_charter(
            self.firm.organization,
            by=self.lead,
            use_case=self.ideas[self.entry["use_case"]],
            code=self.entry["id"],
            plan_item=self.entry.get("plan_item", ""),
        )
        ids = {key: str(asset.pk) for key, asset in self.assets.items()}
        names = {key: asset.name for key, asset in self.assets.items()}
        writer = Writer(self.entry, self.story, ids, names)
        self.save(writer.fields(), self.lead)
        self.save(writer.criteria(), self.owner)

    def save(self, fields: dict[str, Any], by: User) -> None:
        draft = draft_of(self.charter)
        changes = {name: (value, draft.version(name)) for name, value in fields.items()}
        actions.save_fields(self.charter, by=by, changes=changes)

    def send(self, due_on: dt.date | None) -> None:
        actions.freeze_revision(self.charter, by=self.firm.facilitator)
        actions.send_for_signature(self.charter, by=self.firm.facilitator, due_on=due_on)
        settle_mail(self.firm)

    def seats(self, person: str) -> list[Signatory]:
        rows = Signatory.objects.filter(
            round__revision__charter=self.charter, round__state="out", email=self.story.person(person)["mail"]
        )
        return list(rows.select_related("round__revision__charter__organization", "user"))

    def sign(self, person: str) -> None:
        """By account as somebody who came through the demo's door, by link for those without an account."""
        seat, user = self.seats(person)[0], self.firm.users.get(person)
        link = None if user else links.links_to(seat, SIGN).first()
        proof = actions.Proof("account" if user else "link", BY_DEMO_DOOR, timezone.now())
        visitor = Visitor(seat, user=user, link=link)
        accepted = [limit.key for limit in limits_for(seat.round.revision, self.seats(person))]
        actions.sign(visitor, by=user, shown_hash=seat.round.sha256, proof=proof, accepted=accepted)
        settle_mail(self.firm)

    def open(self, person: str) -> None:
        """The person looked at the text and has not signed."""
        pks = [seat.pk for seat in self.seats(person)]
        Signatory.objects.filter(pk__in=pks).update(opened_at=timezone.now())

    def remind(self, person: str) -> None:
        actions.remind(self.seats(person)[0], by=self.firm.facilitator)
        settle_mail(self.firm)

    def change(self, asked: Entry) -> None:
        """A change of a charter in force: the next revision, out for signature beside the one in force."""
        by = self.firm.users[asked["by"]]
        self.charter.refresh_from_db()
        actions.start_revision(self.charter, by=by, reason=asked["reason"])
        self.charter.refresh_from_db()
        self.save(self._changed(asked), by)
        self.send(self.story.date(asked["due_day"]))

    def _changed(self, asked: Entry) -> dict[str, Any]:
        new = {field["field"]: field["now"] for field in asked["fields"]}
        values = draft_of(self.charter).values
        ends, decided = (
            self.story.date(new["time_box.end_day"]),
            self.story.date(new["next_steps.decide_day"]),
        )
        warehouse = Writer(self.entry, self.story, {}, {}).seat(
            {"party": "data_warehouse", "person": new["parties.data_warehouse"]}
        )
        criterion: Any = values["criterion.c1"]
        fields: dict[str, Any] = {
            "time_end": ends,
            "decision_on": decided,
            "budget_external": new["budget.external"],
            "seat.data_warehouse": warehouse,
            "criterion.c1": {**criterion, "target": new["criteria.HP-02.1.target"]},
        }
        steps: dict[str, Any] = {name: values[f"pathway.{name}"] for name in OUTCOMES}
        return fields | {f"pathway.{name}": {**step, "on": decided} for name, step in steps.items()}


def enter(
    story: Story,
    firm: Firm,
    assets: dict[str, DataAsset],
    ideas: dict[str, UseCase],
    calendar: Calendar,
) -> None:
    """Enters all charters with their rounds of signatures into the calendar."""
    for entry in story.content["charters"]:
        told = Told(entry, story, firm, assets, ideas)
        signing = entry.get("sign_off")
        opened = signing["opened_day"] if signing else NEVER_SENT
        calendar.at(story.moment(story.working_day(opened - WRITTEN_BEFORE), "09:40"), told.write)
        if signing:
            due = story.optional_date(signing.get("due_day"))
            calendar.at(story.moment(opened, "10:00"), partial(told.send, due))
            _enter_signatures(told, signing, calendar)
        for project in story.content["projects"]:
            if project["charter"] == entry["id"]:
                projects.enter(told, project, calendar)
                kept.enter(told, project, calendar)
                serving.enter(told, calendar)
        if "change_request" in entry:
            asked = entry["change_request"]
            calendar.at(story.moment(asked["opened_day"], "09:30"), partial(told.change, asked))
            _enter_signatures(told, {"signatures": asked["signatures"]}, calendar)


def _enter_signatures(told: Told, signing: Entry, calendar: Calendar) -> None:
    story = told.story
    for number, signature in enumerate(signing["signatures"]):
        moment = story.moment(signature["day"], signature.get("time", f"{11 + number % 5}:{20 + number}"))
        calendar.at(moment, partial(told.sign, signature["person"]))
    for waiting in signing.get("waiting", ()):
        if "reminded_day" in waiting:
            reminded = story.moment(waiting["reminded_day"], "08:15")
            calendar.at(reminded, partial(told.remind, waiting["person"]))
        if "opened_day" in waiting:
            opened = story.moment(waiting["opened_day"], "17:05")
            calendar.at(opened, partial(told.open, waiting["person"]))
