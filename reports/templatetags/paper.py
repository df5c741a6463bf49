"""Filters of printed reports."""

from __future__ import annotations

from django import template

from reports.sentences import breakable as with_breaks

register = template.Library()


@register.filter
def breakable(text: object) -> str:
    """What a person typed, with places to break inside words that are wider than a column."""
    return with_breaks(str(text))
