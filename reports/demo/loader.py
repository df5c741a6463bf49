"""Tells the whole story once, in one transaction: either all of the demo is there or nothing of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from accounts import audit
from accounts.models import Organization
from assessment import actions as assessment_actions
from assessment import questionnaires
from reports.demo import charters, evidence, people, plans, rounds, serving, use_cases
from reports.demo.access import LOADED, find_demo
from reports.demo.clock import Calendar, Clock, running
from reports.demo.story import Story, tell


@dataclass(frozen=True)
class Loaded:
    """The demo's organization, and whether this call made it."""

    organization: Organization
    made: bool


def load(now: dt.datetime) -> Loaded:
    """The demo as of ``now``; loading it again changes nothing."""
    there = find_demo()
    if there is not None:
        return Loaded(there, made=False)
    story = tell(now.date())
    assessment_actions.load_standard_questionnaires()
    with transaction.atomic(), running(Clock(story.moment(people.FOUNDED))) as clock:
        firm = people.found(story)
        calendar = Calendar()
        _enter_all(story, firm, calendar)
        calendar.at(now, lambda: serving.draw(story, firm))
        calendar.at(now, lambda: _mark(firm, story))
        calendar.tell(clock)
        people.settle_mail(firm)
    return Loaded(firm.organization, made=True)


def _enter_all(story: Story, firm: people.Firm, calendar: Calendar) -> None:
    assets = evidence.enter(story, firm, calendar)
    ideas = use_cases.enter(story, firm, assets, calendar)
    charters.enter(story, firm, assets, ideas, calendar)
    serving.enter_elsewhere(story, firm, calendar)
    plans.enter(story, firm, ideas, calendar)
    _enter_rounds(story, firm, calendar)


def _enter_rounds(story: Story, firm: people.Firm, calendar: Calendar) -> None:
    version = questionnaires.newest(firm.organization)
    for entry in story.content["assessments"]:
        enter = rounds.enter_closed if entry["state"] == "closed" else rounds.enter_open
        enter(rounds.Round(entry, story, firm, version), calendar)


def _mark(firm: people.Firm, story: Story) -> None:
    """The entry in the audit log by which the demo is known; nobody can add or remove it by hand."""
    audit.record(
        organization=firm.organization,
        actor=None,
        event=LOADED,
        subject=firm.organization,
        data={
            "anchor": story.anchor,
            "version": story.content["version"],
            "people": sorted(str(user.pk) for user in firm.users.values()),
        },
    )
