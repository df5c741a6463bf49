"""The story's roadmap: what is done and running, choices made, the plan in force and another scenario."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.utils import timezone

from jobs.models import Job
from jobs.runner import Progress
from reports.demo.clock import Calendar
from reports.demo.people import Firm
from reports.demo.story import Entry, Story
from roadmap import actions
from roadmap.catalogue import AUDIENCES
from roadmap.making import make_plan
from roadmap.models import Plan, PlanRequest, UseCase
from roadmap.queries import ground_of, starting_result
from roadmap.wishes import PlanWishes

DAYS_AFTER = 7
DONE_FROM, DONE_UNTIL = -60, -24
THOUSAND = 1000
ROUTE = "collaborative"


class Unwatched(Progress):
    """Nobody waits in front of the loader, and its job is seen by nobody before the commit."""

    def __init__(self) -> None:
        pass

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        pass


class Roadmap:
    """The roadmap while it is told."""

    def __init__(self, entry: Entry, story: Story, firm: Firm, ideas: dict[str, UseCase]) -> None:
        self.entry = entry
        self.story = story
        self.firm = firm
        self.ideas = ideas

    def begin(self) -> None:
        """What was done before the plan, the POC that runs, and the choices that every plan follows."""
        by, organization = self.firm.facilitator, self.firm.organization
        for key in self.entry["done"]:
            actions.record_progress(
                organization,
                key,
                by=by,
                state="done",
                started_on=self.story.date(DONE_FROM),
                finished_on=self.story.date(DONE_UNTIL),
            )
        for running in self.entry["running"]:
            self.start(running)
        for key in self.entry["forced_in"]:
            actions.set_item(organization, key, by=by, choice="in")
        for key in self.entry["forced_out"]:
            actions.set_item(organization, key, by=by, choice="out")
        for pin in self.entry["pins"]:
            monday = self.story.date(pin["start_day"])
            actions.set_item(
                organization, pin["initiative"], by=by, choice="pin", monday=monday, reason=pin["reason"]
            )
        for key, idea in self.entry["bindings"].items():
            actions.bind_use_case(organization, key, self.ideas[idea], by=by)

    def start(self, running: Entry) -> None:
        actions.record_progress(
            self.firm.organization,
            running["initiative"],
            by=self.firm.facilitator,
            state="running",
            started_on=self.story.date(running["started_day"]),
            expected_on=self.story.optional_date(running.get("ends_day")),
            note=running.get("note", ""),
        )

    def make(self, scenario: Entry) -> Plan:
        """A plan, made at once instead of in the worker."""
        request = actions.request_plan(
            self.firm.organization, self._wishes(scenario), by=self.firm.facilitator, name=scenario["title"]
        )
        outcome = make_plan(Unwatched(), str(request.pk))
        now = timezone.now()
        Job.objects.filter(pk__in=[request.job_id]).update(
            state=Job.State.DONE,
            message=outcome.message,
            result_url=outcome.url,
            started_at=now,
            finished_at=now,
            heartbeat_at=now,
        )
        return Plan.objects.get(request=PlanRequest.objects.get(pk=request.pk))

    def publish(self, scenario: Entry) -> None:
        actions.publish_plan(self.make(scenario), by=self.firm.facilitator)

    def start_on_time(self) -> None:
        """What the plan puts first is begun, so that only what the story calls late is late."""
        for key, first, last in self._first_items():
            self._record(key, state="running", started_on=first, expected_on=last)

    def finish_on_time(self) -> None:
        """What would end within the week after day 0 is done, so that nothing is late on any day of it."""
        for key, first, last in self._first_items():
            if last <= self.story.date(DAYS_AFTER):
                self._record(key, state="done", started_on=first)

    def _first_items(self) -> list[tuple[str, dt.date, dt.date]]:
        """The planned items of the first week in force, with first and last day."""
        plan = Plan.objects.get(organization=self.firm.organization, state=Plan.State.PUBLISHED)
        return [
            (item.key, plan.week_zero, plan.week_zero + dt.timedelta(weeks=item.end_week, days=-1))
            for item in plan.value.items
            if item.state == "planned" and item.start_week == 0
        ]

    def _record(self, key: str, **how_far: Any) -> None:
        actions.record_progress(self.firm.organization, key, by=self.firm.facilitator, **how_far)

    def _wishes(self, scenario: Entry) -> PlanWishes:
        start = self.story.date(self.entry["start_day"])
        weeks = scenario.get("by_weeks", self.entry["by_weeks"])
        at_once: int = scenario["at_once_per_audience"]
        return PlanWishes(
            start=start,
            target_phase=scenario.get("target_phase", self.entry["target_phase"]),
            by=start - dt.timedelta(days=start.weekday()) + dt.timedelta(weeks=weeks),
            budget=scenario["budget"] * THOUSAND,
            capacity=self._capacity(scenario),
            at_once=dict.fromkeys(AUDIENCES, at_once),
            preferred_route=ROUTE,
            taken_in=tuple(scenario.get("forced_in", ())),
            set_aside=tuple(scenario.get("set_aside", ())),
        )

    def _capacity(self, scenario: Entry) -> dict[str, int]:
        """The roster's figure with what the scenario adds to it."""
        more = scenario.get("extra_capacity", {})
        if not more:
            return {}
        organization = self.firm.organization
        capacity = ground_of(organization, starting_result(organization)).capacity
        return {role: capacity[role] + added for role, added in more.items()}


def enter(story: Story, firm: Firm, ideas: dict[str, UseCase], calendar: Calendar) -> None:
    """Enters the chosen plan, what happened since, and the scenario that leaders are asked about."""
    entry = story.content["plan"]
    told = Roadmap(entry, story, firm, ideas)
    scenarios = {scenario["id"]: scenario for scenario in entry["scenarios"]}
    start = story.moment(entry["start_day"], "08:20")
    calendar.at(start, told.begin)
    calendar.at(start + dt.timedelta(hours=2), partial(told.publish, scenarios["lean"]))
    calendar.at(start + dt.timedelta(hours=3), partial(told.make, scenarios["fast"]))
    calendar.at(start + dt.timedelta(hours=4), told.start_on_time)
    calendar.at(story.moment(-1, "15:20"), told.finish_on_time)
