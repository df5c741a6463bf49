"""Comments of a draft stand on the pages where it is written, each in its section and at its criterion."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from charters.actions import freeze_revision
from charters.actions.commenting import add_comment, settle_comment
from charters.actions.guests import invite_guest
from charters.models import Charter, FieldComment
from charters.sections import SECTIONS
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_pages import signed_in

pytestmark = pytest.mark.django_db
WORDS = "Whose figure is this?"


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def page(client: Client, charter: Charter, place: str) -> str:
    answer = client.get(f"/charters/{charter.pk}/{place}/")
    assert answer.status_code == 200, place
    return answer.content.decode()


@pytest.mark.parametrize(
    ("field", "section"),
    [("problem", "problem"), ("seat.legal", "parties"), ("clause", "route"), ("criterion.c1", "criteria"),
     ("pathway.stop", "next")],
)  # fmt: skip
def test_a_comment_stands_on_the_page_of_its_section_alone(cast: Cast, field: str, section: str) -> None:
    charter = write_charter(cast)
    guest = invite_guest(charter, name="Elena", email="e@partner.example", company="Marinova", by=cast.frida)
    add_comment(charter, field=field, words=WORDS, guest=guest)
    client = signed_in(cast.max)
    for other in SECTIONS:
        shown = page(client, charter, f"write/{other.key}")
        assert (WORDS in shown) is (other.key == section), other.key
        assert ("One comment is open here" in shown) is (other.key == section), other.key
        assert f'id="talk-{other.key}"' in shown
    assert "Marinova" in page(client, charter, f"write/{section}")


def test_it_is_left_settled_and_opened_again_without_leaving_the_page(cast: Cast) -> None:
    charter = write_charter(cast)
    client = signed_in(cast.max)
    left = client.post(
        f"/charters/{charter.pk}/comments/", {"field": "time_end", "words": WORDS, "then": "write"}
    )
    assert left["Location"] == f"/charters/{charter.pk}/write/time/#talk-time"
    comment = FieldComment.objects.get()
    shown = page(client, charter, "write/time")
    assert re.search(rf'action="/charters/comments/{comment.pk}/settle/".*?name="then" value="write"', shown)
    done = client.post(f"/charters/comments/{comment.pk}/settle/", {"then": "write"})
    assert done["Location"].endswith("/write/time/#talk-time")
    shown = page(client, charter, "write/time")
    assert "All comments are settled" in shown
    assert f"/charters/comments/{comment.pk}/reopen/" in shown


def test_a_criterion_shows_its_own_comments(cast: Cast) -> None:
    charter = write_charter(cast)
    add_comment(charter, field="criterion.c1", words=WORDS, by=cast.vera)
    settle_comment(add_comment(charter, field="criterion.c2", words="Too strict", by=cast.vera), by=cast.max)
    client = signed_in(cast.max)
    first, second = page(client, charter, "criteria/c1"), page(client, charter, "criteria/c2")
    assert WORDS in first
    assert "Too strict" not in first
    assert "Too strict" in second
    assert WORDS not in second
    sent = {"field": "criterion.c1", "words": "Of which plant?", "then": "criterion"}
    left = client.post(f"/charters/{charter.pk}/comments/", sent)
    assert left["Location"] == f"/charters/{charter.pk}/criteria/c1/#talk-criteria"
    assert "Of which plant?" in page(client, charter, "criteria/c1")


def test_typed_text_that_does_not_fit_comes_back_beside_the_comments(cast: Cast) -> None:
    charter = write_charter(cast)
    add_comment(charter, field="budget_external", words=WORDS, by=cast.vera)
    answer = signed_in(cast.max).post(
        f"/charters/{charter.pk}/write/time/", {"budget_external": "NaN", "v:budget_external": "1"}
    )
    assert answer.status_code == 422
    assert WORDS in answer.content.decode()
    freeze_revision(charter, by=cast.frida)
    assert signed_in(cast.max).get(f"/charters/{charter.pk}/write/time/").status_code == 409
