"""Any moves by anybody in any order, on a real database: nothing comes into force without every signature.

The machine calls the actions that pages and API call, with right and wrong people, hashes and limits. A
shadow record counts only what an action accepted; what is in force must be what the shadow says was signed.
Wherever somebody may sign, the same signature with one thing wrong is tried too, and must be refused. Whose
turn it is is worked out here from the steps, so that a mistake in the product's own answer shows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts import audit
from accounts.actions import add_member, remove_member
from accounts.models import Membership, User
from charters import actions, signoff
from charters.limits import FOR_ALL
from charters.models import Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.proof import check
from charters.queries import draft_of, round_of
from charters.signoff import State
from tests.charters.cast import (
    ALL_LIMITS,
    Cast,
    build_cast,
    fresh,
    visitor,
    without_a_vendor,
    write_charter,
)
from ui.errors import DomainError

PEOPLE = ("rolf", "gunhild", "yusuf", "max", "sten")
THREE = {
    "decision_maker": ("Rolf Tennfjord", "rolf@halvorsen.example", "2"),
    "outcome_owner": ("Rolf Tennfjord", "rolf@halvorsen.example", "2"),
    "legal": ("Yusuf Adebayo", "yusuf@halvorsen.example", "1"),
}
GUNHILD = ("Gunhild Strand", "gunhild@halvorsen.example", "1")
SEATS = ("decision_maker", "outcome_owner", "domain_expert", "data_owner", "legal", "security",
         "affected_staff", "project_lead", "operator")  # fmt: skip
WORDS = st.sampled_from(["", "Because."])


def seats_of_three() -> dict[str, object]:
    """All nine seats, held by three people in two steps."""
    held = {key: THREE.get(key, GUNHILD) for key in SEATS}
    return {
        f"seat__{key}": {"name": name, "email": email, "function": "sponsor", "step": step}
        for key, (name, email, step) in held.items()
    }


class AnyMoves(RuleBasedStateMachine):
    """Each example runs in a transaction of its own, which is rolled back."""

    cast: Cast
    people: dict[str, User]

    @initialize(in_order=st.booleans())
    def begin(self, in_order: bool) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.cast = build_cast()
        named = {"rolf": "outcome_owner", "gunhild": "domain_expert", "yusuf": "legal"}
        self.people = {name: self.cast.signers[seat] for name, seat in named.items()}
        self.people |= {"max": self.cast.max, "sten": self.cast.sten}
        order = {"order_1": "in_order"} if in_order else {}
        self.charter = write_charter(self.cast, **(without_a_vendor() | seats_of_three() | order))
        self.signed: dict[Any, dict[str, str]] = {}
        self.freeze_and_send()
        round_ = self._round()
        assert round_ is not None
        by = User.objects.get(email=GUNHILD[1])
        assert self._would_count(round_, "domain_expert", by, {})
        self.with_one_thing_wrong_nothing_counts()

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def _try(self, move: Callable[[], Any]) -> Any:
        """What an action that refuses raises rolls back what it had done, and nothing else may be raised."""
        try:
            with transaction.atomic():
                return move() or True
        except DomainError:
            return None

    def _round(self) -> SignoffRound | None:
        rounds = SignoffRound.objects.select_related("revision__charter__organization")
        return rounds.order_by("opened_at", "number").last()

    @rule()
    def freeze_and_send(self) -> None:
        self._try(lambda: actions.freeze_revision(self.charter, by=self.cast.frida))
        self._try(lambda: actions.send_for_signature(self.charter, by=self.cast.frida))

    @rule(text=st.sampled_from(["Another fallback.", "A third one."]))
    def change_the_text(self, text: str) -> None:
        seen = draft_of(self.charter).version("fallback")
        changes = {"fallback": (text, seen)}
        self._try(lambda: actions.save_fields(self.charter, by=self.cast.max, changes=changes))

    @rule(
        seat=st.sampled_from(SEATS),
        who=st.sampled_from([*PEOPLE, "holder", "holder", "holder", "delegate"]),
        shown=st.sampled_from(["right", "right", "right", "wrong", "first"]),
        limits=st.sampled_from([ALL_LIMITS, ALL_LIMITS, ALL_LIMITS, frozenset(FOR_ALL[1:])]),
    )
    def sign(self, seat: str, who: str, shown: str, limits: frozenset[str]) -> None:
        round_ = self._round()
        if round_ is None:
            return
        row = Signatory.objects.get(round=round_, seat=seat)
        by = self._person(who, row)
        first = SignoffRound.objects.order_by("opened_at").first()
        hashes = {"right": round_.sha256, "wrong": "0" * 64, "first": first.sha256 if first else ""}
        signing = functools.partial(
            actions.sign,
            visitor(round_, seat),
            by=by,
            shown_hash=hashes[shown],
            proof=fresh(),
            accepted=limits,
        )
        early = {row.seat for row in self._too_early(round_)}
        done = self._try(signing)
        if done is None:
            return
        assert early.isdisjoint(item.seat for item in done)
        assert hashes[shown] == round_.sha256
        assert limits == ALL_LIMITS
        assert round_.state == State.OUT
        assert Membership.objects.filter(user=by, organization=self.cast.organization).exists()
        for item in done:
            held = Signatory.objects.get(round=round_, seat=item.seat)
            assert by == (held.delegate if held.delegated_at else User.objects.get(email=held.email))
            self.signed.setdefault(round_.pk, {})[item.seat] = item.sha256

    def _person(self, who: str, row: Signatory) -> User:
        if who == "holder":
            return User.objects.get(email=row.email)
        if who == "delegate":
            return row.delegate or self.cast.max
        return self.people[who]

    @rule()
    def with_one_thing_wrong_nothing_counts(self) -> None:
        """Each guard alone: everything else about the signature is as it should be."""
        round_ = self._round()
        turn = signoff.may_act(round_of(round_)) if round_ is not None else ()
        if round_ is None or not turn:
            return
        row = Signatory.objects.get(round=round_, seat=turn[0].key)
        by = self._person("delegate" if row.delegated_at else "holder", row)
        wrong: dict[str, dict[str, Any]] = {
            "text": {"shown_hash": "0" * 64},
            "no text": {"shown_hash": ""},
            "an hour ago": {"proof": replace(fresh(), at=timezone.now() - timedelta(hours=1))},
            **{f"without {key}": {"accepted": ALL_LIMITS - {key}} for key in FOR_ALL},
        }
        for name, change in wrong.items():
            assert not self._would_count(round_, row.seat, by, change), name
        for other in {*self.people.values(), self.cast.vera, self.cast.frida} - {by}:
            assert not self._would_count(round_, row.seat, other, {}), other.email
        for early in self._too_early(round_):
            holder = self._person("delegate" if early.delegated_at else "holder", early)
            signed = self._would_count(round_, early.seat, holder, {})
            assert early.seat not in signed, f"{early.seat} before its turn"
        with transaction.atomic():
            Membership.objects.filter(user=by, organization=self.cast.organization).delete()
            assert not self._would_count(round_, row.seat, by, {}), "after leaving"
            transaction.set_rollback(True)

    def _would_count(self, round_: SignoffRound, seat: str, by: User, change: dict[str, Any]) -> list[str]:
        """The seats that this signature would sign; none of it stays."""
        given = {"shown_hash": round_.sha256, "proof": fresh(), "accepted": ALL_LIMITS, **change}
        with transaction.atomic():
            try:
                return [row.seat for row in actions.sign(visitor(round_, seat), by=by, **given)]
            except DomainError:
                return []
            finally:
                transaction.set_rollback(True)

    def _too_early(self, round_: SignoffRound) -> list[Signatory]:
        """The waiting seats that others sign before, by the steps and their order alone."""
        waiting = list(Signatory.objects.filter(round=round_).exclude(state="signed"))
        first = min(((row.step, row.position, row.seat) for row in waiting), default=(0, 0, ""))
        in_order = round_.orders.get(str(first[0])) == "in_order"
        return [
            row
            for row in waiting
            if row.step > first[0] or (in_order and (row.position, row.seat) > first[1:])
        ]

    @rule(seat=st.sampled_from(SEATS), to=st.sampled_from(PEOPLE), who=st.sampled_from([*PEOPLE, "holder"]))
    def hand_over(self, seat: str, to: str, who: str) -> None:
        round_ = self._round()
        if round_ is not None:
            by = self._person(who, Signatory.objects.get(round=round_, seat=seat))
            self._try(
                lambda: actions.name_delegate(
                    visitor(round_, seat), by=by, to=self.people[to], reason="Away", proof=fresh()
                )
            )

    @rule(seat=st.sampled_from(SEATS), who=st.sampled_from([*PEOPLE, "holder", "holder"]))
    def take_back(self, seat: str, who: str) -> None:
        round_ = self._round()
        if round_ is not None:
            by = self._person(who, Signatory.objects.get(round=round_, seat=seat))
            self._try(lambda: actions.take_back(visitor(round_, seat), by=by))

    @rule(seat=st.sampled_from(SEATS), reason=WORDS, answer=st.sampled_from(["decline", "request_changes"]))
    def refuse(self, seat: str, reason: str, answer: str) -> None:
        round_ = self._round()
        if round_ is not None:
            by = self._person("holder", Signatory.objects.get(round=round_, seat=seat))
            action = getattr(actions, answer)
            self._try(lambda: action(visitor(round_, seat), by=by, reason=reason, proof=fresh()))

    @rule(reason=WORDS, move=st.sampled_from(["withdraw", "start_revision", "drop_change"]))
    def take_away(self, reason: str, move: str) -> None:
        self.charter.refresh_from_db()
        self._try(lambda: getattr(actions, move)(self.charter, by=self.cast.frida, reason=reason))

    @rule(reason=WORDS)
    def cancel(self, reason: str) -> None:
        cancelling = functools.partial(
            actions.cancel_charter, self.charter, by=self.cast.frida, reason=reason, proof=fresh()
        )
        self._try(cancelling)

    @rule(who=st.sampled_from(["rolf", "gunhild", "yusuf", "max"]))
    def leave_or_come_back(self, who: str) -> None:
        user, organization = self.people[who], self.cast.organization
        held = Membership.objects.filter(user=user, organization=organization).first()
        if held is None:
            add_member(organization, user=user, by=None, role="member", functions=[], unit=None)
        else:
            remove_member(held, by=self.cast.olga)

    @rule()
    def everybody_signs(self) -> None:
        """Straight on: all whose turn it is sign, so that the ends of a round are reached often."""
        for _ in range(len(SEATS)):
            round_ = self._round()
            turn = signoff.may_act(round_of(round_)) if round_ is not None else ()
            if not turn:
                return
            self.sign(
                turn[0].key, "delegate" if self._is_delegated(turn[0].key) else "holder", "right", ALL_LIMITS
            )

    def _is_delegated(self, seat: str) -> bool:
        round_ = self._round()
        return Signatory.objects.filter(round=round_, seat=seat).exclude(delegated_at=None).exists()

    @invariant()
    def in_force_only_with_all_signatures_on_the_same_text(self) -> None:
        if not hasattr(self, "charter"):
            return
        in_force = Revision.objects.filter(charter=self.charter, state=State.IN_FORCE)
        assert in_force.count() <= 1
        came = SignoffEvent.objects.filter(charter=self.charter, kind="in_force")
        for event in came.select_related("revision"):
            assert self.signed.get(event.round_id, {}) == dict.fromkeys(SEATS, event.revision.sha256)
            rows = Signature.objects.filter(round=event.round_id)
            assert len({row.delegate_email or row.email for row in rows}) >= 2
        assert {row.pk for row in in_force} <= {event.revision_id for event in came}
        state = Charter.objects.get(pk=self.charter.pk).state
        assert state != State.IN_FORCE or in_force.exists()

    @invariant()
    def the_log_agrees(self) -> None:
        if hasattr(self, "charter"):
            organization = self.cast.organization
            assert [str(item) for item in check([str(organization.pk)])] == []
            assert audit.verify([organization]).intact


@pytest.mark.django_db
def test_no_sequence_of_moves_reaches_in_force_without_all_signatures() -> None:
    run_state_machine_as_test(
        AnyMoves,
        settings=settings(
            max_examples=15,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
