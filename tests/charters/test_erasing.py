"""Erasing a person reaches every app; what was frozen or signed keeps its text, and the log verifies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts import actions as accounts
from accounts import audit, links
from accounts.models import Organization, PersonalLink, User
from assessment import actions
from assessment.answer_values import AnswerContent
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.invitees import Invitee
from assessment.models import Answer, AnswerFile, Assessment, Respondent, Result
from charters.actions import decline, name_delegate, sign, take_back
from charters.models import DraftField, Signatory, SignoffEvent
from roadmap.models import UseCase
from tests.assessment.cast import FAR, standard_questionnaires
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter

pytestmark = pytest.mark.django_db
NAME, ADDRESS, OLD = "Gunhild Strand", "gunhild@halvorsen.example", "g.strand@old.example"
ON_CALL = "team.production_ownership.on_call"
# The frozen text, the seats that mirror it, the signatures, their entries: name and address stay as signed.
AS_SIGNED = {"charters.revision", "charters.signatory", "charters.signature", "accounts.auditevent"}
# Holds what the room agreed on, in its words, under a hash.
FROZEN = {"assessment.result"}


@pytest.fixture
def cast() -> Cast:
    standard_questionnaires()
    return build_cast()


def holders(*words: str) -> set[str]:
    """The tables in which one of these words still stands, in whatever field."""
    found = set()
    for model in apps.get_models():
        for row in model._default_manager.values():
            text = json.dumps(row, default=str, ensure_ascii=False).lower()
            if any(word.lower() in text for word in words):
                found.add(model._meta.label_lower)
    return found


def a_round(cast: Cast, person: User, title: str, address: str) -> Respondent:
    assessment = actions.create_assessment(cast.organization, title=title, by=cast.frida)
    invitee = Invitee(NAME, address, "practitioner")
    actions.invite_respondents(
        assessment, [invitee, Invitee("Other", f"{title}@o.example", "sponsor")], by=cast.frida
    )
    actions.open_round(assessment, by=cast.frida)
    respondent = assessment.respondents.get(address=address)
    Respondent.objects.filter(pk=respondent.pk).update(user=person)
    respondent.assessment = assessment
    return respondent


def answered(respondent: Respondent, number: int = 2) -> Respondent:
    said = AnswerContent("level", number, comment=f"I am {NAME}", would_know=ADDRESS)
    actions.save_answer(respondent, ON_CALL, said, base_revision=0, by=None)
    again = AnswerContent("level", number, comment="Write to me")
    actions.save_answer(respondent, ON_CALL, again, base_revision=1, by=None)
    return respondent


def test_an_erased_person_is_in_no_table_but_what_was_signed(cast: Cast) -> None:
    person = cast.signers["domain_expert"]
    respondent = answered(a_round(cast, person, "one", ADDRESS))
    other = respondent.assessment.respondents.get(name="Other")
    other.assessment = respondent.assessment
    said = AnswerContent("level", 1, comment=f"{NAME} is called, never I")
    actions.save_answer(other, ON_CALL, said, base_revision=0, by=None)
    actions.start_review(respondent.assessment, by=cast.frida)
    actions.record_consensus(
        respondent.assessment, ON_CALL, level=2, reason=f"{NAME} showed it", who_differs=NAME, by=cast.frida
    )
    actions.close(respondent.assessment, by=cast.frida)
    before = Result.objects.get().canonical
    a_round(cast, person, "two", OLD)
    RosterPerson.objects.create(organization=cast.organization, name=NAME)
    DataAsset.objects.create(organization=cast.organization, name="Vibration", owner=NAME)
    UseCase.objects.create(
        organization=cast.organization,
        title="Bearings",
        outcome_owner=NAME,
        team=[NAME],
        created_by=cast.frida,
    )
    round_ = send_charter(cast, write_charter(cast))
    sign(
        visitor(round_, "domain_expert"),
        by=person,
        shown_hash=round_.sha256,
        proof=fresh(),
        accepted=ALL_LIMITS,
    )
    assert "assessment.respondent" in holders(NAME)

    accounts.erase_person(person, by=person)

    assert holders(NAME, ADDRESS, OLD) <= AS_SIGNED | FROZEN
    assert holders(OLD) == set()
    assert {"charters.signature", "charters.revision"} <= holders(NAME)
    assert Result.objects.get().canonical == before
    assert audit.verify().intact
    call_command("verify_audit")
    assert Respondent.objects.get(pk=respondent.pk).name == "Erased person"
    assert not Respondent.objects.filter(address=OLD).exists()
    assert DraftField.objects.get(name="seat.domain_expert").value["email"] == ""


def test_levels_stay_and_words_links_and_files_go(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    person = cast.signers["domain_expert"]
    respondent = answered(a_round(cast, person, "one", OLD))
    shown = actions.attach_file(respondent, ON_CALL, content=b"%PDF-1.7 a list", name="list.pdf", by=None)
    path = links.issue(
        purpose="answer",
        organization=cast.organization,
        subject=respondent,
        address=OLD,
        expires=FAR,
        by=None,
    )
    with django_capture_on_commit_callbacks(execute=True):
        accounts.erase_person(person, by=person)
    answer = Answer.objects.get(respondent=respondent, item=ON_CALL)
    assert (answer.level, answer.comment, answer.would_know) == (2, "", "")
    assert list(respondent.answer_history.values_list("level", "comment")) == [(2, ""), (2, "")]
    assert not AnswerFile.objects.exists()
    assert not type(shown.file).objects.filter(pk=shown.file_id).exists()
    assert not PersonalLink.objects.filter(subject_id=str(respondent.pk), revoked_at=None).exists()
    link = links.find(path.rstrip("/").rpartition("/")[2])
    assert link is not None
    assert link.state == "revoked"
    assert Assessment.objects.get().respondents.count() == 2


def test_a_namesake_in_another_organization_stays(cast: Cast) -> None:
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    RosterPerson.objects.create(organization=elsewhere, name=NAME)
    RosterPerson.objects.create(organization=cast.organization, name=NAME)
    person = cast.signers["domain_expert"]
    accounts.erase_person(person, by=person)
    assert RosterPerson.objects.get(organization=elsewhere).name == NAME
    here = RosterPerson.objects.get(organization=cast.organization)
    assert (here.name, here.archived_at is None) == ("Erased person", False)


def test_an_unused_delegation_and_words_about_it_lose_the_name(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast))
    other = cast.max
    User.objects.filter(pk=other.pk).update(name="Max")
    other.refresh_from_db()
    holder = cast.signers["domain_expert"]
    name_delegate(
        visitor(round_, "domain_expert"), by=holder, to=other, reason=f"{other.email} knows it", proof=fresh()
    )
    assert {"charters.signatory", "charters.signoffevent"} <= holders(other.email)
    accounts.erase_person(other, by=other)
    assert holders(other.email) == set()
    seat = Signatory.objects.get(round=round_, seat="domain_expert")
    assert (seat.delegate_name, seat.delegate_email) == ("Erased person", "")
    event = SignoffEvent.objects.get(kind="delegated")
    assert event.words == "Erased person signs: erased address knows it"
    take_back(visitor(round_, "domain_expert"), by=holder)
    assert audit.verify().intact


def test_a_delegate_who_signed_stays_as_signed(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast))
    holder, other = cast.signers["domain_expert"], cast.max
    seat = visitor(round_, "domain_expert")
    name_delegate(seat, by=holder, to=other, reason="Away", proof=fresh())
    seat = visitor(round_, "domain_expert")
    sign(seat, by=other, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    accounts.erase_person(other, by=other)
    assert Signatory.objects.get(round=round_, seat="domain_expert").delegate_email == "max@cast.example"
    assert audit.verify().intact


def test_a_reason_that_is_nothing_but_an_address_is_erased_too(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast))
    person = cast.signers["domain_expert"]
    legal = cast.signers["legal"]
    decline(visitor(round_, "legal"), by=legal, reason=ADDRESS, proof=fresh())
    accounts.erase_person(person, by=person)
    assert Signatory.objects.get(round=round_, seat="legal").reason == "Erased person"
    assert SignoffEvent.objects.get(kind="declined").words == "Erased person"
    assert audit.verify().intact
