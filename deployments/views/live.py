"""The live page of a deployment, the numbers behind its figures, and taking an alert."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person
from deployments.access import get_standing
from deployments.actions.releasing import last_good, under_way
from deployments.models import Alert
from deployments.presentation import deployment_state, history_of, versions_of
from deployments.watch import live_page
from deployments.watch.alerting import take
from deployments.watch.live_figures import DEFAULT, SPANS, Span
from ui.charts.spec import ChartSpec
from ui.downloads import figure_csv
from ui.errors import NotFound
from ui.panels import fill, mark


@require_safe
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How it does: finding, facts, alerts, figures, versions and what happened."""
    standing = get_standing(request.user, pk)
    deployment = standing.deployment
    if deployment.is_external:
        return redirect("deployments:history", deployment.pk)
    span = _span(request)
    live = live_page.live_of(deployment, span, timezone.now())
    open_ = under_way(deployment)
    kind, word = deployment_state(
        deployment, live.release, open_, live.releases[0] if live.releases else None
    )
    operates = standing.may("operate")
    lines = live_page.criterion_figures(live)
    context = {
        "deployment": deployment,
        "live": live,
        "open": open_,
        "title": live_page.title_of(live),
        "lede": live_page.lede_of(live),
        "facts": live_page.facts_of(live, kind, word),
        "spans": [
            {"words": one.words, "url": f"?span={one.key}", "current": one is span} for one in SPANS.values()
        ],
        "criteria": [_with_csv(spec, deployment.pk, span) for spec in lines],
        "unread": live_page.unread(live, lines),
        "figures": [_with_csv(spec, deployment.pk, span) for spec in live_page.figures(live)],
        "features": live_page.feature_rows(live),
        "simulated": bool(live.seen.simulated),
        "notes": fill(mark("deployments.notes", "all"), request, deployment),
        "versions": versions_of(deployment, may_go_back=operates, shown=5),
        "happened": history_of(deployment, shown=4, steps=False),
        "may": {
            "deploy": standing.may("deploy"),
            "operate": operates,
            "take": standing.may("take"),
            "lead": standing.may("lead"),
        },
        "back": last_good(deployment) if operates and live.release else None,
    }
    return render(request, "deployments/live.html", context)


@require_safe
@login_required
def chart_csv(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """The numbers of one figure of the page."""
    deployment = get_standing(request.user, pk).deployment
    live = live_page.live_of(deployment, _span(request), timezone.now())
    for spec in (*live_page.criterion_figures(live), *live_page.figures(live)):
        if spec.key == name:
            return figure_csv(spec)
    raise NotFound


@require_POST
@login_required
def take_alert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """ "I take it": by somebody who works on it, with a note."""
    alert = Alert.objects.filter(pk=pk).first()
    if alert is None:
        raise NotFound
    alert.deployment = get_standing(request.user, alert.deployment_id, need="take").deployment
    take(alert, by=person(request), note=request.POST.get("note", ""))
    messages.success(request, "It is yours. Nobody is told again for the quiet time.")
    return redirect("deployments:show", alert.deployment_id)


def _span(request: HttpRequest) -> Span:
    return SPANS.get(request.GET.get("span", ""), SPANS[DEFAULT])


def _with_csv(spec: ChartSpec, pk: UUID, span: Span) -> dict[str, object]:
    url = reverse("deployments:chart_csv", args=[pk, spec.key])
    return {"spec": spec, "csv": f"{url}?span={span.key}"}
