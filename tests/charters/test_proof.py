"""Tampering with the tables of charters is named by row and field; what only looks like it is not."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import User
from charters.actions import record_learning, record_reading, sign, start_revision, withdraw_learning
from charters.models import (
    ChangeRequest,
    Charter,
    Learning,
    Reading,
    Revision,
    Signatory,
    Signature,
    SignoffEvent,
    SignoffRound,
)
from charters.proof import check
from charters.queries import in_turn
from tests.assessment.cast import standard_questionnaires
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.charters.kept_cast import in_force
from tests.charters.test_actions import without_vendor  # noqa: F401
from tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(without_vendor: dict[str, object]) -> Cast:  # noqa: F811
    return _signed(**without_vendor)


@kept
def _signed(**changes: object) -> Cast:
    """A charter in force, and a second one with a signature."""
    cast = build_cast()
    for stop in (100, 1):
        round_ = send_charter(cast, write_charter(cast, **changes))
        for _ in range(stop):
            turn = sorted(in_turn(SignoffRound.objects.get(pk=round_.pk)))
            if not turn:
                break
            sign(
                visitor(round_, turn[0]),
                by=cast.signers[turn[0]],
                shown_hash=round_.sha256,
                proof=fresh(),
                accepted=ALL_LIMITS,
            )
    return cast


def _found(cast: Cast) -> list[str]:
    return [str(item) for item in check([str(cast.organization.pk)])]


def test_what_is_intact_is_found_intact(signed: Cast) -> None:
    assert _found(signed) == []


def _first() -> Revision:
    return Revision.objects.order_by("charter__code").first() or pytest.fail("no revision")


def _in_text(old: str, new: str) -> Callable[[], Any]:
    def change() -> None:
        revision = _first()
        Revision.objects.filter(pk=revision.pk).update(content=revision.content.replace(old, new))

    return change


def _move_signature() -> None:
    """A signature of the second charter is moved to the first."""
    first, other = SignoffRound.objects.order_by("opened_at")
    seat = Signature.objects.get(round=other).seat
    Signature.objects.filter(round=first, seat=seat).delete()
    Signature.objects.filter(round=other).update(round=first)


TAMPERINGS: dict[str, tuple[Callable[[], Any], str]] = {
    "text": (_in_text("Every six weeks", "Every nine weeks"), "content"),
    "figure": (_in_text('"70000"', '"700000"'), "content"),
    "criterion": (_in_text('"0.75"', '"0.57"'), "content"),
    "text with its hash": (
        lambda: Revision.objects.filter(pk=_first().pk).update(content="{}", sha256="4" * 64), "sha256"
    ),
    "signer": (lambda: Signature.objects.filter(seat="legal").update(name="Somebody Else"), "name"),
    "address": (lambda: Signature.objects.filter(seat="legal").update(email="x@y.example"), "address"),
    "time": (
        lambda: Signature.objects.filter(seat="legal").update(signed_at="2020-01-01T00:00:00Z"), "signed_at"
    ),
    "evidence": (lambda: Signature.objects.filter(seat="legal").update(is_evidence=False), "evidence"),
    "seat's name": (lambda: Signatory.objects.filter(seat="legal").update(name="Somebody Else"), "name"),
    "signature removed": (lambda: Signature.objects.filter(seat="legal").delete(), "signature"),
    "event removed": (lambda: SignoffEvent.objects.filter(kind="in_force").delete(), "row"),
    "event renamed": (lambda: SignoffEvent.objects.filter(kind="sent").update(kind="withdrawn"), "kind"),
    "into force by hand": (
        lambda: Revision.objects.filter(state="out").update(state="in_force"), "state"
    ),
    "out of force by hand": (
        lambda: Revision.objects.filter(state="in_force").update(state="declined"), "state"
    ),
    "signature of another charter": (_move_signature, "audit"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_named(signed: Cast, name: str) -> None:
    tamper, field = TAMPERINGS[name]
    tamper()
    found = _found(signed)
    assert any(f" · {field}" in line and "charter HP-" in line for line in found), found


def test_another_way_of_writing_the_same_text_is_the_same_text(signed: Cast) -> None:
    revision = _first()
    document = json.loads(revision.content)
    turned = json.dumps(dict(reversed(list(document.items()))), indent=2)
    Revision.objects.filter(pk=revision.pk).update(content=unicodedata.normalize("NFD", turned))
    assert _found(signed) == []


def test_a_renamed_and_erased_signer_changes_nothing(signed: Cast) -> None:
    User.objects.filter(pk=signed.signers["legal"].pk).update(name="Renamed", email="new@halvorsen.example")
    signed.signers["legal"].memberships.all().delete()
    assert _found(signed) == []
    assert audit.verify([signed.organization]).intact
    assert Charter.objects.filter(state="in_force").count() == 1


ITEM = "culture.stakeholder_alignment.all_at_table"
KEPT: dict[str, tuple[Callable[[], Any], str]] = {
    "words of a learning": (lambda: Learning.objects.update(learned="Quick"), "learning · learned"),
    "what a learning informs": (lambda: Learning.objects.update(item="another"), "learning · item"),
    "learning taken back by hand": (
        lambda: Learning.objects.update(withdrawn_at=timezone.now()), "learning · withdrawn_at"
    ),
    "learning removed": (lambda: Learning.objects.all().delete(), "learning · row"),
    "learning written by hand": (lambda: Learning.objects.update(id=uuid4()), "learning · row"),
    "value of a reading": (lambda: Reading.objects.update(value=0.99), "reading of c1 · value"),
    "what a reading left to choose": (
        lambda: Reading.objects.update(chosen="the threshold 0.1"), "reading of c1 · chosen"
    ),
    "reading removed": (lambda: Reading.objects.all().delete(), "reading · row"),
    "reason of a change": (
        lambda: ChangeRequest.objects.update(reason="Other"), "change request 1 · reason"
    ),
    "change dropped by hand": (
        lambda: ChangeRequest.objects.update(state="dropped"), "change request 1 · state"
    ),
    "change removed": (lambda: ChangeRequest.objects.all().delete(), "change request 1 · row"),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_tampering_with_what_follows_the_signatures_is_named(name: str) -> None:
    standard_questionnaires()
    cast = build_cast()
    charter, revision = in_force(cast)
    record_learning(charter, by=cast.frida, learned="Labels take six weeks", item=ITEM)
    record_reading(
        revision, "c1", by=cast.frida, value=0.8, unit="fraction", metric_key="recall_score",
        taken_on=timezone.now().date(),
    )  # fmt: skip
    start_revision(charter, by=cast.frida, reason="A higher target")
    assert _found(cast) == []
    tamper, field = KEPT[name]
    tamper()
    found = _found(cast)
    assert any(f", {field}" in line and "charter " in line for line in found), found


def test_a_learning_taken_back_is_intact() -> None:
    cast = build_cast()
    charter, _ = in_force(cast)
    row = record_learning(charter, by=cast.frida, learned="Labels take six weeks")
    withdraw_learning(row, by=cast.frida)
    assert _found(cast) == []
    Learning.objects.update(withdrawn_at=None)
    assert any("learning · withdrawn_at" in line for line in _found(cast))
