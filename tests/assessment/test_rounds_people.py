"""The people of a round: lists, invitations, reminders, corrections, and who may do so."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts.models import OutgoingMail
from assessment import actions
from assessment.invitees import InviteesError, read_lines
from assessment.models import Assessment
from tests.assessment.cast import Cast, level, make_cast, make_round, open_link, respondent_of

FUNCTIONS = {"sponsor": "Sponsor", "data_owner": "Data owner", "legal_security": "Legal and security"}


def test_lines_are_read_in_any_order_and_with_any_separator() -> None:
    lines = [
        "Name, E-mail, Function",
        "Solveig Aasgaard, solveig@x.example, Sponsor",
        "lotte@x.example;data_owner;Lotte Brenninck",
        "LEGAL AND SECURITY\tYusuf Adebayo-Lien\tYUSUF@x.example",
        '"Doe, Jane" <jane@x.example>, sponsor',
        "",
        "bare@x.example",
    ]
    found = read_lines(lines, functions=FUNCTIONS, default="sponsor")
    assert [(one.name, one.address, one.function) for one in found] == [
        ("Solveig Aasgaard", "solveig@x.example", "sponsor"),
        ("Lotte Brenninck", "lotte@x.example", "data_owner"),
        ("Yusuf Adebayo-Lien", "yusuf@x.example", "legal_security"),
        ("Doe, Jane", "jane@x.example", "sponsor"),
        ("", "bare@x.example", "sponsor"),
    ]


def test_every_bad_line_is_named_and_nothing_is_kept() -> None:
    lines = [
        "A, a@x.example, sponsor",
        "B, b@x, sponsor",
        "C, sponsor",
        "D, A@X.example, sponsor",
        "E, e@x.example, king",
    ]
    with pytest.raises(InviteesError) as caught:
        read_lines(lines, functions=FUNCTIONS, known=["z@x.example"])
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]
    assert "stands on line 1 already" in str(caught.value)
    assert "“king” is not one" in str(caught.value)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def test_three_hundred_lines_are_added_at_once_and_invited_on_opening(cast: Cast) -> None:
    assessment = make_round(cast, opened=False, people=0)
    client = cast.client(cast.fay)
    text = "\n".join(f"Person {n}, p{n}@x.example, sponsor" for n in range(300))
    response = client.post(f"/assessments/{assessment.pk}/invite/", {"people": text})
    assert response.status_code == 302
    assert assessment.respondents.count() == 300
    assert not OutgoingMail.objects.exists()
    assert client.get(f"/assessments/{assessment.pk}/").status_code == 200


def test_a_bad_list_adds_nobody_and_names_each_line_on_the_page(cast: Cast) -> None:
    assessment = make_round(cast, people=1)
    client = cast.client(cast.fay)
    text = "New, new@x.example, sponsor\nOld, person0@example.com, sponsor\nBad, bad, sponsor"
    response = client.post(f"/assessments/{assessment.pk}/invite/", {"people": text})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Line 2: person0@example.com is in this round already." in page
    assert "Line 3: Holds no e-mail address." in page
    assert text.splitlines()[0] in page
    assert assessment.respondents.count() == 1


def test_a_spreadsheet_of_people(cast: Cast) -> None:
    assessment = make_round(cast, people=0)
    book = Workbook()
    for row in (("Name", "E-mail", "Function"), ("Lotte", "lotte@x.example", "Data owner")):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    client = cast.client(cast.fay)
    url = f"/assessments/{assessment.pk}/invite/"
    response = client.post(url, {"file": SimpleUploadedFile("people.xlsx", out.getvalue())})
    assert response.status_code == 302
    assert assessment.respondents.get().function == "data_owner"
    mail = OutgoingMail.objects.get(to="lotte@x.example")
    assert "Round 1" in mail.subject
    bad = client.post(url, {"file": SimpleUploadedFile("people.xlsx", b"not a workbook")})
    assert bad.status_code == 422


def test_the_people_page_shows_how_far_each_is(cast: Cast) -> None:
    assessment = make_round(cast)
    respondent = respondent_of(assessment)
    actions.save_answer(respondent, "team.production_ownership.on_call", level(1), base_revision=0, by=None)
    page = cast.client(cast.fay).get(f"/assessments/{assessment.pk}/").content.decode()
    assert "None of seven people has handed in yet" in page
    assert "1 of " in page


def test_nobody_is_reminded_or_handed_a_link_once_all_have_handed_in(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    assessment = make_round(cast, people=1)
    client = cast.client(cast.fay)
    waiting = client.get(f"/assessments/{assessment.pk}/").content.decode()
    assert "Remind all who are missing" in waiting
    assert "No mail server is set." in waiting
    actions.submit(assessment.respondents.get(), by=None)
    page = client.get(f"/assessments/{assessment.pk}/").content.decode()
    assert "Remind all who are missing" not in page
    assert "No mail server is set." not in page


@pytest.mark.parametrize(
    ("backend", "people", "told"),
    [
        ("accounts.mail_files.EmlBackend", 2, "nobody is mailed. Hand out each link"),
        ("django.core.mail.backends.locmem.EmailBackend", 2, "Two people are mailed a personal link."),
        ("django.core.mail.backends.locmem.EmailBackend", 0, "the room answers by one link"),
    ],
)
def test_opening_says_whether_anybody_is_mailed(
    cast: Cast, settings: Any, backend: str, people: int, told: str
) -> None:
    settings.EMAIL_BACKEND = backend
    assessment = make_round(cast, opened=False, people=people)
    assert told in cast.client(cast.fay).get(f"/assessments/{assessment.pk}/open/").content.decode()


def test_a_reminder_goes_to_those_who_are_missing_once_a_day(cast: Cast) -> None:
    assessment = make_round(cast, people=3)
    actions.submit(respondent_of(assessment, "sponsor"), by=None)
    OutgoingMail.objects.all().delete()
    client = cast.client(cast.fay)
    assert client.post(f"/assessments/{assessment.pk}/remind/").status_code == 302
    assert OutgoingMail.objects.filter(template="emails/answer_reminder").count() == 2
    again = client.post(f"/assessments/{assessment.pk}/remind/")
    assert again.status_code == 409
    assert OutgoingMail.objects.count() == 2


def test_a_corrected_address_gets_a_new_link_and_closes_the_old(cast: Cast) -> None:
    assessment = make_round(cast)
    respondent = respondent_of(assessment)
    visitor = open_link(respondent)
    client = cast.client(cast.fay)
    url = f"/assessments/{assessment.pk}/people/{respondent.pk}/"
    values = {"name": "Priya", "address": "priya@x.example", "function": "technical_lead"}
    assert client.post(url, values).status_code == 302
    respondent.refresh_from_db()
    assert (respondent.address, respondent.function) == ("priya@x.example", "technical_lead")
    assert visitor.get(f"/answer/{respondent.pk}/").status_code == 404
    assert OutgoingMail.objects.filter(to="priya@x.example").exists()
    taken = client.post(url, values | {"address": "person0@example.com"})
    assert taken.status_code == 422


def test_only_who_has_not_begun_can_be_taken_out(cast: Cast) -> None:
    assessment = make_round(cast)
    begun, other = respondent_of(assessment), respondent_of(assessment, "sponsor")
    actions.begin(begun, by=None)
    client = cast.client(cast.fay)
    assert client.post(f"/assessments/{assessment.pk}/people/{begun.pk}/remove/").status_code == 409
    assert client.post(f"/assessments/{assessment.pk}/people/{other.pk}/remove/").status_code == 302
    assert assessment.respondents.count() == 6


def test_links_are_shown_to_facilitators_with_a_code(cast: Cast) -> None:
    assessment = make_round(cast)
    respondent = respondent_of(assessment)
    client = cast.client(cast.fay)
    page = client.post(f"/assessments/{assessment.pk}/people/{respondent.pk}/link/").content.decode()
    assert "/link/" in page
    assert '<svg class="qr"' in page
    page = client.post(f"/assessments/{assessment.pk}/workshop-link/").content.decode()
    assert '<svg class="qr"' in page


def test_create_by_the_form_and_open(cast: Cast) -> None:
    client = cast.client(cast.fay)
    assert client.get("/assessments/").status_code == 200
    values = {"title": "Round 1", "visibility": "confidential", "target_phase": "2"}
    response = client.post("/assessments/new/", values)
    assert response.status_code == 302
    assessment = Assessment.objects.get()
    assert response["Location"] == f"/assessments/{assessment.pk}/invite/"
    assert client.post("/assessments/new/", values | {"title": ""}).status_code == 422
    assert client.get(f"/assessments/{assessment.pk}/open/").status_code == 200
    assert client.post(f"/assessments/{assessment.pk}/open/").status_code == 302
    assert client.post(f"/assessments/{assessment.pk}/open/").status_code == 409
    assessment.refresh_from_db()
    assert assessment.state == "open"


def test_those_who_manage_find_the_questionnaires_from_the_rounds(cast: Cast) -> None:
    link = 'href="/assessments/questionnaires/"'
    for user, shown in ((cast.alice, True), (cast.fay, True), (cast.bob, False), (cast.vic, False)):
        page = cast.client(user).get("/assessments/").content.decode()
        assert (link in page) == shown
    make_round(cast)
    assert link in cast.client(cast.fay).get("/assessments/").content.decode()
