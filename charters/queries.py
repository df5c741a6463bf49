"""Reading charters: drafts, problems, revisions, rounds, and what waits for whom."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from accounts.models import Organization, User
from charters import signoff
from charters.change_rules import criteria_changes
from charters.completeness import Problem, check
from charters.content import content
from charters.diff import Difference, compare
from charters.document import CharterText, assemble, read
from charters.facts import first_signed, surroundings, use_case_facts
from charters.fields import Value
from charters.models import Charter, DraftField, Revision, RuleChoice, Signatory, Signature, SignoffRound
from charters.rules_people import required_parties
from charters.signoff import Order, Round, Seat, SeatState, State


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands: values and versions by field name."""

    values: dict[str, Value]
    versions: dict[str, int]

    def version(self, name: str) -> int:
        return self.versions.get(name, 0)


def draft_of(charter: Charter) -> Draft:
    rows = DraftField.objects.filter(charter=charter).values_list("name", "value", "version")
    values, versions = {}, {}
    for name, value, version in rows:
        values[name], versions[name] = value, version
    return Draft(values, versions)


def head_of(charter: Charter, number: int) -> dict[str, Any]:
    """What a text holds beside its fields; it ties the text to one charter and one revision."""
    return {
        "charter": str(charter.pk),
        "code": charter.code,
        "revision": number,
        "organization": {"id": str(charter.organization_id), "name": charter.organization.name},
        "currency": charter.organization.currency,
    }


def draft_document(charter: Charter, draft: Draft | None = None) -> dict[str, Any]:
    """The text that would be frozen now, as the next revision.

    What was written for other routes stays in the draft and is no part of the text: nobody would see it.
    """
    draft = draft or draft_of(charter)
    return assemble(
        content().of_route(draft.values),
        head=head_of(charter, charter.next_number),
        use_case=use_case_facts(charter.use_case),
    )


def document_of(revision: Revision) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(revision.content)
    return document


def current_document(charter: Charter) -> dict[str, Any]:
    """The draft while it is one, otherwise the text of the latest revision."""
    current = None if charter.is_draft else current_revision(charter)
    return document_of(current) if current else draft_document(charter)


def revision_in_force(charter: Charter) -> Revision | None:
    """The text that holds now, whatever is being changed beside it."""
    revision = Revision.objects.filter(charter=charter, state=State.IN_FORCE).first()
    if revision is not None:
        revision.charter = charter
    return revision


def current_revision(charter: Charter) -> Revision | None:
    """The revision that the charter's state speaks of: of several the latest in that state.

    After a change request was dropped a later number is superseded and an earlier one is in force.
    """
    revision = Revision.objects.filter(charter=charter, state=charter.state).order_by("-number").first()
    if revision is not None:
        revision.charter = charter
    return revision


def latest_revision(charter: Charter) -> Revision | None:
    revision = Revision.objects.filter(charter=charter).order_by("-number").first()
    if revision is not None:
        revision.charter = charter
    return revision


def problems_of(charter: Charter, document: dict[str, Any] | None = None) -> list[Problem]:
    """What the draft lacks, blocking problems first."""
    document = document or draft_document(charter)
    text = read(document)
    around = surroundings(charter, text, document)
    return check(text, around, content(), severities=severities_of(charter.organization))


def severities_of(organization: Organization) -> dict[str, str]:
    """The organization's choices by rule id, where they differ from the rule's own severity."""
    return dict(RuleChoice.objects.filter(organization=organization).values_list("rule", "severity"))


def required_seats(charter: Charter, text: CharterText, document: dict[str, Any]) -> list[str]:
    """The parties that must be at the table for this text."""
    return required_parties(text, surroundings(charter, text, document))


