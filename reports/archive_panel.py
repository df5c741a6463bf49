"""What the archive adds to the overview of a project: fills the slot ``projects.overview``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.access import standing_of


def link(request: HttpRequest, project: Any) -> dict[str, SafeString]:
    """The way to the archive, for who may have it."""
    if not standing_of(request.user, project).may("lead"):
        return {}
    return {
        "aside": format_html(
            '<h3>Take it with you?</h3><p><a href="{}">Everything as one archive</a></p>',
            reverse("reports:archive", args=[project.pk]),
        )
    }
