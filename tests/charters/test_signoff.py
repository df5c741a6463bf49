"""The round: table, turns, and that nothing reaches "in force" without every signature on the same hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from charters import signoff
from charters.signoff import MOVES, IllegalMove, Order, Round, Seat, SeatState, State

HASH, OTHER = "a" * 64, "b" * 64
SEATS = (Seat("expert", 1, 0), Seat("legal", 1, 1), Seat("owner", 2), Seat("decider", 3))


def _out(orders: dict[int, Order] | None = None) -> Round:
    return signoff.send(signoff.freeze(Round(), HASH), SEATS, orders)


def _turn(round_: Round) -> list[str]:
    return [seat.key for seat in signoff.may_act(round_)]


def test_steps_are_taken_one_after_the_other() -> None:
    round_ = _out()
    assert _turn(round_) == ["expert", "legal"]
    round_ = signoff.sign(round_, "legal", HASH)
    assert _turn(round_) == ["expert"]
    round_ = signoff.sign(round_, "expert", HASH)
    assert _turn(round_) == ["owner"]
    round_ = signoff.sign(signoff.sign(round_, "owner", HASH), "decider", HASH)
    assert round_.state is State.IN_FORCE
    assert _turn(round_) == []


def test_a_step_in_order_asks_one_at_a_time() -> None:
    round_ = _out({1: Order.IN_ORDER})
    assert _turn(round_) == ["expert"]
    with pytest.raises(IllegalMove, match="Others sign before"):
        signoff.sign(round_, "legal", HASH)


@pytest.mark.parametrize(
    ("seat", "shown", "why"),
    [
        ("owner", HASH, "Others sign before"),
        ("expert", OTHER, "changed since it was shown"),
        ("expert", "", "changed since it was shown"),
        ("stranger", HASH, "not asked for"),
    ],
)
def test_refused_signatures(seat: str, shown: str, why: str) -> None:
    with pytest.raises(IllegalMove, match=why):
        signoff.sign(_out(), seat, shown)


def test_nobody_signs_twice() -> None:
    with pytest.raises(IllegalMove, match="already answered"):
        signoff.sign(signoff.sign(_out(), "expert", HASH), "expert", HASH)


def test_declining_needs_a_reason_and_ends_the_round() -> None:
    with pytest.raises(IllegalMove, match="needs a reason"):
        signoff.decline(_out(), "expert", "  ")
    round_ = signoff.decline(_out(), "expert", "No time.")
    assert round_.state is State.DECLINED
    with pytest.raises(IllegalMove):
        signoff.sign(round_, "legal", HASH)


def test_a_withdrawn_revision_starts_its_round_afresh() -> None:
    round_ = signoff.withdraw(signoff.sign(_out(), "expert", HASH))
    again = signoff.send(round_, round_.seats)
    assert {seat.state for seat in again.seats} == {SeatState.WAITING}


def test_a_round_needs_two_different_seats() -> None:
    frozen = signoff.freeze(Round(), HASH)
    with pytest.raises(IllegalMove, match="at least two"):
        signoff.send(frozen, SEATS[:1])
    with pytest.raises(IllegalMove, match="twice"):
        signoff.send(frozen, (SEATS[0], SEATS[0]))


def test_the_table_is_the_one_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "signatures.md").read_text()
    written = set(re.findall(r"^\| (\w+) \| (\w+) \| (\w+) \|", text, re.MULTILINE)) - {
        ("from", "move", "to")
    }
    assert written == {(state, move, after) for (state, move), after in MOVES.items()}


class AnyMoves(RuleBasedStateMachine):
    """All moves in any order, legal or not; a shadow record keeps what was really signed."""

    @initialize(orders=st.dictionaries(st.integers(1, 3), st.sampled_from(Order)), count=st.integers(2, 4))
    def begin(self, orders: dict[int, Order], count: int) -> None:
        self.round, self.orders, self.seats = Round(), orders, SEATS[:count]
        self.signed: set[str] = set()

    def _try(self, move: object, *args: object) -> bool:
        try:
            self.round = move(self.round, *args)  # type: ignore[operator]
        except IllegalMove:
            return False
        return True

    @rule(revision_hash=st.sampled_from([HASH, OTHER, "short"]))
    def freeze(self, revision_hash: str) -> None:
        self._try(signoff.freeze, revision_hash)

    @rule(pre_signed=st.booleans())
    def send(self, pre_signed: bool) -> None:
        state = SeatState.SIGNED if pre_signed else SeatState.WAITING
        seats = tuple(Seat(seat.key, seat.step, seat.position, state, HASH) for seat in self.seats)
        if self._try(signoff.send, seats, self.orders):
            self.signed = set()

    @rule(
        seat=st.sampled_from([*(seat.key for seat in SEATS), "stranger"]),
        shown=st.sampled_from([HASH, HASH, OTHER]),
    )
    def sign(self, seat: str, shown: str) -> None:
        before = self.round.revision_hash
        if self._try(signoff.sign, seat, shown):
            assert shown == before
            self.signed.add(seat)

    @rule(seat=st.sampled_from([seat.key for seat in SEATS]), reason=st.sampled_from(["", "No."]))
    def decline(self, seat: str, reason: str) -> None:
        self._try(signoff.decline, seat, reason)

    @rule()
    def withdraw(self) -> None:
        self._try(signoff.withdraw)

    @rule()
    def supersede(self) -> None:
        self._try(signoff.supersede)

    @invariant()
    def in_force_only_when_all_have_signed_the_same_text(self) -> None:
        if getattr(self, "round", Round()).state is State.IN_FORCE:
            assert self.signed == {seat.key for seat in self.seats}
            assert {seat.signed_hash for seat in self.round.seats} == {self.round.revision_hash}

    @invariant()
    def turns_exist_only_while_out(self) -> None:
        round_ = getattr(self, "round", Round())
        assert bool(signoff.may_act(round_)) == (round_.state is State.OUT)


AnyMoves.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnyMoves = AnyMoves.TestCase
