"""Items as HTML within the page's time budget: each is rendered once by its template with holes, then filled.

Rendering 50 items of ten inputs through the template engine costs four times what the page may take. A
published questionnaire never changes, so its rendered items are kept for the life of the process and only
what belongs to the person (checked, texts, times) is put into the holes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from django.template.loader import render_to_string

from assessment.question_bank import Item, Questionnaire

_OPEN, _CLOSE = "\ue000", "\ue001"
_HOLE = re.compile(f"{_OPEN}([^{_CLOSE}]+){_CLOSE}")
KEPT = 2000


def hole(name: str) -> str:
    """The mark for a hole, to be written into a template."""
    return f"{_OPEN}{name}{_CLOSE}"


class Holes:
    """Gives templates their marks: ``{{ hole.checked_3 }}``."""

    def __getitem__(self, name: str) -> str:
        return hole(name)


@lru_cache(maxsize=KEPT)
def _parts(content_hash: str, key: str, item: Item) -> tuple[str, ...]:
    html = render_to_string("answer/_item.html", {"item": item, "hole": Holes(), "levels": "01234"})
    return tuple(_HOLE.split(html))


def render_item(questionnaire: Questionnaire, item: Item, values: Mapping[str, str]) -> str:
    """The item with its holes filled. Values are HTML already; a hole without one stays empty."""
    parts = _parts(questionnaire.content_hash, item.key, item)
    get = values.get
    return "".join([part if number % 2 == 0 else get(part, "") for number, part in enumerate(parts)])
