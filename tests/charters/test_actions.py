"""Writing, freezing, sending, signing, declining: through the actions that pages and API call."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import OutgoingMail, PersonalLink
from charters.actions import (
    Proof,
    create_charter,
    decline,
    freeze_revision,
    remind,
    save_fields,
    send_for_signature,
    sign,
    start_revision,
    withdraw,
)
from charters.models import Charter, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.queries import draft_of, in_turn, problems_of, waiting_for
from roadmap.use_case_actions import create_use_case
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


@pytest.fixture
def without_vendor() -> dict[str, object]:
    """All seats with accounts, so that a round can be signed without links."""
    return {"route": "internal", "seat__vendor": None, "clause__internal_team": "Priya, Tomasz, Sunniva",
            "clause__internal_informs": "Visits", "clause__internal_communication": "Monthly",
            "clause__internal_keep": "Wiki", "clause__internal_hours": "Priya 20",
            "criterion__c4": {"name": "Why", "kind": "learning_question", "question": "Can five say why?",
                              "answered_by": "Gunhild", "evidence": "Notes", "by": "2026-12-11"}}  # fmt: skip


def _sign_all(cast: Cast, round_: SignoffRound) -> None:
    while turn := in_turn(SignoffRound.objects.get(pk=round_.pk)):
        seat = sorted(turn)[0]
        sign(
            visitor(round_, seat),
            by=cast.signers[seat],
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
        if SignoffRound.objects.get(pk=round_.pk).state != "out":
            return


def test_a_charter_begins_with_what_its_use_case_knows(cast: Cast) -> None:
    use_case = create_use_case(
        cast.organization,
        by=cast.frida,
        values={"title": "Bearings", "description": "20 stops", "outcome_owner": "Rolf"},
    )
    charter = create_charter(cast.organization, by=cast.frida, use_case=use_case)
    assert charter.code == "HP-01"
    values = draft_of(charter).values
    assert (values["title"], values["problem"]) == ("Bearings", "20 stops")
    assert values["seat.outcome_owner"] == {"name": "Rolf"}
    assert create_charter(cast.organization, by=cast.frida, title="Second").code == "HP-02"
    with pytest.raises(Conflict):
        create_charter(cast.organization, by=cast.frida, title="Third", code="hp-02")


def test_two_editors_lose_nothing(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    first = save_fields(charter, by=cast.frida, changes={"problem": ("A", 0), "why_ml": ("B", 0)})
    assert first.versions == {"problem": 1, "why_ml": 1}
    save_fields(charter, by=cast.max, changes={"problem": ("Max's", 1)})
    # Frida still sees version 1 of both; she changed why_ml only, then both.
    untouched = save_fields(charter, by=cast.frida, changes={"problem": ("A", 1), "why_ml": ("B2", 1)})
    assert (untouched.conflicts, untouched.versions) == ((), {"why_ml": 2})
    both = save_fields(charter, by=cast.frida, changes={"problem": ("Frida's", 1), "why_ml": ("B3", 2)})
    assert both.versions == {"why_ml": 3}
    conflict = both.conflicts[0]
    assert (conflict.name, conflict.theirs, conflict.mine, conflict.version, conflict.who) == (
        "problem", "Max's", "Frida's", 2, "Max"
    )  # fmt: skip
    assert draft_of(charter).values["problem"] == "Max's"
    chosen = save_fields(charter, by=cast.frida, changes={"problem": ("Frida's", conflict.version)})
    assert chosen.versions == {"problem": 3}


def test_bad_values_are_all_named_and_nothing_is_saved(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    with pytest.raises(Invalid) as refused:
        save_fields(
            charter,
            by=cast.frida,
            changes={"budget_external": ("NaN", 0), "nothing": (1, 0), "problem": ("A", 0)},
        )
    assert set(refused.value.fields) == {"budget_external", "nothing"}
    assert "problem" not in draft_of(charter).values


def test_an_incomplete_charter_is_not_frozen(cast: Cast) -> None:
    charter = create_charter(cast.organization, by=cast.frida, title="T")
    with pytest.raises(Invalid, match="These seats are neither filled nor explained") as refused:
        freeze_revision(charter, by=cast.frida)
    assert "charter.no_must" in refused.value.details["problems"]
    assert not Revision.objects.exists()


def test_a_revision_is_frozen_with_its_plan_of_signatures(cast: Cast) -> None:
    charter = write_charter(cast)
    assert [problem for problem in problems_of(charter) if problem.blocks] == []
    revision = freeze_revision(charter, by=cast.frida)
    document = json.loads(revision.content)
    assert (document["code"], document["revision"]) == (charter.code, 1)
    assert [step["step"] for step in document["sign_off"]] == [1, 2, 3]
    with pytest.raises(Conflict, match="no draft to freeze"):
        freeze_revision(charter, by=cast.frida)
    with pytest.raises(Conflict, match="does not change"):
        save_fields(charter, by=cast.frida, changes={"problem": ("B", 1)})


def test_signing_by_link_is_refused_while_mail_goes_to_files(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    charter = write_charter(cast)
    freeze_revision(charter, by=cast.frida)
    with pytest.raises(Conflict, match="Elena Marinova would sign by a mailed link"):
        send_for_signature(charter, by=cast.frida)
    assert Charter.objects.get(pk=charter.pk).state == "frozen"


def test_all_sign_and_the_charter_is_in_force(cast: Cast, without_vendor: dict[str, object]) -> None:
    charter = write_charter(cast, **without_vendor)
    round_ = send_charter(cast, charter)
    assert "outcome_owner" not in in_turn(round_)
    assert [seat.seat for seat in waiting_for(cast.signers["legal"], cast.organization)] == ["legal"]
    assert waiting_for(cast.signers["outcome_owner"], cast.organization) == []
    asked = OutgoingMail.objects.filter(template="emails/charter_sign").count()
    assert asked == 7
    _sign_all(cast, round_)
    revision = Revision.objects.get(charter=charter)
    assert (revision.state, Charter.objects.get(pk=charter.pk).state) == ("in_force", "in_force")
    assert Signature.objects.filter(round=round_, sha256=revision.sha256).count() == 9
    assert audit.verify([cast.organization]).intact
    assert OutgoingMail.objects.filter(template="emails/charter_in_force").count() == 9


def test_refused_signatures(cast: Cast, without_vendor: dict[str, object]) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    legal, owner = cast.signers["legal"], cast.signers["outcome_owner"]
    with pytest.raises(Conflict, match="changed since it was shown"):
        sign(visitor(round_, "legal"), by=legal, shown_hash="0" * 64, proof=fresh(), accepted=ALL_LIMITS)
    with pytest.raises(Conflict, match="Others sign before you"):
        sign(
            visitor(round_, "outcome_owner"),
            by=owner,
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
    with pytest.raises(NotAllowed):
        sign(visitor(round_, "legal"), by=owner, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    with pytest.raises(NotAllowed):
        sign(
            visitor(round_, "legal"),
            by=cast.olga,
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
    stale = Proof("account", "password", timezone.now() - dt.timedelta(minutes=6))
    with pytest.raises(FreshSignInRequired):
        sign(visitor(round_, "legal"), by=legal, shown_hash=round_.sha256, proof=stale, accepted=ALL_LIMITS)
    with pytest.raises(NotAllowed):
        sign(
            visitor(round_, "legal"),
            by=None,
            shown_hash=round_.sha256,
            proof=Proof("link", "code", timezone.now()),
            accepted=ALL_LIMITS,
        )
    sign(visitor(round_, "legal"), by=legal, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    with pytest.raises(Conflict, match="signed already"):
        sign(visitor(round_, "legal"), by=legal, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)
    assert Signature.objects.count() == 1


def test_a_text_changed_behind_the_round_is_not_signed(cast: Cast, without_vendor: dict[str, object]) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    revision = Revision.objects.get()
    Revision.objects.filter(pk=revision.pk).update(content=revision.content.replace("0.75", "0.15"))
    with pytest.raises(Conflict, match="changed since it was shown"):
        sign(
            visitor(round_, "legal"),
            by=cast.signers["legal"],
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )


def test_declining_ends_the_round_with_its_reason(cast: Cast, without_vendor: dict[str, object]) -> None:
    charter = write_charter(cast, **without_vendor)
    round_ = send_charter(cast, charter)
    with pytest.raises(Invalid):
        decline(visitor(round_, "legal"), by=cast.signers["legal"], reason=" ", proof=fresh())
    decline(visitor(round_, "legal"), by=cast.signers["legal"], reason="No basis.", proof=fresh())
    assert Charter.objects.get(pk=charter.pk).state == "declined"
    assert SignoffEvent.objects.get(kind="declined").words == "No basis."
    with pytest.raises(Conflict, match="has ended"):
        sign(
            visitor(round_, "security"),
            by=cast.signers["security"],
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
    start_revision(charter, by=cast.frida, reason="Basis added")
    assert Charter.objects.get(pk=charter.pk).state == "draft"


def test_a_new_revision_voids_the_signatures_of_the_old(
    cast: Cast, without_vendor: dict[str, object]
) -> None:
    charter = write_charter(cast, **without_vendor)
    first = send_charter(cast, charter)
    sign(
        visitor(first, "legal"),
        by=cast.signers["legal"],
        shown_hash=first.sha256,
        proof=fresh(),
        accepted=ALL_LIMITS,
    )
    with pytest.raises(Invalid, match="needs a reason"):
        start_revision(charter, by=cast.frida)
    start_revision(charter, by=cast.frida, reason="Target was too low")
    assert SignoffRound.objects.get(pk=first.pk).state == "superseded"
    save_fields(charter, by=cast.max, changes={"fallback": ("Another", 1)})
    second = send_charter(cast, charter)
    assert second.sha256 != first.sha256
    assert second.revision.number == 2
    assert not second.signatures.exists()
    with pytest.raises(Conflict):
        sign(
            visitor(first, "security"),
            by=cast.signers["security"],
            shown_hash=first.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
    _sign_all(cast, second)
    assert list(Revision.objects.order_by("number").values_list("state", flat=True)) == [
        "superseded",
        "in_force",
    ]


def test_a_revision_in_force_holds_until_the_next_one_does(
    cast: Cast, without_vendor: dict[str, object]
) -> None:
    charter = write_charter(cast, **without_vendor)
    _sign_all(cast, send_charter(cast, charter))
    start_revision(charter, by=cast.frida, reason="More time")
    save_fields(
        charter, by=cast.frida, changes={"time_end": ("2026-12-21", 1), "funded_until": ("2027-01-31", 1)}
    )
    second = send_charter(cast, charter)
    assert Revision.objects.get(charter=charter, number=1).state == "in_force"
    _sign_all(cast, second)
    assert list(Revision.objects.order_by("number").values_list("state", flat=True)) == [
        "superseded",
        "in_force",
    ]


def test_withdrawing_and_sending_the_same_text_again(cast: Cast, without_vendor: dict[str, object]) -> None:
    charter = write_charter(cast, **without_vendor)
    first = send_charter(cast, charter)
    sign(
        visitor(first, "legal"),
        by=cast.signers["legal"],
        shown_hash=first.sha256,
        proof=fresh(),
        accepted=ALL_LIMITS,
    )
    withdraw(charter, by=cast.frida, reason="Wrong due date")
    assert Charter.objects.get(pk=charter.pk).state == "withdrawn"
    again = send_for_signature(charter, by=cast.frida, due_on=timezone.localdate())
    assert (again.number, again.sha256) == (2, first.sha256)
    assert "legal" in in_turn(again)
    with pytest.raises(Invalid):
        withdraw(charter, by=cast.frida, reason="")


def test_reminders_wait_a_day(cast: Cast, without_vendor: dict[str, object]) -> None:
    round_ = send_charter(cast, write_charter(cast, **without_vendor))
    legal = Signatory.objects.get(round=round_, seat="legal")
    with pytest.raises(Conflict, match="less than a day"):
        remind(legal, by=cast.frida)
    Signatory.objects.filter(pk=legal.pk).update(asked_at=timezone.now() - dt.timedelta(days=2))
    remind(legal, by=cast.frida)
    with pytest.raises(Conflict, match="not asked now"):
        remind(Signatory.objects.get(round=round_, seat="outcome_owner"), by=cast.frida)


def test_in_the_demo_a_link_is_mailed_and_kept_nowhere(cast: Cast, settings: Any) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "accounts.mail_files.EmlBackend"
    round_ = send_charter(cast, write_charter(cast))
    vendor = Signatory.objects.get(round=round_, seat="vendor")
    link = PersonalLink.objects.get(subject_id=str(vendor.pk))
    assert link.address == vendor.email == "elena@halvorsen.example"
    withdraw(round_.revision.charter, by=cast.frida, reason="Later")
    link.refresh_from_db()
    assert link.state == "revoked"


def test_the_use_case_follows_its_charter(cast: Cast, without_vendor: dict[str, object]) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "Bearings"})
    charter = write_charter(cast, **without_vendor)
    Charter.objects.filter(pk=charter.pk).update(use_case=use_case)
    charter.refresh_from_db()
    round_ = send_charter(cast, charter)
    use_case.refresh_from_db()
    assert (use_case.state, str(use_case.starts_on), use_case.budget) == ("planned", "2026-10-05", 70000)
    _sign_all(cast, round_)
    use_case.refresh_from_db()
    assert (use_case.state, use_case.team) == ("running", ["Priya Nandakumar"])


def test_the_database_defends_what_must_hold(cast: Cast, without_vendor: dict[str, object]) -> None:
    charter = write_charter(cast, **without_vendor)
    round_ = send_charter(cast, charter)
    revision = round_.revision
    for broken in (
        lambda: SignoffRound.objects.create(revision=revision, number=2, sha256="x", state="out"),
        lambda: Revision.objects.create(charter=charter, number=1, content="", sha256="", state="frozen"),
        lambda: Revision.objects.create(charter=charter, number=2, content="", sha256="", state="out"),
        lambda: Revision.objects.create(charter=charter, number=2, content="", sha256="", state="signed"),
        lambda: Signatory.objects.create(round=round_, seat="legal", role="", name="", email="a@b.example"),
        lambda: Signatory.objects.filter(round=round_, seat="legal").update(state="declined"),
        lambda: Charter.objects.filter(pk=charter.pk).update(state="done"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()
