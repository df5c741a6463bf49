"""What the story tells of charters in force: readings of their criteria and what was learned."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from charters import actions
from charters.queries import revision_in_force
from reports.demo import bearing
from reports.demo.clock import Calendar
from reports.demo.people import settle_mail
from reports.demo.story import Entry

if TYPE_CHECKING:
    from reports.demo.charters import Told


def enter(told: Told, project: Entry, calendar: Calendar) -> None:
    """Enters the readings and learning records of the charter's project into the calendar."""
    story = told.story
    for number, reading in enumerate(project.get("readings", ())):
        calendar.at(story.moment(reading["day"], f"14:{10 + number}"), partial(_read, told, reading))
    for record in project.get("learning_records", ()):
        if "lifts_item" in record:
            calendar.at(story.moment(record["day"], "16:20"), partial(_learn, told, record))


def _read(told: Told, reading: Entry) -> None:
    revision = revision_in_force(told.charter)
    if revision is None:
        raise LookupError(f"{told.charter.code} is not in force yet")
    by = told.firm.users[reading["by"]]
    key = f"c{reading['criterion'].rpartition('.')[2]}"
    given: dict[str, Any] = {
        name: reading[name] for name in ("value", "unit", "metric_key", "slice", "candidate", "proof")
        if reading.get(name) is not None
    }  # fmt: skip
    file = reading["file"]
    actions.record_reading(
        revision,
        key,
        by=by,
        taken_on=told.story.date(reading["day"]),
        data_name=file,
        data_sha256=bearing.sha256(file),
        **given,
    )
    settle_mail(told.firm)


def _learn(told: Told, record: Entry) -> None:
    actions.record_learning(
        told.charter,
        by=told.firm.users[record["by"]],
        learned=record["text"],
        evidence=record.get("evidence", ""),
        item=record["lifts_item"],
    )
