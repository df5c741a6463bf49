"""What the roster covers: roles, single-person skills, people on too many projects, overlap. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

CARRIES = 2
TOO_MANY_PROJECTS = 3
SEVERE_PROJECTS = 6
SHARED_FTE = Decimal("0.5")


class NeedsSkills(Protocol):
    """A role as far as the rules read it."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def needs(self) -> Mapping[str, int]: ...
    @property
    def core(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Member:
    """Somebody on the roster. `kind`: in_house, partner or vacancy; a vacancy covers nothing."""

    name: str
    kind: str
    shares: Mapping[str, Decimal]
    skills: Mapping[str, int]
    projects: int = 0


@dataclass(frozen=True)
class RoleCoverage:
    role: str
    name: str
    state: Literal["covered", "partly", "open"]
    fte: Decimal
    people: tuple[str, ...]
    missing: tuple[str, ...]
    partner_only: bool
    vacancies: int


def role_coverage(role: NeedsSkills, members: Sequence[Member]) -> RoleCoverage:
    """Covered: one person with a share meets all core skills, or those who share it do together with at least
    half an FTE; partly: somebody with a share meets one core skill; open otherwise."""
    sharing = [m for m in members if m.kind != "vacancy" and m.shares.get(role.key, Decimal(0)) > 0]
    fte = sum((m.shares[role.key] for m in sharing), Decimal(0))
    met = {
        skill
        for skill in role.core
        if any(m.skills.get(skill, 0) >= role.needs.get(skill, 0) for m in sharing)
    }
    alone = any(all(m.skills.get(s, 0) >= role.needs.get(s, 0) for s in role.core) for m in sharing)
    together = len(met) == len(role.core) and fte >= SHARED_FTE
    state: Literal["covered", "partly", "open"] = "open"
    if sharing and (alone or together):
        state = "covered"
    elif met:
        state = "partly"
    return RoleCoverage(
        role=role.key,
        name=role.name,
        state=state,
        fte=fte,
        people=tuple(m.name for m in sharing),
        missing=tuple(skill for skill in role.core if skill not in met),
        partner_only=bool(sharing) and all(m.kind == "partner" for m in sharing),
        vacancies=sum(m.kind == "vacancy" and m.shares.get(role.key, Decimal(0)) > 0 for m in members),
    )


def single_points(skills: Sequence[str], members: Sequence[Member]) -> dict[str, str]:
    """Skills that exactly one person reaches level 2 in, with the person."""
    found = {}
    for skill in skills:
        able = [m.name for m in members if m.kind != "vacancy" and m.skills.get(skill, 0) >= CARRIES]
        if len(able) == 1:
            found[skill] = able[0]
    return found


def overloaded(members: Sequence[Member]) -> tuple[Member, ...]:
    """People on three or more projects at once, most first."""
    found = [member for member in members if member.projects >= TOO_MANY_PROJECTS]
    return tuple(sorted(found, key=lambda member: (-member.projects, member.name)))


def overlap(one: NeedsSkills, other: NeedsSkills) -> int:
    """Overlap of two roles in percent: sum of the smaller over sum of the larger needed levels."""
    skills = set(one.needs) | set(other.needs)
    smaller = sum(min(one.needs.get(skill, 0), other.needs.get(skill, 0)) for skill in skills)
    larger = sum(max(one.needs.get(skill, 0), other.needs.get(skill, 0)) for skill in skills)
    return int(100 * smaller / larger + 0.5) if larger else 0
