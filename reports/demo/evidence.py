"""What the story's people registered: data assets and the roster."""

from __future__ import annotations

from decimal import Decimal

from assessment.evidence.actions import RosterEntry, save_asset, save_person
from assessment.evidence.models import DataAsset
from reports.demo.clock import Calendar
from reports.demo.people import Firm
from reports.demo.story import Entry, Story

REGISTERED = -120
ROSTER_MADE = -60
ACCESS = {
    "every_team_with_purpose": DataAsset.Access.ALL_LAWFUL,
    "selected_teams": DataAsset.Access.SOME_TEAMS,
    "one_department": DataAsset.Access.SOME_TEAMS,
    "unknown": DataAsset.Access.UNKNOWN,
}


def enter(story: Story, firm: Firm, calendar: Calendar) -> dict[str, DataAsset]:
    """Enters both into the calendar. The assets, by id, are there once they have been told."""
    assets: dict[str, DataAsset] = {}

    def register() -> None:
        for entry in story.content["data_assets"]:
            values = _asset(entry, story)
            assets[entry["id"]] = save_asset(firm.organization, values, by=firm.facilitator)

    def fill_roster() -> None:
        for entry in story.content["roster"]["people"]:
            save_person(firm.organization, _member(entry, story, firm), by=firm.facilitator)

    calendar.at(story.moment(REGISTERED, "14:00"), register)
    calendar.at(story.moment(ROSTER_MADE, "10:00"), fill_roster)
    return assets


def _asset(entry: Entry, story: Story) -> Entry:
    return {
        "name": entry["name"],
        "owner": story.name(entry["owner"]) if entry["owner"] else "",
        "place": entry["place"] or "",
        "labeled": entry["labeled"],
        "in_one_repository": entry["one_repository"],
        "access": ACCESS[entry["access"]],
        "days_to_access": entry["access_days"],
        "legal_basis": entry["legal_basis"] or "",
        "refresh": entry["refresh"] or "",
        "note": f"{entry['why']} {entry['next_step']}",
    }


def _member(entry: Entry, story: Story, firm: Firm) -> RosterEntry:
    key = entry.get("person", "")
    person: Entry = story.person(key) if key else {"name": entry["title"], "unit": None}
    return RosterEntry(
        name=person["name"],
        kind=entry["kind"],
        partner=entry.get("partner", ""),
        until=story.optional_date(entry.get("until_day")),
        unit=firm.units.get(person["unit"]),
        projects=entry.get("projects", ()),
        shares={role: Decimal(share) / 100 for role, share in entry["roles"].items()},
        skills=entry.get("skills", {}),
    )
