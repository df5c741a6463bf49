"""Slots: a lower page names a place, apps above it say in ``config/panels.py`` what stands there.

A template marks the place with ``{% slot "assessment.gate_closers" key %}``. The mark outlives any cache that
the page is kept in; ``fill`` puts in what the functions of the slot return now, all keys in one call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

Filler = Callable[[HttpRequest, Any], Mapping[str, SafeString]]
_MARK = re.compile(r"<!--slot ([a-z_.]+) ([\w.:-]+)-->")


def mark(name: str, key: str) -> SafeString:
    """The place of one key of a slot: nothing that a reader sees."""
    return format_html("<!--slot {} {}-->", name, key)


def fill(page: SafeString, request: HttpRequest, subject: Any) -> SafeString:
    """The page with its slots filled for this reader; a slot that nobody fills stays empty."""
    parts = {name: _parts(name, request, subject) for name in {name for name, _ in _MARK.findall(page)}}
    # The page and what stands in its slots were escaped where they were drawn.
    return mark_safe(_MARK.sub(lambda found: parts[found[1]].get(found[2], ""), page))  # noqa: S308


def _parts(name: str, request: HttpRequest, subject: Any) -> dict[str, str]:
    panels: dict[str, list[str]] = import_string(settings.PANELS)
    joined: dict[str, str] = {}
    for path in panels.get(name, []):
        filler: Filler = import_string(path)
        for key, part in filler(request, subject).items():
            joined[key] = joined.get(key, "") + conditional_escape(part)
    return joined
