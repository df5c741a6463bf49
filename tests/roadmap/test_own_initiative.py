"""The form of an own initiative: all that the catalogue knows, checked as the catalogue is."""

from __future__ import annotations

import pytest

from roadmap.catalogue import initiative_to_dict
from roadmap.models import OwnInitiative
from roadmap.own import OwnInitiativeError, checked
from tests.roadmap.small import A, B, gate, initiative

pytestmark = pytest.mark.django_db

NEW = "/roadmap/initiatives/new/"
WHY = "culture.leadership_support.why_explained"
ON_CALL = "team.production_ownership.on_call"
VALUES = {
    "title": "Hold a breakfast on why",
    "why": "It is quick.",
    "done_when": "All were there.",
    "pillar": "culture",
    "phase": "1",
    "kind": "practice",
    "audience": "leaders",
    "weeks": "1",
    "cost_low": "0",
    "cost_high": "100",
    "lifts_rows": "2",
    "lifts_1_item": WHY,
    "lifts_1_from": "0",
    "lifts_1_to": "2",
    "needs_rows": "1",
    "prerequisites_rows": "1",
}


@pytest.fixture
def client(cast):
    return cast.client("frank")


def added(client, **changes: str) -> OwnInitiative:
    response = client.post(NEW, {**VALUES, **changes})
    assert response.status_code == 302, response.context["form"].errors
    return OwnInitiative.objects.get(key=response.url.split("/")[-2])


def errors(client, path: str = NEW, **changes: str) -> dict[str, list[str]]:
    response = client.post(path, {**VALUES, **changes})
    assert response.status_code == 422
    return dict(response.context["form"].errors)


def test_everything_of_a_catalogue_entry_can_be_entered(client):
    row = added(
        client,
        audience="all",
        lifts_rows="3",
        lifts_3_item=ON_CALL,
        lifts_3_from="1",
        lifts_3_to="3",
        needs_1_item="strategy.value_case.baseline",
        needs_1_level="1",
        prerequisites_1_key="explain_why",
        one_of="rank_problems",
        effort_ml_engineer="1.25",
        cost_low="10",
    )
    assert row.content == {
        "key": "own_hold_a_breakfast_on_why",
        "title": "Hold a breakfast on why",
        "pillar": "culture",
        "phase": 1,
        "kind": "practice",
        "audience": "all",
        "duration_weeks": 1,
        "cost_low": 10,
        "cost_high": 100,
        "one_of": "rank_problems",
        "why": "It is quick.",
        "done_when": "All were there.",
        "lifts": [{"item": WHY, "from": 0, "to": 2}, {"item": ON_CALL, "from": 1, "to": 3}],
        "needs": [{"item": "strategy.value_case.baseline", "level": 1}],
        "prerequisites": ["explain_why"],
        "effort": {"ml_engineer": 1.25},
    }


def test_a_poc_has_a_route_and_a_week_for_its_decision(client):
    row = added(client, kind="poc", route="internal", weeks="8")
    assert row.content["kind"] == "poc"
    assert row.content["route"] == "internal"
    assert (row.content["time_box_weeks"], row.content["duration_weeks"]) == (8, 9)
    assert client.get(f"/roadmap/initiatives/{row.key}/edit/").context["form"].initial["weeks"] == 8
    assert "route" in errors(client, kind="poc")
    assert "kind" in errors(client, route="vendor")
    assert "weeks" in errors(client, kind="poc", route="vendor", weeks="104")


def test_what_is_stored_comes_back_and_can_be_taken_away(client):
    row = added(
        client,
        kind="poc",
        route="vendor",
        weeks="4",
        needs_1_item=ON_CALL,
        needs_1_level="1",
        prerequisites_1_key="explain_why",
    )
    path = f"/roadmap/initiatives/{row.key}/edit/"
    form = client.get(path).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() is not None}
    sent |= {f"{name}_rows": str(count) for name, count in form.counts.items()}
    assert client.post(path, {**sent, "seen": "1", "title": "Lunch"}).status_code == 302
    before, changed = row.content, OwnInitiative.objects.get().content
    assert changed == {**before, "title": "Lunch"}, "nothing else has changed"
    plain = {**VALUES, "seen": "2"}
    assert client.post(path, plain).status_code == 302
    left = OwnInitiative.objects.get().content
    assert not {"needs", "prerequisites", "route", "time_box_weeks"} & set(left)
    assert client.post(path, plain).status_code == 409, "somebody changed it meanwhile"


