"""The one thing that item templates cannot say by themselves: the hole of a choice."""

from __future__ import annotations

from django import template

from assessment.item_html import hole
from assessment.question_bank import Option

register = template.Library()


@register.filter
def value_hole(option: Option, group: str) -> str:
    """The hole that is filled with "checked" where this choice was made."""
    return hole(f"{group}:{option.key}")
