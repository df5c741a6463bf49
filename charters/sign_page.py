"""What the pages of one signatory show, and how a visitor has just proven who they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts import codes
from accounts.access import require_fresh, signed_in_at, signed_in_how
from accounts.models import Membership, User
from charters.access import Visitor, decides, seats_of
from charters.actions.asking import link_signing_is_off
from charters.actions.signing import STATEMENT
from charters.actions.turns import ENDED, Proof
from charters.document import read
from charters.forms import CodeForm
from charters.history import changes_in_words
from charters.models import Charter, Revision, Signatory, SignoffRound
from charters.queries import document_of, in_turn, since_first_signature
from charters.seats import asked_changes, limits_for, signs_as, why_not_yet
from charters.shown import facts_of, signature_blocks, views_of
from charters.signing_forms import LimitsForm
from charters.signoff import SeatState, State
from ui.errors import Conflict

LINK_OFF = "Signing by link is off while mail only goes to files: a code would prove nothing."


def purpose_of(visitor: Visitor) -> str:
    """What a mailed code is for: this seat alone."""
    return f"sign:{visitor.signatory.pk}"


def proof_of(request: HttpRequest, visitor: Visitor, form: CodeForm | None = None) -> Proof | None:
    """The fresh proof of this visitor; None after adding what is wrong with the code to the form."""
    if visitor.link is None:
        require_fresh(request)
        at = dt.datetime.fromtimestamp(signed_in_at(request), tz=dt.UTC)
        return Proof("account", signed_in_how(request), at)
    if link_signing_is_off():
        raise Conflict(LINK_OFF)
    if form is None or not form.is_valid():
        return None
    address = codes.check(request, purpose=purpose_of(visitor), code=form.cleaned_data["code"])
    if address != visitor.signatory.email:
        form.add_error("code", "This code is not the right one, or it is older than ten minutes.")
        return None
    return Proof("link", "mailed code", timezone.now())


def candidates(visitor: Visitor) -> list[tuple[User, str]]:
    """Who can be named to sign in this visitor's place, with words that tell them apart.

    A member chooses among the members. Whoever came by link sees no list of members: only people whom this
    text already names at the table.
    """
    signatory = visitor.signatory
    organization = signatory.round.revision.charter.organization
    rows = Membership.objects.filter(organization=organization, user__is_active=True).select_related(
        "user", "unit"
    )
    rows = rows.exclude(user__email=signatory.email)
    if signatory.user_id is not None:
        rows = rows.exclude(user_id=signatory.user_id)
    seats = Signatory.objects.filter(round_id=signatory.round_id).order_by("step", "position")
    roles: dict[str, list[str]] = {}
    for seat in seats:
        roles.setdefault(seat.email, []).append(seat.role)
    if visitor.user is None:
        rows = rows.filter(user__email__in=roles)
    return [(row.user, _told_apart(row, roles)) for row in rows.order_by("user__name", "user_id")]


def _told_apart(row: Membership, roles: dict[str, list[str]]) -> str:
    more = roles.get(row.user.email) or ([row.unit.name] if row.unit else [])
    return f"{row.user.get_full_name()}, {', '.join(more)}" if more else row.user.get_full_name()


def standing_of(visitor: Visitor) -> dict[str, Any]:
    """What an answer needs before a page is drawn: whose turn it is, and what is to be confirmed."""
    round_: SignoffRound = visitor.signatory.round
    seats = seats_of(visitor)
    state = _decision_state(visitor, round_, seats)
    link_off = visitor.link is not None and link_signing_is_off()
    return {**state, "seats": seats, "limits": limits_for(round_.revision, state["mine"] or seats),
            "link_off": link_off}  # fmt: skip


def context_of(request: HttpRequest, visitor: Visitor, code: CodeForm | None = None) -> dict[str, Any]:
    """Everything that the sign page and the pages beside it show to this visitor."""
    signatory = visitor.signatory
    round_: SignoffRound = signatory.round
    revision: Revision = round_.revision
    charter: Charter = revision.charter
    document = document_of(revision)
    state = standing_of(visitor)
    seats, limits = state["seats"], state["limits"]
    return {
        "layout": "base.html" if visitor.link is None else "base_link.html",
        "link_bar": {
            "organization": charter.organization.name,
            "what": f"Charter {charter.code}",
            "share": None,
        },
        "line_stations": None,
        "charter": charter,
        "revision": revision,
        "round": round_,
        "signatory": signatory,
        **state,
        "title": document["fields"].get("title", charter.title),
        "facts": facts_of(read(document), charter)[1:],
        "views": views_of(document),
        "signatures": signature_blocks(round_, viewer=visitor.user, link_seats=seats),
        "statement": STATEMENT,
        "overdue": round_.due_on is not None and round_.due_on < timezone.localdate(),
        "limits_form": LimitsForm(limits=limits),
        "asked": asked_changes(charter) if round_.state == State.OUT else [],
        "changes": _changes(charter, document),
        **_code_state(request, visitor, code),
    }


def _decision_state(visitor: Visitor, round_: SignoffRound, seats: list[Signatory]) -> dict[str, Any]:
    """Whether it is this visitor's turn, what has been answered, and who signs instead."""
    own = [seat for seat in seats if decides(seat, visitor.user)]
    turn = in_turn(round_)
    mine = [seat for seat in own if seat.seat in turn]
    waiting = [seat for seat in own if seat.state == SeatState.WAITING]
    handed = [seat for seat in seats if seat.delegated_at and not decides(seat, visitor.user)]
    is_open = round_.state == State.OUT
    return {
        "mine": mine,
        "roles": ", ".join(seat.role for seat in (mine or seats)),
        "can_act": bool(mine) and is_open,
        "answer": next((seat for seat in seats if seat.state != SeatState.WAITING), None),
        "handed_over": next((seat for seat in handed if seat.state == SeatState.WAITING), None),
        "why_not": "" if mine and is_open else _why_not(round_, seats, handed, waiting),
        "may_hand_over": bool(waiting) and is_open and not visitor.is_delegate,
        "for_whom": visitor.signatory.name if visitor.is_delegate else "",
        "signs_as": signs_as(visitor.signatory),
    }


def _why_not(
    round_: SignoffRound, seats: list[Signatory], handed: list[Signatory], waiting: list[Signatory]
) -> str:
    """Why this visitor cannot answer now, in one sentence."""
    if round_.state != State.OUT:
        return ENDED
    if waiting:
        return why_not_yet(round_, waiting[0])
    if any(seat.state == SeatState.WAITING for seat in handed):
        return f"{handed[0].delegate_name} signs in your place. Take that back to answer yourself."
    return "You have signed already."


def _code_state(request: HttpRequest, visitor: Visitor, code: CodeForm | None) -> dict[str, Any]:
    by_link = visitor.link is not None
    return {
        "by_link": by_link,
        "demo": by_link and settings.DEMO,
        "code_sent": by_link and bool(codes.sent_to(request, purpose_of(visitor))),
        "code_form": code or CodeForm(),
    }


def _changes(charter: Charter, document: dict[str, Any]) -> dict[str, Any] | None:
    found = since_first_signature(charter, document)
    if found is None or not found[1].changes:
        return None
    first, difference = found
    return {
        "first": first,
        "difference": difference,
        "rows": changes_in_words(difference, document_of(first)),
    }
