"""The demo holds together: files behind hashes, time boxes within the plan, a desk worth opening."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import Membership, Organization
from jobs.files import open_file
from jobs.models import StoredFile
from reports.demo import bearing
from reports.demo.loader import load
from reports.demo.story import content
from reports.desk import Desk, reader_of
from roadmap.models import Plan

# A Tuesday, so that day 0 is the Friday before.
NOW = dt.datetime(2026, 11, 24, 10, 30, tzinfo=dt.UTC)
ANCHOR = dt.date(2026, 11, 20)


@pytest.mark.django_db
def test_the_demo_holds_together(settings: Any) -> None:
    settings.DEMO = True
    loaded = load(NOW).organization
    files_that_charters_name_by_hash_are_kept(loaded)
    time_boxes_lie_within_the_weeks_of_the_plan(loaded)
    leaders_find_more_than_one_thing_on_their_desk(loaded)


def files_that_charters_name_by_hash_are_kept(loaded: Organization) -> None:
    for name in ("bearing_holdout_2h.csv", "bearing_bench.csv", "bearing_bergen.csv"):
        kept = StoredFile.objects.get(organization=loaded, sha256=bearing.sha256(name))
        with open_file(kept) as file:
            assert file.read() == bearing.csv_file(name)


def time_boxes_lie_within_the_weeks_of_the_plan(loaded: Organization) -> None:
    row = Plan.objects.get(organization=loaded, state="published")
    plan, week_zero = row.value, row.week_zero
    stories = {entry["use_case"]: entry["time_box"] for entry in content()["charters"]}
    for key in ("poc_1_collaborative", "poc_3_collaborative"):
        box, item = stories[content()["plan"]["bindings"][key]], plan.by_key[key]
        assert week_zero + dt.timedelta(weeks=item.start_week) <= ANCHOR + dt.timedelta(box["start_day"])
        assert ANCHOR + dt.timedelta(box["end_day"]) <= week_zero + dt.timedelta(weeks=item.end_week)


def leaders_find_more_than_one_thing_on_their_desk(loaded: Organization) -> None:
    rolf = Membership.objects.get(organization=loaded, user__email__startswith="rolf.")
    duties = Desk(reader_of(rolf, NOW), None).waits
    assert {"Sign", "Choose"} <= {duty.verb for duty in duties}
