"""Where WeasyPrint is told to do otherwise.

It lays out the text of drawings letter by letter, so that letters of scripts that join stand alone; here they
are laid out whole. It matches the document's style sheets with each line and rectangle of a drawing, though
none of them has a box, and packs at the highest level. The three take a sixth of the time of a report.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary
from xml.etree.ElementTree import Element

import pydyf  # type: ignore[import-untyped]
from weasyprint import html, svg

DRAWING = "{http://www.w3.org/2000/svg}svg"
_PLACES_LETTERS = frozenset(("letter-spacing", "textLength", "rotate"))
PACKED = 6
_letter_by_letter = svg.text
_make_box = html.HTML_HANDLERS[DRAWING]
_aside: WeakKeyDictionary[Element, list[Element]] = WeakKeyDictionary()


class _Unbroken(str):
    """Gives itself where its letters are asked for."""

    def __iter__(self) -> Iterator[str]:
        yield str(self)


def _whole_words(drawing: Any, node: Any, font_size: float) -> None:
    places = (node.attrib.get(name, "").replace(",", " ").split() for name in ("x", "y", "dx", "dy"))
    if node.text and not _PLACES_LETTERS & node.attrib.keys() and all(len(one) < 2 for one in places):
        node._etree_node.text = _Unbroken(node.text)
    _letter_by_letter(drawing, node, font_size)


def _with_its_parts(element: Element, *args: Any) -> Any:
    element.extend(_aside.pop(element, ()))
    return _make_box(element, *args)


def _packer(level: int) -> Any:
    return zlib.compressobj(min(level, PACKED))


def adapt() -> None:
    """From now on in this process, words of drawings are laid out whole and streams packed quickly."""
    pydyf.zlib = SimpleNamespace(**{**vars(zlib), "compressobj": _packer})
    svg.text = _whole_words
    svg.TAGS.update(dict.fromkeys(("a", "text", "textPath", "tspan"), _whole_words))


def set_parts_aside(root: Element) -> None:
    """Take the parts out of the drawings of a document; each gets them back when its box is made."""
    html.HTML_HANDLERS[DRAWING] = _with_its_parts
    drawings = list(root.iter(DRAWING))
    inner = {one for drawing in drawings for one in drawing.iterfind(f".//{DRAWING}")}
    for drawing in set(drawings) - inner:
        _aside[drawing] = list(drawing)
        del drawing[:]
