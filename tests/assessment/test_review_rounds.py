"""Review, consensus, closing and opening again; races between them and saves."""

from __future__ import annotations

import pytest

from assessment import actions, questionnaires
from assessment.actions import rounds
from assessment.models import Assessment, Consensus, Result
from assessment.queries import compute, latest_result, planning_inputs
from tests.assessment.cast import Cast, answer_all, level, make_cast, make_round, respondent_of
from tests.kept import kept
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
ON_CALL = "team.production_ownership.on_call"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def assessment(cast: Cast) -> Assessment:
    return _in_review(cast)


@kept
def _in_review(cast: Cast) -> Assessment:
    found = make_round(cast)
    answer_all(found)
    sponsor = respondent_of(found, "sponsor")
    actions.save_answer(sponsor, ON_CALL, level(4), base_revision=1, by=None)
    actions.start_review(found, by=cast.fay)
    return found


def test_the_review_names_the_items_that_split_the_room(cast: Cast, assessment: Assessment) -> None:
    page = cast.client(cast.fay).get(f"/assessments/{assessment.pk}/").content.decode()
    assert "One item splits the room" in page
    assert "Who answers the phone when a deployed model fails?" in page


def test_consensus_by_the_page_needs_level_and_reason(cast: Cast, assessment: Assessment) -> None:
    client = cast.client(cast.fay)
    item = f"/assessments/{assessment.pk}/items/{ON_CALL}/"
    assert "What we agree on" in client.get(item).content.decode()
    assert client.post(f"{item}consensus/", {"level": "1", "reason": ""}).status_code == 422
    assert client.post(f"{item}consensus/", {"level": "7", "reason": "x"}).status_code == 422
    values = {"level": "1", "reason": "The list was never sent.", "who_differs": "Solveig"}
    assert client.post(f"{item}consensus/", values).status_code == 302
    assert Consensus.objects.get().level == 1
    assert client.post(f"{item}consensus/remove/").status_code == 302
    assert not Consensus.objects.exists()


def test_a_consensus_decides_the_gate_and_never_the_score(cast: Cast, assessment: Assessment) -> None:
    before = compute(assessment).to_dict()
    actions.record_consensus(assessment, ON_CALL, level=0, reason="Nobody is.", by=cast.fay)
    after = compute(assessment).to_dict()
    assert [p["value"] for p in after["pillars"]] == [p["value"] for p in before["pillars"]]
    gate = next(g for g in after["gates"] if g["key"] == f"{ON_CALL}:2")
    assert (gate["holds"], gate["decided_by"]) == (False, "consensus")
    assert after["current_levels"][ON_CALL] == 0


def test_consensus_belongs_to_the_review(cast: Cast) -> None:
    running = make_round(cast)
    with pytest.raises(Conflict):
        actions.record_consensus(running, ON_CALL, level=1, reason="x", by=cast.fay)
    with pytest.raises(Invalid):
        actions.record_consensus(running, "team.skills.work_covered", level=1, reason="x", by=cast.fay)


def test_closing_freezes_and_planning_reads_it(cast: Cast, assessment: Assessment) -> None:
    assert planning_inputs(cast.organization) is None
    client = cast.client(cast.fay)
    assert client.get(f"/assessments/{assessment.pk}/close/").status_code == 200
    assert client.post(f"/assessments/{assessment.pk}/close/").status_code == 302
    result = Result.objects.get()
    assert result.content["people"] == 7
    assert latest_result(cast.organization) == result
    inputs = planning_inputs(cast.organization)
    assert inputs is not None
    assert inputs.levels[ON_CALL] == 2
    assert set(inputs.levels) == {i.key for i in questionnaires.of(assessment).maturity_items}
    with pytest.raises(TypeError):
        result.save()
    assert client.post(f"/assessments/{assessment.pk}/close/").status_code == 409


def test_closing_again_after_opening_makes_a_new_result(cast: Cast, assessment: Assessment) -> None:
    first = actions.close(assessment, by=cast.fay)
    with pytest.raises(Invalid):
        actions.reopen(assessment, reason=" ", by=cast.fay)
    actions.reopen(assessment, reason="A late answer.", by=cast.fay)
    assert latest_result(cast.organization) is None
    actions.save_answer(respondent_of(assessment, "sponsor"), ON_CALL, level(0), base_revision=2, by=None)
    actions.start_review(assessment, by=cast.fay)
    second = actions.close(assessment, by=cast.fay)
    assert (first.number, second.number) == (1, 2)
    assert first.result_hash != second.result_hash
    first.refresh_from_db()
    assert first.content["people"] == 7


def test_a_consensus_recorded_while_closing_stops_it(
    cast: Cast, assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddle(found: Assessment) -> object:
        content = original(found)
        actions.record_consensus(found, ON_CALL, level=3, reason="Meanwhile.", by=cast.alice)
        return content

    original = rounds.frozen_content
    monkeypatch.setattr(rounds, "frozen_content", meddle)
    with pytest.raises(Conflict):
        actions.close(assessment, by=cast.fay)
    assessment.refresh_from_db()
    assert assessment.state == "review"
    assert not Result.objects.exists()


def test_moves_are_refused_from_the_wrong_state(cast: Cast) -> None:
    assessment = make_round(cast)
    with pytest.raises(Conflict):
        actions.close(assessment, by=cast.fay)
    stale = Assessment.objects.get(pk=assessment.pk)
    actions.start_review(assessment, by=cast.fay)
    with pytest.raises(Conflict):
        actions.start_review(stale, by=cast.fay)
    with pytest.raises(Conflict):
        actions.invite_respondents(stale, [], by=cast.fay)


def test_the_same_answers_freeze_to_the_same_bytes(cast: Cast, assessment: Assessment) -> None:
    first = actions.close(assessment, by=cast.fay)
    actions.reopen(assessment, reason="Again.", by=cast.fay)
    actions.start_review(assessment, by=cast.fay)
    second = actions.close(assessment, by=cast.alice)
    assert first.canonical == second.canonical
    assert first.inputs_hash == second.inputs_hash
