"""Who is on a project, and how much of their week people have promised to all of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import current_membership, person
from projects.access import Standing, get_standing
from projects.actions.people import add_member, change_member, end_membership, mark_of_member
from projects.charts import load_by_week
from projects.forms import ChangeMemberForm, MemberForm
from projects.models import Project, ProjectMember
from projects.people import people_load, person_key
from projects.views.frame import frame, posted
from projects.views.theirs import Theirs, theirs
from projects.weeks import monday_of
from roadmap.queries import today_of
from ui.errors import Conflict, Invalid, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]
PAGE = 50


@require_http_methods(GET_AND_POST)
@login_required
def member_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody joins the project."""
    standing = get_standing(request.user, pk, need="lead")
    form = MemberForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            member = add_member(standing.project, by=person(request), values=form.cleaned_data)
        except Invalid as error:
            for name, sentences in error.fields.items():
                form.add_error(name, sentences)
        else:
            messages.success(request, f"{member.name} is on the project.")
            _warn(request, standing.project, member)
            return redirect("projects:show", standing.project.pk)
    return _form(request, standing, form, "Somebody joins", None)


@require_http_methods(GET_AND_POST)
@login_required
def member(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Role, work and share of one person."""
    row, standing = _member(request, pk)
    initial = {"role": row.role, "works_as": row.works_as, "share": row.share, "seen": mark_of_member(row)}
    form = ChangeMemberForm(posted(request), initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            change_member(row, by=person(request), values=form.cleaned_data, seen=form.cleaned_data["seen"])
        except Conflict as error:
            row.refresh_from_db()
            conflict = theirs(error, form, row, mark_of_member(row))
        else:
            messages.success(request, "Saved.")
            _warn(request, standing.project, row)
            return redirect("projects:show", standing.project.pk)
    return _form(request, standing, form, row.name, row, conflict)


@require_POST
@login_required
def member_leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody leaves the project."""
    row, standing = _member(request, pk)
    end_membership(row, by=person(request))
    messages.success(request, f"{row.name} has left the project. Open cards of theirs have no owner now.")
    return redirect("projects:show", standing.project.pk)


def _member(request: HttpRequest, pk: UUID) -> tuple[ProjectMember, Standing]:
    row = ProjectMember.objects.select_related("project__organization").filter(pk=pk, left_at=None).first()
    if row is None:
        raise NotFound
    return row, get_standing(request.user, row.project_id, need="lead")


def _form(
    request: HttpRequest,
    standing: Standing,
    form: Any,
    title: str,
    row: ProjectMember | None,
    conflict: Theirs | None = None,
) -> HttpResponse:
    context = {
        **frame(standing, "overview"),
        "title": title,
        "form": form,
        "member": row,
        "conflict": conflict,
    }
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/member.html", context, status=status)


def _warn(request: HttpRequest, project: Project, row: ProjectMember) -> None:
    """Say it where the person is now promised more than there is."""
    key = person_key(row.user_id, row.email, row.name)
    for load in people_load(project.organization, today_of(project.organization)):
        if load.person == key and load.is_over:
            messages.warning(
                request, f"{load.name} is at {load.peak} % of a full week now and has {load.capacity} %."
            )


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """For those who lead: everybody on a project, with shares now and by week."""
    organization = current_membership(request, "oversee").organization
    today = timezone.localdate()
    everybody = people_load(organization, today)
    page = Paginator(everybody, PAGE).get_page(request.GET.get("page"))
    wanted = request.GET.get("person", "")[:300]
    chosen = next((load for load in everybody if load.person == wanted), everybody[0] if everybody else None)
    context = {
        "page": page,
        "rows": [{"load": load, "kind": _kind(load.peak, load.capacity)} for load in page],
        "over": sum(load.is_over for load in everybody),
        "chosen": chosen,
        "figure": load_by_week(chosen, monday_of(today)) if chosen else None,
    }
    return render(request, "projects/people.html", context)


def _kind(peak: int, capacity: int) -> tuple[str, str]:
    if peak > capacity:
        return "bad", "Over"
    return ("watch", "Full") if peak == capacity and peak else ("good", "Has room")
