"""People and workers at the same moment: one order of things comes out, nothing is lost or doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit
from charters.actions import Choice, decide
from charters.keeping import standing_of
from charters.models import Decision, Reading, Revision
from charters.queries import revision_in_force
from jobs.models import Event
from projects.actions import open_from_charter, readings
from projects.actions.people import change_member, end_membership
from projects.actions.readings import nominate, read_criteria
from projects.actions.talking import answer_ask, ask_somebody, check_in, mark_of_answers
from projects.actions.work import add_task, mark_of_record, move_task, save_risk
from projects.models import Ask, Candidate, CheckIn, LoggedDecision, Milestone, Project, ProjectMember, Task
from projects.weeks import monday_of
from tests.assessment.cast import standard_questionnaires
from tests.charters.cast import Cast, build_cast, fresh
from tests.charters.kept_cast import in_force
from tests.charters.test_races import at_once
from tests.projects.store import Store, connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KEY, HOLDOUT = "recall_score", ("holdout.csv", "abcd1234")


@pytest.fixture
def cast() -> Cast:
    standard_questionnaires()
    return build_cast()


@pytest.fixture
def signed(cast: Cast) -> Revision:
    _, revision = in_force(cast)
    return revision


@pytest.fixture
def project(cast: Cast, signed: Revision) -> Project:
    return open_from_charter(signed.charter, by=cast.frida)


@pytest.fixture
def store(tmp_path: Path, settings: Any, project: Project) -> Iterator[Store]:
    """Two registered versions: the first misses what the second meets."""
    with connected(tmp_path, settings) as store:
        for version, value in ((1, 0.5), (2, 0.9)):
            store.run(project.slug, f"r{version}", metrics={KEY: value}, data=HOLDOUT)
            store.version(project.slug, "bearing", version, run=f"r{version}")
        yield store


def who_won(raised: list[Exception | None]) -> int:
    assert raised.count(None) == 1, raised
    return raised.index(None)


def test_a_project_opens_once(cast: Cast, signed: Revision) -> None:
    who_won(at_once(*[lambda: open_from_charter(signed.charter, by=cast.frida)] * 3))
    assert Project.objects.count() == 1


def test_a_card_is_moved_by_two_people(cast: Cast, project: Project) -> None:
    for _ in range(5):
        task = add_task(project, by=cast.frida, values={"title": "Label"})

        def moving(task: Task, column: str) -> Callable[[], Any]:
            return lambda: move_task(Task.objects.get(pk=task.pk), column=column, left="todo")

        columns = ("doing", "done")
        won = columns[who_won(at_once(*(moving(task, column) for column in columns)))]
        task.refresh_from_db()
        assert (task.column, task.done_at is not None) == (won, won == "done")


def test_a_week_is_answered_by_two_people(cast: Cast, project: Project) -> None:
    week = monday_of(timezone.localdate())
    seen = mark_of_answers(project)

    def answering(user: Any, health: str) -> Callable[[], Any]:
        return lambda: check_in(project, by=user, week=week, health=health, reason="So.", seen=seen)

    who = ((cast.frida, "green"), (cast.vera, "red"))
    user, health = who[who_won(at_once(*(answering(*one) for one in who)))]
    row = CheckIn.objects.get()
    assert (row.health, row.by) == (health, user)
    assert Event.objects.filter(kind="project.checked_in").count() == 1


def test_an_ask_is_answered_in_two_windows(cast: Cast, project: Project) -> None:
    ask = ask_somebody(
        project, by=cast.frida, values={"what": "Access", "of_name": "Ida", "of_email": "i@it.example"}
    )

    def answering(text: str) -> Callable[[], Any]:
        return lambda: answer_ask(Ask.objects.get(pk=ask.pk), answer=text, name="Ida", by=None)

    texts = ("Here.", "There.", "Nowhere.")
    won = who_won(at_once(*(answering(text) for text in texts)))
    ask.refresh_from_db()
    assert ask.answer == texts[won]
    assert Event.objects.filter(kind="project.ask_answered").count() == 1


def test_a_risk_is_changed_by_two_people(cast: Cast, project: Project) -> None:
    risk = save_risk(project, values={"title": "No labels"})
    seen = mark_of_record(risk)

    def changing(title: str) -> Callable[[], Any]:
        return lambda: save_risk(project, values={"title": title}, risk=risk, seen=seen)

    titles = ("Few labels", "Bad labels")
    won = who_won(at_once(*(changing(title) for title in titles)))
    risk.refresh_from_db()
    assert risk.title == titles[won]


def test_a_project_keeps_a_lead_when_both_go_at_once(cast: Cast, project: Project) -> None:
    first = ProjectMember.objects.get(project=project, role="lead")
    second = ProjectMember.objects.create(project=project, name="Vera", role="lead", share=10)
    demoted = {"role": "contributor", "works_as": "", "share": 10}
    won = who_won(
        at_once(
            lambda: end_membership(first, by=cast.frida),
            lambda: change_member(second, by=cast.frida, values=demoted),
        )
    )
    leads = ProjectMember.objects.filter(project=project, role="lead", left_at=None)
    assert [row.pk for row in leads] == [(second, first)[won].pk]


def test_two_versions_are_nominated_from_one_page(cast: Cast, project: Project, store: Store) -> None:
    def nominating(version: int) -> Callable[[], Any]:
        return lambda: nominate(project, by=cast.frida, model="bearing", version=version, instead_of="")

    won = who_won(at_once(nominating(1), nominating(2)))
    assert [row.version for row in Candidate.objects.all()] == [won + 1]
    assert set(Reading.objects.values_list("candidate", flat=True)) == {f"bearing/{won + 1}"}


def test_the_same_figures_are_kept_once_by_many_readers(cast: Cast, project: Project, store: Store) -> None:
    nominate(project, by=cast.frida, model="bearing", version=1)
    store.log_again("r1", KEY, 0.95)
    assert at_once(*[lambda: read_criteria(Project.objects.get(pk=project.pk))] * 4) == [None] * 4
    assert sorted(Reading.objects.values_list("value", flat=True)) == [0.5, 0.95]


def test_a_version_that_is_replaced_while_it_is_read_has_no_verdict_to_tell(
    cast: Cast, project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs of the first version are read, then another is nominated, then the reading would be kept."""
    nominate(project, by=cast.frida, model="bearing", version=1)
    store.log_again("r1", KEY, 0.95)
    measured = readings._figures
    waiting = [lambda: nominate(project, by=cast.frida, model="bearing", version=2)]

    def slowly(*given: Any, **named: Any) -> Any:
        found = measured(*given, **named)
        if waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(readings, "_figures", slowly)
    Event.objects.all().delete()
    read_criteria(Project.objects.get(pk=project.pk))
    assert sorted(Reading.objects.values_list("candidate", "value")) == [
        ("bearing/1", 0.5),
        ("bearing/2", 0.9),
    ]


