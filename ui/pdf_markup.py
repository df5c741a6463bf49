"""HTML that is XML too, read in a hundredth of the time that a browser's rules take. Pure."""

from __future__ import annotations

import re
from html.entities import html5
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_VOID = re.compile(r"<(meta|link|br|img|hr|col|wbr)((?:\s[^<>]*?)?)\s*/?>")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_DRAWING = re.compile(r"<svg(?![^>]*\sxmlns=)")
_OF_XML = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))


def tree(html: str) -> Element | None:
    """The root of a document, or None where it is no XML: then it has to be read as browsers read it."""
    start = html.find("<html")
    if start < 0 or "<!" in html[start:]:  # comments aside, "<!" is what XML could be led astray with
        return None
    text = _VOID.sub(r"<\1\2/>", html[start:])
    text = _DRAWING.sub('<svg xmlns="http://www.w3.org/2000/svg"', _ENTITY.sub(_entity, text))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without "<!" it declares no entity
    except ElementTree.ParseError:
        return None
    return root if root.tag == "html" and root.find("head") is not None else None


def _entity(found: re.Match[str]) -> str:
    if found[1] in _OF_XML or found[1] not in html5:
        return found[0]
    return "".join(f"&#{ord(char)};" for char in html5[found[1]])
