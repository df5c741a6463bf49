"""The daily work: cards on the board, milestones, risks, logged decisions and papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts import audit
from accounts.models import User
from jobs import outbox
from projects.models import LoggedDecision, Milestone, Paper, Project, Risk, Task
from projects.seen import mark_of
from ui.errors import Conflict, Invalid

Row = TypeVar("Row", Milestone, Risk)
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
        raise Conflict("Somebody else has changed this card meanwhile.")
    task.refresh_from_db()
    return task


def _with_done(task: Task, values: Mapping[str, Any]) -> dict[str, Any]:
    column = values.get("column", task.column)
    if column == task.column:
        return dict(values)
    return {**values, "done_at": timezone.now() if column == Task.Column.DONE else None}


@transaction.atomic
def move_task(task: Task, *, column: str, before: Task | None = None, left: str = "") -> Task:
    """Put a card into a column, before another card or at its foot.

    `left` is the column in which its mover saw it: Conflict where somebody else has moved it on since.
    """
    if column not in Task.Column.values:
        raise Invalid("There is no such column.", fields={"column": ["One of todo, doing, done."]})
    _lock(task.project)
    now = Task.objects.select_for_update().filter(pk=task.pk, archived_at=None).first()
    if now is None:
        raise Conflict("This card was archived.")
    if left and now.column != left:
        if now.column == column:
            return now
        where = now.get_column_display()
        raise Conflict(f"“{now.title}” was moved to “{where}” meanwhile. Move it on from there.")
    place = _place_before(task.project, column, before)
    Task.objects.filter(pk=now.pk).update(
        place=place, version=F("version") + 1, **_with_done(now, {"column": column})
    )
    now.refresh_from_db()
    return now


def _place_before(project: Project, column: str, before: Task | None) -> int:
    """A place between two cards; when there is no room left, the column is spread out first."""
    if before is None:
        return _last_place(project, column) + STEP
    for _ in range(2):
        own = Task.objects.filter(project=project, column=column, archived_at=None)
        target = own.filter(pk=before.pk).values_list("place", flat=True).first()
        if target is None:
            break
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
    project: Project, *, values: Mapping[str, Any], milestone: Milestone | None = None, seen: str = ""
) -> Milestone:
    """Add a milestone, or change one that is as its mark `seen` says, where one is given."""
    return _save(Milestone, project, values, milestone, seen)


@transaction.atomic
def save_risk(
    project: Project, *, values: Mapping[str, Any], risk: Risk | None = None, seen: str = ""
) -> Risk:
    """Add a risk, or change one that is as its mark `seen` says, where one is given."""
    return _save(Risk, project, values, risk, seen)


def mark_of_record(row: Milestone | Risk) -> str:
    """The mark of what people can change of a milestone or a risk."""
    own: tuple[object, ...] = (row.title,)
    if isinstance(row, Risk):
        own += (row.response, row.likelihood, row.effect, row.owner_id)
    else:
        own += (row.due_on, row.done_on)
    return mark_of(*own)


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


def _save(model: type[Row], project: Project, values: Mapping[str, Any], row: Row | None, seen: str) -> Row:
    if row is None:
        made: Row = model._default_manager.create(project=project, **values)
        return made
    kept: Row = model._default_manager.select_for_update().get(pk=row.pk)
    if all(getattr(kept, name) == value for name, value in values.items()):
        return kept
    if seen and seen != mark_of_record(kept):
        raise Conflict("Somebody else has changed this meanwhile.")
    for name, value in values.items():
        setattr(kept, name, value)
    kept.save(update_fields=list(values))
    return kept


def _lock(project: Project) -> None:
    """Cards of one board are placed one after the other."""
    Project.objects.select_for_update().get(pk=project.pk)
