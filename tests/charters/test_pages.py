"""Charter pages by their URLs: who may see and do what, writing, the whole round, and links."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from charters.actions import create_charter, freeze_revision
from charters.models import Charter, Revision, Signatory, Signature, SignoffRound
from charters.queries import draft_of
from charters.sections import SECTIONS
from tests.charters.cast import ACCEPTED, PASSWORD, Cast, build_cast, send_charter, write_charter
from tests.charters.test_actions import without_vendor  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def signed_in(user: User) -> Client:
    """A client with a fresh sign-in by password, through the sign-in page."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content[:500]
    return client


def stale(client: Client) -> Client:
    """Makes the client's last sign-in ten minutes old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 600
    session.save()
    return client


PAGES = ("show", "review", "history")


def test_strangers_see_nothing(cast: Cast) -> None:
    charter = write_charter(cast)
    freeze_revision(charter, by=cast.frida)
    stranger = signed_in(cast.sten)
    for name in (*PAGES, "freeze", "send", "withdraw", "revise", "archive", "criterion_new"):
        url = reverse(f"charters:{name}", args=[charter.pk])
        assert stranger.get(url).status_code in (404, 405), name
        assert stranger.post(url).status_code in (404, 405), name
        assert Client().get(url).status_code in (302, 405), name
    assert stranger.get(reverse("charters:revision", args=[charter.pk, 1])).status_code == 404
    assert stranger.get(reverse("charters:write", args=[charter.pk, "problem"])).status_code == 404


def test_a_viewer_reads_and_writes_nothing(cast: Cast) -> None:
    charter = write_charter(cast)
    viewer, member = signed_in(cast.vera), signed_in(cast.max)
    assert viewer.get(reverse("charters:show", args=[charter.pk])).status_code == 200
    write = reverse("charters:write", args=[charter.pk, "problem"])
    assert viewer.get(write).status_code == 403
    assert viewer.post(write, {"problem": "x", "v:problem": "1"}).status_code == 403
    assert viewer.post(reverse("charters:freeze", args=[charter.pk])).status_code == 403
    assert member.get(write).status_code == 200
    assert member.post(reverse("charters:freeze", args=[charter.pk])).status_code == 403
    assert Charter.objects.get(pk=charter.pk).state == "draft"


def test_every_section_can_be_read_and_saved_unchanged(cast: Cast) -> None:
    charter = write_charter(cast)
    client = signed_in(cast.frida)
    before = draft_of(charter)
    for section in SECTIONS:
        url = reverse("charters:write", args=[charter.pk, section.key])
        page = client.get(url)
        assert page.status_code == 200, section.key
        if section.key == "criteria":
            continue
        answer = client.post(url, _posted(page))
        assert answer.status_code == 302, (section.key, answer.content.decode()[:3000])
    after = draft_of(charter)
    assert after.values == before.values
    assert after.versions == before.versions


def _posted(page: Any) -> dict[str, str]:
    """What a browser would send for the page's form, untouched."""
    form = page.context["form"]
    data = {name: str(version) for name, version in form.shown_versions()}
    for bound in form:
        value = bound.value()
        if value is True or (value not in (None, "", False)):
            data[bound.html_name] = "on" if value is True else str(value)
    return data


def test_roles_are_chosen_by_name_and_own_words_are_kept(cast: Cast) -> None:
    charter = write_charter(cast, team__2={"role": "Pump doctor", "name": "Ole", "share": "5"})
    page = signed_in(cast.max).get(f"/charters/{charter.pk}/write/team/").content.decode()
    assert '<option value="data_scientist" selected>Data scientist</option>' in page
    assert '<option value="Pump doctor" selected>Pump doctor</option>' in page


