"""A page that is older than what it shows: it writes over nothing silently, and what was typed is kept."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from jobs.models import Event
from projects.actions.closing import close_project, move_project
from projects.actions.people import change_member
from projects.actions.readings import nominate
from projects.actions.talking import answer_ask, ask_link, ask_somebody, check_in, withdraw_ask
from projects.actions.work import (
    add_task,
    archive_task,
    change_task,
    close_risk,
    move_task,
    save_milestone,
    save_risk,
)
from projects.models import Ask, Candidate, CheckIn, Project, ProjectMember, Task
from projects.weeks import monday_of
from tests.projects import cast as made
from tests.projects.store import Store

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(weeks=1)


@pytest.fixture
def project(cast: Any) -> Project:
    project = made.project(cast.organization, cast.frank)
    ProjectMember.objects.create(project=project, user=cast.bob, name="Bob", role="contributor")
    return project


@pytest.fixture
def tab(cast: Any) -> Client:
    """Frank's window, in which a page stays open while others work."""
    client: Client = cast.client("frank")
    return client


def form_of(client: Client, address: str, action: str = "") -> dict[str, str]:
    """What the hidden fields of the page's form hold when it is opened."""
    page = client.get(address).content.decode()
    forms = re.findall(r"<form\b[^>]*>.*?</form>", page, re.DOTALL)
    form = next(one for one in forms if (f'action="{action}"' in one if action else "seen" in one))
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form))


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def moves(client: Client, project: Project, task: Task) -> list[dict[str, str]]:
    """What the buttons of a card send."""
    page = client.get(f"/projects/{project.pk}/board/").content.decode()
    card = page.split(f'data-card="{task.pk}"')[1].split("</li>")[0]
    hidden = r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"'
    return [dict(re.findall(hidden, one)) for one in card.split("<form")[1:]]


def test_a_card_moved_elsewhere_is_not_moved_back_by_an_older_board(
    cast: Any, project: Project, tab: Client
) -> None:
    task = add_task(project, by=cast.bob, values={"title": "Label 300"})
    to_doing = next(one for one in moves(tab, project, task) if one["column"] == "doing")
    move_task(task, column="done")
    for headers in ({}, {"HX-Request": "true"}):
        answer = tab.post(f"/projects/tasks/{task.pk}/move/", to_doing, headers=headers)
        assert answer.status_code == 409
    task.refresh_from_db()
    assert (task.column, task.done_at is not None) == ("done", True)
    shown = text_of(tab.get(f"/projects/{project.pk}/board/"))
    assert "“Label 300” was moved to “Done” meanwhile." in shown, "said when the dragged page loads again"


def test_the_same_move_twice_is_one(cast: Any, project: Project, tab: Client) -> None:
    task = add_task(project, by=cast.bob, values={"title": "Label 300"})
    to_done = next(one for one in moves(tab, project, task) if one["column"] == "done")
    for _ in range(2):
        assert tab.post(f"/projects/tasks/{task.pk}/move/", to_done).status_code == 302
    assert Task.objects.get().version == task.version + 1


def test_a_move_of_what_was_read_before_keeps_the_day_it_was_done(cast: Any, project: Project) -> None:
    """Two requests that have read the card in the same state."""
    task = add_task(project, by=cast.bob, values={"title": "Label 300"})
    stale = Task.objects.get()
    move_task(task, column="done")
    move_task(stale, column="todo")
    assert Task.objects.get().done_at is None


@pytest.mark.parametrize("gone", ["archived", "moved"])
def test_dropped_before_a_card_that_is_not_there_any_more(
    cast: Any, project: Project, tab: Client, gone: str
) -> None:
    first, second = (add_task(project, by=cast.bob, values={"title": title}) for title in ("A", "B"))
    up = next(one for one in moves(tab, project, second) if "before" in one)
    if gone == "archived":
        archive_task(first)
    else:
        move_task(first, column="doing")
    assert tab.post(f"/projects/tasks/{second.pk}/move/", up).status_code == 409
    assert Task.objects.get(pk=second.pk).version == second.version


def test_a_form_with_an_error_does_not_forget_which_card_it_was_opened_for(
    cast: Any, project: Project, tab: Client
) -> None:
    task = add_task(project, by=cast.bob, values={"title": "Label"})
    address = f"/projects/tasks/{task.pk}/"
    opened = form_of(tab, address)
    change_task(task, seen=1, values={"title": "Label 300"})
    wrong = tab.post(address, {**opened, "title": "", "column": "todo"})
    assert wrong.status_code == 422
    again = re.findall(r'name="seen" value="(\w+)"', wrong.content.decode())[0]
    answer = tab.post(address, {"seen": again, "title": "Label 500", "column": "todo"})
    assert answer.status_code == 409
    assert Task.objects.get().title == "Label 300"


