"""The colors of a drawing on paper: the chart's style sheet with every token replaced by its light value.

A drawing in a report does not see the document's style sheets, so it carries its own. What the engine of
paper would draw on a sheet of its own, patterns and words that are not set from the left, is drawn directly.
"""

from __future__ import annotations

import re
from functools import cache
from math import ceil, sqrt
from pathlib import Path

from ui.charts.canvas import num

CSS = Path(__file__).resolve().parent.parent.parent / "static" / "css"
_TOKEN = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIZE = re.compile(r"font-size:([\d.]+)px")
_DEFS = re.compile(r"<defs>.*?</defs>")
_HATCHED = re.compile(
    r'<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)" fill="url\(#[^")]*?-(c-[a-z-]+)\)"/>'
)
_NUMBER = re.compile(
    r'<text x="([^"]+)" y="([^"]+)" class="(c-[a-z0-9-]+)" text-anchor="(middle|end)">(\d+)</text>'
)
# Every digit of IBM Plex Sans is as wide as any other, in every weight.
DIGIT = 0.6
TEXT_SIZE = 12.5
# Between two lines of a hatch, along the base line: 6 px across.
HATCH = 6 * sqrt(2)
# A pattern shows the half of each line that lies inside of its tile.
HATCH_STYLE = ".c-hatch,.c-hatch-late{fill:none;stroke-width:.6px}.c-hatch-late{stroke-width:1px}"


@cache
def light_tokens() -> dict[str, str]:
    """Names and values of the first block of tokens.css, which is the light theme."""
    text = _COMMENT.sub("", (CSS / "tokens.css").read_text(encoding="utf-8"))
    return dict(_TOKEN.findall(text[: text.index("}")]))


@cache
def paper_style() -> str:
    """chart.css with literal values, without whitespace. Raises KeyError for a token that does not exist."""
    text = _COMMENT.sub("", (CSS / "chart.css").read_text(encoding="utf-8"))
    text = _USE.sub(lambda found: light_tokens()[found[1]], text)
    text = text.replace(".chart ", "")
    return re.sub(r"\s*([{};:,])\s*", r"\1", " ".join(text.split()))


@cache
def _number_sizes() -> dict[str, float]:
    """Font sizes by class, of those set in the sans family."""
    found = {}
    for names, body in _RULE.findall(paper_style()):
        size = _SIZE.search(body)
        for name in names.split(","):
            if "font-family" in body:
                found[name.strip()] = 0.0
            elif size:
                found[name.strip()] = float(size[1])
    return found


def _from_left(found: re.Match[str]) -> str:
    x, y, cls, anchor, digits = found.groups()
    size = _number_sizes().get(f".{cls}", TEXT_SIZE)
    if not size:
        return found[0]
    width = DIGIT * size * len(digits)
    start = float(x) - (width if anchor == "end" else width / 2)
    return f'<text x="{num(start)}" y="{y}" class="{cls}">{digits}</text>'


def _hatch(found: re.Match[str]) -> str:
    """Lines falling to the left at 45 degrees, cut off at the edges of the rectangle."""
    x, y, width, height = (float(found[place]) for place in range(1, 5))
    lines = []
    # On a line x + y is the same everywhere.
    along = ceil((x + y) / HATCH) * HATCH
    while along < x + y + width + height:
        top, left = min(along - y, x + width), max(along - y - height, x)
        lines.append(f"M{num(top)} {num(along - top)}L{num(left)} {num(along - left)}")
        along += HATCH
    return f'<path d="{"".join(lines)}" class="{found[5]}"/>' if lines else ""


def on_paper(svg: str) -> str:
    """The drawing with its style inside, and its label as the title that a PDF takes for alternative text."""
    svg = _NUMBER.sub(_from_left, _HATCHED.sub(_hatch, _DEFS.sub("", svg)))
    end = svg.index(">") + 1
    label = re.search(r'aria-label="([^"]*)"', svg[:end])
    title = f"<title>{label[1]}</title>" if label else ""
    return f"{svg[:end]}{title}<style>{paper_style()}{HATCH_STYLE}</style>{svg[end:]}"
