"""What events add to the settings page of an organization: fills the slot ``settings.organization``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.access import get_membership
from accounts.permissions import allowed


def buttons(request: HttpRequest, organization: Any) -> dict[str, SafeString]:
    """Links to the digest, for everybody, and to webhooks, for who may see them."""
    membership = get_membership(request.user, organization)
    if membership is None:
        return {}
    found = format_html('<a class="button" href="{}">Mail digest</a> ', reverse("outbox:digest"))
    if allowed(membership.role, "oversee", organization.state):
        found += format_html('<a class="button" href="{}">Webhooks</a> ', reverse("outbox:webhooks"))
    return {"buttons": found}
