"""What happens to a charter is told in events, once each, in the words of states and figures."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import OutgoingMail
from charters.actions import (
    decline,
    drop_change,
    record_learning,
    record_reading,
    start_revision,
    withdraw_learning,
)
from jobs.models import Event
from tests.charters.cast import Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.charters.kept_cast import change_fields, in_force, sign_all
from tests.charters.test_keeping import recall, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def told() -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.order_by("at", "pk").values_list("kind", "data"))


def kinds() -> list[str]:
    return [kind for kind, _ in told()]


def test_a_charter_and_its_change_come_into_force(cast: Cast) -> None:
    charter, _ = in_force(cast)
    assert kinds() == ["charter.sent", "charter.in_force"]
    start_revision(charter, by=cast.frida, reason="Other bar")
    change_fields(cast, charter, criterion__c1={"target": "0.7"})
    sign_all(cast, send_charter(cast, charter))
    assert kinds()[2:] == ["charter.change_opened", "charter.sent", "charter.change_in_force"]
    assert told()[-1][1] == {"charter": charter.code, "revision": 2}
    start_revision(charter, by=cast.frida, reason="Again")
    drop_change(charter, by=cast.frida, reason="No")
    assert kinds()[-1] == "charter.change_dropped"
    assert told()[-1][1]["change"] == 2


def test_a_refusal_names_nobody(cast: Cast) -> None:
    round_ = send_charter(cast, write_charter(cast))
    seat = sorted(round_.signatories.values_list("seat", flat=True))[0]
    row = visitor(round_, seat)
    decline(row, by=row.signatory.user, reason="Not with me", proof=fresh())
    assert kinds()[-1] == "charter.declined"
    assert set(told()[-1][1]) == {"charter", "revision"}


def test_a_verdict_that_changes_is_told_and_one_that_stays_is_not(cast: Cast) -> None:
    _, revision = in_force(cast)
    Event.objects.all().delete()
    recall(cast, revision, 0.7)
    recall(cast, revision, 0.71)
    recall(cast, revision, 0.9)
    changes = [(data["was"], data["now"]) for kind, data in told() if kind == "criterion.verdict_changed"]
    assert changes == [("not_yet", "missed"), ("missed", "met")]
    whole = [(data["was"], data["now"]) for kind, data in told() if kind == "charter.verdict_changed"]
    assert whole == [("not_yet", "missed"), ("missed", "met")]


def test_a_learning_record_that_changes_the_verdict_is_mailed_to_the_owner(cast: Cast) -> None:
    charter, revision = in_force(cast)
    recall(cast, revision, 0.7)
    answer = {"answer": "Four of five can.", "proof": "Notes", "taken_on": today()}
    record_reading(revision, "c4", by=cast.frida, **answer)
    mails = OutgoingMail.objects.filter(template="emails/charter_verdict")
    before, seen = mails.count(), len(told())
    row = record_learning(
        charter, by=cast.frida, learned="Ask early", initiative="explain_why_to_those_involved"
    )
    assert kinds()[seen:] == ["charter.verdict_changed"]
    assert mails.count() == before + 1
    assert "now: met" in mails.order_by("-created_at")[0].subject
    withdraw_learning(row, by=cast.frida)
    assert told()[-1][1]["now"] == "missed"