def taking(cast: Cast, revision: Revision, outcome: str = "stop") -> Callable[[], Any]:
    choice = Choice(outcome, "It is time", "Build it", "Rolf", timezone.localdate() + dt.timedelta(days=40))
    owner, shown = cast.signers["outcome_owner"], standing_of(revision).mark
    return lambda: decide(revision.charter, choice, by=owner, shown=shown, proof=fresh())


@pytest.mark.parametrize("outcome", ["stop", "iterate"])
def test_a_decision_that_is_signed_twice_at_once_is_one(
    cast: Cast, project: Project, signed: Revision, outcome: str
) -> None:
    before = Milestone.objects.count()
    who_won(at_once(*[taking(cast, signed, outcome)] * 3))
    assert (Decision.objects.count(), LoggedDecision.objects.count()) == (1, 1)
    assert Milestone.objects.count() == before + (outcome == "iterate")
    assert audit.verify([cast.organization]).intact


@pytest.mark.parametrize("_", range(3))
def test_a_decision_against_a_reading(
    cast: Cast, project: Project, signed: Revision, store: Store, _: int
) -> None:
    """Either the decision was taken on the reading that its page showed, or it is refused."""
    deciding = taking(cast, signed)
    nominating = [
        lambda version=version: nominate(project, by=cast.frida, model="bearing", version=version)
        for version in (1, 2)
    ]
    raised = at_once(deciding, *nominating)
    decided = raised[0] is None
    assert Decision.objects.exists() == decided
    assert (revision_in_force(signed.charter) is None) == decided
    assert Reading.objects.exists() or decided
    assert audit.verify([cast.organization]).intact
