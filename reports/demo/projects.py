"""What the story tells of projects at work: cards, check-ins, who is waited for, what was decided."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from projects.actions import open_from_charter, talking, work
from projects.models import Ask, Milestone, Project, ProjectMember, Task
from reports.demo.clock import Calendar
from reports.demo.people import settle_mail
from reports.demo.story import Entry

if TYPE_CHECKING:
    from reports.demo.charters import Told

GRADES = {"low": 1, "medium": 2, "high": 3}
TAKEN_UP = -8


class Worked:
    """One project while it is told."""

    def __init__(self, told: Told, entry: Entry) -> None:
        self.told = told
        self.entry = entry
        self.lead = told.firm.users[entry["lead"]]
        self.project: Project
        self.asks: dict[str, Ask] = {}
        self.tasks: dict[str, Task] = {}
        self.milestones: dict[str, Milestone] = {}

    def open(self) -> None:
        self.told.charter.refresh_from_db()
        self.project = open_from_charter(self.told.charter, by=self.lead)
        Project.objects.filter(pk=self.project.pk).update(name=self.entry["title"])
        self.project.refresh_from_db()
        for one in self.entry["milestones"]:
            values = {"title": one["title"], "due_on": self.told.story.date(one["due_day"])}
            self.milestones[one["title"]] = work.save_milestone(self.project, values=values)
        for one in self.entry["tasks"]:
            self.tasks[one["title"]] = work.add_task(self.project, by=self.lead, values=self._task(one))
        for one in self.entry["documents"]:
            values = {"kind": "link", "title": one["title"], "url": one["url"]}
            work.add_paper(self.project, by=self.lead, values=values)
        for one in self.entry["risks"]:
            work.save_risk(self.project, values=self._risk(one))

    def _task(self, one: Entry) -> dict[str, Any]:
        held = next((ask["text"] for ask in self.entry["asks"] if ask["id"] == one.get("blocked_by")), "")
        return {
            "title": one["title"],
            "owner": self.member(one["owner"]),
            "due_on": self.told.story.date(one["due_day"]),
            "note": f"Waits for an answer: {held}" if held else "",
        }

    def _risk(self, one: Entry) -> dict[str, Any]:
        return {
            "title": one["text"],
            "response": f"{one['effect']}. {one['answer']}.",
            "likelihood": GRADES[one["likelihood"]],
            "effect": GRADES[one["bad"]],
            "owner": self.member(one["owner"]),
        }

    def member(self, person: str) -> ProjectMember | None:
        name = self.told.story.name(person)
        return ProjectMember.objects.filter(project=self.project, name=name, left_at=None).first()

    def move(self, one: Entry, column: str) -> None:
        work.move_task(self.tasks[one["title"]], column=column)

    def reach(self, one: Entry, day: dt.date) -> None:
        work.save_milestone(self.project, values={"done_on": day}, milestone=self.milestones[one["title"]])

    def check_in(self, one: Entry) -> None:
        day = self.told.story.date(one["day"])
        talking.check_in(self.project, by=self.lead, week=day, health=one["health"], reason=one["reason"])

    def ask(self, one: Entry) -> None:
        story = self.told.story
        person = story.person(one["to"])
        values = {
            "what": one["text"],
            "why": f"It holds up {one['holds']}." if one.get("holds") else "",
            "of_name": person["name"],
            "of_email": person["mail"],
            "department": person["job"],
            "blocks": bool(one.get("holds") or one.get("answered_day")),
            "needed_by": story.date(one["due_day"]),
        }
        self.asks[one["id"]] = talking.ask_somebody(
            self.project, by=self.told.firm.users[one["from"]], values=values
        )
        settle_mail(self.told.firm)

    def answer(self, one: Entry) -> None:
        by = self.told.firm.users.get(one["to"])
        name = self.told.story.name(one["to"])
        talking.answer_ask(self.asks[one["id"]], answer=one["answer"], name=name, by=by)
        settle_mail(self.told.firm)

    def decide(self, one: Entry) -> None:
        values = {
            "decided": one["text"],
            "decided_by": ", ".join(self.told.story.name(person) for person in one["by"]),
            "decided_on": self.told.story.date(one["day"]),
        }
        work.log_decision(self.project, by=self.lead, values=values)


def enter(told: Told, entry: Entry, calendar: Calendar) -> None:
    """Enters the project, its weeks and its waiting into the calendar."""
    story, worked = told.story, Worked(told, entry)
    calendar.at(story.moment(entry["opened_day"], "17:45"), worked.open)
    for one in entry["checkins"]:
        calendar.at(story.moment(one["day"], "16:30"), partial(worked.check_in, one))
    for one in entry["decisions"]:
        calendar.at(story.moment(one["day"], "15:00"), partial(worked.decide, one))
    for one in entry["asks"]:
        calendar.at(story.moment(one["asked_day"], "10:45"), partial(worked.ask, one))
        if one.get("answered_day") is not None:
            calendar.at(story.moment(one["answered_day"], "13:20"), partial(worked.answer, one))
    for one in entry["milestones"]:
        if one["done_day"] is not None:
            done = story.date(one["done_day"])
            calendar.at(story.moment(one["done_day"], "17:10"), partial(worked.reach, one, done))
    for one in entry["tasks"]:
        _enter_moves(worked, one, calendar)


def _enter_moves(worked: Worked, one: Entry, calendar: Calendar) -> None:
    story = worked.told.story
    if one["state"] == "done":
        calendar.at(story.moment(one["due_day"], "17:00"), partial(worked.move, one, "done"))
    elif one["state"] != "todo":
        taken_up = story.moment(story.working_day(TAKEN_UP), "09:05")
        calendar.at(taken_up, partial(worked.move, one, "doing"))