def test_problems_stand_beside_the_row_that_has_them(client):
    assert "cost_low" in errors(client, cost_low="200")
    assert "lifts_2_to" in errors(client, lifts_2_item=ON_CALL, lifts_2_from="3", lifts_2_to="2")
    skipped = errors(
        client, lifts_1_item="", lifts_rows="3", lifts_3_item=WHY, lifts_3_from="2", lifts_3_to="2"
    )
    assert list(skipped) == ["lifts_3_to"]
    assert errors(client, lifts_1_item="")["lifts_1_item"] == ["Choose at least one item that it raises."]
    assert "lifts_1_item" in errors(client, lifts_1_item="a.b.c")
    assert "lifts_1_from" in errors(client, lifts_1_from="9")
    assert "effort_ml_engineer" in errors(client, effort_ml_engineer="-1")
    assert "prerequisites_1_key" in errors(client, prerequisites_1_key="nothing")
    assert "one_of" in errors(client, one_of="nothing")


def test_it_never_waits_for_itself(client):
    first = added(client)
    second = added(client, title="Second", prerequisites_1_key=first.key)
    path = f"/roadmap/initiatives/{first.key}/edit/"
    circle = errors(client, path, seen="1", prerequisites_1_key=second.key)
    assert circle["prerequisites_1_key"][0].count(" waits for ") == 2
    own = client.get(path).context["form"].fields["prerequisites_1_key"].choices
    assert first.key not in {key for _, group in own[1:] for key, _ in group}


def test_what_no_initiative_reaches_is_not_waited_for():
    gates = [gate(A, 1)]
    others = [initiative("one", [(A, 0, 2)]), initiative("stuck", [(B, 0, 1)], needs=[(B, 1)])]
    texts = {"why": "Because.", "done_when": "It shows."}
    fits = initiative_to_dict(initiative("mine", [(B, 0, 1)], needs=[(A, 2)], prerequisites=["one"], **texts))
    assert checked(fits, others, {A: 4, B: 4}, gates) == fits
    for place, words, changed in (
        ("needs.1.level", "above level 2", {"needs": [{"item": A, "level": 3}]}),
        ("prerequisites.2", "never begin itself", {"prerequisites": ["one", "stuck"]}),
        ("prerequisites.1", "not in the catalogue", {"prerequisites": ["gone"]}),
        ("needs.1", "does not have", {"needs": [{"item": "strategy.no.such", "level": 1}]}),
        ("one_of", "no other member", {"one_of": "alone"}),
    ):
        with pytest.raises(OwnInitiativeError) as refused:
            checked({**fits, **changed}, others, {A: 4, B: 4}, gates)
        assert list(refused.value.problems) == [place]
        assert words in refused.value.problems[place][0]


def test_what_others_wait_for_stays(client):
    first = added(client)
    second = added(client, title="Second", prerequisites_1_key=first.key)
    refused = client.post(f"/roadmap/initiatives/{first.key}/remove/")
    assert refused.status_code == 409
    assert "“Second” waits for it" in refused.content.decode()
    client.post(f"/roadmap/initiatives/{second.key}/remove/")
    client.post(f"/roadmap/initiatives/{first.key}/remove/")
    assert client.get(f"/roadmap/initiatives/{first.key}/").status_code == 404


def test_one_more_row_keeps_what_was_typed(client):
    response = client.post(NEW, {**VALUES, "title": "", "more": "needs", "weeks": "abc"})
    form = response.context["form"]
    assert response.status_code == 200
    assert not form.errors
    assert form.counts == {"lifts": 2, "needs": 2, "prerequisites": 1}
    assert form["weeks"].value() == "abc"
    assert form["lifts_1_item"].value() == WHY
    assert not OwnInitiative.objects.exists()


@pytest.mark.parametrize("rows", ["", "0", "-3", "9" * 5000, "a\0", "٣", "1e3"])
def test_odd_counts_of_rows_and_revisions_are_no_failure(client, rows):
    row = added(client)
    path = f"/roadmap/initiatives/{row.key}/edit/"
    odd = {**VALUES, "lifts_rows": rows, "needs_rows": rows, "seen": rows}
    assert client.post(path, odd).status_code in (302, 409, 422)
    for name in ("lifts", "nothing\0"):
        page = client.post(path, {**odd, "more": name})
        assert page.status_code == 200
        assert 1 <= page.context["form"].counts["lifts"] <= 20
