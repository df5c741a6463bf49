"""The design's color tables, recomputed from the token file."""

from __future__ import annotations

import importlib.util
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CSS = ROOT / "static" / "css"
_spec = importlib.util.spec_from_file_location("ui_color", Path(__file__).with_name("color.py"))
assert _spec is not None
assert _spec.loader is not None
color = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(color)

HEX = re.compile(r"--([a-z0-9-]+):\s*(#[0-9A-F]{6});")


def blocks() -> dict[str, dict[str, str]]:
    text = (CSS / "tokens.css").read_text()
    parts = re.findall(r"(:root[^{]*)\{([^}]*)\}", text)
    found: dict[str, dict[str, str]] = {}
    for selector, body in parts:
        colors = dict(HEX.findall(body))
        if colors:
            found[selector.strip()] = colors
    return found


BLOCKS = blocks()
LIGHT = BLOCKS[":root"]
DARK = BLOCKS[':root[data-theme="dark"]']
THEMES = {"light": LIGHT, "dark": DARK}


def test_dark_is_the_same_by_system_and_by_choice() -> None:
    assert BLOCKS[':root:not([data-theme="light"])'] == DARK
    assert set(LIGHT) == set(DARK)


def test_printing_uses_the_light_values() -> None:
    text = (CSS / "print.css").read_text()
    assert dict(HEX.findall(text)) == LIGHT


CONTRASTS = {
    "light": {"ink": 17.7, "ink2": 8.2, "ink3": 5.3, "control": 3.7, "accent": 7.5}
    | {"good": 6.3, "warn": 5.9, "bad": 6.8}
    | {"pillar-s": 13.1, "pillar-c": 8.1, "pillar-d": 4.7, "pillar-t": 3.2},
    "dark": {"ink": 15.5, "ink2": 9.6, "ink3": 6.7, "control": 4.6, "accent": 9.2}
    | {"good": 8.8, "warn": 9.2, "bad": 8.2}
    | {"pillar-s": 4.5, "pillar-c": 5.8, "pillar-d": 8.8, "pillar-t": 13.8},
}


@pytest.mark.parametrize(
    ("theme", "name", "expected"), [(t, n, v) for t, values in CONTRASTS.items() for n, v in values.items()]
)
def test_contrast_against_paper(theme: str, name: str, expected: float) -> None:
    colors = THEMES[theme]
    # The design rounds to one decimal, some by hand.
    assert color.contrast(colors[name], colors["paper"]) == pytest.approx(expected, abs=0.11)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_keeps_its_contrast_on_tinted_ground(theme: str) -> None:
    colors = THEMES[theme]
    for name in ("ink", "ink2", "ink3", "accent", "good", "warn", "bad"):
        assert color.contrast(colors[name], colors["wash"]) >= 4.85, name
        assert color.contrast(colors[name], colors["accent-wash"]) >= 4.65, name
    assert color.contrast(colors["on-ink"], colors["ink"]) >= 4.5
    assert color.contrast(colors["ink"], colors["mark"]) >= 4.5
    assert color.contrast(colors["ink2"], colors["mark"]) >= 4.5


SCALE = {"light": (16.0, 13.1, 9.1, 4.9, 7.7), "dark": (13.5, 10.2, 6.2, 5.7, 11.2)}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_on_the_sequential_scale(theme: str) -> None:
    colors = THEMES[theme]
    for step, expected in enumerate(SCALE[theme]):
        found = color.contrast(colors[f"on-h{step}"], colors[f"h{step}"])
        assert found == pytest.approx(expected, abs=0.11), step


PILLARS = ("pillar-s", "pillar-c", "pillar-d", "pillar-t")
LEAST = {
    "light": {None: 31.1, "protanopia": 14.4, "deuteranopia": 22.4, "tritanopia": 25.7},
    "dark": {None: 31.3, "protanopia": 16.7, "deuteranopia": 16.0, "tritanopia": 17.8},
}
GRAYS = {"light": (20, 34, 49, 60), "dark": (53, 60, 73, 89)}
LEAST_GRAY = {"light": 11.2, "dark": 7.4}


@pytest.mark.parametrize(
    ("theme", "deficiency", "expected"), [(t, d, v) for t, values in LEAST.items() for d, v in values.items()]
)
def test_pillars_stay_apart_for_every_eye(theme: str, deficiency: str | None, expected: float) -> None:
    labs = [color.lab(color.seen(THEMES[theme][name], deficiency)) for name in PILLARS]
    least = min(color.ciede2000(one, other) for one, other in combinations(labs, 2))
    assert least == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pillars_stay_apart_in_gray_print(theme: str) -> None:
    grays = [color.lab(color.linear(THEMES[theme][name]))[0] for name in PILLARS]
    assert [round(gray) for gray in grays] == list(GRAYS[theme])
    steps = [after - before for before, after in pairwise(grays)]
    assert min(steps) == pytest.approx(LEAST_GRAY[theme], abs=0.15)


def test_ciede2000_against_published_pairs() -> None:
    # Sharma, Wu and Dalal 2005, table 1, pairs 1, 7 and 17.
    assert color.ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert color.ciede2000((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert color.ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)


SHEETS = sorted(
    path for path in CSS.glob("*.css") if path.name not in ("tokens.css", "print.css", "report.css")
)
# Sheets of paper come after pdf.css, which has names of its own.
ON_PAPER = {"sheet.css"}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheets_use_names_not_values(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)
    assert not re.findall(r"#[0-9A-Fa-f]{3,8}\b(?![^{]*\{)", text)
    before = ["tokens.css", *(["pdf.css"] if sheet.name in ON_PAPER else [])]
    known = "".join((CSS / name).read_text() for name in before)
    names = set(re.findall(r"--([a-z0-9-]+):", known + text))
    assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) <= names
