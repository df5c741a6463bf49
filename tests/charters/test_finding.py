"""The list of charters: search, filters, order and pages by the address, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from charters.actions import create_charter, save_fields
from charters.models import Charter
from roadmap.use_case_models import UseCase
from tests.charters.cast import Cast, build_cast, send_charter, without_a_vendor, write_charter
from tests.charters.many import many_charters
from tests.charters.test_api import api
from tests.charters.test_pages import signed_in

pytestmark = pytest.mark.django_db
LIST = "/charters/"


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def begun(cast: Cast, title: str, **fields: object) -> Charter:
    use_case = fields.pop("use_case", None)
    charter = create_charter(cast.organization, by=cast.frida, title=title, use_case=use_case)
    changes = {name.replace("__", "."): (value, 0) for name, value in fields.items()}
    save_fields(charter, by=cast.frida, changes=changes)
    return charter


@pytest.fixture
def three(cast: Cast) -> Client:
    """Three drafts that differ in all that can be looked for, and a client who reads the list."""
    use_case = UseCase.objects.create(
        organization=cast.organization, title="Spare parts forecast", created_by=cast.frida
    )
    owner = {"name": "Åse Ødegård", "email": "aase@halvorsen.example"}
    begun(cast, "Bearing warning", route="vendor", risk_class="high", seat__outcome_owner=owner)
    begun(cast, "Stock levels", route="internal", risk_class="minimal", use_case=use_case)
    begun(cast, "Invoice 100% check", route="internal", seat__outcome_owner={"name": "Omar Haddad"})
    return signed_in(cast.vera)


def titles(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200, query
    return [row["charter"].title for row in answer.context["rows"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?find=BEARING", ["Bearing warning"]),
        ("?find=forecast", ["Stock levels"]),
        ("?find=parts+levels", ["Stock levels"]),
        ("?find=%C3%A5se", ["Bearing warning"]),  # å, where the name begins with Å
        ("?find=%C3%98DEG%C3%85RD", ["Bearing warning"]),
        ("?find=haddad", ["Invoice 100% check"]),
        ("?find=100%25", ["Invoice 100% check"]),
        ("?find=_nvoice", []),
        ("?find=HP-02", ["Stock levels"]),
        ("?route=internal", ["Invoice 100% check", "Stock levels"]),
        ("?risk=high", ["Bearing warning"]),
        ("?owner=Omar+Haddad", ["Invoice 100% check"]),
        ("?owner=Omar", []),
        ("?state=draft&route=internal&risk=minimal", ["Stock levels"]),
        ("?state=in_force", []),
        ("?waiting=me", []),
        ("?find=nothing+like+it", []),
    ],
)
def test_each_way_to_look_finds_just_what_fits(three: Client, query: str, expected: list[str]) -> None:
    assert sorted(titles(three, query)) == expected


def test_the_list_sorts_both_ways_and_keeps_the_filter(three: Client) -> None:
    rising = ["Bearing warning", "Invoice 100% check", "Stock levels"]
    assert titles(three) == ["Invoice 100% check", "Stock levels", "Bearing warning"]
    assert titles(three, "?sort=changed&dir=asc") == ["Bearing warning", "Stock levels", "Invoice 100% check"]
    assert titles(three, "?sort=title") == rising
    assert titles(three, "?sort=title&dir=desc") == rising[::-1]
    assert titles(three, "?sort=use_case")[0] == "Stock levels"
    page = three.get(f"{LIST}?route=internal&sort=title").content.decode()
    assert 'aria-sort="ascending"><a class="sort" href="?route=internal&amp;sort=title&amp;dir=desc"' in page
    assert '<input type="hidden" name="sort" value="title">' in page
    assert re.search(r'<option value="internal" selected>', page)


def test_states_sort_by_the_life_of_a_charter_and_due_days_by_the_next(three: Client, cast: Cast) -> None:
    late, soon = (
        send_charter(cast, write_charter(cast, **without_a_vendor(), title="ignored")) for _ in range(2)
    )
    for round_, title, days in ((late, "Out late", 20), (soon, "Out soon", 5)):
        Charter.objects.filter(pk=round_.revision.charter_id).update(title=title)
        round_.due_on = timezone.localdate() + dt.timedelta(days=days)
        round_.save()
    assert titles(three, "?sort=due")[:2] == ["Out soon", "Out late"]
    assert titles(three, "?sort=due&dir=desc")[:2] == ["Out late", "Out soon"]
    assert {*titles(three, "?sort=state")[3:]} == {"Out soon", "Out late"}
    assert sorted(titles(three, "?state=out")) == ["Out late", "Out soon"]


def test_what_waits_for_the_reader_is_first_and_can_be_filtered(cast: Cast) -> None:
    begun(cast, "Nobody's turn")
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    legal = signed_in(cast.signers["legal"])
    assert titles(legal, "?waiting=me") == ["Bearing failure warning"]
    seat = round_.signatories.get(seat="legal")
    assert f"/charters/sign/{seat.pk}/" in legal.get(f"{LIST}?waiting=me").content.decode()
    assert "Waits for you" in legal.get(LIST).content.decode()
    assert titles(signed_in(cast.vera), "?waiting=me") == []


@pytest.mark.parametrize(
    "query",
    [
        "?state=nonsense&route=x&risk=1&sort=title%3Bdrop&dir=up&waiting=you",
        "?find=%EF%BF%BF%07&owner=%1F",
        "?page=999999999999999999999",
        "?page=-1",
        "?find=" + "x" * 5000,
    ],
)
def test_a_bad_address_lists_what_it_can(three: Client, query: str) -> None:
    assert len(titles(three, query)) in (0, 3)


def test_no_match_and_no_charter_say_what_to_do(cast: Cast) -> None:
    client = signed_in(cast.frida)
    assert "Agree on what success is before the work begins" in client.get(LIST).content.decode()
    begun(cast, "One")
    page = client.get(f"{LIST}?find=two").content.decode()
    assert "No charters found" in page
    assert "show all charters" in page
    assert 'value="two"' in page


def test_names_of_others_are_neither_found_nor_offered(three: Client, cast: Cast) -> None:
    assert "Omar Haddad" in three.get(LIST).context["owners"]
    stranger = Client()
    stranger.force_login(cast.sten)
    assert stranger.get(f"{LIST}?find=omar").status_code in (302, 403, 404)


def test_pages_keep_the_filter_and_every_charter_is_on_one_of_them(cast: Cast) -> None:
    many_charters(cast, 120, out=2)
    client = signed_in(cast.vera)
    first = client.get(f"{LIST}?route=vendor&find=warning")
    assert first.context["page"].paginator.count == 40
    all_pages = [titles(client, f"?find=warning&sort=title&page={n}") for n in (1, 2, 3)]
    assert [len(page) for page in all_pages] == [50, 50, 21]
    assert len({title for page in all_pages for title in page}) == 121
    assert (
        "?find=warning&amp;sort=title&amp;page=2"
        in client.get(f"{LIST}?find=warning&sort=title").content.decode()
    )


@pytest.mark.queries
@pytest.mark.parametrize("query", ["", "?waiting=me&sort=due", "?find=warning&owner=Owner+01&route=internal"])
def test_the_list_costs_the_same_number_of_queries_for_many(cast: Cast, query: str) -> None:
    many_charters(cast, 8, out=3)
    client = signed_in(cast.signers["legal"])
    client.get(LIST)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{LIST}{query}").status_code == 200
        counts.append(len(queries))
        many_charters(cast, 60, out=20)
    assert counts[0] == counts[1] <= 18


def test_the_api_lists_by_the_same_words(three: Client, cast: Cast) -> None:
    client = api(cast, cast.vera, "charters:read")

    def found(**given: str) -> list[str]:
        answer = client.get("/api/v1/charters/", given)
        assert answer.status_code == 200, answer.content
        return sorted(row["title"] for row in answer.json()["results"])

    assert found(route="internal") == ["Invoice 100% check", "Stock levels"]
    assert found(find="forecast") == ["Stock levels"]
    assert found(owner="Omar Haddad", state="draft") == ["Invoice 100% check"]
    assert found(waiting="me") == []
    refused = client.get("/api/v1/charters/", {"risk": "terrible"})
    assert refused.status_code == 422
    assert "minimal, limited, high, prohibited" in refused.content.decode()
