"""The style sheets of paper as one text, made once: names replaced by their values, fonts set apart. Pure.

The engine would resolve every name anew for every element that a rule meets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
# At the start of a line: inside of an at-rule a block is indented, and holds under a condition only.
_ROOT = re.compile(r"^:root\s*\{([^}]*)\}", re.M)
_NAME = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)")
_DEEPEST = 8


@dataclass(frozen=True)
class Sheets:
    """``rules`` hold for the document, ``faces`` name its fonts."""

    rules: str
    faces: str


def joined(sheets: Sequence[tuple[str, str]]) -> Sheets:
    """One text out of (address, text) pairs; addresses in it are absolute.

    A name is replaced where it is set for the whole document; any other use stays as it is written.
    """
    text = "\n".join(_with_addresses(address, _COMMENT.sub("", body)) for address, body in sheets)
    values = dict(pair for block in _ROOT.findall(text) for pair in _NAME.findall(block))
    faces = "\n".join(_FACE.findall(text))
    rules = _FACE.sub("", text)
    for _ in range(_DEEPEST):
        before, rules = rules, _USE.sub(lambda use: values.get(use[1], use[0]), rules)
        if rules == before:
            break
    return Sheets(rules, faces)


def _with_addresses(address: str, text: str) -> str:
    return _URL.sub(lambda found: f'url("{urljoin(address, found[1])}")', text)
