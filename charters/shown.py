"""What charter pages show, gathered from queries: ledes, facts, signature blocks, buttons, stations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import Membership, User
from accounts.permissions import allowed
from charters.access import decides
from charters.completeness import Problem
from charters.content import content
from charters.document import CharterText
from charters.models import Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.presentation import View, present
from charters.queries import in_turn
from charters.seats import blocked, holds_up, signs_as
from charters.signoff import STATE_WORDS, SeatState, State
from ui import formats
from ui.words import counted, listed

STATE_KINDS = {
    State.IN_FORCE: "good",
    State.DECLINED: "bad",
    State.CHANGES: "watch",
    State.WITHDRAWN: "neutral",
    State.CANCELLED: "neutral",
    State.CLOSED: "neutral",
    State.OUT: "open",
}
BLOCKED = "Cannot sign any more. Whoever sent this text decides how it goes on."


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do with the charter now."""

    edit: bool
    manage: bool

    @classmethod
    def of(cls, membership: Membership) -> Rights:
        state = membership.organization.state
        return cls(allowed(membership.role, "edit", state), allowed(membership.role, "manage", state))


def views_of(document: dict[str, Any]) -> list[View]:
    """The sections of a text, with dates and money in the organization's way."""
    return present(document, content(), day=formats.day, money=_money)


def _money(amount: Decimal, currency: str) -> str:
    return formats.money(amount, currency)


def state_word(state: str) -> str:
    return STATE_WORDS[State(state)]


def facts_of(text: CharterText, charter: Charter) -> list[dict[str, str]]:
    """Up to five facts under the title; the state first."""
    owner = text.seat("outcome_owner")
    start, end = text.day("time_start"), text.day("time_end")
    budget = text.text("budget_external")
    route = content().routes.get(text.text("route"))
    return [
        {
            "term": "State",
            "value": state_word(charter.state),
            "state": STATE_KINDS.get(State(charter.state), ""),
        },
        {"term": "Outcome owner", "value": owner.name if owner and owner.is_filled else "Nobody yet"},
        {"term": "Route", "value": route.name if route else "Open"},
        {"term": "Time box", "value": formats.period(start, end) if start and end else "Open"},
        {
            "term": "Budget",
            "value": _money(Decimal(budget), charter.organization.currency) if budget else "Open",
        },
    ]


def signature_blocks(
    round_: SignoffRound | None, *, viewer: User | None = None, link_seats: Collection[Signatory] = ()
) -> list[dict[str, Any]]:
    """A block for each seat of a round, as ui/signature.html draws it."""
    if round_ is None:
        return []
    rows = list(Signatory.objects.filter(round=round_).select_related("user", "signature__audit"))
    turn = in_turn(round_) if round_.state == State.OUT else set()
    own = {seat.pk for seat in link_seats if decides(seat, viewer)}
    gone = blocked(rows, round_.revision.charter.organization_id) if round_.state == State.OUT else {}
    blocks = [_block(row, round_, row.seat in turn, row.pk in own or _is(row, viewer)) for row in rows]
    for block in blocks:
        if block["pk"] in gone:
            # Who left, and what is done about it, is not for those who only sign.
            why = BLOCKED if link_seats else gone[block["pk"]]
            block |= {"status": "blocked", "when": why, "can_remind": False}
    return blocks


def _is(row: Signatory, viewer: User | None) -> bool:
    return viewer is not None and decides(row, viewer)


def _block(row: Signatory, round_: SignoffRound, is_turn: bool, is_mine: bool) -> dict[str, Any]:
    block: dict[str, Any] = {
        "pk": row.pk,
        "name": signs_as(row),
        "role": row.role,
        "seal": "",
        "reason": row.reason,
    }
    if row.state == SeatState.SIGNED:
        return block | _signed(row, round_)
    if row.state == SeatState.DECLINED:
        when = f"Declined {formats.moment(row.answered_at)}" if row.answered_at else "Declined"
        return block | {"status": "declined", "when": when}
    if row.state == SeatState.CHANGES:
        when = (
            f"Asked for changes {formats.moment(row.answered_at)}" if row.answered_at else "Asked for changes"
        )
        return block | {"status": "changes", "when": when}
    status = "you" if is_mine and is_turn else "waiting"
    return block | {
        "status": status,
        "when": _asked(row, round_, is_mine),
        "can_remind": is_turn and not is_mine,
    }


def _signed(row: Signatory, round_: SignoffRound) -> dict[str, Any]:
    signature: Signature | None = getattr(row, "signature", None)
    if signature is None:  # the check of the audit log names the row; the page says what it sees
        return {"status": "void", "when": "Marked as signed, and the signature is missing"}
    when = f"Signed {formats.moment(signature.signed_at)}"
    if not signature.is_evidence:
        when += f"{' by link' if signature.method == 'link' else ''} in demo mode: not evidence"
    elif signature.method == "link":
        when += " by link and mailed code"
    # A round ends the way its revision did then; what the revision became later voids its signatures too.
    over = (State.SUPERSEDED, State.CANCELLED)
    void = round_.state not in (State.OUT, State.IN_FORCE) or round_.revision.state in over
    if void:
        when += f", for revision {round_.revision.number}"
    seal = signature.audit.seal
    return {"status": "void" if void else "signed", "when": when, "seal": f"{seal[:4]}…{seal[-2:]}"}


