"""The outbox as a page: what was sent, what came back, and sending again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts import actions, queries
from accounts.access import current_membership, get_mail, person
from accounts.mail import mail_goes_to_files
from accounts.models import OutgoingMail

TROUBLED = (OutgoingMail.State.FAILED, OutgoingMail.State.BOUNCED)


@require_GET
@login_required
def mails(request: HttpRequest) -> HttpResponse:
    """The mails of the current organization; those that did not arrive first."""
    organization = current_membership(request, "oversee").organization
    rows = OutgoingMail.objects.filter(organization=organization)
    troubled = list(rows.filter(state__in=TROUBLED).order_by("-created_at")[:100])
    others = rows.exclude(state__in=TROUBLED).order_by("-created_at")
    context = {
        "organization": organization,
        "counts": queries.mail_counts(organization),
        "troubled": troubled,
        "page": Paginator(others, 50).get_page(request.GET.get("page")),
        "to_files": mail_goes_to_files(),
    }
    return render(request, "accounts/mail.html", context)


@require_POST
@login_required
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a failed mail once more."""
    row = get_mail(request.user, pk)
    actions.retry_mail(row, by=person(request))
    messages.success(request, f"The mail to {row.to} is on its way again.")
    return redirect("accounts:mails")


@require_POST
@login_required
def bounced(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a sent mail as come back."""
    row = get_mail(request.user, pk)
    actions.mark_bounced(row, by=person(request))
    messages.success(request, f"The mail to {row.to} is marked as come back.")
    return redirect("accounts:mails")
