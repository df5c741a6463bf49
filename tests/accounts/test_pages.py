"""What the pages of accounts say and do beyond letting in and refusing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import actions
from accounts.models import AuditEvent, Organization, Unit

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def test_members_see_names_and_leaders_addresses(cast):
    assert "bob@firm.example" in text(cast.client("facilitator").get("/people/"))
    page = text(cast.client("viewer").get("/people/"))
    assert "Bob" in page
    assert "bob@firm.example" not in page


def test_nothing_of_another_organization_shows(cast):
    for address in ("/people/", "/settings/", "/audit/", "/people/mail/"):
        page = text(cast.client("charlie").get(address))
        assert "Halvorsen" not in page, address
        assert "bob" not in page.lower(), address


def test_switching_stays_for_the_session(cast):
    actions.add_member(cast.other, user=cast.bob, by=cast.charlie, role="viewer", functions=[], unit=None)
    client = cast.client("bob")
    client.post(reverse("accounts:switch", args=[cast.organization.pk]))
    assert "Halvorsen Pumps" in text(client.get("/people/"))
    client.post(reverse("accounts:switch", args=[cast.other.pk]))
    assert "Charlie&#x27;s Works" in text(client.get("/people/"))


def test_settings_change_how_times_are_written(cast):
    client = cast.client("facilitator")
    data = {"name": "Halvorsen", "currency": "NOK", "time_zone": "Asia/Tokyo", "date_format": "month_first",
            "clock": "12", "number_format": "1.234,5", "language": "en-us"}  # fmt: skip
    assert client.post("/settings/organization/", data).status_code == 302
    cast.organization.refresh_from_db()
    assert (cast.organization.currency, cast.organization.formats().thousands) == ("NOK", ".")
    page = text(client.get("/audit/"))
    assert "Times are Asia/Tokyo" in page
    event = AuditEvent.objects.get(event="organization.changed")
    assert event.data["after"]["currency"] == "NOK"


def test_a_mail_setting_is_personal_in_the_log(cast):
    actions.update_organization(cast.organization, by=cast.alice, mail_reply_to="ida@firm.example")
    event = AuditEvent.objects.get(event="organization.changed")
    assert "ida" not in str(event.data) + str(event.personal)


def test_archive_asks_for_the_name_and_restore_brings_all_back(cast):
    client = cast.client("owner")
    assert client.post("/settings/archive/", {"typed": "something"}).status_code == 422
    assert client.post("/settings/archive/", {"typed": "halvorsen pumps"}).status_code == 302
    assert Organization.objects.get(pk=cast.organization.pk).archived_at is not None
    assert client.get("/people/").status_code == 200, "reading goes on"
    assert client.get("/people/invite/").status_code == 409
    assert "Restore Halvorsen Pumps" in text(client.get("/settings/"))
    client.post(reverse("accounts:restore", args=[cast.organization.pk]))
    assert client.get("/people/invite/").status_code == 200


def test_units(cast):
    client = cast.client("facilitator")
    client.post("/settings/units/new/", {"name": "  Bergen   foundry "})
    unit = Unit.objects.get()
    assert unit.name == "Bergen foundry"
    assert client.post("/settings/units/new/", {"name": "bergen foundry"}).status_code == 422
    client.post(reverse("accounts:unit_rename", args=[unit.pk]), {"name": "Oslo"})
    assert "Oslo" in text(client.get("/settings/units/"))
    assert "Oslo is archived" in text(
        client.post(reverse("accounts:unit_remove", args=[unit.pk]), follow=True)
    )
    assert "Oslo" not in text(client.get("/settings/units/"))


def test_a_person_erases_the_account(cast):
    client, mine = cast.client("bob"), cast.membership("bob")
    address = reverse("accounts:member_erase", args=[mine.pk])
    assert client.post(address, {"typed": "Rob"}).status_code == 422
    assert client.post(address, {"typed": "bob"}).status_code == 302
    assert client.get("/people/").status_code == 302
    page = text(cast.client("owner").get("/audit/"))
    assert "bob@" not in page
    assert "(erased)" in page


def test_the_log_filters_and_names_what_does_not_fit(cast):
    client = cast.client("owner")
    assert "added bob@firm.example as member" in text(client.get("/audit/?about=member"))
    assert "added bob" not in text(client.get("/audit/?about=organization"))
    assert "No entry fits" in text(client.get("/audit/?since=2099-01-01"))
    assert client.get("/audit/?about=nonsense&who=x&since=y&page=99").status_code == 200
    assert "The chain is intact" in text(client.post("/audit/check/"))


def test_profile(cast):
    client = cast.client("bob")
    client.post("/settings/profile/", {"name": " Bob  Hansen ", "theme": "dark"})
    cast.bob.refresh_from_db()
    assert (cast.bob.name, cast.bob.theme) == ("Bob Hansen", "dark")
    assert 'data-theme="dark"' in text(client.get("/settings/"))
    assert client.post("/settings/profile/", {"name": "", "theme": "neon"}).status_code == 422


def test_a_further_organization(cast):
    client = cast.client("bob")
    client.post("/organizations/new/", {"name": "Nordlys", "currency": "EUR", "time_zone": "UTC"})
    second = Organization.objects.get(name="Nordlys")
    assert second.memberships.get().user == cast.bob
    assert "Nordlys" in text(client.get("/people/"))
    assert text(cast.client("alice").get("/settings/")).count("Nordlys") == 0


@pytest.mark.parametrize("address", ["/people/", "/audit/", "/people/mail/"])
@pytest.mark.queries
def test_the_number_of_queries_does_not_grow_with_the_rows(cast, address):
    def queries(client):
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    client = cast.client("owner")
    queries(client)
    before = queries(client)
    for number in range(12):
        user = actions.create_account(email=f"p{number}@firm.example", name=f"P{number}")
        actions.add_member(
            cast.organization, user=user, by=cast.alice, role="member", functions=[], unit=None
        )
        actions.invite(
            cast.organization, by=cast.alice, people=[actions.Invitee(email=f"i{number}@firm.example")]
        )
    assert queries(client) <= before + 2


def test_the_bar_offers_only_what_the_role_opens(cast):
    assert 'href="/audit/"' in text(cast.client("facilitator").get("/people/"))
    assert 'href="/audit/"' not in text(cast.client("member").get("/people/"))
    actions.add_member(cast.other, user=cast.bob, by=cast.charlie, role="viewer", functions=[], unit=None)
    page = text(cast.client("bob").get("/people/"))
    assert reverse("accounts:switch", args=[cast.organization.pk]) in page
    assert reverse("accounts:switch", args=[cast.other.pk]) not in page
