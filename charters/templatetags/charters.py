"""Where a problem of a charter is mended."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.urls import reverse

from charters.completeness import Problem
from charters.models import Charter
from charters.seats import asked_changes
from charters.sections import BY_KEY, section_of
from charters.signoff import State
from charters.talk import Talk

register = template.Library()


@register.simple_tag
def mend_url(charter: Charter, problem: Problem) -> str:
    """The page with the field of a problem: a criterion's own page, else its section."""
    family, _, key = problem.field.partition(".")
    if family == "criterion" and key:
        return reverse("charters:criterion", args=[charter.pk, key])
    return reverse("charters:write", args=[charter.pk, section_of(problem.field)])


@register.inclusion_tag("charters/_asked.html")
def asked_before(charter: Charter) -> dict[str, object]:
    """What was asked for instead of a signature, or why somebody declined, while no text answers it yet."""
    settled = charter.state in (State.IN_FORCE, State.SUPERSEDED, State.CANCELLED, State.CLOSED)
    return {"asked": [] if settled else asked_changes(charter)}


@register.filter
def of_section(talk: Mapping[str, Talk] | None, key: str) -> Talk | None:
    """What is said about one section."""
    return talk.get(key) if talk else None


@register.filter
def section_title(problem: Problem) -> str:
    return BY_KEY[section_of(problem.field)].title
