"""What the database itself refuses, whatever the code above does: each constraint is written past it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from charters.models import (
    ChangeRequest,
    Charter,
    CharterTemplate,
    Decision,
    DraftField,
    FieldComment,
    FieldEdit,
    Guest,
    Learning,
    Reading,
    Revision,
    RuleChoice,
    Signatory,
    Signature,
    SignoffEvent,
    SignoffRound,
)
from tests.charters.cast import Cast, build_cast, send_charter, sign_as, without_a_vendor, write_charter
from tests.kept import kept

pytestmark = pytest.mark.django_db

NOW = timezone.now


class World:
    """A round that is out with one signature, and what else constraints speak of."""

    def __init__(self) -> None:
        self.cast: Cast = build_cast()
        self.charter: Charter = write_charter(self.cast, **without_a_vendor())
        self.round: SignoffRound = send_charter(self.cast, self.charter)
        self.signature: Signature = sign_as(self.cast, self.round, "legal")[0]
        self.revision: Revision = self.round.revision
        self.entry: AuditEvent = self.signature.audit
        self.seat: Signatory = Signatory.objects.get(round=self.round, seat="security")

    def second(self, state: str, **more: Any) -> Revision:
        values = {"number": 2, "content": "{}", "sha256": "a" * 64, **more}
        return Revision.objects.create(charter=self.charter, state=state, **values)

    def sign_seat(self, **more: Any) -> Signature:
        values: dict[str, Any] = {
            "signatory": self.seat, "round": self.round, "seat": "security", "sha256": self.round.sha256,
            "role": "Security", "name": "X", "email": "x@y.example", "method": "account", "statement": "",
            "signed_at": NOW(), "audit": self.entry,
        }  # fmt: skip
        return Signature.objects.create(**(values | more))

    def decision(self, **more: Any) -> Decision:
        values: dict[str, Any] = {
            "revision": self.revision, "outcome": "stop", "reason": "No", "by_name": "R", "by_email": "r@h",
            "decided_at": NOW(), "audit": self.entry,
        }  # fmt: skip
        return Decision.objects.create(**(values | more))

    def change(self, **more: Any) -> ChangeRequest:
        values: dict[str, Any] = {"charter": self.charter, "number": 1, "reason": "R", "base": self.revision}
        return ChangeRequest.objects.create(**(values | more))


def twice(make: Callable[[], Any]) -> None:
    make()
    make()


BROKEN: dict[str, Callable[[World], Any]] = {
    "charters_code_once": lambda w: Charter.objects.create(
        organization=w.cast.organization, code=w.charter.code.lower()
    ),
    "charters_charter_state_known": lambda w: Charter.objects.filter(pk=w.charter.pk).update(state="done"),
    "charters_field_once": lambda w: twice(
        lambda: DraftField.objects.create(charter=w.charter, name="nothing", value="")
    ),
    "charters_edit_once": lambda w: twice(
        lambda: FieldEdit.objects.create(charter=w.charter, name="nothing", version=1, value="")
    ),
    "charters_comment_has_words": lambda w: FieldComment.objects.create(
        charter=w.charter, field="problem", words=""
    ),
    "charters_guest_once": lambda w: twice(
        lambda: Guest.objects.create(charter=w.charter, name="E", email="e@v.example")
    ),
    "charters_rule_once": lambda w: twice(
        lambda: RuleChoice.objects.create(organization=w.cast.organization, rule="r", severity="note")
    ),
    "charters_severity_known": lambda w: RuleChoice.objects.create(
        organization=w.cast.organization, rule="r", severity="mild"
    ),
    "charters_template_once": lambda w: [
        CharterTemplate.objects.create(organization=w.cast.organization, name=name) for name in ("A", "a")
    ],
    "charters_revision_once": lambda w: w.second("frozen", number=1),
    "charters_one_in_force": lambda w: [w.second("in_force"), w.second("in_force", number=3)],
    "charters_one_out": lambda w: w.second("out"),
    "charters_revision_state_known": lambda w: w.second("signed"),
    "charters_revision_from_one": lambda w: w.second("frozen", number=0),
    "charters_round_once": lambda w: SignoffRound.objects.create(
        revision=w.revision, number=1, sha256="x", state="withdrawn"
    ),
    "charters_one_open_round": lambda w: SignoffRound.objects.create(
        revision=w.revision, number=2, sha256="x", state="out"
    ),
    "charters_round_state_known": lambda w: SignoffRound.objects.create(
        revision=w.revision, number=2, sha256="x", state="frozen"
    ),
    "charters_seat_once": lambda w: Signatory.objects.create(
        round=w.round, seat="legal", role="", name="", email="a@b.example"
    ),
    "charters_seat_state_known": lambda w: Signatory.objects.filter(pk=w.seat.pk).update(state="maybe"),
    "charters_decline_has_reason": lambda w: Signatory.objects.filter(pk=w.seat.pk).update(state="changes"),
    "charters_signature_once": lambda w: w.sign_seat(seat="legal"),
    "charters_method_known": lambda w: w.sign_seat(method="fax"),
    "charters_event_kind_known": lambda w: SignoffEvent.objects.filter(kind="sent").update(kind="posted"),
    "charters_change_once": lambda w: [w.change(state="dropped"), w.change()],
    "charters_one_open_change": lambda w: [w.change(), w.change(number=2)],
    "charters_change_state_known": lambda w: w.change(state="half"),
    "charters_change_has_reason": lambda w: w.change(reason=""),
    "charters_reading_source_known": lambda w: Reading.objects.create(
        revision=w.revision, criterion="c1", source="guess", taken_on=NOW().date(), audit=w.entry
    ),
    "charters_learning_has_words": lambda w: Learning.objects.create(charter=w.charter, learned=""),
    "charters_decision_known": lambda w: w.decision(outcome="later"),
    "charters_decision_has_reason": lambda w: w.decision(reason=""),
}
BEYOND: dict[str, Callable[[World], Any]] = {
    "a second signature of one seat": lambda w: w.sign_seat(signatory=w.signature.signatory),
    "a signature without a seat": lambda w: w.sign_seat(signatory_id=None),
    "a signature of a seat that is not there": lambda w: w.sign_seat(
        signatory_id="00000000-0000-0000-0000-000000000000"
    ),
    "a signature without an entry in the log": lambda w: w.sign_seat(audit_id=None),
    "a round without a revision": lambda w: SignoffRound.objects.create(number=1, sha256="x"),
    "a seat without a round": lambda w: Signatory.objects.create(seat="x", role="", name="", email="a@b.no"),
    "a second decision on one text": lambda w: twice(w.decision),
}  # fmt: skip


def test_every_constraint_of_the_tables_is_tried() -> None:
    named = {
        constraint.name
        for model in apps.get_app_config("charters").get_models()
        for constraint in model._meta.constraints
    }
    assert named == set(BROKEN)


def _write(broken: Callable[[World], Any], world: World) -> None:
    broken(world)
    connection.check_constraints()


@pytest.mark.parametrize("name", BROKEN | BEYOND)
def test_the_database_refuses(name: str) -> None:
    world = kept(World)()
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        _write((BROKEN | BEYOND)[name], world)
    if name in BROKEN and connection.vendor == "postgresql":
        assert name in str(refused.value)
    assert audit.verify([world.cast.organization]).intact


def test_what_was_signed_cannot_be_deleted_under_its_signatures() -> None:
    world = kept(World)()
    for row in (world.seat.round, world.revision, world.charter, world.signature.signatory, world.entry):
        with pytest.raises(models.ProtectedError):
            row.delete()


def test_a_signature_of_another_seat_or_round_is_named_by_the_check() -> None:
    """What a table alone cannot refuse: seat and round of a signature that differ from its signatory's."""
    from charters.proof import check

    world = kept(World)()
    organization = str(world.cast.organization.pk)
    assert list(check([organization])) == []
    Signature.objects.filter(pk=world.signature.pk).update(seat="security")
    assert "seat" in {item.field for item in check([organization])}
    assert json.loads(world.revision.content)["sign_off"]
