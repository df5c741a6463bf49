"""Answering by personal link: pages, plain forms, the hat, handing in, coming back, workshop links."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assessment import actions, questionnaires
from assessment.invitees import Invitee
from assessment.models import Answer, AnswerFile, Respondent
from assessment.queries import compute
from tests.assessment.cast import Cast, level, make_cast, make_round, open_link, respondent_of

pytestmark = pytest.mark.django_db
ON_CALL = "team.production_ownership.on_call"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def respondent(cast: Cast) -> Respondent:
    return respondent_of(make_round(cast))


def page(respondent: Respondent, name: str) -> str:
    return f"/answer/{respondent.pk}/{name}"


def test_first_page_says_who_sees_what_and_begins_at_the_first_open_dimension(respondent: Respondent) -> None:
    client = open_link(respondent)
    text = client.get(page(respondent, "")).content.decode()
    assert "Who sees what in this round" in text
    assert "This round is named." in text
    response = client.post(page(respondent, "start/"))
    assert response.status_code == 302
    assert response["Location"].endswith("/dimensions/S1/")
    respondent.refresh_from_db()
    assert respondent.started_at is not None


def test_a_dimension_shows_only_what_this_function_is_asked(respondent: Respondent) -> None:
    client = open_link(respondent)
    text = client.get(page(respondent, "dimensions/T3/")).content.decode()
    questionnaire = questionnaires.of(respondent.assessment)
    for item in questionnaire.items.values():
        if item.dimension == "team.production_ownership":
            assert (f'id="q-{item.key}"' in text) == ("practitioner" in item.functions)
    assert "You answer as <strong>practitioner</strong>" in text


def test_a_plain_form_saves_without_scripts_and_goes_on(respondent: Respondent) -> None:
    client = open_link(respondent)
    response = client.post(
        page(respondent, "dimensions/T3/save/"),
        {f"choice:{ON_CALL}": "1", f"revision:{ON_CALL}": "0", f"comment:{ON_CALL}": "Ask <Eirik>"},
    )
    assert response.status_code == 302
    answer = Answer.objects.get(respondent=respondent, item=ON_CALL)
    assert (answer.level, answer.comment, answer.revision) == (1, "Ask <Eirik>", 1)
    text = client.get(page(respondent, "dimensions/T3/")).content.decode()
    assert "Saved " in text
    assert "Ask &lt;Eirik&gt;" in text


def test_sending_the_same_page_again_changes_nothing(respondent: Respondent) -> None:
    client = open_link(respondent)
    fields = {f"choice:{ON_CALL}": "1", f"revision:{ON_CALL}": "0"}
    client.post(page(respondent, "dimensions/T3/save/"), fields)
    client.post(page(respondent, "dimensions/T3/save/"), fields)
    assert Answer.objects.get(item=ON_CALL).revision == 1


def test_an_older_page_shows_both_versions_and_lets_one_choose(respondent: Respondent) -> None:
    client = open_link(respondent)
    save = page(respondent, "dimensions/T3/save/")
    actions.save_answer(respondent, ON_CALL, level(3), base_revision=0, by=None)
    mine = {f"choice:{ON_CALL}": "1", f"revision:{ON_CALL}": "0"}
    response = client.post(save, mine)
    assert response.status_code == 409
    text = response.content.decode()
    assert "Keep mine" in text
    assert "Keep the saved one" in text
    assert Answer.objects.get(item=ON_CALL).level == 3
    client.post(save, mine | {"keep": f"theirs:{ON_CALL}"})
    assert Answer.objects.get(item=ON_CALL).level == 3
    client.post(save, mine | {"keep": f"mine:{ON_CALL}:1"})
    assert (Answer.objects.get(item=ON_CALL).level, Answer.objects.get(item=ON_CALL).revision) == (1, 2)


def test_a_refused_value_is_named_and_stays_in_its_field(cast: Cast) -> None:
    respondent = respondent_of(make_round(cast), "technical_lead")
    client = open_link(respondent)
    key = "team.capacity_focus.projects_at_once"
    fields = {f"value:{key}": "ninety", f"revision:{key}": "0", f"comment:{key}": "many"}
    response = client.post(page(respondent, "dimensions/T5/save/"), fields)
    assert response.status_code == 422
    text = response.content.decode()
    assert "Must be a number" in text
    assert ">many</textarea>" in text
    assert not Answer.objects.exists()


def test_i_dont_know_asks_who_would_know_and_counts_as_answered(respondent: Respondent) -> None:
    client = open_link(respondent)
    client.post(
        page(respondent, "dimensions/T3/save/"),
        {f"choice:{ON_CALL}": "dont_know", f"revision:{ON_CALL}": "0", f"would_know:{ON_CALL}": "Eirik"},
    )
    answer = Answer.objects.get(item=ON_CALL)
    assert (answer.state, answer.level, answer.would_know) == ("dont_know", None, "Eirik")
    assert "1 of " in client.get(page(respondent, "review/")).content.decode()


def test_taking_an_answer_back_leaves_it_open(respondent: Respondent) -> None:
    client = open_link(respondent)
    actions.save_answer(respondent, ON_CALL, level(3), base_revision=0, by=None)
    client.post(
        page(respondent, "dimensions/T3/save/"),
        {f"choice:{ON_CALL}": "3", f"revision:{ON_CALL}": "1", "clear": ON_CALL},
    )
    assert Answer.objects.get(item=ON_CALL).state == "open"


def test_items_hide_by_earlier_answers(cast: Cast) -> None:
    respondent = respondent_of(make_round(cast), "technical_lead")
    client = open_link(respondent)
    item = 'data-item="team.capacity_focus.projects_at_once" data-kind="number" hidden'
    assert item not in client.get(page(respondent, "dimensions/T5/")).content.decode()
    actions.save_answer(respondent, "team.capacity_focus.dedicated_time", level(0), base_revision=0, by=None)
    assert item in client.get(page(respondent, "dimensions/T5/")).content.decode()


def test_the_rest_can_be_opened_and_never_scores(respondent: Respondent) -> None:
    client = open_link(respondent)
    assert client.get(page(respondent, "rest/")).status_code == 200
    actions.begin(respondent, by=None)
    before = compute(respondent.assessment).to_dict()
    key = "strategy.problem_selection.four_criteria"
    response = client.post(page(respondent, "rest/S2/save/"), {f"choice:{key}": "4", f"revision:{key}": "0"})
    assert response.status_code == 302
    assert Answer.objects.get(item=key).level == 4
    after = compute(respondent.assessment).to_dict()
    assert after["pillars"] == before["pillars"]


def test_the_hat_can_be_changed_and_answers_stay(respondent: Respondent) -> None:
    client = open_link(respondent)
    actions.save_answer(respondent, ON_CALL, level(3), base_revision=0, by=None)
    response = client.post(page(respondent, "function/"), {"function": "sponsor"})
    assert response.status_code == 302
    respondent.refresh_from_db()
    assert respondent.function == "sponsor"
    assert Answer.objects.filter(respondent=respondent).count() == 1
    assert client.post(page(respondent, "function/"), {"function": "king"}).status_code == 422


def test_handing_in_and_coming_back_on_another_device(respondent: Respondent) -> None:
    client = open_link(respondent)
    actions.save_answer(respondent, ON_CALL, level(3), base_revision=0, by=None)
    assert client.post(page(respondent, "submit/")).status_code == 302
    assert "handed in" in client.get(page(respondent, "done/")).content.decode()
    other = open_link(respondent)
    text = other.get(page(respondent, "dimensions/T3/")).content.decode()
    assert 'value="3" checked' in text


def test_evidence_is_limited_by_type_and_size_and_downloads(respondent: Respondent) -> None:
    client = open_link(respondent)
    upload = page(respondent, f"items/{ON_CALL}/files/")
    bad = client.post(upload, {"file": SimpleUploadedFile("run.exe", b"MZ")})
    assert bad.status_code == 422
    assert "not taken" in bad.json()["error"]["message"]
    good = client.post(upload, {"file": SimpleUploadedFile("log.pdf", b"%PDF-1.7 text")})
    assert good.status_code == 200
    kept = AnswerFile.objects.get()
    response = client.get(page(respondent, f"files/{kept.pk}/"))
    assert response.content == b"%PDF-1.7 text"
    assert response["Content-Disposition"].startswith("attachment")
    assert (
        open_link(respondent_of(respondent.assessment, "sponsor"))
        .get(page(respondent, f"files/{kept.pk}/"))
        .status_code
        == 404
    )
    assert client.post(page(respondent, f"files/{kept.pk}/remove/")).status_code == 200
    assert not AnswerFile.objects.exists()


def test_a_locked_round_is_shown_and_takes_nothing(cast: Cast, respondent: Respondent) -> None:
    client = open_link(respondent)
    actions.save_answer(respondent, ON_CALL, level(3), base_revision=0, by=None)
    actions.start_review(respondent.assessment, by=cast.fay)
    text = client.get(page(respondent, "dimensions/T3/")).content.decode()
    assert "Locked." in text
    assert 'value="3" checked' in text
    fields = {f"choice:{ON_CALL}": "1", f"revision:{ON_CALL}": "1"}
    assert client.post(page(respondent, "dimensions/T3/save/"), fields).status_code == 409
    assert Answer.objects.get(item=ON_CALL).level == 3


def test_a_room_joins_by_one_link(cast: Cast) -> None:
    assessment = make_round(cast, people=0)
    link = actions.workshop_link(assessment, by=cast.fay)
    path = "/" + link.split("/", 3)[3]
    phone = Client()
    response = phone.get(path, follow=True)
    assert "Who are you in this round" in response.content.decode()
    name = "نورة " * 15
    response = phone.post(
        f"/answer/{assessment.pk}/join/", {"name": name, "function": "sponsor"}, follow=True
    )
    assert response.status_code == 200
    joined = assessment.respondents.get()
    assert joined.name == name.strip()
    assert phone.get(f"/answer/{joined.pk}/dimensions/S2/").status_code == 200
    assert phone.post(f"/answer/{assessment.pk}/join/", {"name": "", "function": "x"}).status_code == 422
    newer = actions.workshop_link(assessment, by=cast.fay)
    assert newer != link
    assert Client().get(path, follow=True).status_code in (404, 410)


def test_answers_are_found_by_the_account_too(cast: Cast) -> None:
    assessment = make_round(cast, people=0)
    actions.invite_respondents(assessment, [Invitee("Bob", "bob@example.com", "sponsor")], by=cast.fay)
    own = assessment.respondents.get()
    assert own.user == cast.bob
    assert cast.client(cast.bob).get(page(own, "")).status_code == 200
    assert cast.client(cast.alice).get(page(own, "")).status_code == 404
    cast.bob.memberships.all().delete()
    assert cast.client(cast.bob).get(page(own, "")).status_code == 404


def test_strangers_find_nothing(cast: Cast, respondent: Respondent) -> None:
    neighbor = open_link(respondent_of(respondent.assessment, "sponsor"))
    for name in ("", "dimensions/T3/", "review/", "done/", "rest/", "function/", "result/", "rest/S2/"):
        for client in (Client(), neighbor, cast.client(cast.charlie)):
            assert client.get(page(respondent, name)).status_code == 404
    for name in ("start/", "submit/", "dimensions/T3/save/", f"items/{ON_CALL}/", "leave/"):
        assert neighbor.post(page(respondent, name)).status_code == 404
