"""Webhooks of an organization: the list, one with its last deliveries, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import current_membership, person, require, require_fresh
from accounts.permissions import allowed
from jobs import webhook_actions
from jobs.access import get_webhook
from jobs.event_kinds import AREAS
from jobs.models import Delivery, Webhook
from jobs.webhook_delivery import TEST
from jobs.webhook_forms import WebhookForm
from ui.errors import Invalid

SHOWN = 50


@require_safe
@login_required
def webhooks(request: HttpRequest) -> HttpResponse:
    """Who is told what, and whether it arrives."""
    return _list(request, WebhookForm())


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Add a webhook and show its secret once; needs a fresh sign-in."""
    organization = current_membership(request, "manage").organization
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    require_fresh(request)
    try:
        webhook, secret = webhook_actions.add_webhook(organization, by=person(request), **form.cleaned_data)
    except Invalid as error:
        for name, words in error.fields.items():
            for sentence in words:
                form.add_error(name, sentence)
        return _list(request, form)
    return _page(request, webhook, secret)


@require_safe
@login_required
def webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One webhook with its last deliveries."""
    return _page(request, get_webhook(request.user, pk))


def _change(
    request: HttpRequest, pk: UUID, action: Callable[..., object], words: str, to: str = ""
) -> HttpResponse:
    """Do it to a webhook that this person manages, say so, and show the webhook; or the page named."""
    found = get_webhook(request.user, pk, need="manage")
    action(found, by=person(request))
    messages.success(request, words.format(name=found.name))
    return redirect(to) if to else redirect("outbox:webhook", pk)


@require_POST
@login_required
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a test."""
    words = "A test is on its way. Load this page again to see what came of it."
    return _change(request, pk, webhook_actions.request_test, words)


@require_POST
@login_required
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop sending for a while."""
    words = "“{name}” is paused. What happens meanwhile waits."
    return _change(request, pk, webhook_actions.pause_webhook, words)


@require_POST
@login_required
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send again, also what has waited."""
    words = "“{name}” is on again. What has waited goes out within a minute."
    return _change(request, pk, webhook_actions.resume_webhook, words)


@require_POST
@login_required
def rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a new secret and show it once; needs a fresh sign-in."""
    found = get_webhook(request.user, pk, need="manage")
    require_fresh(request)
    secret = webhook_actions.rotate_secret(found, by=person(request))
    return _page(request, found, secret)


@require_POST
@login_required
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a webhook."""
    words = "The webhook “{name}” is deleted."
    return _change(request, pk, webhook_actions.delete_webhook, words, to="outbox:webhooks")


def _list(request: HttpRequest, form: WebhookForm) -> HttpResponse:
    membership = current_membership(request, "oversee")
    organization = membership.organization
    open_ = Q(deliveries__state=Delivery.State.QUEUED) & ~Q(deliveries__event__kind=TEST)
    rows = Webhook.objects.filter(organization=organization).annotate(waiting=Count("deliveries", open_))
    context = {
        "organization": organization,
        "rows": rows,
        "form": form,
        "manages": allowed(membership.role, "manage", organization.state),
    }
    return render(request, "jobs/webhooks.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, found: Webhook, secret: str = "") -> HttpResponse:
    membership = require(request.user, found.organization, "oversee")
    rows = Delivery.objects.filter(webhook=found).select_related("event")
    context = {
        "webhook": found,
        "areas": [words for area, words in AREAS.items() if area in found.areas],
        "rows": rows[:SHOWN],
        "secret": secret,
        "manages": allowed(membership.role, "manage", found.organization.state),
    }
    response = render(request, "jobs/webhook.html", context)
    if secret:
        response["Cache-Control"] = "no-store"
    return response
