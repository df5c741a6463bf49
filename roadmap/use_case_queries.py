"""Reading use cases: their facts with what the registers say, their standing and their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organization
from assessment.evidence.coverage import role_coverage
from assessment.evidence.models import DataAsset, RoleShare
from assessment.evidence.queries import as_member, roster_of
from assessment.evidence.register import status_of
from assessment.evidence.roles import role_book
from roadmap.portfolio import (
    HALF_TIME,
    PortfolioProblem,
    Standing,
    UseCaseFacts,
    access_days_level,
    check_portfolio,
    data_status_level,
    rank,
    skills_level,
    standing,
)
from roadmap.use_case_models import UseCase
from roadmap.use_case_rubric import rubric

# What has been decided keeps the level that its people gave; the roster has moved on since.
OPEN_STATES = (UseCase.State.IDEA, UseCase.State.PLANNED, UseCase.State.RUNNING)


def use_cases_of(organization: Organization, *, archived: bool = False) -> QuerySet[UseCase]:
    """The use cases of an organization with what their standing needs, in two queries."""
    return (
        UseCase.objects.filter(organization=organization, archived_at__isnull=not archived)
        .select_related("organization", "unit")
        .prefetch_related("assets")
    )


def asset_status(asset: DataAsset) -> str:
    """not_usable_yet, acceptable, better or best."""
    return status_of(asset).key


def roster_skills(organization: Organization) -> int | None:
    """The level that the roster gives to the question on skills; None while it is empty."""
    people = roster_of(organization)
    if not people:
        return None
    members, roles = [as_member(row) for row in people], role_book().roles
    in_house = [member for member in members if member.kind == "in_house"]
    with_partners, alone = (
        [role_coverage(roles[key], those).state for key in ("data_scientist", "ml_engineer")]
        for those in (members, in_house)
    )
    return skills_level(*((state, own != "covered") for state, own in zip(with_partners, alone, strict=True)))


def levels_of(use_case: UseCase, skills: int | None = None) -> dict[str, int]:
    """The levels that count: what the registers show goes before what somebody typed.

    `skills` is the roster's level (`roster_skills`); what has been decided keeps its own. That labeling has
    begun is known to people only: a typed 2 stands where the register says 1.
    """
    typed = {key: entry["level"] for key, entry in use_case.levels.items() if entry.get("level") is not None}
    shown = register_levels(use_case.assets.all())
    if shown.get("data_status") == 1 and typed.get("data_status") == 2:
        del shown["data_status"]
    if skills is not None and use_case.state in OPEN_STATES:
        shown["skills"] = skills
    return typed | shown


def register_levels(assets: Iterable[DataAsset]) -> dict[str, int]:
    """Levels of the questions that linked data assets answer; none without assets."""
    linked = list(assets)
    found = {
        "data_status": data_status_level(asset_status(asset) for asset in linked),
        "access_days": access_days_level(asset.days_to_access for asset in linked),
    }
    return {key: level for key, level in found.items() if level is not None}


def facts_of(use_case: UseCase, skills: int | None = None) -> UseCaseFacts:
    """A use case as the pure module reads it."""
    return UseCaseFacts(
        key=str(use_case.pk),
        title=use_case.title,
        levels=levels_of(use_case, skills),
        horizon=use_case.horizon,
        data_origin=use_case.data_origin,
        problem_type=use_case.problem_type,
        unit=use_case.unit.name if use_case.unit else "",
        state=use_case.state,
        starts_on=use_case.starts_on,
        ends_on=use_case.ends_on,
        budget=float(use_case.budget),
        team=tuple(use_case.team),
        assets=tuple((asset.name, asset_status(asset)) for asset in use_case.assets.all()),
        other_uses=use_case.other_uses,
        lessons=use_case.lessons,
    )


def standing_of(use_case: UseCase) -> Standing:
    """One use case with the roster of its organization; for many, `ranked` reads the roster once."""
    return standing(facts_of(use_case, roster_skills(use_case.organization)), rubric())


def ranked(use_cases: Iterable[UseCase]) -> list[tuple[UseCase, Standing]]:
    """Use cases of one organization in the order of the rubric, each with its standing."""
    by_key: Mapping[str, UseCase] = {str(use_case.pk): use_case for use_case in use_cases}
    first = next(iter(by_key.values()), None)
    skills = roster_skills(first.organization) if first else None
    order = rank(standing(facts_of(use_case, skills), rubric()) for use_case in by_key.values())
    return [(by_key[item.facts.key], item) for item in order]


def portfolio_problems(organization: Organization, standings: list[Standing]) -> list[PortfolioProblem]:
    """What the list as a whole lacks, with the data scientists of the roster."""
    shares = RoleShare.objects.filter(
        person__organization=organization, person__archived_at=None, role="data_scientist"
    ).exclude(person__kind="vacancy")
    known = list(shares.values_list("share", flat=True))
    scientists = sum(share * 100 >= HALF_TIME for share in known) if known else None
    return check_portfolio(standings, today=timezone.localdate(), data_scientists=scientists)
