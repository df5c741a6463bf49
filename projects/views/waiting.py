"""Who is waited for over all projects, how fast answers come, and answering an ask with one's account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import current_membership, get_membership, person
from accounts.permissions import allowed
from projects.actions.talking import answer_ask
from projects.forms import AnswerForm
from projects.models import Ask
from projects.queries import asks_waiting_for, open_asks_of, reply_times
from projects.views.frame import posted
from ui.errors import Conflict, NotFound

PAGE = 50


@require_safe
@login_required
def waiting(request: HttpRequest) -> HttpResponse:
    """All open asks of the organization, or those to the reader; and the median reply time by department."""
    membership = current_membership(request)
    given = {"whom": request.GET.get("whom", "")[:10], "party": request.GET.get("party", "").strip()[:120]}
    chosen = {key: value for key, value in given.items() if value}
    own = chosen.get("whom") == "me"
    rows = asks_waiting_for(membership) if own else open_asks_of(membership.organization)
    if chosen.get("party"):
        party = chosen["party"]
        rows = rows.filter(Q(department__icontains=party) | Q(of_name__icontains=party))
    page = Paginator(rows.select_related("project"), PAGE).get_page(request.GET.get("page"))
    mine = set(
        asks_waiting_for(membership).filter(pk__in=[ask.pk for ask in page]).values_list("pk", flat=True)
    )
    today = timezone.localdate()
    context: dict[str, Any] = {
        "page": page,
        "rows": [{"ask": ask, "days": (today - ask.since).days, "mine": ask.pk in mine} for ask in page],
        "chosen": chosen,
        "query": urlencode(chosen) + "&" if chosen else "",
        "times": reply_times(membership.organization),
        "oversees": allowed(membership.role, "oversee", membership.organization.state),
    }
    return render(request, "projects/waiting.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def answer_own(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For a member who, or whose unit, is asked: what is needed, and a field for the answer."""
    user = person(request)
    ask = Ask.objects.select_related("project__organization", "asked_by").filter(pk=pk).first()
    membership = get_membership(user, ask.project.organization) if ask else None
    if ask is None or membership is None or not asks_waiting_for(membership).filter(pk=pk).exists():
        raise NotFound
    if request.method == "POST" and membership.organization.archived_at is not None:
        raise Conflict(f"{membership.organization.name} is archived. Nothing can be changed.")
    form = AnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer_ask(ask, answer=form.cleaned_data["answer"], name=user.get_full_name(), by=user)
        messages.success(request, f"{ask.project.name} has your answer.")
        return redirect("desk")
    context = {"ask": ask, "form": form, "back": reverse("desk")}
    return render(request, "projects/ask_own.html", context, status=422 if form.errors else 200)
