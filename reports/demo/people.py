"""The organization of the story, its units and its people."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from accounts import actions
from accounts.models import Organization, OutgoingMail, Role, Unit, User
from reports.demo.story import Entry, Story

FOUNDED = -245
OWNER = "solveig"
FACILITATOR = "nils"


@dataclass(frozen=True)
class Firm:
    """The organization with its accounts by person and its units by id."""

    organization: Organization
    users: dict[str, User]
    units: dict[str, Unit]

    @property
    def facilitator(self) -> User:
        return self.users[FACILITATOR]


def found(story: Story) -> Firm:
    """Organization, units and members. A vendor's people get no account: they come by personal link."""
    entry = story.content["organization"]
    owner = _account(story.person(OWNER), None)
    organization = actions.create_organization(
        by=owner,
        name=entry["name"],
        currency=entry["currency"],
        time_zone=entry["time_zone"],
        functions=[story.person(OWNER)["function"]],
    )
    units = {
        unit["id"]: actions.add_unit(organization, by=owner, name=unit["name"]) for unit in entry["units"]
    }
    firm = Firm(organization, {OWNER: owner}, units)
    for person in story.content["people"]:
        if person["id"] != OWNER and role_of(person):
            firm.users[person["id"]] = _add(firm, person, owner)
    return firm


def role_of(person: Entry) -> str:
    """The person's role in the organization; empty for those who come by personal link only."""
    roles = set(person["roles"])
    if "owner" in roles:
        return str(Role.OWNER)
    if "facilitator" in roles:
        return str(Role.FACILITATOR)
    if roles & {"member", "lead"}:
        return str(Role.MEMBER)
    return str(Role.VIEWER) if "signatory" in roles else ""


def _add(firm: Firm, person: Entry, owner: User) -> User:
    user = _account(person, owner)
    functions = [person["function"]] if person["function"] else []
    unit = firm.units.get(person["unit"])
    actions.add_member(
        firm.organization, user=user, by=owner, role=role_of(person), functions=functions, unit=unit
    )
    return user


def _account(person: Entry, by: User | None) -> User:
    """Without password: the way in is the page that lists the demo's people."""
    return actions.create_account(email=person["mail"], name=person["name"], by=by)


def settle_mail(firm: Firm) -> None:
    """Mails of the story count as sent on their day: nothing goes out to invented addresses."""
    waiting = OutgoingMail.objects.filter(organization=firm.organization, state=OutgoingMail.State.QUEUED)
    waiting.update(
        state=OutgoingMail.State.SENT, attempts=1, sent_at=F("created_at"), text="", html="", error=""
    )
