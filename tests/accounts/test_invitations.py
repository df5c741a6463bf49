"""Inviting, correcting, accepting."""

import datetime as dt
import re

import pytest
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Invitation, Membership, OutgoingMail, Unit, User

pytestmark = pytest.mark.django_db


def invite(cast, text, **more):
    data = {"people": text, "role": "member", **more}
    return cast.client("facilitator").post("/people/invite/", data)


def link_in(message):
    return re.search(r"http://[^/]+(/invitation/\S+)", message.body)[1]


def test_a_pasted_list_becomes_invitations(cast):
    Unit.objects.create(organization=cast.organization, name="Bergen")
    response = invite(
        cast,
        "Mia Berg <mia@firm.example>\nole@firm.example; Ole; Data owner; Bergen\n"
        "BOB@firm.example\nmia@firm.example",
        functions=["sponsor"],
    )
    assert response.status_code == 302
    rows = {row.email: row for row in Invitation.objects.all()}
    assert set(rows) == {"mia@firm.example", "ole@firm.example"}, "Bob is a member already"
    assert (rows["mia@firm.example"].name, rows["mia@firm.example"].functions) == ("Mia Berg", ["sponsor"])
    ole = rows["ole@firm.example"]
    assert (ole.name, ole.functions, ole.unit.name) == ("Ole", ["data_owner"], "Bergen")
    assert len(outbox.outbox) == 2


def test_an_uploaded_list(cast):
    upload = SimpleUploadedFile(
        "people.csv", "Name;E-mail;Function\nÅse;ase@firm.example;sponsor\n".encode("cp1252")
    )
    assert invite(cast, "", upload=upload).status_code == 302
    assert Invitation.objects.get().name == "Åse"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Enter at least one"),
        ("ok@firm.example\nnonsense", "Line 2"),
        ("address,function\na@firm.example,Chief", "there is no function “Chief”"),
        ("address,unit\na@firm.example,Mars", "there is no unit “Mars”"),
    ],
)
def test_one_bad_line_stops_all_of_them_and_the_text_stays(cast, text, says):
    response = invite(cast, text)
    page = response.content.decode()
    assert response.status_code == 422
    assert says in page
    assert text.split("\n")[-1] in page
    assert not Invitation.objects.exists()


def test_a_newcomer_accepts_and_is_signed_in(cast):
    invite(cast, "Mia Berg <mia@firm.example>", functions=["sponsor"])
    client, path = Client(), link_in(outbox.outbox[0])
    for _ in range(2):
        response = client.get(path)
        assert response["Location"] == "/invitation/", "the address that is left has no token"
    assert "Halvorsen Pumps" in client.get("/invitation/").content.decode()
    assert client.post("/invitation/join/", {"name": "Mia Berg"})["Location"] == "/"
    mia = User.objects.get(email="mia@firm.example")
    assert not mia.has_usable_password()
    membership = Membership.objects.get(user=mia)
    assert (membership.role, membership.functions) == ("member", ["sponsor"])
    assert client.get("/people/").status_code == 200
    assert Client().get(path, follow=True).status_code == 410, "an invitation is accepted once"


def test_a_weak_password_is_refused_and_nothing_happens(cast):
    invite(cast, "mia@firm.example")
    client = Client()
    client.get(link_in(outbox.outbox[0]))
    assert client.post("/invitation/join/", {"name": "Mia", "password": "password"}).status_code == 422
    assert not User.objects.filter(email="mia@firm.example").exists()


def test_who_has_an_account_signs_in_and_accepts(cast):
    invite(cast, "charlie@firm.example")
    path = link_in(outbox.outbox[0])
    anonymous = Client()
    anonymous.get(path)
    assert "Sign in to accept" in anonymous.get("/invitation/").content.decode()
    assert anonymous.post("/invitation/join/", {"name": "Not Charlie"}).status_code == 409
    charlie = cast.client("charlie")
    charlie.get(path)
    assert charlie.post("/invitation/accept/").status_code == 302
    assert Membership.objects.filter(user=cast.charlie).count() == 2


def test_an_invitation_is_for_its_address_only(cast):
    invite(cast, "mia@firm.example")
    charlie = cast.client("charlie")
    charlie.get(link_in(outbox.outbox[0]))
    assert "another address" in charlie.get("/invitation/").content.decode()
    assert charlie.post("/invitation/accept/").status_code == 403


def test_a_corrected_address_gets_a_new_link_and_the_old_one_dies(cast):
    invite(cast, "mai@firm.example")
    row, old = Invitation.objects.get(), link_in(outbox.outbox[0])
    client = cast.client("facilitator")
    data = {"email": "mia@firm.example", "name": "Mia", "role": "viewer", "functions": ["sponsor"]}
    assert client.post(f"/people/invitations/{row.pk}/", data).status_code == 302
    row.refresh_from_db()
    assert (row.email, row.role) == ("mia@firm.example", "viewer")
    assert outbox.outbox[1].to == ["mia@firm.example"]
    assert Client().get(old).status_code == 404
    assert Client().get(link_in(outbox.outbox[1]), follow=True).status_code == 200


def test_withdrawn_and_run_out_invitations_say_so(cast):
    invite(cast, "mia@firm.example")
    row, path = Invitation.objects.get(), link_in(outbox.outbox[0])
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Client().get(path, follow=True).status_code == 410
    cast.client("owner").post(f"/people/invitations/{row.pk}/resend/")
    fresh = link_in(outbox.outbox[1])
    assert Client().get(fresh, follow=True).status_code == 200
    cast.client("owner").post(f"/people/invitations/{row.pk}/revoke/")
    assert Client().get(fresh, follow=True).status_code == 410
    assert cast.client("owner").post(f"/people/invitations/{row.pk}/revoke/").status_code == 409


def test_a_lapsed_invitation_does_not_block_a_new_one(cast):
    invite(cast, "mia@firm.example")
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    invite(cast, "mia@firm.example")
    assert Invitation.objects.filter(revoked_at=None).count() == 1
    assert OutgoingMail.objects.count() == 2


def test_too_many_at_once_are_refused(cast):
    people = [actions.Invitee(email=f"p{number}@firm.example") for number in range(501)]
    with pytest.raises(Exception, match="At most 500"):
        actions.invite(cast.organization, by=cast.alice, people=people)
