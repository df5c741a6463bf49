"""The story's ideas for ML, scored for worth and feasibility."""

from __future__ import annotations

from functools import partial
from typing import Any

from assessment.evidence.models import DataAsset
from reports.demo.clock import Calendar
from reports.demo.people import Firm
from reports.demo.story import Entry, Story
from roadmap.use_case_actions import create_use_case, record_charter
from roadmap.use_case_models import UseCase

COLLECTED = -110


def enter(story: Story, firm: Firm, assets: dict[str, DataAsset], calendar: Calendar) -> dict[str, UseCase]:
    """Enters all ideas into the calendar. They are there, by id, once they have been told."""
    ideas: dict[str, UseCase] = {}

    def collect(entry: Entry) -> None:
        values = _values(entry, story, assets)
        ideas[entry["id"]] = create_use_case(firm.organization, by=firm.facilitator, values=values)

    def stop(entry: Entry) -> None:
        record_charter(ideas[entry["id"]], by=firm.facilitator, state=UseCase.State.STOPPED)

    for entry in story.content["use_cases"]:
        if entry["state"] == "stopped":
            decided = story.moment(entry["decided_day"], "15:00")
            calendar.at(story.moment(entry["decided_day"] - 1, "15:00"), partial(collect, entry))
            calendar.at(decided, partial(stop, entry))
        else:
            calendar.at(story.moment(COLLECTED, "13:30"), partial(collect, entry))
    return ideas


def _values(entry: Entry, story: Story, assets: dict[str, DataAsset]) -> dict[str, Any]:
    return {
        "title": entry["title"],
        "outcome_owner": story.name(entry["outcome_owner"]) if entry.get("outcome_owner") else "",
        "other_uses": entry["other_uses"],
        "lessons": "\n".join(entry.get("lessons", ())),
        "problem_type": entry["problem_type"],
        "data_origin": entry["data_origin"],
        "horizon": entry["horizon"],
        "touches": entry["touches"],
        "levels": {
            question: {"level": scored[0], "note": scored[1]} if scored else {"level": None}
            for axis in ("worth", "feasibility")
            for question, scored in entry[axis].items()
        },
        "assets": [assets[key] for key in entry["assets"]],
    }
