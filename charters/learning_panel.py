"""What charters have taught about a use case and its like: fills the slot ``use_cases.learned``."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from charters.kept_page import similar_learnings
from roadmap.use_case_models import UseCase


def learned(request: HttpRequest, use_case: UseCase) -> dict[str, SafeString]:
    """The section under the one key of the slot; nothing while nothing was learned."""
    rows = similar_learnings(use_case)
    return {"all": render_to_string("charters/_learned_section.html", {"rows": rows})} if rows else {}
