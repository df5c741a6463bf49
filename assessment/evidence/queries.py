"""Reads of the register and the roster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Organization
from assessment import questionnaires
from assessment.evidence.coverage import (
    Member,
    RoleCoverage,
    overlap,
    overloaded,
    role_coverage,
    single_points,
)
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.register import AssetStatus, status_of
from assessment.evidence.roles import Skill, role_book
from assessment.models.results import Observation
from assessment.question_bank import Item

MOST_SEEN = 100


@dataclass(frozen=True)
class AssetRow:
    asset: DataAsset
    status: AssetStatus


def register_of(organization: Organization) -> list[AssetRow]:
    """The register, least usable first."""
    assets = DataAsset.objects.filter(organization=organization, archived_at=None).select_related("unit")
    rows = [AssetRow(asset, status_of(asset)) for asset in assets]
    return sorted(rows, key=lambda row: (row.status.rank, row.asset.name.lower()))


@dataclass(frozen=True)
class Seen:
    """An observation with the question that it bears on; no question where it bears on none."""

    observation: Observation
    question: str


def observations_of(organization: Organization) -> list[Seen]:
    """What later stages saw, latest first; at most as many as a page shows."""
    rows = list(
        Observation.objects.filter(organization=organization).select_related("recorded_by")[:MOST_SEEN]
    )
    items: Mapping[str, Item] = {}
    if any(row.item for row in rows) and questionnaires.has_any(organization):
        items = questionnaires.by_version(questionnaires.newest(organization).pk).items
    return [Seen(row, items[row.item].text if row.item in items else "") for row in rows]


def roster_of(organization: Organization) -> list[RosterPerson]:
    people = RosterPerson.objects.filter(organization=organization, archived_at=None)
    return list(people.select_related("unit").prefetch_related("shares", "skills"))


@dataclass(frozen=True)
class RosterView:
    """What follows from the roster. `single` names the person only for those who may see skill levels."""

    roles: tuple[RoleCoverage, ...]
    single: tuple[tuple[Skill, str], ...]
    overloaded: tuple[Member, ...]
    overlap: tuple[tuple[str, tuple[int, ...]], ...]
    heads: tuple[str, ...]


def view_of(people: list[RosterPerson]) -> RosterView:
    book = role_book()
    members = [as_member(person) for person in people]
    roles = list(book.roles.values())
    single = single_points(list(book.skills), members)
    return RosterView(
        roles=tuple(
            sorted(
                (role_coverage(role, members) for role in roles),
                key=lambda found: ("open", "partly", "covered").index(found.state),
            )
        ),
        single=tuple((book.skills[skill], name) for skill, name in single.items()),
        overloaded=overloaded(members),
        overlap=tuple((role.name, tuple(overlap(role, other) for other in roles)) for role in roles),
        heads=tuple(role.name for role in roles),
    )


def as_member(person: RosterPerson) -> Member:
    """A person of the roster as the rules read it; shares and skills should be prefetched."""
    return Member(
        name=person.name,
        kind=person.kind,
        shares={share.role: share.share for share in person.shares.all()},
        skills={skill.skill: skill.level for skill in person.skills.all()},
        projects=person.projects_at_once or 0,
    )
