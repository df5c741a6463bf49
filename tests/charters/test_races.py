"""Two people at the same moment: one order of things comes out, and nothing is lost or doubled."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.actions import remove_member
from accounts.models import Membership
from charters.actions import (
    name_delegate,
    request_changes,
    save_fields,
    send_for_signature,
    sign,
    start_revision,
    withdraw,
)
from charters.actions.reminding import remind_all
from charters.models import Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.proof import check
from charters.queries import draft_of, in_turn
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.charters.test_actions import without_vendor  # noqa: F401
from ui.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*moves: Callable[[], Any]) -> list[Exception | None]:
    """Run the moves in threads that start together; what each raised."""
    gate = threading.Barrier(len(moves))
    raised: list[Exception | None] = [None] * len(moves)

    def run(at: int, move: Callable[[], Any]) -> None:
        try:
            gate.wait()
            move()
        except Exception as error:
            raised[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(moves)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unexpected = [error for error in raised if error is not None and not isinstance(error, DomainError)]
    assert unexpected == []
    return raised


def _out(without: dict[str, object]) -> tuple[Cast, SignoffRound]:
    cast = build_cast()
    return cast, send_charter(cast, write_charter(cast, **without))


def _signing(cast: Cast, round_: SignoffRound, seat: str) -> Callable[[], Any]:
    return lambda: sign(
        visitor(round_, seat),
        by=cast.signers[seat],
        shown_hash=round_.sha256,
        proof=fresh(),
        accepted=ALL_LIMITS,
    )


def test_all_of_a_step_sign_at_once(without_vendor: dict[str, object]) -> None:  # noqa: F811
    cast, round_ = _out(without_vendor)
    first = sorted(in_turn(round_))
    assert at_once(*(_signing(cast, round_, seat) for seat in first)) == [None] * len(first)
    assert Signature.objects.filter(round=round_).count() == len(first)
    assert in_turn(SignoffRound.objects.get(pk=round_.pk)) == {"outcome_owner"}
    assert audit.verify([cast.organization]).intact


def test_one_person_signs_twice_at_once(without_vendor: dict[str, object]) -> None:  # noqa: F811
    cast, round_ = _out(without_vendor)
    raised = at_once(*[_signing(cast, round_, "legal")] * 4)
    assert [error is None for error in raised].count(True) == 1
    assert Signature.objects.filter(seat="legal").count() == 1
    assert SignoffEvent.objects.filter(kind="signed").count() == 1


@pytest.mark.parametrize("other", ["withdraw", "revise"])
def test_signing_against_taking_back(without_vendor: dict[str, object], other: str) -> None:  # noqa: F811
    cast, round_ = _out(without_vendor)
    for seat in sorted(in_turn(round_)):
        _signing(cast, round_, seat)()
    _signing(cast, round_, "outcome_owner")()
    charter = round_.revision.charter
    take_back = {
        "withdraw": lambda: withdraw(charter, by=cast.frida, reason="Stop"),
        "revise": lambda: start_revision(charter, by=cast.frida, reason="Change"),
    }[other]
    at_once(_signing(cast, round_, "decision_maker"), take_back)
    revision, charter = Revision.objects.get(), Charter.objects.get(pk=charter.pk)
    signed = Signature.objects.filter(round=round_).count()
    # Whoever came first: nine signatures if and only if it was in force.
    was_in_force = SignoffEvent.objects.filter(kind="in_force").exists()
    assert (signed == 9) == was_in_force
    assert revision.state in ({"in_force", "superseded"} if was_in_force else {"withdrawn", "superseded"})
    assert audit.verify([cast.organization]).intact


def test_two_editors_of_one_field(without_vendor: dict[str, object]) -> None:  # noqa: F811
    cast = build_cast()
    charter = write_charter(cast)
    seen = draft_of(charter).versions["problem"]
    results: list[Any] = []

    def write(user: Any, text: str) -> Callable[[], Any]:
        return lambda: results.append(save_fields(charter, by=user, changes={"problem": (text, seen)}))

    assert at_once(write(cast.frida, "Frida's"), write(cast.max, "Max's")) == [None, None]
    assert sorted(len(saved.conflicts) for saved in results) == [0, 1]
    assert draft_of(charter).versions["problem"] == seen + 1


def _intact(cast: Cast) -> None:
    assert audit.verify([cast.organization]).intact
    assert [str(item) for item in check([str(cast.organization.pk)])] == []


def test_the_last_two_sign_in_the_same_moment(without_vendor: dict[str, object]) -> None:  # noqa: F811
    """Both are kept, the revision comes into force once, and everybody is told once."""
    cast = build_cast()
    last = {
        "name": "Solveig Aasgaard", "email": "solveig@halvorsen.example", "function": "sponsor", "step": "2"
    }  # fmt: skip
    round_ = send_charter(cast, write_charter(cast, **(without_vendor | {"seat__decision_maker": last})))
    for seat in sorted(in_turn(round_)):
        _signing(cast, round_, seat)()
    assert in_turn(round_) == {"outcome_owner", "decision_maker"}
    both = [_signing(cast, round_, seat) for seat in ("outcome_owner", "decision_maker")]
    assert at_once(*both) == [None, None]
    assert SignoffEvent.objects.filter(kind="in_force").count() == 1
    assert Signature.objects.filter(round=round_).count() == 9
    _intact(cast)


@pytest.mark.parametrize("_", range(5))
def test_signing_against_being_removed(without_vendor: dict[str, object], _: int) -> None:  # noqa: F811
    """Whichever is first in the log: no signature stands behind the removal of its signer."""
    cast, round_ = _out(without_vendor)
    membership = Membership.objects.get(user=cast.signers["legal"])
    at_once(_signing(cast, round_, "legal"), lambda: remove_member(membership, by=cast.olga))
    assert not Membership.objects.filter(pk=membership.pk).exists()
    signed = Signature.objects.filter(round=round_, seat="legal").select_related("audit").first()
    if signed is not None:
        removed = signed.audit.chain.events.get(event="member.removed")
        assert signed.audit.number < removed.number
    _intact(cast)


def test_signing_against_handing_over(without_vendor: dict[str, object]) -> None:  # noqa: F811
    cast, round_ = _out(without_vendor)
    raised = at_once(
        _signing(cast, round_, "legal"),
        lambda: name_delegate(
            visitor(round_, "legal"), by=cast.signers["legal"], to=cast.max, reason="Away", proof=fresh()
        ),
    )
    assert [error is None for error in raised].count(True) == 1
    seat = Signatory.objects.get(round=round_, seat="legal")
    assert (seat.state == "signed") == (seat.delegated_at is None)
    _intact(cast)


def test_one_signs_while_another_asks_for_changes(without_vendor: dict[str, object]) -> None:  # noqa: F811
    cast, round_ = _out(without_vendor)
    at_once(
        _signing(cast, round_, "security"),
        lambda: request_changes(
            visitor(round_, "legal"), by=cast.signers["legal"], reason="Basis", proof=fresh()
        ),
    )
    assert SignoffRound.objects.get(pk=round_.pk).state == "changes"
    again = send_for_signature(round_.revision.charter, by=cast.frida)
    assert in_turn(again) >= {"security", "legal"}
    _intact(cast)


def test_two_charters_that_replace_each_other(without_vendor: dict[str, object]) -> None:  # noqa: F811
    """Locks are taken in one order, so that neither waits for the other for good."""
    cast = build_cast()
    rounds = [send_charter(cast, write_charter(cast, **without_vendor)) for _ in range(2)]
    first, second = (round_.revision.charter for round_ in rounds)
    Charter.objects.filter(pk=first.pk).update(replaces=second)
    Charter.objects.filter(pk=second.pk).update(replaces=first)
    for round_ in rounds:
        while turn := sorted(in_turn(SignoffRound.objects.get(pk=round_.pk)) - {"decision_maker"}):
            _signing(cast, round_, turn[0])()
    assert at_once(*(_signing(cast, round_, "decision_maker") for round_ in rounds)) == [None, None]
    states = sorted(Charter.objects.values_list("state", flat=True))
    assert states == ["in_force", "superseded"]
    _intact(cast)


def test_two_workers_remind_once(without_vendor: dict[str, object]) -> None:  # noqa: F811
    _, round_ = _out(without_vendor)
    today = timezone.localdate()
    SignoffRound.objects.filter(pk=round_.pk).update(due_on=today - dt.timedelta(days=1))
    Signatory.objects.exclude(asked_at=None).update(asked_at=timezone.now() - dt.timedelta(days=9))
    morning = timezone.now().replace(hour=9)
    sent: list[int] = []
    at_once(*[lambda: sent.append(remind_all(morning))] * 3)
    assert sum(sent) == 7
    assert SignoffEvent.objects.filter(kind="reminded").count() == 7
