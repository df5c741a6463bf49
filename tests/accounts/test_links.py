"""Personal links: opened without being used up, exchanged for a session, closed at once."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import links
from accounts.models import AuditEvent, PersonalLink

pytestmark = pytest.mark.django_db
TARGETS = {"answer": "accounts:member", "sign": "accounts:member"}


@pytest.fixture(autouse=True)
def _targets(settings):
    settings.LINK_TARGETS = "tests.accounts.test_links.TARGETS"


@pytest.fixture
def subject(cast):
    return cast.membership("bob")


def issue(cast, subject, purpose="answer", days=7):
    return links.issue(
        purpose=purpose,
        organization=cast.organization,
        subject=subject,
        address="Guest@Firm.example",
        expires=timezone.now() + dt.timedelta(days=days),
        by=cast.frank,
    )


class Ask:
    """A request as far as links look at it."""

    def __init__(self, client):
        self.session = client.session


def test_the_token_is_long_and_kept_as_a_hash_only(cast, subject):
    token = issue(cast, subject).rstrip("/").rsplit("/", 1)[-1]
    assert len(token) >= 22  # 128 bits in base 64
    link = PersonalLink.objects.get()
    assert token not in str(vars(link))
    assert link.address == "guest@firm.example"
    assert not AuditEvent.objects.filter(data__icontains=token).exists()
    try:
        validate_slug(token)
    except ValidationError:
        pytest.fail("a token must survive in an address")


def test_opening_leads_to_an_address_without_token_and_again(cast, subject):
    path = issue(cast, subject)
    for _ in range(3):
        client = Client()
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (
            302,
            reverse("accounts:member", args=[subject.pk]),
        )
        assert response["Cache-Control"] == "no-store"
        assert links.current(Ask(client), "answer", subject) is not None


def test_a_scanner_that_only_looks_leaves_no_trace(cast, subject):
    client = Client()
    assert client.head(issue(cast, subject)).status_code == 200
    assert links.current(Ask(client), "answer") is None


def test_a_link_opens_its_purpose_and_subject_only(cast, subject):
    client = Client()
    client.get(issue(cast, subject))
    assert links.current(Ask(client), "sign") is None
    assert links.current(Ask(client), "answer", cast.membership("frank")) is None


def test_a_link_session_is_no_sign_in_and_leaves_one_alone(cast, subject):
    visitor = Client()
    visitor.get(issue(cast, subject))
    assert visitor.get("/people/").status_code == 302
    member = cast.client("viewer")
    member.get(issue(cast, subject))
    assert member.get("/people/").status_code == 200
    assert links.current(Ask(member), "answer") is not None


def test_the_latest_of_several_links_counts(cast):
    client = Client()
    for who in ("bob", "frank"):
        client.get(issue(cast, cast.membership(who)))
    assert links.current(Ask(client), "answer").subject_id == str(cast.membership("frank").pk)
    assert links.current(Ask(client), "answer", cast.membership("bob")) is not None


def test_revoking_acts_at_once_in_open_sessions(cast, subject):
    path, client = issue(cast, subject), Client()
    client.get(path)
    assert links.revoke(subject=subject, by=cast.frank) == 1
    assert links.current(Ask(client), "answer") is None
    page = Client().get(path)
    assert page.status_code == 410
    assert "withdrawn" in page.content.decode()
    assert "Frank" in page.content.decode()
    assert links.revoke(subject=subject, by=cast.frank) == 0


def test_an_expired_link_says_whom_to_ask_and_closes_open_sessions(cast, subject):
    path, client = issue(cast, subject), Client()
    client.get(path)
    PersonalLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert links.current(Ask(client), "answer") is None
    page = Client().get(path)
    assert page.status_code == 410
    assert "has run out" in page.content.decode()


def test_an_unknown_token_is_not_there(cast):
    page = Client().get(reverse("accounts:link", args=["a" * 32]))
    assert page.status_code == 404
    assert "Whom to ask" in page.content.decode()


def test_guessing_is_slowed_down(cast):
    client, address = Client(), reverse("accounts:link", args=["a" * 32])
    codes = {client.get(address).status_code for _ in range(70)}
    assert codes == {404, 429}


def test_leaving_forgets_one_link_only(cast, subject):
    client = Client()
    client.get(issue(cast, subject))
    client.get(issue(cast, cast.membership("frank")))
    ask = Ask(client)
    links.leave(ask, links.current(ask, "answer"))
    assert links.current(ask, "answer").subject_id == str(subject.pk)


def test_removing_a_member_closes_the_links_to_the_address(cast, subject):
    from accounts import actions

    links.issue(
        purpose="sign",
        organization=cast.organization,
        subject=subject,
        address=cast.bob.email,
        expires=timezone.now() + dt.timedelta(days=1),
        by=cast.alice,
    )
    actions.remove_member(subject, by=cast.alice)
    assert PersonalLink.objects.get().state == "revoked"
