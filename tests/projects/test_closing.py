"""How projects end: by the decision on their charter, or by their lead."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from charters.actions import Choice, cancel_charter, decide, record_learning
from charters.keeping import standing_of
from charters.models import Charter
from projects.actions import Start, open_from_charter, open_from_initiative
from projects.actions.closing import close_project, move_project
from projects.actions.talking import ask_for_checkins, ask_somebody
from projects.deciding import due_words
from projects.models import Ask, LoggedDecision, Project
from roadmap.models import ItemProgress, NextStep
from roadmap.use_case_actions import create_use_case
from tests.assessment.cast import standard_questionnaires
from tests.charters.cast import Cast, build_cast, fresh
from tests.charters.kept_cast import in_force
from ui.errors import Conflict

pytestmark = pytest.mark.django_db
WHY = "explain_why_to_those_involved"


@pytest.fixture
def cast() -> Cast:
    standard_questionnaires()
    return build_cast()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: Any, address: str) -> str:
    response = client_of(user).get(address)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def today() -> dt.date:
    return timezone.localdate()


def decided(cast: Cast, outcome: str) -> Project:
    charter, revision = in_force(cast)
    project = open_from_charter(charter, by=cast.frida)
    ask_somebody(project, by=cast.frida, values={"what": "Access", "of_name": "Ida"})
    next_on = today() + dt.timedelta(days=40)
    choice = Choice(outcome, "It is time", "Build it for two plants", "Rolf Tennfjord", next_on)
    owner = cast.signers["outcome_owner"]
    decide(charter, choice, by=owner, shown=standing_of(revision).mark, proof=fresh())
    project.refresh_from_db()
    return project


def test_the_outcome_owner_is_led_from_the_project_to_the_decision(cast: Cast) -> None:
    charter, _ = in_force(cast)
    project = open_from_charter(charter, by=cast.frida)
    address = f"/projects/{project.pk}/"
    owner = cast.signers["outcome_owner"]
    assert f"/charters/{charter.pk}/decision/" in page(owner, address)
    assert "Decide …" in page(owner, address)
    assert address in page(owner, f"/charters/{charter.pk}/decision/")
    other = page(cast.vera, address)
    assert "Decide …" not in other
    assert f"{owner.get_full_name()} decides as outcome owner" in other
    assert "Close it …" not in page(cast.frida, address)
    with pytest.raises(Conflict, match="outcome owner"):
        close_project(project, by=cast.frida, reason="No more money")


def test_stop_closes_the_project_and_lets_go_of_whoever_is_waited_for(cast: Cast) -> None:
    project = decided(cast, "stop")
    assert project.state == Project.State.CLOSED
    assert Ask.objects.get().withdrawn_at is not None
    logged = LoggedDecision.objects.get()
    assert (logged.decided, logged.why) == ("Stop: Build it for two plants", "It is time")
    assert AuditEvent.objects.filter(event="project.moved").exists()
    shown = page(cast.vera, f"/projects/{project.pk}/")
    assert "Decided: stop." in shown
    assert "Closed." in shown
    assert f"/projects/{project.pk}/" in page(cast.vera, f"/charters/{project.charter_id}/decision/")
    client = client_of(cast.frida)
    assert (
        client.post(f"/projects/{project.pk}/board/add/", {"title": "x", "column": "todo"}).status_code == 409
    )
    assert ask_for_checkins(today() + dt.timedelta(days=(project.checkin_day - today().weekday()) % 7)) == 0


@pytest.mark.parametrize("outcome", ["scale", "iterate"])
def test_scale_and_iterate_let_it_go_on_until_the_next_step_is_done(cast: Cast, outcome: str) -> None:
    project = decided(cast, outcome)
    next_on = today() + dt.timedelta(days=40)
    assert project.state == Project.State.ACTIVE
    assert project.ends_on is not None
    assert project.ends_on >= next_on
    assert project.milestones.filter(title="Build it for two plants", due_on=next_on).exists()
    assert Ask.objects.get().withdrawn_at is None
    step = NextStep.objects.get()
    assert f"/projects/{project.pk}/" in page(cast.vera, f"/roadmap/initiatives/{step.key}/")


def test_lessons_are_asked_for_until_one_is_written_down(cast: Cast) -> None:
    project = decided(cast, "stop")
    address = f"/projects/{project.pk}/"
    assert "What was learned?" in page(cast.frida, address)
    record_learning(Charter.objects.get(), by=cast.frida, learned="Labels take six weeks")
    assert "What was learned?" not in page(cast.frida, address)


def test_lessons_of_similar_use_cases_stand_on_the_project_and_say_why(cast: Cast) -> None:
    cases = [
        create_use_case(cast.organization, by=cast.frida, values={"title": title, "problem_type": kind})
        for title, kind in (("A", "classification"), ("B", "classification"), ("C", "forecasting"))
    ]
    charter, _ = in_force(cast)
    Charter.objects.filter(pk=charter.pk).update(use_case=cases[0])
    record_learning(charter, by=cast.frida, learned="Labels take six weeks")
    for case, seen in ((cases[1], True), (cases[2], False)):
        project = open_from_initiative(
            cast.organization,
            by=cast.frida,
            initiative=case.title,
            name=case.title,
            start=Start(use_case=case),
        )
        shown = page(cast.vera, f"/projects/{project.pk}/")
        assert ("Labels take six weeks" in shown) is seen
        assert ("the same kind of answer" in shown) is seen


def test_a_cancelled_charter_leaves_its_project_to_the_lead(cast: Cast) -> None:
    charter, _ = in_force(cast)
    project = open_from_charter(charter, by=cast.frida)
    cancel_charter(charter, by=cast.frida, reason="No budget", proof=fresh())
    shown = page(cast.frida, f"/projects/{project.pk}/")
    assert "Charter: cancelled." in shown
    address = f"/projects/{project.pk}/close/"
    client = client_of(cast.frida)
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client_of(cast.vera).post(address, {"reason": "x"}).status_code == 403
    assert client.post(address, {"reason": "No budget"}).status_code == 302
    project.refresh_from_db()
    assert project.state == "closed"
    assert client.post(address, {"reason": "Twice"}).status_code == 409
    assert client.post(f"/projects/{project.pk}/move/", {"to": "active"}).status_code == 302
    project.refresh_from_db()
    assert project.state == "active"


def test_closing_can_say_that_the_initiative_is_done(cast: Cast) -> None:
    start = Start(starts_on=today() - dt.timedelta(days=5), ends_on=today())
    project = open_from_initiative(cast.organization, by=cast.frida, initiative=WHY, name="Why", start=start)
    client_of(cast.frida).post(f"/projects/{project.pk}/close/", {"reason": "All were told", "done": "on"})
    assert ItemProgress.objects.get(key=WHY).state == "done"
    assert LoggedDecision.objects.get().why == "All were told"


def test_a_pause_stops_the_check_ins_and_is_taken_back(cast: Cast) -> None:
    project = open_from_initiative(cast.organization, by=cast.frida, initiative=WHY, name="Why")
    day = today() + dt.timedelta(days=(project.checkin_day - today().weekday()) % 7)
    client = client_of(cast.frida)
    assert client.post(f"/projects/{project.pk}/move/", {"to": "paused"}).status_code == 302
    assert ask_for_checkins(day) == 0
    assert client.post(f"/projects/{project.pk}/move/", {"to": "nonsense"}).status_code == 422
    assert client.post(f"/projects/{project.pk}/move/", {"to": "active"}).status_code == 302
    assert ask_for_checkins(day) == 1


def test_an_initiative_has_one_project_at_a_time(cast: Cast) -> None:
    first = open_from_initiative(cast.organization, by=cast.frida, initiative=WHY, name="Why")
    close_project(first, by=cast.frida, reason="Put off")
    open_from_initiative(cast.organization, by=cast.frida, initiative=WHY, name="Why again")
    first.refresh_from_db()
    with pytest.raises(Conflict, match="another project"):
        move_project(first, "active", by=cast.frida)


@pytest.mark.parametrize(
    ("days", "kind", "words"),
    [
        (None, "open", "No day of decision is agreed."),
        (15, "open", "The decision is due in 15 days."),
        (14, "watch", "The decision is due in 14 days."),
        (1, "watch", "The decision is due in 1 day."),
        (0, "watch", "The decision is due today."),
        (-1, "bad", "The decision is 1 day late."),
    ],
)
def test_how_far_the_decision_is(days: int | None, kind: str, words: str) -> None:
    day = dt.date(2026, 11, 21)
    end = None if days is None else day + dt.timedelta(days=days)
    assert due_words(end, day) == (kind, words)