def charters_of(organization: Organization) -> QuerySet[Charter]:
    """The charters on the list with signature counts and the revision in force, in one query."""
    latest = SignoffRound.objects.filter(revision__charter=OuterRef("pk")).order_by("-opened_at")
    in_force = Revision.objects.filter(charter=OuterRef("pk"), state=State.IN_FORCE)
    return (
        Charter.objects.filter(organization=organization, archived_at=None)
        .select_related("use_case")
        .annotate(
            round_id=Subquery(latest.values("pk")[:1]),
            round_due=Subquery(latest.values("due_on")[:1]),
            in_force_number=Subquery(in_force.values("number")[:1]),
        )
        .order_by("-changed_at", "pk")
    )


def signature_counts(rounds: Iterable[UUID | None]) -> dict[UUID, tuple[int, int]]:
    """(signed, asked) by round id, in one query; ids that are None are left out."""
    rows = (
        Signatory.objects.filter(round_id__in=[pk for pk in rounds if pk])
        .values("round_id")
        .annotate(asked=Count("pk"), signed=Count("pk", filter=Q(state=SeatState.SIGNED)))
    )
    return {row["round_id"]: (row["signed"], row["asked"]) for row in rows}


def open_round(charter: Charter) -> SignoffRound | None:
    found = SignoffRound.objects.filter(revision__charter=charter, state=State.OUT)
    return found.select_related("revision__charter__organization").first()


def round_of(round_row: SignoffRound, signatories: Iterable[Signatory] | None = None) -> Round:
    """A stored round as the pure module reads it."""
    rows = round_row.signatories.all() if signatories is None else signatories
    seats = [tuple(getattr(row, column) for column in _SEAT) for row in rows]
    signed = {
        seat: (sha256, delegate)
        for seat, sha256, delegate in round_row.signatures.values_list("seat", "sha256", "delegate_email")
    }
    return _as_round(round_row, seats, signed)


_SEAT = ("seat", "step", "position", "state", "reason", "email", "delegate_email")


def _as_round(
    round_row: SignoffRound, seats: Iterable[tuple[Any, ...]], signed: Mapping[str, tuple[str, str]]
) -> Round:
    """`seats` as in `_SEAT`; `signed` holds the hash and the delegate's address of each signature by seat."""
    return Round(
        state=State(round_row.state),
        revision_hash=round_row.sha256,
        seats=tuple(
            Seat(
                seat,
                step,
                position,
                SeatState(state),
                signed[seat][0] if seat in signed else "",
                reason,
                (signed[seat][1] if seat in signed else delegate) or email,
            )
            for seat, step, position, state, reason, email, delegate in seats
        ),
        orders=tuple(sorted((int(step), Order(order)) for step, order in round_row.orders.items())),
    )


def in_turn(round_row: SignoffRound, state: Round | None = None) -> set[str]:
    """The keys of the seats whose turn it is, in the round as stored or as it was just read."""
    return {seat.key for seat in signoff.may_act(state or round_of(round_row))}


def _turns(rounds: Mapping[UUID, SignoffRound]) -> dict[UUID, set[str]]:
    """The keys of the seats whose turn it is by round id, in two queries for any number of rounds."""
    seats: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for pk, *seat in Signatory.objects.filter(round__in=list(rounds)).values_list("round_id", *_SEAT):
        seats[pk].append(tuple(seat))
    signed: dict[UUID, dict[str, tuple[str, str]]] = defaultdict(dict)
    given = Signature.objects.filter(round__in=list(rounds))
    for pk, key, sha256, delegate in given.values_list("round_id", "seat", "sha256", "delegate_email"):
        signed[pk][key] = (sha256, delegate)
    return {pk: in_turn(row, _as_round(row, seats[pk], signed[pk])) for pk, row in rounds.items()}


