"""The round of signatures of one frozen revision, as a table of moves and pure functions over it.

docs/signatures.md draws the same table; a test compares the two. A revision is in force only when every
seat of its round holds a signature over the revision's own hash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby


class State(StrEnum):
    DRAFT = "draft"
    FROZEN = "frozen"
    OUT = "out"
    IN_FORCE = "in_force"
    DECLINED = "declined"
    CHANGES = "changes"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Move(StrEnum):
    FREEZE = "freeze"
    SEND = "send"
    SIGN = "sign"
    COMPLETE = "complete"
    DECLINE = "decline"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"
    CLOSE = "close"


class Order(StrEnum):
    PARALLEL = "parallel"
    IN_ORDER = "in_order"


class SeatState(StrEnum):
    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    CHANGES = "changes"


MOVES: Mapping[tuple[State, Move], State] = {
    (State.DRAFT, Move.FREEZE): State.FROZEN,
    (State.FROZEN, Move.SEND): State.OUT,
    (State.FROZEN, Move.SUPERSEDE): State.SUPERSEDED,
    (State.OUT, Move.SIGN): State.OUT,
    (State.OUT, Move.COMPLETE): State.IN_FORCE,
    (State.OUT, Move.DECLINE): State.DECLINED,
    (State.OUT, Move.REQUEST_CHANGES): State.CHANGES,
    (State.OUT, Move.WITHDRAW): State.WITHDRAWN,
    (State.OUT, Move.SUPERSEDE): State.SUPERSEDED,
    (State.IN_FORCE, Move.SUPERSEDE): State.SUPERSEDED,
    (State.IN_FORCE, Move.CANCEL): State.CANCELLED,
    (State.IN_FORCE, Move.CLOSE): State.CLOSED,
    (State.DECLINED, Move.SUPERSEDE): State.SUPERSEDED,
    (State.CHANGES, Move.SEND): State.OUT,
    (State.CHANGES, Move.SUPERSEDE): State.SUPERSEDED,
    (State.WITHDRAWN, Move.SEND): State.OUT,
    (State.WITHDRAWN, Move.SUPERSEDE): State.SUPERSEDED,
}
STATE_WORDS = {
    State.DRAFT: "Draft",
    State.FROZEN: "Frozen",
    State.OUT: "Out for signature",
    State.IN_FORCE: "In force",
    State.DECLINED: "Declined",
    State.CHANGES: "Changes requested",
    State.WITHDRAWN: "Withdrawn",
    State.SUPERSEDED: "Superseded",
    State.CANCELLED: "Cancelled",
    State.CLOSED: "Closed by a decision",
}


ONE_PERSON = "One person would sign every seat then. At least two people must agree to a charter."


class IllegalMove(Exception):
    """The move is not possible now; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One signature that is asked for. `position` orders the seats of a step that is signed in order.

    `signer` is who signs it, its holder or a delegate; where it is empty, somebody who signs nothing else.
    """

    key: str
    step: int = 1
    position: int = 0
    state: SeatState = SeatState.WAITING
    signed_hash: str = ""
    reason: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """A revision on its way: its hash once frozen, its seats, the order of each step (default parallel)."""

    state: State = State.DRAFT
    revision_hash: str = ""
    seats: tuple[Seat, ...] = ()
    orders: tuple[tuple[int, Order], ...] = ()

    def order_of(self, step: int) -> Order:
        return dict(self.orders).get(step, Order.PARALLEL)


def next_state(state: State, move: Move) -> State:
    """The state after a move. Raises `IllegalMove` where the table has none."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMove(f"A revision that is {STATE_WORDS[state].lower()} cannot {_VERBS[move]}.") from None


_VERBS = {
    Move.FREEZE: "be frozen",
    Move.SEND: "be sent for signature",
    Move.SIGN: "be signed",
    Move.COMPLETE: "come into force",
    Move.DECLINE: "be declined",
    Move.REQUEST_CHANGES: "be sent back for changes",
    Move.WITHDRAW: "be withdrawn",
    Move.SUPERSEDE: "be replaced by a new revision",
    Move.CANCEL: "be cancelled",
    Move.CLOSE: "be closed by a decision",
}


def freeze(round_: Round, revision_hash: str) -> Round:
    """A draft becomes a frozen revision with its hash."""
    if len(revision_hash) != 64:
        raise IllegalMove("A frozen revision has a SHA-256 of 64 hexadecimal digits.")
    return replace(round_, state=next_state(round_.state, Move.FREEZE), revision_hash=revision_hash)


def send(round_: Round, seats: tuple[Seat, ...], orders: Mapping[int, Order] | None = None) -> Round:
    """Open the round for these seats, all waiting. Raises for fewer than two seats or people."""
    state = next_state(round_.state, Move.SEND)
    if len(seats) < 2:
        raise IllegalMove("A charter needs at least two signatures.")
    if len({seat.key for seat in seats}) != len(seats):
        raise IllegalMove("A seat stands twice in the round.")
    if len(signers(seats)) < 2:
        raise IllegalMove(
            "A charter needs the signatures of at least two people; one person holds every seat."
        )
    fresh = tuple(replace(seat, state=SeatState.WAITING, signed_hash="", reason="") for seat in seats)
    return replace(round_, state=state, seats=fresh, orders=tuple(sorted((orders or {}).items())))


