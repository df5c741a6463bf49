"""The board: cards in three columns, moved by button, by form, or by dragging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person
from projects.access import Standing, get_standing
from projects.actions.work import add_task, archive_task, change_task, move_task
from projects.forms import TaskForm
from projects.models import Project, Task
from projects.views.frame import frame, posted
from ui.errors import Conflict, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]


def get_task(user: Any, pk: UUID | str, *, need: str = "view") -> tuple[Task, Standing]:
    """A card, for those who are let into its project."""
    task = Task.objects.select_related("project", "owner", "milestone").filter(pk=pk).first()
    if task is None:
        raise NotFound
    return task, get_standing(user, task.project_id, need=need)


@require_safe
@login_required
def board(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All cards of a project."""
    return _board(request, get_standing(request.user, pk))


def _board(request: HttpRequest, standing: Standing, *, status: int = 200) -> HttpResponse:
    context = {
        **frame(standing, "board"),
        "columns": _columns(standing.project),
        "form": TaskForm(project=standing.project),
    }
    return render(request, "projects/board.html", context, status=status)


def _columns(project: Project) -> list[dict[str, Any]]:
    tasks = list(Task.objects.filter(project=project, archived_at=None).select_related("owner", "milestone"))
    columns = []
    for key, label in Task.Column.choices:
        cards = [task for task in tasks if task.column == key]
        columns.append({"key": key, "label": label, "cards": _with_moves(cards, key)})
    return columns


def _with_moves(cards: list[Task], column: str) -> list[dict[str, Any]]:
    """Each card with where its buttons lead: up, and the other columns."""
    others = [choice for choice in Task.Column.choices if choice[0] != column]
    return [
        {"task": card, "up": cards[at - 1].pk if at else None, "others": others}
        for at, card in enumerate(cards)
    ]


@require_POST
@login_required
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a new card on the board."""
    standing = get_standing(request.user, pk, need="contribute")
    form = TaskForm(request.POST, project=standing.project)
    if form.is_valid():
        task = add_task(standing.project, by=person(request), values=form.cleaned_data)
        messages.success(request, f"“{task.title}” is on the board.")
        return redirect("projects:board", standing.project.pk)
    context = {**frame(standing, "board"), "columns": _columns(standing.project), "form": form}
    return render(request, "projects/board.html", context, status=422)


@require_http_methods(GET_AND_POST)
@login_required
def card(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One card, to read and to change."""
    need = "contribute" if request.method == "POST" else "view"
    task, standing = get_task(request.user, pk, need=need)
    initial = {
        name: getattr(task, name) for name in ("title", "note", "column", "owner", "due_on", "milestone")
    }
    form = TaskForm(posted(request), initial=initial, project=standing.project)
    conflict, seen = None, _seen(request) if request.method == "POST" else task.version
    if request.method == "POST" and form.is_valid():
        try:
            change_task(task, seen=seen, values=form.cleaned_data)
        except Conflict as error:
            conflict = error
            task.refresh_from_db()
            seen = task.version
        else:
            messages.success(request, "The card is saved.")
            return redirect("projects:board", standing.project.pk)
    context = {**frame(standing, "board"), "task": task, "form": form, "conflict": conflict, "seen": seen}
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/card.html", context, status=status)


def _seen(request: HttpRequest) -> int:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0


@require_POST
@login_required
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move a card to a column, before another card or at its foot."""
    task, standing = get_task(request.user, pk, need="contribute")
    dragged = bool(request.headers.get("HX-Request"))
    try:
        before = _neighbor(standing.project, request.POST.get("before", ""))
        column, left = request.POST.get("column", ""), request.POST.get("left", "")
        move_task(task, column=column, before=before, left=left)
    except Conflict as error:
        messages.error(request, error.message)
        # A page on which cards are dragged is loaded again, and says then what was in the way.
        return HttpResponse(status=409) if dragged else _board(request, standing, status=409)
    return HttpResponse(status=204) if dragged else redirect("projects:board", standing.project.pk)


def _neighbor(project: Project, text: str) -> Task | None:
    if not text:
        return None
    found = project.tasks.filter(pk=_uuid(text)).first()
    if found is None:
        raise Conflict("The board has changed. Look at it again.")
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Conflict("The board has changed. Look at it again.") from None


@require_POST
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a card off the board."""
    task, standing = get_task(request.user, pk, need="contribute")
    archive_task(task)
    messages.success(request, f"“{task.title}” is off the board.")
    return redirect("projects:board", standing.project.pk)
