"""The daily work: cards on the board, milestones, risks, logged decisions and papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts import audit
from accounts.models import User
from jobs import outbox
from projects.models import LoggedDecision, Milestone, Paper, Project, Risk, Task
from ui.errors import Conflict, Invalid

Row = TypeVar("Row", bound=models.Model)
MOST_TASKS = 2000
STEP = 1024


@transaction.atomic
def add_task(project: Project, *, by: User, values: Mapping[str, Any]) -> Task:
    """A new card at the foot of its column."""
    _lock(project)
    if Task.objects.filter(project=project, archived_at=None).count() >= MOST_TASKS:
        raise Conflict(f"A board holds at most {MOST_TASKS} cards. Archive what is done.")
    column = values.get("column") or Task.Column.TODO
    return Task.objects.create(
        project=project,
        created_by=by,
        place=_last_place(project, column) + STEP,
        done_at=timezone.now() if column == Task.Column.DONE else None,
        **{**values, "column": column},
    )


@transaction.atomic
def change_task(task: Task, *, seen: int, values: Mapping[str, Any]) -> Task:
    """Change a card that nobody else has changed since version `seen`; otherwise Conflict."""
    changed = Task.objects.filter(pk=task.pk, version=seen, archived_at=None)
    if not changed.update(version=F("version") + 1, **_with_done(task, values)):
        raise Conflict("Somebody else has changed this card. Your text is still below; look at theirs first.")
    task.refresh_from_db()
    return task


def _with_done(task: Task, values: Mapping[str, Any]) -> dict[str, Any]:
    column = values.get("column", task.column)
    if column == task.column:
        return dict(values)
    return {**values, "done_at": timezone.now() if column == Task.Column.DONE else None}


@transaction.atomic
def move_task(task: Task, *, column: str, before: Task | None = None) -> Task:
    """Put a card into a column, before another card or at its foot."""
    if column not in Task.Column.values:
        raise Invalid("There is no such column.", fields={"column": ["One of todo, doing, done."]})
    _lock(task.project)
    if before is not None and (before.project_id != task.project_id or before.column != column):
        raise Conflict("The board has changed. Look at it again.")
    place = _place_before(task.project, column, before)
    moved = Task.objects.filter(pk=task.pk, archived_at=None).update(
        place=place, version=F("version") + 1, **_with_done(task, {"column": column})
    )
    if not moved:
        raise Conflict("This card was archived.")
    task.refresh_from_db()
    return task


def _place_before(project: Project, column: str, before: Task | None) -> int:
    """A place between two cards; when there is no room left, the column is spread out first."""
    if before is None:
        return _last_place(project, column) + STEP
    for _ in range(2):
        own = Task.objects.filter(project=project, column=column, archived_at=None)
        target = own.get(pk=before.pk).place
        lower = own.filter(place__lt=target).aggregate(n=Max("place"))["n"] or 0
        if target - lower > 1:
            return (lower + target) // 2
        for at, pk in enumerate(own.order_by("place", "created_at", "pk").values_list("pk", flat=True), 1):
            Task.objects.filter(pk=pk).update(place=at * STEP)
    raise Conflict("The board has changed. Look at it again.")


def _last_place(project: Project, column: str) -> int:
    own = Task.objects.filter(project=project, column=column, archived_at=None)
    return own.aggregate(n=Max("place"))["n"] or 0


@transaction.atomic
def archive_task(task: Task) -> None:
    """Take a card off the board; it stays in the project's records."""
    if not Task.objects.filter(pk=task.pk, archived_at=None).update(archived_at=timezone.now()):
        raise Conflict("This card was archived before.")


@transaction.atomic
def save_milestone(
    project: Project, *, values: Mapping[str, Any], milestone: Milestone | None = None
) -> Milestone:
    """Add a milestone, or change one."""
    return _save(Milestone, project, values, milestone)


@transaction.atomic
def save_risk(project: Project, *, values: Mapping[str, Any], risk: Risk | None = None) -> Risk:
    """Add a risk, or change one."""
    return _save(Risk, project, values, risk)


@transaction.atomic
def close_risk(risk: Risk) -> None:
    """The risk is over; it stays in the list of those that are."""
    if not Risk.objects.filter(pk=risk.pk, closed_at=None).update(closed_at=timezone.now()):
        raise Conflict("This risk was closed before.")


@transaction.atomic
def log_decision(project: Project, *, by: User, values: Mapping[str, Any]) -> LoggedDecision:
    """Write down what was decided. It is never changed; a later decision says what holds now."""
    logged = LoggedDecision.objects.create(project=project, logged_by=by, **values)
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.decision_logged",
        subject=logged,
        data={"slug": project.slug, "decided_on": logged.decided_on},
    )
    outbox.publish(
        "project.decision_logged",
        organization=project.organization,
        about=project,
        data={"slug": project.slug, "decided_on": logged.decided_on},
    )
    return logged


@transaction.atomic
def add_paper(project: Project, *, by: User, values: Mapping[str, Any]) -> Paper:
    """Keep a document, a link or the minutes of a meeting."""
    return Paper.objects.create(project=project, added_by=by, **values)


@transaction.atomic
def archive_paper(paper: Paper) -> None:
    """Take a paper off the list."""
    if not Paper.objects.filter(pk=paper.pk, archived_at=None).update(archived_at=timezone.now()):
        raise Conflict("This paper was archived before.")


def _save(model: type[Row], project: Project, values: Mapping[str, Any], row: Row | None) -> Row:
    kept = row or model(project=project)
    for name, value in values.items():
        setattr(kept, name, value)
    kept.save()
    return kept


def _lock(project: Project) -> None:
    """Cards of one board are placed one after the other."""
    Project.objects.select_for_update().get(pk=project.pk)
