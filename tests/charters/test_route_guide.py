"""The guide to a route: points by rule, obstacles last, unknown facts named, and the page with its links."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assessment.evidence.models import RoleShare, RosterPerson, RosterSkill
from assessment.evidence.roles import role_book
from charters.content import content
from charters.route_guide import CHEAPEST_FIRST, CONDITIONS, OBSTACLES, GuideFacts, guide
from tests.charters.cast import build_cast, write_charter
from tests.charters.test_pages import signed_in

OPEN = {"data_scientist": "open", "ml_engineer": "open", "data_engineer": "open"}
COVERED = dict.fromkeys(OPEN, "covered")


def test_every_condition_of_the_content_is_computed_and_no_other() -> None:
    routes = content().routes.values()
    assert {fit.id for route in routes for fit in route.fits} == set(CONDITIONS)
    assert {fit.id for route in routes for fit in route.excluded} == set(OBSTACLES)


def test_without_facts_nothing_counts_and_everything_is_named_as_unknown() -> None:
    found = guide(GuideFacts(), content())
    assert not found.is_clear
    assert [item.points for item in found.proposals] == [0, 0, 0]
    assert [item.route for item in found.proposals] == list(CHEAPEST_FIRST)
    for item in found.proposals:
        assert {reason.id for reason in item.unknown} == {
            fit.id for fit in (*content().routes[item.route].fits, *content().routes[item.route].excluded)
        }


def test_nobody_to_build_speaks_for_a_vendor_and_against_doing_it_alone() -> None:
    facts = GuideFacts(
        coverage=OPEN, in_house=OPEN, free=0, horizon="m3", levels={"skills": 1}, has_owner=True
    )
    found = guide(facts, content())
    assert found.is_clear
    assert found.first.route == "vendor"
    assert {reason.id: reason.points for reason in found.first.reasons} == {"no_builders": 3, "short_time": 2}
    assert found.first.reasons[0].quote == "data scientist open, ML engineer open"
    assert [item.id for item in found.proposals[-1].obstacles] == ["nobody_free"]
    assert found.proposals[-1].route == "internal"


def test_own_builders_with_time_speak_for_internal() -> None:
    facts = GuideFacts(
        coverage=COVERED, in_house=COVERED, projects=(1, 3), free=60, horizon="m12",
        levels={"tolerance": 3, "complexity": 4, "data_status": 4}, has_owner=True,
    )  # fmt: skip
    found = guide(facts, content())
    assert (found.first.route, found.first.points) == ("internal", 5)
    vendor = next(item for item in found.proposals if item.route == "vendor")
    assert "own_people_busy" not in {reason.id for reason in (*vendor.reasons, *vendor.unknown)}


def test_a_vendor_without_an_outcome_owner_comes_last() -> None:
    found = guide(GuideFacts(coverage=OPEN, in_house=OPEN, free=40, has_owner=False), content())
    assert found.proposals[-1].route == "vendor"
    assert found.proposals[-1].points == 3


def test_less_than_two_points_apart_leaves_both_open_the_cheaper_first() -> None:
    found = guide(GuideFacts(preferred="collaborative", has_owner=True), content())
    assert not found.is_clear
    assert found.first.route == "internal"
    assert found.proposals[1].points == 1


LEVELS = st.none() | st.integers(0, 4)


@given(
    skills=LEVELS, status=LEVELS, complexity=LEVELS, tolerance=LEVELS, worth=st.none() | st.integers(0, 100),
    free=st.none() | st.integers(0, 100), horizon=st.sampled_from(["", "m3", "m6", "m12", "later"]),
    states=st.none() | st.lists(st.sampled_from(["covered", "partly", "open"]), min_size=3, max_size=3),
    preferred=st.sampled_from(["", "vendor", "internal", "collaborative"]), owner=st.none() | st.booleans(),
)  # fmt: skip
def test_points_are_the_sum_of_the_reasons_and_the_order_follows(
    skills, status, complexity, tolerance, worth, free, horizon, states, preferred, owner
) -> None:
    typed = {"skills": skills, "data_status": status, "complexity": complexity, "tolerance": tolerance}
    roles = dict(zip(OPEN, states, strict=True)) if states else None
    facts = GuideFacts(
        coverage=roles, in_house=roles, free=free, worth=worth, other_uses=True, horizon=horizon,
        preferred=preferred, has_owner=owner, levels={k: v for k, v in typed.items() if v is not None},
    )  # fmt: skip
    found = guide(facts, content())
    assert sorted(item.route for item in found.proposals) == sorted(CHEAPEST_FIRST)
    for item in found.proposals:
        assert item.points == sum(reason.points for reason in item.reasons)
        assert not {reason.id for reason in item.reasons} & {reason.id for reason in item.unknown}
    blocked = [bool(item.obstacles) for item in found.proposals]
    assert blocked == sorted(blocked)
    free_points = [item.points for item in found.proposals if not item.obstacles]
    if found.is_clear:
        assert found.first.points >= max(free_points[1:], default=-9) + 2
    elif free_points:
        assert found.first.points > max(free_points) - 2


@pytest.mark.django_db
def test_the_page_quotes_the_roster_and_links_to_it() -> None:
    cast = build_cast()
    charter = write_charter(cast)
    person = RosterPerson.objects.create(organization=cast.organization, name="Priya", projects_at_once=3)
    RoleShare.objects.create(person=person, role="data_scientist", share=Decimal("0.6"))
    for skill, level in role_book().roles["data_scientist"].needs.items():
        RosterSkill.objects.create(person=person, skill=skill, level=level)
    max_ = signed_in(cast.max)
    page = max_.get(reverse("charters:route", args=[charter.pk])).content.decode()
    assert "Data scientist covered, ML engineer" in page
    assert reverse("evidence:roster") in page
    assert "chosen in the charter" in page
    assert "not known" in page
    before = reverse("charters:route_before")
    assert max_.get(before).status_code == 200
    assert max_.get(f"{before}?use_case=nonsense").status_code == 404
    assert signed_in(cast.sten).get(reverse("charters:route", args=[charter.pk])).status_code == 404
