"""Pages of rounds for members: the list, one round, its result and what stands behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from accounts.access import current_membership, current_organization
from accounts.permissions import allowed
from assessment import actions, charts, questionnaires
from assessment import result_words as words
from assessment.access import account_of, get_assessment, get_assessment_and_membership, sees_names
from assessment.compare import compare_results
from assessment.disagreement import counts_of
from assessment.forms import RoundForm
from assessment.item_page import item_context
from assessment.models import Assessment
from assessment.people_page import people_context
from assessment.queries import earlier_result, people_of, result_of
from assessment.result_page import Reader, result_view
from assessment.review_page import review_context
from ui import formats
from ui.downloads import figure_csv, figure_json
from ui.errors import NotFound
from ui.panels import fill


@require_GET
@login_required
def list_rounds(request: HttpRequest) -> HttpResponse:
    """All rounds of the organization: those that run first, then newest first."""
    membership = current_membership(request)
    rounds = (
        Assessment.objects.filter(organization=membership.organization)
        .select_related("unit")
        .annotate(
            asked=Count("respondents"),
            submitted=Count("respondents", filter=Q(respondents__submitted_at__isnull=False)),
        )
    )
    manages = allowed(membership.role, "manage", membership.organization.state)
    rows = sorted(rounds, key=lambda found: found.state not in ("open", "review"))
    return render(
        request,
        "assessment/list.html",
        {
            "rounds": rows,
            "manages": manages,
            "title": _list_title(rows),
            "buttons": _list_buttons(bool(rows)) if manages else [],
        },
    )


def _list_buttons(any_round: bool) -> list[dict[str, Any]]:
    """Without a round the page itself offers to create one."""
    buttons = [{"label": "Questionnaires", "url": reverse("questionnaires:list")}]
    if any_round:
        buttons.append({"label": "Create a round", "url": reverse("assessment:create"), "kind": "primary"})
    return buttons


def _list_title(rounds: Sequence[Assessment]) -> str:
    running = [found for found in rounds if found.state in ("open", "review")]
    if not rounds:
        return "No round has been held yet"
    if running:
        return f"{running[0].title} is {'open' if running[0].is_open else 'in review'}"
    return f"{rounds[0].title} is {'being prepared' if rounds[0].state == 'draft' else 'closed'}"


@login_required
def create(request: HttpRequest) -> HttpResponse:
    membership = current_membership(request, "manage")
    organization = membership.organization
    if not questionnaires.has_any(organization):
        actions.load_standard_questionnaires()
    questionnaire = questionnaires.by_version(questionnaires.newest(organization).pk)
    form = RoundForm(request.POST or None, organization=organization, questionnaire=questionnaire)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        assessment = actions.create_assessment(
            organization,
            title=data["title"],
            unit=data.get("unit"),
            visibility=data["visibility"],
            target_phase=data["target_phase"],
            due_on=data["due_on"],
            target_date=data["target_date"],
            by=account_of(request),
        )
        return redirect("assessment:invite", pk=assessment.pk)
    context = {"form": form, "questionnaire": questionnaire, "organization": current_organization(request)}
    return render(request, "assessment/create.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A round by its state: people while it runs, disagreement in review, the result once closed."""
    assessment, membership = get_assessment_and_membership(request.user, pk)
    manages = allowed(membership.role, "manage", assessment.organization.state)
    if assessment.state == "closed":
        return _result(request, assessment, manages)
    if not manages:
        return render(request, "assessment/running.html", {"assessment": assessment})
    if assessment.state == "review":
        return render(request, "assessment/review.html", review_context(assessment))
    return render(request, "assessment/people.html", people_context(assessment, people_of(assessment)))


def _result(request: HttpRequest, assessment: Assessment, manages: bool) -> HttpResponse:
    result = result_of(assessment)
    if result is None:
        raise NotFound
    result.assessment = assessment
    earlier = earlier_result(result)
    view = result_view(result, earlier, why_urls=True)
    context = {
        "view": view,
        "body": fill(view.body, request, result),
        "result": result,
        "earlier": earlier,
        "assessment": assessment,
        "kind": _kind(assessment),
        "manages": manages,
        "buttons": _result_buttons(),
    }
    return render(request, "assessment/result.html", context)