def waiting_for(user: User, organization: Organization) -> list[Signatory]:
    """Seats of this person whose turn it is: what the desk shows as "waits for you"; the next due first."""
    mine = (
        Signatory.objects.filter(
            round__state=State.OUT,
            round__revision__charter__organization=organization,
            state=SeatState.WAITING,
        )
        .filter(Q(delegated_at=None) & (Q(user=user) | Q(user=None, email=user.email)) | Q(delegate=user))
        .select_related("round__revision__charter")
        .defer("round__revision__content")
        .order_by(F("round__due_on").asc(nulls_last=True), "round__opened_at", "step", "position", "seat")
    )
    seats = list(mine)
    if not seats:
        return []
    turns = _turns({seat.round_id: seat.round for seat in seats})
    return [seat for seat in seats if seat.seat in turns[seat.round_id]]


def since_first_signature(charter: Charter, document: dict[str, Any]) -> tuple[Revision, Difference] | None:
    """The first signed revision and what differs now; None before any signature or without a difference."""
    first = first_signed(charter)
    if first is None or first.number == document.get("revision"):
        return None
    return first, compare(document_of(first), document)


def criteria_changes_until(charter: Charter, document: dict[str, Any]) -> int:
    """How often criteria changed from the first signed text to this one, over every text that was signed.

    Step by step: a criterion that was dropped and taken in again has changed twice. 0 before any signature.
    """
    signed = Revision.objects.filter(charter=charter, rounds__signatures__isnull=False)
    earlier = signed.filter(number__lt=document.get("revision", 0)).distinct().order_by("number")
    return criteria_changes([*(document_of(row) for row in earlier), document])


@dataclass(frozen=True, slots=True)
class SignedSeat:
    """A seat with its answer; `seal` is that of its entry in the audit chain."""

    seat: str
    role: str
    name: str
    email: str
    step: int
    state: str
    signed_at: datetime | None = None
    method: str = ""
    authenticated: str = ""
    is_evidence: bool = True
    seal: str = ""
    reason: str = ""
    # Who signed in this seat's place, by name and address; empty where its own holder did.
    delegate: str = ""
    delegate_email: str = ""


@dataclass(frozen=True, slots=True)
class CharterDocument:
    """Everything that a paper about one revision needs. `content` is the canonical text that was hashed."""

    organization: str
    code: str
    title: str
    number: int
    state: str
    sha256: str
    content: str
    document: dict[str, Any]
    reason: str
    frozen_at: datetime
    in_force_at: datetime | None
    round_number: int | None
    seats: tuple[SignedSeat, ...]
    criteria_changes: int


def charter_document(revision: Revision) -> CharterDocument:
    """The structured content of a revision with its latest round.

    `criteria_changes` counts effects on criteria from the first signed revision to this one, step by step.
    """
    document = document_of(revision)
    round_ = SignoffRound.objects.filter(revision=revision).order_by("-number").first()
    return CharterDocument(
        organization=revision.charter.organization.name,
        code=revision.charter.code,
        title=str(document["fields"].get("title", "")),
        number=revision.number,
        state=revision.state,
        sha256=revision.sha256,
        content=revision.content,
        document=document,
        reason=revision.reason,
        frozen_at=revision.frozen_at,
        in_force_at=revision.in_force_at,
        round_number=round_.number if round_ else None,
        seats=_signed_seats(round_),
        criteria_changes=criteria_changes_until(revision.charter, document),
    )


def _signed_seats(round_: SignoffRound | None) -> tuple[SignedSeat, ...]:
    rows = Signatory.objects.filter(round=round_).select_related("signature__audit") if round_ else ()
    return tuple(
        SignedSeat(row.seat, row.role, row.name, row.email, row.step, row.state, reason=row.reason)
        if row.state != SeatState.SIGNED
        else SignedSeat(
            row.seat,
            row.role,
            row.signature.name,
            row.signature.email,
            row.step,
            row.state,
            signed_at=row.signature.signed_at,
            method=row.signature.method,
            authenticated=row.signature.authenticated,
            is_evidence=row.signature.is_evidence,
            seal=row.signature.audit.seal,
            delegate=row.signature.delegate_name,
            delegate_email=row.signature.delegate_email,
        )
        for row in rows
    )
