"""The fixed cast: Alice owns, Fay facilitates, Bob is a member, Vic a viewer, Charlie a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from accounts import links
from accounts.models import Membership, Organization, User
from assessment import actions, questionnaires
from assessment.answer_values import AnswerContent
from assessment.invitees import Invitee
from assessment.models import Assessment, Respondent
from tests.kept import kept

standard_questionnaires = kept(actions.load_standard_questionnaires)

PASSWORD = "a long enough password"
FAR = datetime(2099, 1, 1, tzinfo=UTC)
GATE_ITEM = "team.production_ownership.on_call"


@dataclass
class Cast:
    organization: Organization
    alice: User
    fay: User
    bob: User
    vic: User
    charlie: User

    def client(self, user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


@kept
def make_cast() -> Cast:
    organization = Organization.objects.create(
        name="Halvorsen Pumps", slug="halvorsen", time_zone="Europe/Oslo"
    )
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    people = {
        name: User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title())
        for name in ("alice", "fay", "bob", "vic", "charlie")
    }
    for name, role in (("alice", "owner"), ("fay", "facilitator"), ("bob", "member"), ("vic", "viewer")):
        Membership.objects.create(user=people[name], organization=organization, role=role)
    Membership.objects.create(user=people["charlie"], organization=elsewhere, role="owner")
    return Cast(organization, **people)


@kept
def make_round(cast: Cast, *, opened: bool = True, people: int = 7, visibility: str = "named") -> Assessment:
    assessment = actions.create_assessment(
        cast.organization, title="Round 1", by=cast.fay, visibility=visibility
    )
    functions = [
        "sponsor",
        "business_lead",
        "data_owner",
        "technical_lead",
        "practitioner",
        "legal_security",
        "people_finance",
    ]
    invitees = [
        Invitee(f"Person {number}", f"person{number}@example.com", functions[number % 7])
        for number in range(people)
    ]
    if invitees:
        actions.invite_respondents(assessment, invitees, by=cast.fay)
    if opened:
        actions.open_round(assessment, by=cast.fay)
    return assessment


def respondent_of(assessment: Assessment, function: str = "practitioner") -> Respondent:
    found = assessment.respondents.filter(function=function).order_by("name").first()
    assert found is not None
    found.assessment = assessment
    return found


def open_link(respondent: Respondent) -> Client:
    """A visitor who has opened the personal link."""
    path = links.issue(
        purpose="answer",
        organization=respondent.assessment.organization,
        subject=respondent,
        address=respondent.address,
        expires=FAR,
        by=None,
    )
    client = Client()
    response = client.get(path, follow=True)
    assert response.status_code == 200, response.status_code
    return client


def level(number: int, **more: str) -> AnswerContent:
    return AnswerContent("level", number, **more)


@kept
def answer_all(assessment: Assessment, number: int = 2) -> None:
    """Everybody puts every routed item that scores at one level."""
    questionnaire = questionnaires.of(assessment)
    for respondent in assessment.respondents.all():
        respondent.assessment = assessment
        for item in questionnaire.items_for(respondent.function):
            if item.kind == "maturity":
                actions.save_answer(respondent, item.key, level(number), base_revision=0, by=None)
