"""A fixed cast: Olga owns, Frida facilitates, Max is a member, Vera views, Sten is a stranger."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from accounts.actions import add_member
from accounts.models import Organization, User
from charters.access import Visitor
from charters.actions import Proof, create_charter, freeze_revision, save_fields, send_for_signature, sign
from charters.limits import TITLES
from charters.models import Charter, Signatory, Signature, SignoffRound
from charters.queries import in_turn
from tests.charters.cases import PEOPLE, complete_fields
from tests.kept import kept

PASSWORD = "correct horse battery"


@dataclass
class Cast:
    organization: Organization
    olga: User
    frida: User
    max: User
    vera: User
    sten: User
    signers: dict[str, User]


@kept
def build_cast(*, with_signers: bool = True) -> Cast:
    """An organization with its people; the signers of `cases` are members, except the vendor's person."""
    organization = Organization.objects.create(name="Halvorsen Pumps", slug="halvorsen", currency="EUR")
    people = {}
    for name, role in (("olga", "owner"), ("frida", "facilitator"), ("max", "member"), ("vera", "viewer")):
        people[name] = _user(name)
        add_member(organization, user=people[name], by=None, role=role, functions=[], unit=None)
    signers = {}
    if with_signers:
        for party, (name, _, _) in PEOPLE.items():
            if party == "vendor":
                continue
            signers[party] = User.objects.create_user(
                f"{name.split()[0].lower()}@halvorsen.example", PASSWORD, name=name
            )
            add_member(organization, user=signers[party], by=None, role="member", functions=[], unit=None)
    return Cast(organization, sten=_user("sten"), signers=signers, **people)


def _user(name: str) -> User:
    return User.objects.create_user(f"{name}@cast.example", PASSWORD, name=name.title())


def without_a_vendor() -> dict[str, object]:
    """Changes of `write_charter` that leave seats of members alone, so that no link is needed."""
    return {
        "route": "internal",
        "seat__vendor": None,
        "clause__internal_team": "Priya, Tomasz, Sunniva",
        "clause__internal_informs": "Visits",
        "clause__internal_communication": "Monthly",
        "clause__internal_keep": "Wiki",
        "clause__internal_hours": "Priya 20",
        "criterion__c4": {
            "name": "Why",
            "kind": "learning_question",
            "question": "Can five say why?",
            "answered_by": "Gunhild",
            "evidence": "Notes",
            "by": "2026-12-11",
        },
    }


@kept
def write_charter(cast: Cast, **changes: object) -> Charter:
    """A complete draft, its criteria touched by the outcome owner; seats that are None are left out."""
    charter = create_charter(cast.organization, by=cast.frida, title="Bearing failure warning")
    fields: dict[str, object] = {**complete_fields(), **{k.replace("__", "."): v for k, v in changes.items()}}
    fields = {name: value for name, value in fields.items() if value is not None and name != "data.1"}
    save_fields(
        charter,
        by=cast.frida,
        changes={name: (value, 0) for name, value in fields.items() if name != "title"},
    )
    charter.refresh_from_db()
    return charter


@kept
def send_charter(cast: Cast, charter: Charter) -> SignoffRound:
    freeze_revision(charter, by=cast.frida)
    return send_for_signature(charter, by=cast.frida)


def visitor(round_: SignoffRound, seat: str) -> Visitor:
    return Visitor(
        Signatory.objects.select_related("round__revision__charter__organization").get(
            round=round_, seat=seat
        )
    )


# The keys of all honest limits, for those who accept what they are asked.
ALL_LIMITS = frozenset(TITLES)
# The same as a browser sends it.
ACCEPTED = {f"limit_{key}": "accept" for key in TITLES}


def sign_all(cast: Cast, round_: SignoffRound) -> None:
    """Everybody signs whose turn it is, until nobody is left."""
    while turn := sorted(in_turn(SignoffRound.objects.get(pk=round_.pk))):
        sign_as(cast, round_, turn[0])


def sign_as(cast: Cast, round_: SignoffRound, seat: str, *, by: User | None = None) -> list[Signature]:
    """The seat is signed by its holder, or by somebody else in that place."""
    return sign(
        visitor(round_, seat),
        by=by or cast.signers[seat],
        shown_hash=round_.sha256,
        proof=fresh(),
        accepted=ALL_LIMITS,
    )


def fresh() -> Proof:
    return Proof("account", "password", timezone.now())