def _kind(assessment: Assessment) -> str:
    when = formats.day(assessment.closed_at) if assessment.closed_at else ""
    where = f" · {assessment.unit}" if assessment.unit else ""
    return f"{assessment.title}{where} · closed {when}"


def _result_buttons() -> list[dict[str, Any]]:
    """What follows from a result lives in apps above: their pages are known by name only."""
    buttons: list[dict[str, Any]] = []
    for label, view, kind in (
        ("Reports", "reports:list", ""),
        ("Plan from this result", "roadmap:plan", "primary"),
    ):
        try:
            buttons.append({"label": label, "url": reverse(view), "kind": kind})
        except NoReverseMatch:
            continue
    return buttons


@require_GET
@login_required
def chart_csv(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The numbers of one figure as CSV."""
    return figure_csv(_spec(request, pk, key))


@require_GET
@login_required
def chart_live(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The same figure for Plotly."""
    return figure_json(_spec(request, pk, key))


def _spec(request: HttpRequest, pk: UUID, key: str) -> Any:
    assessment = get_assessment(request.user, pk)
    result = result_of(assessment)
    if assessment.state != "closed" or result is None:
        raise NotFound
    result.assessment = assessment
    earlier = earlier_result(result)
    questionnaire, content = questionnaires.of(assessment), result.content
    makers: dict[str, Callable[[], Any]] = {
        "pillars": lambda: charts.pillar_rows(content, questionnaire, earlier.content if earlier else None),
        "dimensions": lambda: charts.dimension_rows(content, questionnaire),
        "radar": lambda: charts.radar(content, questionnaire),
    }
    if key not in makers:
        raise NotFound
    return makers[key]()


@require_GET
@login_required
def dimension(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """Why a dimension has its score: its items, their weights and levels by function."""
    assessment = get_assessment(request.user, pk)
    result = result_of(assessment)
    questionnaire = questionnaires.of(assessment)
    found = next((known for known in questionnaire.dimensions.values() if known.code == code), None)
    if assessment.state != "closed" or result is None or found is None:
        raise NotFound
    content = result.content
    reader = Reader(content, questionnaire)
    row = next(one for one in content["dimensions"] if one["key"] == found.key)
    items = [
        (questionnaire.items[key], reader.items[key], reader.groups(key))
        for key in found.items
        if key in reader.items
    ]
    return render(
        request,
        "assessment/dimension.html",
        {
            "assessment": assessment,
            "dimension": found,
            "pillar": questionnaire.pillars[found.pillar],
            "row": row,
            "items": items,
            "others": [questionnaire.items[key] for key in found.items if key not in reader.items],
            "kind": f"{assessment.title} · {found.code}",
            "title": f"{found.title}: {row['score']} of 100"
            if row["score"] is not None
            else f"{found.title} has no score",
        },
    )


@require_GET
@login_required
def item(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The room on one question: who sees it where, and what was agreed."""
    assessment, membership = get_assessment_and_membership(request.user, pk)
    manages = allowed(membership.role, "manage", "active")
    known = questionnaires.of(assessment).items.get(key)
    # While answers come in, two looks at a confidential round would show by subtraction what one person said.
    too_early = assessment.is_confidential and assessment.state in ("draft", "open")
    if known is None or too_early or (assessment.state != "closed" and not manages):
        raise NotFound
    context = item_context(
        assessment, known, counts_of(assessment), names=sees_names(membership, assessment), manages=manages
    )
    return render(request, "assessment/item.html", context)


@require_GET
@login_required
def compare(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    """Two closed rounds beside each other."""
    now, before = get_assessment(request.user, pk), get_assessment(request.user, other)
    found, earlier = result_of(now), result_of(before)
    both_closed = now.state == before.state == "closed"
    if found is None or earlier is None or not both_closed or now.organization_id != before.organization_id:
        raise NotFound
    context = {
        "assessment": now,
        "before": before,
        "comparison": compare_results(found.content, earlier.content, questionnaires.of(now)),
        "others": Assessment.objects.filter(organization=now.organization, state="closed").exclude(
            pk__in=[now.pk, before.pk]
        ),
        "first_lower": words.first_lower,
    }
    return render(request, "assessment/compare.html", context)
