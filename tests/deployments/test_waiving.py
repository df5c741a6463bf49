"""Waivers: two people, a reason, an end; and what they open at the gate."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from charters.actions import Proof
from charters.models import Revision, Signatory, SignoffRound
from deployments.actions import releasing, waiving
from deployments.models import Waiver
from deployments.release.gate_facts import gate_of, waivers_that_hold
from deployments.release.waiver_words import waiver_line
from reports.waivers_input import waivers_of
from tests.deployments import registry_cast as made
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
ALL = ("musts", "verified", "fallback", "owner", "reference")


def fresh() -> Proof:
    return Proof("account", "password", timezone.now())


@pytest.fixture
def project(cast):
    """Alice owns the outcome; Frank leads."""
    project = made.project_of(cast)
    made.signed_by(project, cast.alice)
    return project


def asked(project: Any, cast: Any, *, days: int = 30, **more: Any) -> Waiver:
    values: dict[str, Any] = {
        "model": made.MODEL,
        "version": 1,
        "checks": ALL,
        "reason": "The season ends before the plant can measure.",
        "ends_on": timezone.localdate() + dt.timedelta(days=days),
    }
    return waiving.ask_waiver(
        project, made.environment_of(cast, "production"), by=cast.frank, **(values | more)
    )


def signed(project: Any, cast: Any, **more: Any) -> Waiver:
    waiver = asked(project, cast, **more)
    waiving.sign_waiver(waiver, by=cast.alice, proof=fresh())
    return waiving.sign_waiver(waiver, by=cast.frank, proof=fresh())


def test_it_takes_the_outcome_owner_and_a_second_person(project, cast, monkeypatch):
    made.registered(monkeypatch, 1, 2)
    deployment = made.deployment_of(cast, project=project, slug="production")
    waiver = asked(project, cast)
    for signer, opens in ((cast.alice, False), (cast.frank, True)):
        assert gate_of(deployment, made.MODEL, 1).stance == "shut"
        waiver = waiving.sign_waiver(waiver, by=signer, proof=fresh())
        assert waiver.holds(timezone.localdate()) is opens
    assert (waiver.owner_name, waiver.second_name) == ("Alice", "Frank")
    assert gate_of(deployment, made.MODEL, 1).stance == "open"
    release = releasing.request_release(deployment, by=cast.frank, model=made.MODEL, version=1)
    assert release.waiver == waiver
    assert {one["key"] for one in release.gate if one["waived"]} == {"musts", "verified", "reference"}
    # For this version in this environment alone.
    assert gate_of(deployment, made.MODEL, 2).stance == "shut"


def test_who_can_sign_is_mailed_once_and_finds_it_on_the_desk(project, cast, mailoutbox):
    made.environment_of(cast, "production")
    for name, role in (("bob", "lead"), ("victor", "contributor")):
        project.members.create(user=cast.person(name), name=name, email=f"{name}@firm.example", role=role)
    waiver = asked(project, cast, checks=["musts", "reference"])
    told = {letter.to[0]: letter.body for letter in mailoutbox}
    # Frank asked and leads: he may be the second person, but needs no mail to know.
    assert sorted(told) == ["alice@firm.example", "bob@firm.example"]
    assert "as outcome owner, to sign a waiver" in told["alice@firm.example"]
    assert "as second person, to sign a waiver" in told["bob@firm.example"]
    for part in (
        "bearing version 1 may then be deployed to Production",
        "every must criterion is met by this version; a reference sample is there.",
        "The season ends before the plant can measure.",
        reverse("deployments:waiver", args=[waiver.pk]),
    ):
        assert part in told["bob@firm.example"]
    for who, waits in (("alice", True), ("frank", True), ("bob", True), ("victor", False)):
        page = cast.client(who).get("/").content.decode()
        assert ("The waiver for bearing version 1 in Production" in page) is waits, who


def test_one_person_cannot_sign_twice(project, cast):
    waiver = asked(project, cast)
    waiving.sign_waiver(waiver, by=cast.alice, proof=fresh())
    with pytest.raises(Conflict, match="has signed already"):
        waiving.sign_waiver(waiver, by=cast.alice, proof=fresh())
    waiver.refresh_from_db()
    assert waiver.second_signed_at is None


def test_two_leads_without_the_outcome_owner_are_not_enough(project, cast):
    project.members.create(user=cast.bob, name="Bob", email=cast.bob.email, role="lead")
    waiver = asked(project, cast)
    waiving.sign_waiver(waiver, by=cast.frank, proof=fresh())
    with pytest.raises(Conflict, match="second person has signed already"):
        waiving.sign_waiver(waiver, by=cast.bob, proof=fresh())


def test_whoever_has_no_part_cannot_sign(project, cast):
    with pytest.raises(NotAllowed):
        waiving.sign_waiver(asked(project, cast), by=cast.bob, proof=fresh())


def test_a_sign_in_of_an_hour_ago_is_not_enough(project, cast):
    waiver = asked(project, cast)
    old = Proof("account", "password", timezone.now() - dt.timedelta(hours=1))
    with pytest.raises(FreshSignInRequired):
        waiving.sign_waiver(waiver, by=cast.alice, proof=old)
    page = reverse("deployments:waiver_sign", args=[waiver.pk])
    cast.client("alice", fresh=False).post(page)
    waiver.refresh_from_db()
    assert waiver.owner_signed_at is None
    cast.client("alice").post(page)
    waiver.refresh_from_db()
    assert waiver.owner == cast.alice


def test_it_ends_with_its_day_and_when_it_is_withdrawn(project, cast):
    deployment = made.deployment_of(cast, project=project, slug="production")
    waiver = signed(project, cast, days=0)
    assert gate_of(deployment, made.MODEL, 1).stance == "open"
    Waiver.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert gate_of(deployment, made.MODEL, 1).stance == "shut"
    with pytest.raises(Conflict, match="last day"):
        waiving.sign_waiver(waiver, by=cast.alice, proof=fresh())
    other = signed(project, cast)
    assert gate_of(deployment, made.MODEL, 1).stance == "open"
    with pytest.raises(NotAllowed):
        waiving.withdraw_waiver(other, by=cast.victor)
    waiving.withdraw_waiver(other, by=cast.alice)
    assert gate_of(deployment, made.MODEL, 1).stance == "shut"
    with pytest.raises(Conflict, match="withdrawn already"):
        waiving.withdraw_waiver(other, by=cast.alice)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"checks": []}, "checks"),
        ({"checks": ["charter"]}, "checks"),
        ({"checks": ["musts", "moon"]}, "checks"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"days": -1}, "ends_on"),
        ({"days": 400}, "ends_on"),
    ],
)
def test_bad_input_names_its_field(project, cast, more, field):
    with pytest.raises(Invalid) as refused:
        asked(project, cast, **more)
    assert field in refused.value.fields
    assert not Waiver.objects.exists()


def test_without_a_signed_charter_nobody_can_waive(cast):
    with pytest.raises(Conflict, match="No outcome owner"):
        asked(made.project_of(cast), cast)


def test_the_pages_ask_sign_and_tell(project, cast):
    version = [project.slug, made.MODEL, 1]
    address = f"{reverse('deployments:waiver_new', args=version)}?environment=production"
    frank = cast.client("frank")
    assert "Alice, who owns the outcome" in frank.get(address).content.decode()
    sent = {"checks": ["musts"], "reason": "The season ends.", "ends_on": timezone.localdate().isoformat()}
    refused = frank.post(address, sent | {"reason": ""})
    assert refused.status_code == 422
    page = frank.post(address, sent)["Location"]
    assert "Sign as second person" in frank.get(page).content.decode()
    assert "Sign as outcome owner" in cast.client("alice").get(page).content.decode()
    assert "Sign as" not in cast.client("victor").get(page).content.decode()
    listed = frank.get(reverse("deployments:waivers", args=[project.pk])).content.decode()
    assert "Waits for signatures" in listed


def test_who_becomes_the_outcome_owner_does_not_sign_a_second_time(project, cast):
    waiver = asked(project, cast)
    waiving.sign_waiver(waiver, by=cast.frank, proof=fresh())
    Signatory.objects.filter(user=cast.alice).update(user=cast.frank, email=cast.frank.email, name="Frank")
    with pytest.raises(Conflict, match="second person has signed already"):
        waiving.sign_waiver(waiver, by=cast.frank, proof=fresh())
    page = cast.client("frank").get(reverse("deployments:waiver", args=[waiver.pk])).content.decode()
    assert reverse("deployments:waiver_sign", args=[waiver.pk]) not in page


def changed(project: Any, cast: Any, **fields: Any) -> None:
    """The charter gets another text in force; with fields, one that has a must more."""
    old = Revision.objects.get(charter=project.charter, state="in_force")
    content = json.loads(old.content)
    if fields:
        content.setdefault("criterion", {})["c9"] = {"name": "Recall", "must": True, **fields}
    new = Revision.objects.create(
        charter=old.charter,
        number=old.number + 1,
        content=json.dumps(content),
        sha256="1" * 64,
        state="superseded",
    )
    Revision.objects.filter(pk=old.pk).update(state="superseded")
    Revision.objects.filter(pk=new.pk).update(state="in_force", in_force_at=timezone.now())
    SignoffRound.objects.filter(revision=old).update(revision=new)


@pytest.mark.parametrize(
    ("checks", "fields", "stays"),
    [
        (["musts"], {"target": "0.99"}, False),
        (["musts"], {}, True),
        (["owner"], {"target": "0.99"}, True),
    ],
)
def test_criteria_that_are_changed_were_waived_by_nobody(project, cast, checks, fields, stays):
    environment = made.environment_of(cast, "production")
    signed(project, cast, checks=checks)
    assert waivers_that_hold(project, environment, made.MODEL, 1)
    changed(project, cast, **fields)
    assert bool(waivers_that_hold(project, environment, made.MODEL, 1)) is stays


def test_pages_and_reports_say_that_changed_criteria_have_ended_it(project, cast, monkeypatch):
    made.registered(monkeypatch, 1)
    deployment = made.deployment_of(cast, project=project, slug="production")
    waiver = signed(project, cast, checks=["musts"])
    release = made.release_of(deployment, waiver=waiver)
    waiting = asked(project, cast, checks=["musts"])
    waiving.sign_waiver(waiting, by=cast.alice, proof=fresh())
    page = reverse("deployments:waiver", args=[waiver.pk])
    listed = reverse("deployments:waivers", args=[project.pk])
    registry = reverse("deployments:list")
    frank = cast.client("frank")

    def told() -> list[str]:
        return [frank.get(address).content.decode() for address in (page, listed, registry)]

    one, all_, table = told()
    assert "Holds" in one
    assert "Holds" in all_
    assert "By waiver" in table
    changed(project, cast, target="0.99")
    words = "ended with revision 2 of the charter, which changed the must criteria"
    one, all_, table = told()
    assert "Holds" not in one + all_
    assert words in one
    assert "Its waiver has ended" in table
    assert words in waiver_line(waiver)
    assert [row["end"] for row in waivers_of(cast.organization)] == [words]
    # What nobody can use is not signed any more either.
    assert "The waiver for bearing" not in frank.get("/").content.decode()
    assert "Sign as" not in frank.get(reverse("deployments:waiver", args=[waiting.pk])).content.decode()
    with pytest.raises(Conflict, match="must criteria have changed"):
        waiving.sign_waiver(waiting, by=cast.frank, proof=fresh())
    release.refresh_from_db()
    assert release.waiver == waiver


def test_a_waiver_is_not_for_a_version_that_is_registered_later_under_its_name(project, cast, monkeypatch):
    deployment = made.deployment_of(cast, project=project, slug="production")
    signed(project, cast)
    made.registered(monkeypatch, 1)
    with pytest.raises(Conflict, match="is shut"):
        releasing.request_release(deployment, by=cast.frank, model=made.MODEL, version=1)