def change_milestone(cast: Any, project: Project) -> tuple[str, dict[str, str], Any, Any]:
    row = save_milestone(project, values={"title": "Data is there"})
    mine = {"title": "Data is there, all of it", "due_on": "2027-02-01"}
    theirs = {"title": "Half of the data is there", "due_on": dt.date(2027, 3, 1)}
    return (
        f"/projects/milestones/{row.pk}/",
        mine,
        lambda: save_milestone(project, values=theirs, milestone=row),
        lambda: (row.refresh_from_db(), row.title)[1],
    )


def change_risk(cast: Any, project: Project) -> tuple[str, dict[str, str], Any, Any]:
    row = save_risk(project, values={"title": "No labels", "likelihood": 2, "effect": 2})
    mine = {"title": "Data is there, all of it", "likelihood": "3", "effect": "1"}
    theirs = {"title": "Half of the data is there", "likelihood": 1}
    return (
        f"/projects/risks/{row.pk}/",
        mine,
        lambda: save_risk(project, values=theirs, risk=row),
        lambda: (row.refresh_from_db(), row.title)[1],
    )


@pytest.mark.parametrize("record", [change_milestone, change_risk])
def test_records_are_not_written_over(cast: Any, project: Project, tab: Client, record: Any) -> None:
    address, mine, change, title = record(cast, project)
    opened = form_of(tab, address)
    change()
    answer = tab.post(address, {**opened, **mine})
    assert answer.status_code == 409
    shown = text_of(answer)
    assert "Somebody else has changed this meanwhile." in shown
    assert "Half of the data is there" in shown
    assert "Data is there, all of it" in shown
    assert title() == "Half of the data is there"
    # Sent again from the page that has shown both, it is meant.
    seen = re.findall(r'name="seen" value="(\w+)"', answer.content.decode())[0]
    assert tab.post(address, {**mine, "seen": seen}).status_code == 302
    assert title() == "Data is there, all of it"
    assert tab.post(address, {**opened, **mine}).status_code == 302, "the same twice changes nothing"


def test_a_risk_that_was_closed_stays_closed_when_an_older_form_is_saved(cast: Any, project: Project) -> None:
    row = save_risk(project, values={"title": "No labels"})
    stale = type(row).objects.get()
    close_risk(row)
    save_risk(project, values={"title": "No labels yet"}, risk=stale)
    row.refresh_from_db()
    assert (row.title, row.closed_at is not None) == ("No labels yet", True)


def test_shares_of_people_are_not_written_over(cast: Any, project: Project, tab: Client) -> None:
    row = ProjectMember.objects.get(user=cast.bob)
    address = f"/projects/people/{row.pk}/"
    opened = form_of(tab, address)
    change_member(row, by=cast.alice, values={"role": "contributor", "works_as": "", "share": 40})
    answer = tab.post(address, {**opened, "role": "viewer", "works_as": "", "share": "10"})
    assert answer.status_code == 409
    assert "40" in text_of(answer)
    row.refresh_from_db()
    assert (row.role, row.share) == ("contributor", 40)


def answers() -> list[tuple[str, str, str]]:
    return list(CheckIn.objects.exclude(health="").values_list("health", "reason", "by_name"))


def test_a_week_that_somebody_answered_meanwhile_is_not_answered_over(
    cast: Any, project: Project, tab: Client
) -> None:
    address, week = f"/projects/{project.pk}/check-ins/", monday_of(timezone.localdate())
    opened = form_of(tab, address)
    check_in(project, by=cast.bob, week=week, health="red", reason="No access to the archive.")
    green = {"week": week.isoformat(), "health": "green", "reason": "All is well."}
    answer = tab.post(address, {**opened, **green})
    assert answer.status_code == 409
    shown = text_of(answer)
    assert "Bob has answered this week meanwhile." in shown
    assert "Off track" in shown
    assert "No access to the archive." in shown
    assert "All is well." in shown
    assert answers() == [("red", "No access to the archive.", "Bob")]
    seen = re.findall(r'name="seen" value="(\w+)"', answer.content.decode())[0]
    assert tab.post(address, {**green, "seen": seen}).status_code == 302
    assert answers() == [("green", "All is well.", "Frank")]


def test_another_week_may_be_answered_from_an_older_page(cast: Any, project: Project, tab: Client) -> None:
    address, week = f"/projects/{project.pk}/check-ins/", monday_of(timezone.localdate())
    opened = form_of(tab, address)
    check_in(project, by=cast.bob, week=week, health="green", reason="")
    last = {"week": (week - WEEK).isoformat(), "health": "green", "reason": ""}
    assert tab.post(address, {**opened, **last}).status_code == 302
    assert len(answers()) == 2


def test_the_same_answer_twice_is_told_once(cast: Any, project: Project, tab: Client) -> None:
    address, week = f"/projects/{project.pk}/check-ins/", monday_of(timezone.localdate())
    opened = form_of(tab, address)
    for _ in range(2):
        values = {**opened, "week": week.isoformat(), "health": "amber", "reason": "Slow."}
        assert tab.post(address, values).status_code == 302
    assert Event.objects.filter(kind="project.checked_in").count() == 1
    assert AuditEvent.objects.filter(event="project.checked_in").count() == 1


