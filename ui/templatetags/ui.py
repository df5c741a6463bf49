"""Tags and filters of every template (registered as builtins): states, fields, dates, numbers, words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django import forms, template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ui import formats, panels, words
from ui.charts import svg
from ui.charts.spec import ChartSpec
from ui.charts.table import table

register = template.Library()

SHAPES = {
    "good": '<circle cx="5.5" cy="5.5" r="5"/>',
    "watch": '<path d="M5.5 .5 11 10.5H0z"/>',
    "bad": '<path d="M5.5 0 11 5.5 5.5 11 0 5.5z"/>',
    "open": '<circle cx="5.5" cy="5.5" r="4.7"/>',
    "saved": '<path d="M1 6l3 3.5L10 1.5"/>',
    "neutral": "",
}


@register.simple_tag
def shape(kind: str) -> SafeString:
    """The shape of a state alone; a word must stand beside it."""
    drawing = SHAPES[kind]
    if not drawing:
        return SafeString("")
    # The drawings above are constants of this module.
    return mark_safe(  # noqa: S308
        '<svg class="state-shape" viewBox="0 0 11 11" width="11" height="11" fill="currentColor"'
        ' aria-hidden="true">'
        f"{drawing}</svg>"
    )


@register.simple_tag
def state(kind: str, word: object) -> SafeString:
    """A state as shape, word and color. ``kind``: good, watch, bad, open, saved, neutral."""
    return format_html('<span class="state state-{}">{}<span>{}</span></span>', kind, shape(kind), word)


@register.simple_tag
def slot(name: str, key: str) -> SafeString:
    """The place that apps above fill; see `ui.panels`."""
    return panels.mark(name, key)


@register.simple_tag
def pillar(code: str, name: object = "") -> SafeString:
    """A pillar's mark with its name or code. ``code``: S, C, D, T, or a dimension's code such as T1."""
    return format_html(
        '<span class="pillar pillar-{}"><span>{}</span></span>', code[:1].lower(), name or code
    )


@register.inclusion_tag("ui/field.html")
def field(field: BoundField, width: str = "", label: str = "", help: str = "") -> dict[str, Any]:
    """One form field with label, help and error. ``width``: short, medium, long or empty."""
    widget = field.field.widget
    return {
        "field": field,
        "width": width or getattr(widget, "width", ""),
        "label": label or field.label,
        "help": help or field.help_text,
        "single": isinstance(widget, forms.CheckboxInput),
        "grouped": isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple),
        "described": field.aria_describedby,
        "optional": not field.field.required and not getattr(field.field, "either", False),
    }


@register.inclusion_tag("ui/figure.html")
def figure(
    spec: ChartSpec, level: int = 2, csv_url: str = "", live_url: str = "", heading: bool = True
) -> dict[str, Any]:
    """A whole figure: title, unit line, drawings, note, table, CSV. ``live_url`` gives Plotly's JSON."""
    return {
        "spec": spec,
        "drawings": svg.drawings(spec),
        "table": table(spec),
        "level": level,
        "csv_url": csv_url,
        "live_url": live_url,
        "heading": heading,
    }


@register.filter
def drawn(markup: str) -> SafeString:
    """A drawing of ui.charts as markup; its texts are escaped where they are drawn."""
    return mark_safe(markup)  # noqa: S308


@register.simple_tag
def chart(spec: ChartSpec) -> SafeString:
    """The one drawing of a figure for a report; its texts are escaped where they are drawn."""
    return mark_safe(svg.printed(spec))  # noqa: S308


@register.filter
def day(value: date | datetime | None, style: str = "") -> str:
    """Gives "18 Dec 2026"; with "short" "18 Dec"; nothing for None."""
    return formats.day(value, year=style != "short") if value else ""


@register.filter
def clock(value: datetime | None) -> str:
    """Gives "14:03" in the active time zone."""
    return formats.clock(value) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Gives "18 Dec 2026, 14:03" in the active time zone."""
    return formats.moment(value) if value else ""


@register.simple_tag
def period(start: date, end: date) -> str:
    """Gives "5 Oct to 18 Dec 2026"."""
    return formats.period(start, end)


def _decimal(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


@register.filter
def number(value: object, decimals: int = 0) -> str:
    """Gives "1,184", half up; an en dash for what is no number."""
    exact = _decimal(value)
    return "–" if exact is None else formats.number(exact, decimals)


@register.filter
def signed(value: object, decimals: int = 0) -> str:
    """Gives "+4" or "−2"."""
    exact = _decimal(value)
    return "–" if exact is None else formats.signed(exact, decimals)


@register.filter
def percent(share: object, decimals: int = 0) -> str:
    """A share of 0 to 1 as "86 %"."""
    exact = _decimal(share)
    return "–" if exact is None else formats.percent(exact, decimals)


@register.filter
def money(amount: object, currency: str = "") -> str:
    """Gives "412,000 €"; the organization's currency where none is given."""
    exact = _decimal(amount)
    return "–" if exact is None else formats.money(exact, currency)


@register.filter
def money_k(amount: object, currency: str = "") -> str:
    """Gives "412 k€"."""
    exact = _decimal(amount)
    return "–" if exact is None else formats.money(exact, currency, thousands=True)


@register.filter
def plural(count: int, forms: str) -> str:
    """``{{ n|plural:"gate,gates" }}`` is "4 gates"."""
    one, many = forms.split(",")
    return words.plural(count, one, many)


@register.filter
def counted(count: int, forms: str) -> str:
    """``{{ n|counted:"gate,gates" }}`` is "four gates"; add ``|capfirst`` at the start of a sentence."""
    one, many = forms.split(",")
    return words.counted(count, one, many)


@register.filter
def local_path(address: str | None) -> str:
    """The path of an address, so that a link back never leaves the site."""
    parts = urlsplit(address or "")
    path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else "/"
    return f"{path}?{parts.query}" if parts.query else path