def may_act(round_: Round) -> tuple[Seat, ...]:
    """The seats whose turn it is: those that wait in the first step that is not signed by all.

    In a step that is parallel all of them, in one that is in order the first by (position, key).
    """
    if round_.state is not State.OUT:
        return ()
    ordered = sorted(round_.seats, key=lambda seat: (seat.step, seat.position, seat.key))
    for step, seats in groupby(ordered, key=lambda seat: seat.step):
        waiting = [seat for seat in seats if seat.state is not SeatState.SIGNED]
        if waiting:
            first_only = round_.order_of(step) is Order.IN_ORDER
            return tuple(waiting[:1] if first_only else waiting)
    return ()


def sign(round_: Round, seat_key: str, shown_hash: str) -> Round:
    """One signature over the hash that was shown. The last one brings the revision into force."""
    state = next_state(round_.state, Move.SIGN)
    seat = _seat_in_turn(round_, seat_key)
    if shown_hash != round_.revision_hash:
        raise IllegalMove("The text has changed since it was shown. Read it again before you sign.")
    signed = replace(seat, state=SeatState.SIGNED, signed_hash=shown_hash)
    moved = replace(round_, state=state, seats=_with(round_.seats, signed))
    if is_complete(moved):
        refuse_one_person(moved.seats)
        return replace(moved, state=next_state(moved.state, Move.COMPLETE))
    return moved


def hand_over(round_: Round, seat_keys: Collection[str], signer: str) -> Round:
    """Somebody else signs these waiting seats, or their holder again. Two people at least sign in the end."""
    if round_.state is not State.OUT:
        raise IllegalMove("This round has ended; nothing can be signed in it any more.")
    chosen = [seat for seat in round_.seats if seat.key in seat_keys]
    if not chosen or any(seat.state is not SeatState.WAITING for seat in chosen):
        raise IllegalMove("This seat has already answered.")
    seats = tuple(replace(seat, signer=signer) if seat.key in seat_keys else seat for seat in round_.seats)
    refuse_one_person(seats)
    return replace(round_, seats=seats)


def decline(round_: Round, seat_key: str, reason: str) -> Round:
    """One party says no; the round ends and the reason stays with the seat."""
    state = next_state(round_.state, Move.DECLINE)
    seat = _seat_in_turn(round_, seat_key)
    if not reason.strip():
        raise IllegalMove("Declining needs a reason.")
    declined = replace(seat, state=SeatState.DECLINED, reason=reason.strip())
    return replace(round_, state=state, seats=_with(round_.seats, declined))


def request_changes(round_: Round, seat_key: str, reason: str) -> Round:
    """One party asks for another text; the round ends with what was signed in it, and the reason stays."""
    state = next_state(round_.state, Move.REQUEST_CHANGES)
    seat = _seat_in_turn(round_, seat_key)
    if not reason.strip():
        raise IllegalMove("Asking for changes needs a reason.")
    asked = replace(seat, state=SeatState.CHANGES, reason=reason.strip())
    return replace(round_, state=state, seats=_with(round_.seats, asked))


def withdraw(round_: Round) -> Round:
    """The organization takes the revision back; signatures given stay on record for that round."""
    return replace(round_, state=next_state(round_.state, Move.WITHDRAW))


def supersede(round_: Round) -> Round:
    """A newer revision takes its place; its signatures hold for this revision only."""
    return replace(round_, state=next_state(round_.state, Move.SUPERSEDE))


def cancel(round_: Round) -> Round:
    """What was in force is no longer; its signatures stay on record."""
    return replace(round_, state=next_state(round_.state, Move.CANCEL))


def close(round_: Round) -> Round:
    """The outcome owner has decided; what was signed has done its work."""
    return replace(round_, state=next_state(round_.state, Move.CLOSE))


def is_complete(round_: Round) -> bool:
    """Whether every seat is signed over the revision's own hash; a round without seats never is."""
    return bool(round_.seats) and all(
        seat.state is SeatState.SIGNED and seat.signed_hash == round_.revision_hash for seat in round_.seats
    )


def signers(seats: Iterable[Seat]) -> set[str]:
    """The people who sign these seats."""
    return {seat.signer or seat.key for seat in seats}


def refuse_one_person(seats: Iterable[Seat]) -> None:
    """Raises where one person would sign every seat, however many signatures that makes."""
    if len(signers(seats)) < 2:
        raise IllegalMove(ONE_PERSON)


def ahead_of(round_: Round, seat_key: str) -> tuple[Seat, ...]:
    """The seats that must sign before this one's turn comes; none when it is its turn or all is over."""
    turn = may_act(round_)
    seat = next((item for item in round_.seats if item.key == seat_key), None)
    if not turn or seat is None or seat.state is not SeatState.WAITING or seat in turn:
        return ()
    ordered = sorted(round_.seats, key=lambda item: (item.step, item.position, item.key))
    first_only = round_.order_of(seat.step) is Order.IN_ORDER
    before = ordered[: ordered.index(seat)]
    return tuple(
        item for item in before if item.state is SeatState.WAITING and (item.step < seat.step or first_only)
    )


def _seat_in_turn(round_: Round, seat_key: str) -> Seat:
    found = next((seat for seat in round_.seats if seat.key == seat_key), None)
    if found is None:
        raise IllegalMove("This signature is not asked for in this round.")
    if found.state is not SeatState.WAITING:
        raise IllegalMove("This seat has already answered.")
    if found not in may_act(round_):
        raise IllegalMove("Others sign before this seat; its turn comes when they have signed.")
    return found


def _with(seats: tuple[Seat, ...], changed: Seat) -> tuple[Seat, ...]:
    return tuple(changed if seat.key == changed.key else seat for seat in seats)
