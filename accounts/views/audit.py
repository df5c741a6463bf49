"""The audit log as people read it, and its check."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts import audit, queries
from accounts.access import current_membership
from accounts.forms import AuditFilterForm


@require_GET
@login_required
def log(request: HttpRequest) -> HttpResponse:
    """Entries newest first; each one shown is checked against its seal."""
    organization = current_membership(request, "oversee").organization
    form = AuditFilterForm(
        request.GET, areas=queries.audit_areas(organization), people=queries.audit_people(organization)
    )
    wanted = form.cleaned_data if form.is_valid() else {}
    events = queries.audit_events(organization, **wanted)
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    lines = queries.audit_lines(list(page.object_list))
    filters = request.GET.copy()
    filters.pop("page", None)
    context = {
        "organization": organization,
        "form": form,
        "page": page,
        "lines": lines,
        "query": f"{filters.urlencode()}&" if filters else "",
        "filtered": any(wanted.values()),
        "length": queries.chain_length(organization),
        "wrong": [finding for line in lines for finding in line.tampering],
    }
    return render(request, "accounts/audit.html", context)


@require_POST
@login_required
def check(request: HttpRequest) -> HttpResponse:
    """Check the whole chain, and a tail against an anchor if one is given."""
    organization = current_membership(request, "oversee").organization
    anchors = request.POST.get("anchor", "")[:10_000]
    report = audit.verify([organization], anchors=anchors)
    context = {
        "organization": organization,
        "report": report,
        "tail": report.tails.get(str(organization.pk), "There are no entries yet."),
        "anchor": audit.anchor(organization),
        "given": anchors.strip(),
    }
    return render(request, "accounts/audit_check.html", context)
