"""Guests of one charter: what their link opens, what it does not, and comments at the fields of a draft."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import AuditEvent, PersonalLink
from charters.actions import archive_charter, freeze_revision
from charters.actions.commenting import MAX_WORDS, add_comment, settle_comment
from charters.actions.guests import invite_guest, revoke_guest
from charters.models import Charter, FieldComment, Guest
from charters.queries import problems_of
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_pages import signed_in
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
WORDS = "Two weeks are too short for us."


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def guest_of(cast: Cast, charter: Charter, email: str = "elena@marinova.example") -> Guest:
    return invite_guest(charter, name="Elena Marinova", email=email, company="Marinova", by=cast.frida)


def link_in_mail(to: str) -> str:
    text = next(str(item.body) for item in reversed(mail.outbox) if item.to == [to])
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found
    return found[1]


@pytest.fixture
def opened(cast: Cast, django_capture_on_commit_callbacks: Any) -> tuple[Charter, Guest, Client]:
    """A charter with a guest who has opened the mailed link."""
    charter = write_charter(cast)
    with django_capture_on_commit_callbacks(execute=True):
        guest = guest_of(cast, charter)
    client = Client()
    answer = client.get(link_in_mail(guest.email))
    assert answer.status_code == 302
    assert answer["Location"] == reverse("charters:guest", args=[guest.pk])
    return charter, guest, client


def test_a_guest_reads_the_draft_and_comments(opened: Any) -> None:
    _, guest, client = opened
    page = client.get(reverse("charters:guest", args=[guest.pk]))
    assert page.status_code == 200
    assert "20 pumps stop without warning" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    guest.refresh_from_db()
    assert guest.opened_at is not None
    sent = client.post(
        reverse("charters:guest_comment", args=[guest.pk]), {"field": "time_end", "words": WORDS}
    )
    assert sent.status_code == 302
    assert sent["Location"].endswith("#section-time")
    comment = FieldComment.objects.get()
    assert (comment.guest, comment.by, comment.for_number) == (guest, None, 1)
    assert WORDS in client.get(reverse("charters:guest", args=[guest.pk])).content.decode()
    assert AuditEvent.objects.filter(event="charter.commented").count() == 1


def test_a_guest_does_not_read_what_others_say(cast: Cast, opened: Any) -> None:
    charter, guest, client = opened
    add_comment(charter, field="budget_external", words="They would do it for half.", by=cast.max)
    assert "for half" not in client.get(reverse("charters:guest", args=[guest.pk])).content.decode()


def test_every_other_address_is_closed_to_a_guest(cast: Cast, opened: Any) -> None:
    charter, guest, client = opened
    other = guest_of(cast, write_charter(cast, title="Another"), "other@marinova.example")
    comment = add_comment(charter, field="problem", words="Mine", by=cast.max)
    args = {"key": "c1", "section": "problem", "number": 1}
    keys = {"comment_settle": comment.pk, "comment_reopen": comment.pk}
    tried = 0
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "app_name", "") != "charters":
            continue
        for part in pattern.url_patterns:
            names = list(part.pattern.converters)
            pk = keys.get(part.name, guest.pk if part.name.startswith("guest_") else charter.pk)
            if part.name in ("guest", "guest_comment", "guest_word"):
                pk = other.pk
            given = {name: pk if name == "pk" else args.get(name, charter.pk) for name in names}
            url = reverse(f"charters:{part.name}", kwargs=given)
            for method in (client.get, client.post):
                answer = method(url)
                assert answer.status_code in (302, 404, 405), (part.name, answer.status_code)
                if answer.status_code == 302:
                    assert "/sign-in/" in answer["Location"] or "login" in answer["Location"], part.name
                tried += 1
    assert tried > 40
    for url in ("/", "/settings/", "/people/", "/roadmap/", "/api/v1/charters/"):
        assert client.get(url).status_code in (302, 401, 404), url
    assert guest.name not in client.get(reverse("charters:guest", args=[other.pk])).content.decode()


def test_a_link_ends_by_revocation_expiry_and_archiving(cast: Cast, opened: Any) -> None:
    charter, guest, client = opened
    url = reverse("charters:guest", args=[guest.pk])
    PersonalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(url).status_code == 404
    PersonalLink.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert client.get(url).status_code == 200
    archive_charter(charter, by=cast.frida)
    assert client.get(url).status_code == 404
    Charter.objects.update(archived_at=None)
    revoke_guest(guest, by=cast.frida)
    assert client.get(url).status_code == 404
    assert client.post(reverse("charters:guest_comment", args=[guest.pk]), {"words": "x"}).status_code == 404
    with pytest.raises(Conflict):
        revoke_guest(guest, by=cast.frida)
    assert invite_guest(charter, name="Elena", email=guest.email, by=cast.frida).pk != guest.pk


def test_a_frozen_text_takes_no_comments(cast: Cast, opened: Any) -> None:
    charter, guest, client = opened
    freeze_revision(charter, by=cast.frida)
    page = client.get(reverse("charters:guest", args=[guest.pk])).content.decode()
    assert "takes no comments" in page
    assert "<textarea" not in page
    sent = client.post(reverse("charters:guest_comment", args=[guest.pk]), {"field": "problem", "words": "x"})
    assert sent.status_code == 409


def test_only_leaders_invite_and_a_link_is_shown_only_while_mail_goes_to_files(
    cast: Cast, settings: Any
) -> None:
    charter = write_charter(cast)
    url = reverse("charters:guests", args=[charter.pk])
    given = {"name": "Elena", "email": "elena@marinova.example", "company": "Marinova"}
    assert signed_in(cast.max).get(url).status_code == 403
    frida = signed_in(cast.frida)
    assert frida.post(url, given | {"email": "no address"}).status_code == 422
    assert frida.post(url, given).status_code == 302
    assert frida.post(url, given).status_code == 409
    guest = Guest.objects.get()
    link = reverse("charters:guest_link", args=[guest.pk])
    assert frida.post(link).status_code == 409
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    shown = frida.post(link)
    found = re.search(r"/l/[\w-]+/|/link/[\w-]+/", shown.content.decode())
    assert shown.status_code == 200
    assert found
    assert Client().get(found[0])["Location"] == reverse("charters:guest", args=[guest.pk])


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("nothing", "x"),
        ("problem", ""),
        ("problem", "  "),
        ("problem", "a\0b"),
        ("problem", "x" * (MAX_WORDS + 1)),
        ("criterion.C 1", "x"),
        ("", "x"),
    ],
)
def test_what_is_no_comment_is_refused(cast: Cast, field: str, words: str) -> None:
    charter = write_charter(cast)
    with pytest.raises(Invalid):
        add_comment(charter, field=field, words=words, by=cast.max)
    assert signed_in(cast.max).post(
        reverse("charters:comment", args=[charter.pk]), {"field": field, "words": words}
    ).status_code in (302, 422, 400)
    assert not FieldComment.objects.exists()


def test_comments_are_settled_by_those_who_write_and_by_their_author(cast: Cast) -> None:
    charter = write_charter(cast)
    vera, frida, max_ = signed_in(cast.vera), signed_in(cast.frida), signed_in(cast.max)
    url = reverse("charters:comment", args=[charter.pk])
    vera.post(url, {"field": "criterion.c1", "words": "By whom?"})
    vera.post(url, {"field": "seat", "words": "Nobody of the works council?"})
    first, second = FieldComment.objects.order_by("at")
    assert first.by == cast.vera
    page = frida.get(reverse("charters:show", args=[charter.pk])).content.decode()
    assert "Two comments are open" in page
    assert "By whom?" in page
    assert vera.post(reverse("charters:comment_settle", args=[second.pk])).status_code == 302
    own = add_comment(charter, field="problem", words="Mine", by=cast.max)
    assert vera.post(reverse("charters:comment_settle", args=[own.pk])).status_code == 403
    settle = reverse("charters:comment_settle", args=[first.pk])
    assert signed_in(cast.sten).post(settle).status_code == 404
    assert max_.post(settle, {"then": "review"})["Location"].endswith("#comments")
    assert max_.post(settle).status_code == 409
    first.refresh_from_db()
    assert first.settled_by == cast.max
    review = frida.get(reverse("charters:review", args=[charter.pk])).content.decode()
    assert "One comment is open" in review
    assert frida.post(reverse("charters:comment_reopen", args=[first.pk])).status_code == 302
    assert frida.post(reverse("charters:comment_reopen", args=[first.pk])).status_code == 409


def test_a_comment_of_the_owner_on_a_criterion_counts_as_having_touched_it(cast: Cast) -> None:
    charter = write_charter(cast)
    rule = "charter.criteria_set_without_owner"
    assert rule in {problem.id for problem in problems_of(charter)}
    add_comment(charter, field="criterion.c1", words="Why not 0.8?", by=cast.signers["outcome_owner"])
    assert rule not in {problem.id for problem in problems_of(charter)}


def test_comments_stay_with_their_revision(cast: Cast) -> None:
    charter = write_charter(cast)
    comment = add_comment(charter, field="problem", words="First", by=cast.max)
    freeze_revision(charter, by=cast.frida)
    with pytest.raises(Conflict):
        settle_comment(FieldComment.objects.get(pk=comment.pk), by=cast.frida)
    history = signed_in(cast.vera).get(reverse("charters:history", args=[charter.pk])).content.decode()
    assert "First" in history
    assert "for revision 1" in history