def _asked(row: Signatory, round_: SignoffRound, is_mine: bool) -> str:
    if row.asked_at is None:
        return "Signs after the step before"
    bits = ["You"] if is_mine else []
    bits.append(f"asked {formats.day(row.asked_at, year=False)}")
    if row.opened_at:
        bits.append(f"opened {formats.day(row.opened_at, year=False)}")
    if round_.due_on:
        late = round_.state == State.OUT and round_.due_on < timezone.localdate()
        bits.append(f"{'overdue since' if late else 'due'} {formats.day(round_.due_on, year=False)}")
    text = " · ".join(bits[:1]) + (" · " if len(bits) > 1 and is_mine else ", " if len(bits) > 1 else "")
    words = text + ", ".join(bits[1:])
    return words[:1].upper() + words[1:]


def lede_of(
    charter: Charter, problems: list[Problem], round_: SignoffRound | None, latest: Revision | None
) -> str:
    """The finding of the page in one or two sentences."""
    match State(charter.state):
        case State.DRAFT:
            return _draft_lede(problems)
        case State.FROZEN:
            return f"Revision {charter.latest_number} is frozen. Nobody has been asked to sign yet."
        case State.OUT:
            return _waiting_lede(round_)
        case State.IN_FORCE:
            when = f" since {formats.day(latest.in_force_at)}" if latest and latest.in_force_at else ""
            return f"Signed by all at the table, in force{when}."
        case _:
            return _ended_lede(charter, round_)


def _draft_lede(problems: list[Problem]) -> str:
    blocking = sum(problem.blocks for problem in problems)
    advice = len(problems) - blocking
    if blocking:
        things = counted(blocking, "thing stands", "things stand")
        return f"{things[:1].upper()}{things[1:]} in the way of signing."
    if advice:
        things = counted(advice, "remark", "remarks")
        return f"Complete enough to be signed, with {things} worth reading first."
    return "Complete. Freeze it, then send it for signature."


def _waiting_lede(round_: SignoffRound | None) -> str:
    if round_ is None:
        return "Out for signature."
    waiting = list(Signatory.objects.filter(round=round_, state=SeatState.WAITING))
    names = list(dict.fromkeys(seat.name for seat in waiting))
    missing = counted(len(waiting), "signature is", "signatures are")
    shown = listed(names) if len(names) <= 3 else f"{listed(names[:2])} and {len(names) - 2} more"
    late = round_.due_on is not None and round_.due_on < timezone.localdate()
    due = f" Answers were due on {formats.day(round_.due_on)}." if late and round_.due_on else ""
    held = " ".join(holds_up(round_))
    return f"{missing[:1].upper()}{missing[1:]} missing: {shown}.{due}{f' {held}' if held else ''}"


def _ended_lede(charter: Charter, round_: SignoffRound | None) -> str:
    kinds = {State.CHANGES: "changes_requested"}
    kind = kinds.get(State(charter.state), charter.state)
    found = SignoffEvent.objects.filter(charter=charter, kind=kind).select_related("signatory", "by")
    event = found.last()
    if event is None or not event.words:
        return f"{state_word(charter.state)}."
    name = event.signatory.name if event.signatory else event.by.get_full_name() if event.by else ""
    who = f" by {name}" if name else ""
    return f"{state_word(charter.state)}{who}: “{event.words}”"


def stations_of(charter: Charter, caption: str) -> list[dict[str, Any]]:
    """The object's own line; a station whose app is not there has no link."""
    names = (
        ("Assessments", "assessment:list", ""),
        ("Roadmap", "roadmap:plan", charter.plan_item and "POC of the plan"),
        (f"Charter {charter.code}", "charters:list", caption),
        ("Project", "projects:list" if charter.state == State.IN_FORCE else "", ""),
        ("Deployment", "", ""),
    )
    return [
        {"name": name, "url": _url(view), "caption": words, "reached": bool(view), "current": at == 2}
        for at, (name, view, words) in enumerate(names)
    ]


def _url(view: str) -> str:
    try:
        return reverse(view) if view else ""
    except NoReverseMatch:
        return ""


def caption_of(charter: Charter, round_: SignoffRound | None) -> str:
    """The state in up to 32 characters, for the line."""
    if charter.state == State.OUT and round_ is not None:
        rows = list(Signatory.objects.filter(round=round_).values_list("state", flat=True))
        signed = sum(state == SeatState.SIGNED for state in rows)
        return f"Revision {charter.latest_number} · {signed} of {len(rows)} signed"
    number = charter.next_number if charter.is_draft else charter.latest_number
    if round_ is not None:
        number = round_.revision.number
    return f"Revision {number} · {state_word(charter.state).lower()}"


def kind_of(charter: Charter, in_force: Revision | None) -> str:
    number = charter.next_number if charter.is_draft else charter.latest_number
    if in_force is not None and charter.state == State.IN_FORCE:
        number = in_force.number
    kind = f"Charter {charter.code} · revision {number}"
    if in_force is not None and in_force.number != number:
        kind += f" · revision {in_force.number} is in force until all have signed"
    return kind