@pytest.fixture
def ask(cast: Any, project: Project) -> Ask:
    values = {"what": "Access", "of_name": "Ida", "of_email": "ida@it.example"}
    return ask_somebody(project, by=cast.frank, values=values)


def visitor_of(ask: Ask, by: Any) -> Client:
    """Somebody who has opened the page of a personal link."""
    visitor = Client()
    page = visitor.get(ask_link(ask, by=by), follow=True)
    if b"Access" not in page.content:  # the page that asks to go on, for scanners of mail
        visitor.post(page.request["PATH_INFO"], follow=True)
    assert visitor.get(f"/projects/asks/{ask.pk}/link/").status_code == 200
    return visitor


def test_an_ask_answered_in_two_windows_keeps_the_first_answer(cast: Any, ask: Ask) -> None:
    visitor, address = visitor_of(ask, cast.frank), f"/projects/asks/{ask.pk}/link/"
    assert "Thank you" in text_of(visitor.post(address, {"answer": "Here it is."}))
    twice = visitor.post(address, {"answer": "Here it is."})
    assert (twice.status_code, "Thank you" in text_of(twice)) == (200, True), "sent twice, accepted once"
    other = visitor.post(address, {"answer": "It is <there>."})
    assert other.status_code == 409
    assert "This was answered before" in text_of(other)
    assert "It is &lt;there&gt;." in other.content.decode(), "what was typed is given back"
    ask.refresh_from_db()
    assert ask.answer == "Here it is."
    assert Event.objects.filter(kind="project.ask_answered").count() == 1


def test_who_answers_too_late_sees_no_answer_of_others(cast: Any, ask: Ask) -> None:
    visitor, address = visitor_of(ask, cast.frank), f"/projects/asks/{ask.pk}/link/"
    answer_ask(ask, answer="A secret of the house.", name="Ida", by=cast.frank)
    late = visitor.post(address, {"answer": "Mine."})
    assert late.status_code == 409
    assert "Mine." in text_of(late)
    assert "secret" not in text_of(late)
    assert visitor.get(address).status_code == 404
    assert Client().post(address, {"answer": "Mine."}).status_code == 404


def test_an_answer_to_what_was_taken_back_is_given_back(cast: Any, ask: Ask) -> None:
    visitor = visitor_of(ask, cast.frank)
    withdraw_ask(ask, by=cast.frank)
    for typed in ("Mine.", ""):
        late = visitor.post(f"/projects/asks/{ask.pk}/link/", {"answer": typed})
        assert (late.status_code, "This is no longer needed" in text_of(late)) == (409, True)


def test_an_answer_noted_after_it_came_by_link_shows_both(cast: Any, ask: Ask, tab: Client) -> None:
    answer_ask(ask, answer="It is in the archive.", name="Ida", by=None)
    late = tab.post(f"/projects/asks/{ask.pk}/answer/", {"answer": "She said no."})
    assert late.status_code == 409
    assert "It is in the archive." in text_of(late)
    assert "She said no." in text_of(late)
    ask.refresh_from_db()
    assert ask.answer == "It is in the archive."


@pytest.mark.parametrize(
    ("shown", "then", "to"), [("active", "closed", "paused"), ("paused", "closed", "active")]
)
def test_a_project_that_was_closed_is_not_opened_by_an_older_page(
    cast: Any, tab: Client, shown: str, then: str, to: str
) -> None:
    from projects.actions import open_from_initiative

    project = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Other")
    if shown == "paused":
        move_project(project, "paused", by=cast.frank)
    address = f"/projects/{project.pk}/move/"
    opened = form_of(tab, f"/projects/{project.pk}/", address)
    assert opened["to"] == to
    close_project(project, by=cast.frank, reason="It ends.")
    assert tab.post(address, opened).status_code == 409
    assert Project.objects.get(pk=project.pk).state == then


def test_an_older_page_does_not_replace_a_candidate_it_never_showed(
    cast: Any, project: Project, store: Store, tab: Client
) -> None:
    for version in (1, 2):
        store.run(project.slug, f"r{version}")
        store.version(project.slug, "bearing", version, run=f"r{version}")
    address = f"/projects/{project.pk}/models/nominate/"
    opened = form_of(tab, f"/projects/{project.pk}/models/", address)
    nominate(project, by=cast.frank, model="bearing", version=2)
    assert tab.post(address, {**opened, "version": "1"}).status_code == 409
    assert [candidate.label for candidate in Candidate.objects.all()] == ["bearing/2"]
    again = form_of(tab, f"/projects/{project.pk}/models/", address)
    assert tab.post(address, {**again, "version": "1"}).status_code == 302
    assert Candidate.objects.count() == 2
