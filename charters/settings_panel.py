"""What charters add to the settings page of an organization: fills the slot ``settings.organization``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def buttons(request: HttpRequest, organization: Any) -> dict[str, SafeString]:
    """Links to what an organization sets for its charters."""
    return {
        "buttons": format_html(
            '<a class="button" href="{}">Check of charters</a> '
            '<a class="button" href="{}">Charter templates</a>',
            reverse("charters:rules"),
            reverse("charters:templates"),
        )
    }
