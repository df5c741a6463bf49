"""What happens in a project is told once, in the transaction in which it happens."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import OutgoingMail
from charters.models import Reading, Signatory, SignoffRound
from charters.queries import revision_in_force
from jobs.models import Event
from projects.actions.readings import nominate, read_criteria, read_what_changed
from projects.actions.talking import (
    answer_ask,
    ask_for_checkins,
    ask_somebody,
    check_in,
    escalate_asks,
    note_missing_checkins,
    withdraw_ask,
)
from projects.actions.work import log_decision
from projects.models import Intent, Project
from tests.projects.store import Store

pytestmark = pytest.mark.django_db
HOLDOUT = ("holdout.csv", "abcd1234")
KEY = "recall_score"
FRIDAY = dt.date(2026, 3, 6)


def told(*kinds: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(kind__in=kinds)]


def order() -> list[str]:
    return list(Event.objects.order_by("at", "pk").values_list("kind", flat=True))


def ask(cast: Any, project: Project) -> Any:
    values = {
        "what": "Access",
        "of_name": "Ida Berg",
        "of_email": "ida@x.example",
        "since": dt.date(2026, 1, 5),
    }
    return ask_somebody(project, by=cast.frank, values=values)


def test_asks_are_told_of_without_names(cast: Any, project: Project) -> None:
    first, second = ask(cast, project), ask(cast, project)
    escalate_asks(dt.date(2026, 2, 5))
    escalate_asks(dt.date(2026, 2, 6))
    answer_ask(first, answer="Here", name="Ida Berg", by=None)
    withdraw_ask(second, by=cast.frank)
    assert sorted(order()) == sorted(
        [
            "project.opened",
            *["project.asked"] * 2,
            *["project.ask_escalated"] * 2,
            "project.ask_answered",
            "project.ask_withdrawn",
        ]
    )
    assert "Ida" not in str(list(Event.objects.values_list("data", flat=True)))
    assert all(event.about_id == str(project.pk) for event in Event.objects.all())


def test_a_missing_checkin_is_told_once_and_an_answered_one_not(cast: Any, project: Project) -> None:
    Project.objects.update(checkin_day=4)
    ask_for_checkins(FRIDAY)
    note_missing_checkins(FRIDAY)
    assert told("project.checkin_missing") == []
    for day in (3, 4, 10):
        note_missing_checkins(FRIDAY + dt.timedelta(days=day))
    assert [data["week"] for data in told("project.checkin_missing")] == ["2026-03-02"]


def test_a_check_in_and_a_decision_are_told(cast: Any, project: Project) -> None:
    today = dt.datetime.now(dt.UTC).date()
    monday = today - dt.timedelta(days=today.weekday())
    check_in(project, by=cast.frank, week=monday, health="red", reason="No labels")
    log_decision(project, by=cast.frank, values={"decided": "Go on", "decided_on": monday})
    assert told("project.checked_in")[0]["health"] == "red"
    assert "labels" not in str(told("project.checked_in"))
    assert len(told("project.decision_logged")) == 1


def owned(project: Project) -> None:
    """Give the charter the outcome owner's signature, which the mail goes to."""
    revision = revision_in_force(project.charter)
    round_ = SignoffRound.objects.create(
        revision=revision, number=1, state="in_force", sha256=revision.sha256, opened_by=None
    )
    Signatory.objects.create(
        round=round_,
        seat="outcome_owner",
        role="Outcome owner",
        name="Rolf",
        email="rolf@halvorsen.example",
        step=1,
        state="signed",
    )


def put_up(cast: Any, project: Project, store: Store, version: int, run: str) -> None:
    store.version(project.slug, "bearing", version, run=run)
    nominate(project, by=cast.frank, model="bearing", version=version)


def test_a_changed_verdict_is_told_and_mailed_once(cast: Any, project: Project, store: Store) -> None:
    owned(project)
    mails = OutgoingMail.objects.filter(template="emails/charter_verdict")
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    put_up(cast, project, store, 1, "own")
    assert [(data["key"], data["was"], data["now"]) for data in told("criterion.verdict_changed")] == [
        ("c1", "not_yet", "met")
    ]
    assert len(told("project.candidate_nominated")) == 1
    assert [mail.to for mail in mails.all()] == ["rolf@halvorsen.example"]
    read_criteria(project)
    assert mails.count() == 1
    # A new candidate that is as good changes no verdict: nobody hears of a moment in between.
    store.run(project.slug, "second", metrics={KEY: 0.9}, data=HOLDOUT)
    put_up(cast, project, store, 2, "second")
    assert Reading.objects.count() == 2
    assert mails.count() == 1
    assert len(told("criterion.verdict_changed")) == 1
    # One without a figure takes the verdict away, and that is told.
    store.run(project.slug, "third")
    put_up(cast, project, store, 3, "third")
    assert mails.count() == 2
    assert told("criterion.verdict_changed")[-1]["now"] == "not_yet"


def written(project: Project, run: str) -> None:
    Intent.objects.create(
        project=project, method="POST", path="/api", subject={"run_id": run}, state=Intent.State.DONE
    )


def test_a_run_that_is_edited_or_deleted_afterwards_is_noticed(
    cast: Any, project: Project, store: Store
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    put_up(cast, project, store, 1, "own")
    written(project, "own")
    read_what_changed()
    assert told("reading.run_edited", "reading.run_deleted") == []

    store.log_again("own", KEY, 0.95)
    written(project, "own")
    read_what_changed()
    assert [data["run"] for data in told("reading.run_edited")] == ["own"]
    assert [row.value for row in Reading.objects.order_by("noted_at")] == [0.8, 0.95]

    store.drop_run("own")
    for _ in range(2):
        written(project, "own")
        read_what_changed()
    assert len(told("reading.run_deleted")) == 1
    assert Reading.objects.count() == 2