def test_writing_names_bad_values_beside_their_fields(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    client = signed_in(cast.frida)
    url = reverse("charters:write", args=[charter.pk, "time"])
    answer = client.post(
        url,
        {"budget_external": "NaN", "v:budget_external": "0", "time_start": "2026-10-05", "v:time_start": "0"},
    )
    assert answer.status_code == 422
    assert "A number such as 0.75" in answer.content.decode()
    assert "time_start" not in draft_of(charter).values


def test_two_editors_are_shown_both_versions(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    url = reverse("charters:write", args=[charter.pk, "problem"])
    frida, other = signed_in(cast.frida), signed_in(cast.max)
    other.post(url, {"problem": "Max's text", "v:problem": "0"})
    answer = frida.post(
        url, {"problem": "Frida's text", "v:problem": "0", "why_ml": "Rules fail", "v:why_ml": "0"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Max&#x27;s text" in page
    assert "Frida&#x27;s text" in page
    assert draft_of(charter).values["why_ml"] == "Rules fail"
    kept = frida.post(url, {"problem": "Frida's text", "v:problem": "1"})
    assert kept.status_code == 302
    assert draft_of(charter).values["problem"] == "Frida's text"
    assert draft_of(charter).values["title"] == "T"


def test_a_criterion_is_written_reads_as_a_sentence_and_goes(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    client = signed_in(cast.frida)
    assert client.get(reverse("charters:criterion_new", args=[charter.pk])).status_code == 200
    url = reverse("charters:criterion", args=[charter.pk, "c1"])
    data = {"criterion.c1.name": "Recall", "criterion.c1.kind": "tracked_metric",
            "criterion.c1.comparator": "at_least",
            "criterion.c1.target": "0.75", "criterion.c1.unit": "fraction",
            "criterion.c1.metric_key": "recall_score",
            "criterion.c1.must": "on", "v:criterion.c1": "0"}  # fmt: skip
    refused = client.post(url, data | {"criterion.c1.tolerance": "0.1"})
    assert refused.status_code == 422
    assert "equal to" in refused.content.decode()
    assert client.post(url, data).status_code == 302
    page = client.get(reverse("charters:write", args=[charter.pk, "criteria"])).content.decode()
    assert "Recall (recall_score) is <b>at least 0.75</b>" in re.sub(r"\s+", " ", page)
    assert client.post(reverse("charters:criterion_remove", args=[charter.pk, "c1"])).status_code == 302
    assert client.get(url).status_code == 404


def test_freezing_an_incomplete_charter_leads_to_what_is_missing(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    client = signed_in(cast.frida)
    answer = client.post(reverse("charters:freeze", args=[charter.pk]), follow=True)
    page = answer.content.decode()
    assert "These seats are neither filled nor explained" in page
    assert reverse("charters:write", args=[charter.pk, "parties"]) in page
    assert not Revision.objects.exists()


def test_the_whole_round_by_pages(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    charter = write_charter(cast, **without_vendor)
    frida = signed_in(cast.frida)
    assert frida.post(reverse("charters:freeze", args=[charter.pk])).status_code == 302
    assert frida.get(reverse("charters:send", args=[charter.pk])).status_code == 200
    assert frida.post(reverse("charters:send", args=[charter.pk]), {"due_on": ""}).status_code == 302
    revision = Revision.objects.get(charter=charter)
    seats = list(Signatory.objects.order_by("step", "position"))
    for seat in seats:
        client = signed_in(cast.signers[seat.seat])
        url = reverse("charters:sign", args=[seat.pk])
        page = client.get(url).content.decode()
        assert revision.sha256 in page
        assert "simple electronic signature" in page
        answer = client.post(
            reverse("charters:sign_submit", args=[seat.pk]), {"sha256": revision.sha256, **ACCEPTED}
        )
        assert answer.status_code == 302, answer.content.decode()[:2000]
    revision.refresh_from_db()
    assert revision.state == "in_force"
    for name in ("show", "history"):
        page = frida.get(reverse(f"charters:{name}", args=[charter.pk])).content.decode()
        assert revision.sha256[:4] in page
    assert "In force" in frida.get(reverse("charters:list")).content.decode()


def test_signing_needs_a_fresh_sign_in(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    seat = Signatory.objects.get(round=round_, seat="legal")
    client = stale(signed_in(cast.signers["legal"]))
    answer = client.post(
        reverse("charters:sign_submit", args=[seat.pk]), {"sha256": round_.sha256, **ACCEPTED}
    )
    assert answer.status_code == 302
    assert "again" in answer["Location"]
    assert not Signature.objects.exists()
    declined = client.post(reverse("charters:decline", args=[seat.pk]), {"reason": "No"})
    assert "again" in declined["Location"]
    assert SignoffRound.objects.get(pk=round_.pk).state == "out"


def test_a_seat_opens_to_its_person_only(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    seat = Signatory.objects.get(round=round_, seat="legal")
    url = reverse("charters:sign", args=[seat.pk])
    for user in (cast.olga, cast.frida, cast.sten, cast.signers["security"]):
        assert signed_in(user).get(url).status_code == 404
    assert Client().get(url).status_code == 404
    removed = signed_in(cast.signers["legal"])
    cast.signers["legal"].memberships.all().delete()
    assert removed.get(url).status_code == 404
    assert (
        removed.post(
            reverse("charters:sign_submit", args=[seat.pk]), {"sha256": round_.sha256, **ACCEPTED}
        ).status_code
        == 404
    )


def test_another_text_than_the_one_shown_is_not_signed(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    seat = Signatory.objects.get(round=round_, seat="legal")
    client = signed_in(cast.signers["legal"])
    for shown in ("0" * 64, ""):
        answer = client.post(reverse("charters:sign_submit", args=[seat.pk]), {"sha256": shown, **ACCEPTED})
        assert answer.status_code == 409
    assert not Signature.objects.exists()


def test_a_guest_signs_by_link_with_a_mailed_code(cast: Cast, settings: Any) -> None:
    round_ = send_charter(cast, write_charter(cast))
    vendor = Signatory.objects.get(round=round_, seat="vendor")
    letter = next(item for item in mail.outbox if item.to == [vendor.email])
    path = re.search(r"http://localhost:8000(/link/\S+)", str(letter.body))
    assert path
    guest = Client()
    assert guest.get(path[1]).status_code == 302
    scanner = Client()
    assert scanner.get(path[1]).status_code == 302  # a mail scanner opens it too; nothing is used up
    page = guest.get(path[1], follow=True)
    assert page.redirect_chain[-1][0] == reverse("charters:sign", args=[vendor.pk])
    assert round_.sha256 in page.content.decode()
    assert "/link/" not in page.content.decode()
    submit = reverse("charters:sign_submit", args=[vendor.pk])
    assert guest.post(submit, {"sha256": round_.sha256, **ACCEPTED}).status_code == 422
    guest.post(reverse("charters:sign_code", args=[vendor.pk]))
    code = re.search(r"\b([0-9]{6})\b", str(mail.outbox[-1].body))
    assert code
    assert mail.outbox[-1].to == [vendor.email]
    wrong = guest.post(
        submit, {**ACCEPTED, "sha256": round_.sha256, "code": "000000" if code[1] != "000000" else "111111"}
    )
    assert wrong.status_code == 422
    assert "Nothing is signed yet</h2>" in wrong.content.decode()
    assert guest.post(submit, {**ACCEPTED, "sha256": round_.sha256, "code": code[1]}).status_code == 302
    signature = Signature.objects.get(round=round_)
    assert (signature.method, signature.is_evidence, signature.email) == ("link", True, vendor.email)
    for url in (reverse("charters:list"), reverse("charters:show", args=[round_.revision.charter_id])):
        assert guest.get(url).status_code == 302
    other = Signatory.objects.get(round=round_, seat="legal")
    assert guest.get(reverse("charters:sign", args=[other.pk])).status_code == 404


def test_in_the_demo_a_signature_by_link_is_no_evidence(cast: Cast, settings: Any) -> None:
    settings.DEMO = True
    round_ = send_charter(cast, write_charter(cast))
    vendor = Signatory.objects.get(round=round_, seat="vendor")
    letter = next(item for item in mail.outbox if item.to == [vendor.email])
    guest = Client()
    path = re.search(r"http://localhost:8000(/link/\S+)", str(letter.body))
    assert path
    guest.get(path[1])
    guest.post(reverse("charters:sign_code", args=[vendor.pk]))
    code = re.search(r"\b([0-9]{6})\b", str(mail.outbox[-1].body))
    assert code
    guest.post(
        reverse("charters:sign_submit", args=[vendor.pk]),
        {**ACCEPTED, "sha256": round_.sha256, "code": code[1]},
    )
    assert not Signature.objects.get(round=round_).is_evidence
    page = guest.get(reverse("charters:sign", args=[vendor.pk])).content.decode()
    assert "not evidence" in page


def test_what_cannot_be_signed_is_not_sent_and_says_what_to_do(cast: Cast, settings: Any) -> None:
    charter = write_charter(cast)
    freeze_revision(charter, by=cast.frida)
    url = reverse("charters:send", args=[charter.pk])
    ready = signed_in(cast.frida).get(url).content.decode()
    assert "Invite people" not in ready
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    page = signed_in(cast.frida).get(url).content.decode()
    assert f'href="{reverse("accounts:invite")}">Invite people' in page
    assert 'aria-disabled="true" aria-describedby="why-not">Send for signature' in page


def test_link_signing_is_off_while_mail_goes_to_files(cast: Cast, settings: Any) -> None:
    round_ = send_charter(cast, write_charter(cast))
    vendor = Signatory.objects.get(round=round_, seat="vendor")
    letter = next(item for item in mail.outbox if item.to == [vendor.email])
    guest = Client()
    path = re.search(r"http://localhost:8000(/link/\S+)", str(letter.body))
    assert path
    guest.get(path[1])
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    page = guest.get(reverse("charters:sign", args=[vendor.pk])).content.decode()
    assert "Signing by link is off" in page
    for name in ("sign_code", "sign_submit"):
        answer = guest.post(
            reverse(f"charters:{name}", args=[vendor.pk]),
            {**ACCEPTED, "sha256": round_.sha256, "code": "123456"},
        )
        assert answer.status_code == 409
    assert not Signature.objects.exists()


def test_revising_and_withdrawing_by_pages(cast: Cast, without_vendor: dict[str, object]) -> None:  # noqa: F811
    charter = write_charter(cast, **without_vendor)
    send_charter(cast, charter)
    frida = signed_in(cast.frida)
    assert frida.post(reverse("charters:withdraw", args=[charter.pk]), {"reason": ""}).status_code == 422
    assert (
        frida.post(reverse("charters:withdraw", args=[charter.pk]), {"reason": "Wrong date"}).status_code
        == 302
    )
    assert "Wrong date" in frida.get(reverse("charters:show", args=[charter.pk])).content.decode()
    assert frida.post(reverse("charters:revise", args=[charter.pk]), {"reason": "Target"}).status_code == 302
    frida.post(
        reverse("charters:write", args=[charter.pk, "errors"]), {"fallback": "By hand", "v:fallback": "1"}
    )
    frida.post(reverse("charters:freeze", args=[charter.pk]))
    page = frida.get(reverse("charters:history", args=[charter.pk])).content.decode()
    assert "What revision 2 changed" in page
    assert re.search(r"<ins>.*By hand.*</ins>", page)
    old = frida.get(reverse("charters:revision", args=[charter.pk, 1])).content.decode()
    assert "Superseded" in old


@pytest.mark.queries
def test_the_list_costs_the_same_for_many(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = signed_in(cast.frida)
    for number in range(12):
        create_charter(cast.organization, by=cast.frida, title=f"Charter {number}")
    client.get(reverse("charters:list"))
    with django_assert_max_num_queries(15):
        client.get(reverse("charters:list"))
