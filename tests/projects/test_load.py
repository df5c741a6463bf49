"""How much of their week people have promised: by hand, as properties, and on the pages."""

from __future__ import annotations

import datetime as dt
import html
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from assessment.evidence.models import RoleShare, RosterPerson
from projects.actions import Start, open_from_initiative
from projects.load import Promise, loads, overloads
from projects.models import Project, ProjectMember
from projects.people import people_load
from tests.projects import cast as made

MONDAY = dt.date(2026, 11, 16)


def promise(
    person: str, share: int | None, start: int | None = None, end: int | None = None, at: str = "p"
) -> Promise:
    """Days from MONDAY."""
    days = [None if day is None else MONDAY + dt.timedelta(days=day) for day in (start, end)]
    return Promise(person, person.title(), at, at.upper(), share, days[0], days[1])


@pytest.mark.parametrize(
    ("start", "end", "weeks"),
    [
        (None, None, (50, 50, 50)),
        (0, 6, (50, 0, 0)),
        (6, 7, (50, 50, 0)),
        (14, None, (0, 0, 50)),
        (None, -1, ()),
        (21, 30, ()),
    ],
)
def test_a_promise_counts_in_each_week_that_it_touches(
    start: int | None, end: int | None, weeks: tuple[int, ...]
) -> None:
    found = loads([promise("ida", 50, start, end)], {}, MONDAY, 3)
    assert [load.weeks for load in found] == ([weeks] if weeks else [])


def test_shares_add_up_and_the_furthest_over_comes_first() -> None:
    found = loads(
        [
            promise("ida", 60, at="a"),
            promise("ida", 30, 7, None, at="b"),
            promise("ida", None, at="c"),
            promise("bo", 90, at="a"),
        ],
        {"ida": 80},
        MONDAY,
        2,
    )
    ida, bo = found
    assert (ida.name, ida.weeks, ida.peak, ida.peak_week, ida.capacity) == ("Ida", (60, 90), 90, 1, 80)
    assert (ida.is_over, ida.unsaid, len(ida.promises)) == (True, 1, 3)
    assert (bo.capacity, bo.is_over) == (100, False)


def test_one_more_project_names_whom_it_takes_over() -> None:
    before = [promise("ida", 70, None, 6, at="a"), promise("bo", 100, at="a")]
    added = [promise("ida", 40, 0, 30), promise("bo", None, 0, 30), promise("eva", 100, 0, 30)]
    (found,) = overloads(before, added, {}, MONDAY, 10)
    assert (found.name, found.percent, found.capacity, found.monday) == ("Ida", 110, 100, MONDAY)
    assert [one.project_name for one in found.others] == ["A"]
    # From the second week on there is room.
    assert overloads(before, [promise("ida", 40, 7, 30)], {}, MONDAY, 10) == []


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 100), st.integers(0, 20), st.integers(0, 20))),
    st.integers(1, 8),
)
def test_the_load_is_the_sum_whatever_the_order(rows: list[tuple[str, int, int, int]], weeks: int) -> None:
    promises = [promise(who, share, min(a, b), max(a, b)) for who, share, a, b in rows]
    found = loads(promises, {}, MONDAY, weeks)
    assert found == loads(promises, {}, MONDAY, weeks)
    turned = loads(promises[::-1], {}, MONDAY, weeks)
    assert {load.person: load.weeks for load in turned} == {load.person: load.weeks for load in found}
    for load in found:
        for at, value in enumerate(load.weeks):
            week = MONDAY + dt.timedelta(weeks=at)
            assert value == sum(
                one.share or 0 for one in promises if one.person == load.person and one.holds_in(week)
            )


def on_roster(cast: Any, name: str, share: str) -> None:
    row = RosterPerson.objects.create(organization=cast.organization, name=name)
    RoleShare.objects.create(person=row, role="data_scientist", share=Decimal(share))


def open_one(cast: Any, key: str, share: int | None) -> Project:
    today = timezone.localdate()
    start = Start(
        lead=cast.membership("bob"), share=share, starts_on=today, ends_on=today + dt.timedelta(days=60)
    )
    return open_from_initiative(
        cast.organization, by=cast.frank, initiative=key, name=f"Project {key}", start=start
    )


@pytest.mark.django_db
def test_the_roster_says_what_a_person_has(cast: Any) -> None:
    on_roster(cast, "Bob", "0.80")
    open_one(cast, "x", 50)
    open_one(cast, "y", 40)
    (bob,) = people_load(cast.organization, timezone.localdate())
    assert (bob.name, bob.now, bob.capacity, bob.is_over) == ("Bob", 90, 80, True)
    Project.objects.filter(initiative="y").update(state="paused")
    (bob,) = people_load(cast.organization, timezone.localdate())
    assert (bob.now, bob.is_over) == (50, False)


@pytest.mark.django_db
def test_one_account_is_one_person_whatever_the_address_is_written_like(cast: Any) -> None:
    open_one(cast, "x", 50)
    project = open_one(cast, "y", None)
    ProjectMember.objects.filter(project=project).update(name="B. Bobsen", share=30)
    (bob,) = people_load(cast.organization, timezone.localdate())
    assert bob.now == 80


@pytest.mark.django_db
def test_the_page_is_for_those_who_lead(cast: Any) -> None:
    open_one(cast, "x", 70)
    open_one(cast, "y", 70)
    page = html.unescape(cast.client("frank").get("/projects/people/").content.decode())
    assert "One person is promised more than they have" in page
    assert "140 %" in page
    assert "Bob is over 100 % of a full week" in page
    assert cast.client("bob").get("/projects/people/").status_code == 403
    assert "Nobody is on a project yet" in cast.client("charlie").get("/projects/people/").content.decode()


@pytest.mark.django_db
def test_the_form_says_once_whom_it_takes_over_and_then_opens(cast: Any) -> None:
    open_one(cast, "x", 70)
    today = timezone.localdate()
    address = "/projects/open/initiatives/explain_why_to_those_involved/"
    values = {
        "name": "Why",
        "lead": str(cast.membership("bob").pk),
        "share": "50",
        "starts_on": today.isoformat(),
        "ends_on": (today + dt.timedelta(days=30)).isoformat(),
    }
    client = cast.client("frank")
    refused = client.post(address, values)
    assert refused.status_code == 422
    page = html.unescape(refused.content.decode())
    assert "Bob would be at 120 % of a full week" in page
    assert "Promised already: Project x 70 %." in page
    assert Project.objects.count() == 1
    assert client.post(address, {**values, "despite": "on"}).status_code == 302
    assert Project.objects.count() == 2


@pytest.mark.django_db
def test_the_page_before_a_charters_project_says_it_too(cast: Any) -> None:
    charter = made.charter_in_force(cast.organization, cast.frank)
    address = f"/projects/open/{charter.pk}/"
    client = cast.client("frank")
    before = client.get(address)
    team = [(name, share) for name, _, share in before.context["takes"].people if share]
    assert "More is promised than there is." not in before.content.decode()
    name, share = team[0]
    on_roster(cast, name, f"{(share - 1) / 100:.2f}")
    page = html.unescape(client.get(address).content.decode())
    assert f"{name} would be at {share} % of a full week and has {share - 1} %" in page
