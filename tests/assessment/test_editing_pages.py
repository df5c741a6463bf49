"""The editor of questionnaires through its addresses and actions: who may, what is kept, who was faster."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from assessment import actions as rounds
from assessment import editing, questionnaires
from assessment import editing_actions as actions
from assessment.editing_forms import ItemForm
from assessment.models import QuestionnaireDraft, QuestionnaireVersion
from tests.assessment.cast import Cast, make_cast, standard_questionnaires
from ui.errors import Conflict

KEY = "team.production_ownership.on_call"


@pytest.fixture
def cast(db: None) -> Cast:
    # Rolled back tests hand the same ids out again.
    questionnaires.by_version.cache_clear()
    standard_questionnaires()
    return make_cast()


@pytest.fixture
def draft(cast: Cast) -> QuestionnaireDraft:
    return actions.start_draft(cast.organization, key="readiness", by=cast.fay)


def url(name: str, *args: Any) -> str:
    return reverse(f"questionnaires:{name}", args=args)


def form_data(draft: QuestionnaireDraft, key: str = KEY, **changed: Any) -> dict[str, Any]:
    """What a browser sends for an item as it is shown, with some fields typed over."""
    draft.refresh_from_db()
    entry = editing.entry_of(draft.content, key)
    assert entry is not None
    form = ItemForm(draft.content, entry)
    shown = {bound.name: bound.value() for bound in form}
    return {
        name: value for name, value in {**shown, "seen": entry.mark, **changed}.items() if value is not None
    }


def text_of(draft: QuestionnaireDraft, key: str = KEY) -> str:
    draft.refresh_from_db()
    entry = editing.entry_of(draft.content, key)
    return str(entry.item.get("text", "")) if entry else ""


PAGES = ["draft", "frame", "export", "import", "publish", "discard", "add"]


@pytest.mark.parametrize("name", PAGES)
def test_drafts_are_for_those_who_manage(cast: Cast, draft: QuestionnaireDraft, name: str) -> None:
    path = url(name, draft.pk)
    answers = {
        who: cast.client(getattr(cast, who)).get(path).status_code
        for who in ("alice", "fay", "bob", "vic", "charlie")
    }
    assert answers == {"alice": 200, "fay": 200, "bob": 403, "vic": 403, "charlie": 404}
    assert cast.client(None).get(path).status_code == 302


@pytest.mark.parametrize("name", ["item", "drop"])
def test_items_are_for_those_who_manage(cast: Cast, draft: QuestionnaireDraft, name: str) -> None:
    path = url(name, draft.pk, KEY)
    assert [cast.client(who).get(path).status_code for who in (cast.fay, cast.vic, cast.charlie)] == [
        200,
        403,
        404,
    ]
    assert cast.client(cast.fay).get(url(name, draft.pk, "no.such.item")).status_code == 404


@pytest.mark.parametrize("name", ["item", "drop", "frame", "import", "publish", "discard", "add"])
def test_members_change_nothing(cast: Cast, draft: QuestionnaireDraft, name: str) -> None:
    args = (draft.pk, KEY) if name in ("item", "drop") else (draft.pk,)
    assert cast.client(cast.bob).post(url(name, *args), form_data(draft, text="No?")).status_code == 403
    assert cast.client(cast.charlie).post(url(name, *args), form_data(draft, text="No?")).status_code == 404
    assert QuestionnaireDraft.objects.get().revision == 1


def test_versions_are_read_by_members_and_own_ones_by_nobody_else(
    cast: Cast, draft: QuestionnaireDraft
) -> None:
    standard = QuestionnaireVersion.objects.get(organization=None)
    own = rounds.publish_questionnaire(
        questionnaires.by_version(standard.pk), organization=cast.organization, by=cast.fay
    )
    for name in ("version", "version_export"):
        assert cast.client(cast.vic).get(url(name, standard.pk)).status_code == 200
        assert cast.client(cast.charlie).get(url(name, standard.pk)).status_code == 200
        assert cast.client(cast.vic).get(url(name, own.pk)).status_code == 200
        assert cast.client(cast.charlie).get(url(name, own.pk)).status_code == 404
    assert "Copy and change" not in cast.client(cast.vic).get(url("list")).content.decode()


def test_a_draft_is_started_once(cast: Cast) -> None:
    client = cast.client(cast.fay)
    assert "Copy and change" in client.get(url("list")).content.decode()
    assert client.post(url("start", "readiness")).status_code == 302
    assert client.post(url("start", "readiness")).status_code == 409
    assert client.post(url("start", "unknown")).status_code == 404
    assert cast.client(cast.bob).post(url("start", "readiness")).status_code == 403
    page = client.get(url("list")).content.decode()
    assert "Copy and change" not in page
    assert str(QuestionnaireDraft.objects.get().pk) in page


def test_an_item_is_saved_whole_and_leaves_an_entry(cast: Cast, draft: QuestionnaireDraft) -> None:
    data = form_data(
        draft,
        text="Who is called at night?",
        level_2_text="A list names one person.",
        functions=["sponsor", "practitioner", "technical_lead"],
        weight="2.5",
        gate_2="",
        gate_3="4",
        should_know=["practitioner"],
        dont_know="Nobody at the machines knows whom to call",
    )
    assert cast.client(cast.fay).post(url("item", draft.pk, KEY), data).status_code == 302
    draft.refresh_from_db()
    entry = editing.entry_of(draft.content, KEY)
    assert entry is not None
    assert entry.item["text"] == "Who is called at night?"
    assert entry.item["levels"][2]["text"] == "A list names one person."
    assert entry.item["weight"] == 2.5
    assert {phase: gate["level"] for phase, gate in entry.gates.items()} == {3: 4}
    assert draft.revision == 2
    assert AuditEvent.objects.filter(event="questionnaire.item_changed", data__item=KEY).count() == 1


def test_saving_without_a_change_makes_no_revision(cast: Cast, draft: QuestionnaireDraft) -> None:
    for key in editing.Content(draft.content)["items"]:
        data = form_data(draft, key["key"])
        assert cast.client(cast.fay).post(url("item", draft.pk, key["key"]), data).status_code == 302
    draft.refresh_from_db()
    assert draft.revision == 1


def test_an_incomplete_item_is_kept_and_named(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    client.post(url("item", draft.pk, KEY), form_data(draft, text="", level_1_claim=""))
    page = client.get(url("draft", draft.pk)).content.decode()
    assert "2 problems stand in the way" in page
    assert "Level 1: the same for findings" in page
    assert f"{url('item', draft.pk, KEY)}#id_level_1_claim" in page


def test_too_long_a_text_is_refused_and_kept_in_the_form(cast: Cast, draft: QuestionnaireDraft) -> None:
    typed = "x" * 301
    response = cast.client(cast.fay).post(url("item", draft.pk, KEY), form_data(draft, text=typed))
    assert response.status_code == 422
    assert typed in response.content.decode()
    assert text_of(draft) != typed


def test_who_was_slower_sees_both_versions_and_may_keep_either(cast: Cast, draft: QuestionnaireDraft) -> None:
    mine = form_data(draft, text="Mine?")
    first = form_data(draft, text="Theirs?")
    assert cast.client(cast.alice).post(url("item", draft.pk, KEY), first).status_code == 302
    client = cast.client(cast.fay)
    refused = client.post(url("item", draft.pk, KEY), mine)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Alice changed this question while you did" in page
    assert "Theirs?" in page
    assert "Mine?" in page
    assert text_of(draft) == "Theirs?"
    again = {**mine, "seen": refused.context["seen"]}
    assert client.post(url("item", draft.pk, KEY), again).status_code == 302
    assert text_of(draft) == "Mine?"


def test_two_people_on_two_items_do_not_disturb_each_other(cast: Cast, draft: QuestionnaireDraft) -> None:
    other = "team.skills.second_person"
    mine, theirs = form_data(draft, text="Mine?"), form_data(draft, other, text="Theirs?")
    assert cast.client(cast.alice).post(url("item", draft.pk, other), theirs).status_code == 302
    assert cast.client(cast.fay).post(url("item", draft.pk, KEY), mine).status_code == 302
    assert (text_of(draft), text_of(draft, other)) == ("Mine?", "Theirs?")


def test_an_item_that_changed_is_not_dropped(cast: Cast, draft: QuestionnaireDraft) -> None:
    seen = form_data(draft)["seen"]
    cast.client(cast.alice).post(url("item", draft.pk, KEY), form_data(draft, text="Changed?"))
    client = cast.client(cast.fay)
    assert client.post(url("drop", draft.pk, KEY), {"seen": seen}).status_code == 409
    assert text_of(draft) == "Changed?"
    assert client.post(url("drop", draft.pk, KEY), {"seen": form_data(draft)["seen"]}).status_code == 302
    assert text_of(draft) == ""
    assert client.post(url("item", draft.pk, KEY), {"seen": seen}).status_code == 404


def test_an_item_is_added_and_opened_for_writing(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    data = {"dimension": "team.skills", "name": "Second shift", "kind": "number"}
    response = client.post(url("add", draft.pk), data)
    assert response["Location"] == url("item", draft.pk, "team.skills.second_shift")
    assert client.get(response["Location"]).status_code == 200
    refused = client.post(url("add", draft.pk), {**data, "name": "???"})
    assert refused.status_code == 422
    assert "Letters are needed." in refused.content.decode()


def test_title_and_weights_are_changed_once_per_look(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    page = client.get(url("frame", draft.pk))
    data = {bound.name: bound.value() for bound in page.context["form"]}
    data |= {"seen": page.context["seen"], "title": "Our questions", "weight_0": "3"}
    assert client.post(url("frame", draft.pk), data).status_code == 302
    assert client.post(url("frame", draft.pk), {**data, "title": "Late"}).status_code == 409
    draft.refresh_from_db()
    assert draft.content["title"] == "Our questions"
    assert next(iter(editing.dimension_weights(draft.content).values())) == 3


def test_publishing_makes_a_version_that_new_rounds_ask(cast: Cast, draft: QuestionnaireDraft) -> None:
    running = rounds.create_assessment(cast.organization, title="Before", by=cast.fay)
    client = cast.client(cast.fay)
    client.post(url("item", draft.pk, KEY), form_data(draft, text="Who is called at night?"))
    draft.refresh_from_db()
    page = client.get(url("publish", draft.pk)).content.decode()
    assert "1 question is changed." in page
    response = client.post(url("publish", draft.pk), {"revision": draft.revision})
    version = QuestionnaireVersion.objects.get(organization=cast.organization)
    assert response["Location"] == url("version", version.pk)
    assert version.version == 2
    assert not QuestionnaireDraft.objects.exists()
    assert questionnaires.newest(cast.organization) == version
    later = rounds.create_assessment(cast.organization, title="After", by=cast.fay)
    assert questionnaires.of(later).items[KEY].text == "Who is called at night?"
    assert questionnaires.of(running).items[KEY].text != "Who is called at night?"
    again = actions.start_draft(cast.organization, key="readiness", by=cast.fay)
    assert (again.based_on, again.content["version"]) == (version, 3)


def test_publishing_refuses_with_all_problems_by_item_and_field(
    cast: Cast, draft: QuestionnaireDraft
) -> None:
    client = cast.client(cast.fay)
    client.post(url("item", draft.pk, KEY), form_data(draft, level_1_text="Ownership is mature.", weight="0"))
    other = "team.skills.second_person"
    client.post(url("item", draft.pk, other), form_data(draft, other, functions=[]))
    draft.refresh_from_db()
    response = client.post(url("publish", draft.pk), {"revision": draft.revision})
    assert response.status_code == 422
    page = response.content.decode()
    for said in ("mature", "weight 0", "Level 1: the sentence to choose", "Who is asked"):
        assert said in page
    assert not QuestionnaireVersion.objects.filter(organization=cast.organization).exists()
    assert QuestionnaireDraft.objects.exists()


def test_publishing_needs_the_revision_that_was_shown(cast: Cast, draft: QuestionnaireDraft) -> None:
    cast.client(cast.alice).post(url("item", draft.pk, KEY), form_data(draft, text="Changed?"))
    client = cast.client(cast.fay)
    assert client.post(url("publish", draft.pk), {"revision": 1}).status_code == 409
    assert client.post(url("publish", draft.pk), {"revision": "x"}).status_code == 409
    assert client.post(url("publish", draft.pk), {"revision": 2}).status_code == 302
    with pytest.raises(Conflict):
        actions.publish(draft, revision=2, by=cast.fay)


def test_a_draft_without_a_change_is_not_published(cast: Cast, draft: QuestionnaireDraft) -> None:
    response = cast.client(cast.fay).post(url("publish", draft.pk), {"revision": 1})
    assert response.status_code == 409
    assert "Nothing differs" in response.content.decode()


def test_a_dropped_question_comes_back_as_published_when_its_draft_is_thrown_away(
    cast: Cast, draft: QuestionnaireDraft
) -> None:
    client = cast.client(cast.fay)
    client.post(url("drop", draft.pk, KEY), {"seen": form_data(draft)["seen"]})
    assert client.post(url("discard", draft.pk)).status_code == 302
    assert not QuestionnaireDraft.objects.exists()
    assert questionnaires.newest(cast.organization).organization is None


def exported(client: Client, draft: QuestionnaireDraft) -> Any:
    return load_workbook(io.BytesIO(client.get(url("export", draft.pk)).content))


def upload(book: Any) -> SimpleUploadedFile:
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile("questions.xlsx", target.getvalue())


def column_of(book: Any, title: str) -> int:
    return next(cell.column for cell in book["Items"][1] if cell.value == title)


def test_the_sheet_makes_the_round_trip(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    book = exported(client, draft)
    book["Items"].cell(2, column_of(book, "Question"), "Asked in the sheet?")
    response = client.post(url("import", draft.pk), {"file": upload(book)})
    assert response["Location"] == url("draft", draft.pk)
    assert text_of(draft, draft.content["items"][0]["key"]) == "Asked in the sheet?"
    assert "1 changed" in client.get(url("draft", draft.pk)).content.decode()


def test_a_bad_sheet_changes_nothing_and_names_its_cells(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    book = exported(client, draft)
    question, weight = column_of(book, "Question"), column_of(book, "Weight")
    book["Items"].cell(2, question, "Good, and not to be kept")
    bad = [book["Items"].cell(3, question, "x" * 301), book["Items"].cell(9, weight, "heavy")]
    response = client.post(url("import", draft.pk), {"file": upload(book)})
    assert response.status_code == 422
    page = response.content.decode()
    assert all(f">{cell.coordinate}<" in page for cell in bad)
    assert "2 cells" in page
    draft.refresh_from_db()
    assert draft.revision == 1


def test_a_sheet_from_before_the_latest_change_needs_a_word(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    book = exported(client, draft)
    cast.client(cast.alice).post(url("item", draft.pk, KEY), form_data(draft, text="Changed since?"))
    assert client.post(url("import", draft.pk), {"file": upload(book)}).status_code == 409
    assert text_of(draft) == "Changed since?"
    response = client.post(url("import", draft.pk), {"file": upload(book), "replace_newer": "on"})
    assert response.status_code == 302
    assert text_of(draft) != "Changed since?"


def test_what_is_no_spreadsheet_is_refused_in_a_sentence(cast: Cast, draft: QuestionnaireDraft) -> None:
    client = cast.client(cast.fay)
    file = SimpleUploadedFile("questions.xlsx", b"not a zip")
    response = client.post(url("import", draft.pk), {"file": file})
    assert response.status_code == 422
    assert "not readable as a spreadsheet" in response.content.decode()
    assert client.post(url("import", draft.pk), {}).status_code == 422


def test_an_archived_organization_changes_no_questionnaire(cast: Cast, draft: QuestionnaireDraft) -> None:
    from accounts.actions import archive_organization

    archive_organization(cast.organization, by=cast.alice)
    response = cast.client(cast.alice).post(url("item", draft.pk, KEY), form_data(draft, text="Late?"))
    assert response.status_code == 409
    assert text_of(draft) != "Late?"
