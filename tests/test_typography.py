"""Product texts quote with typographic marks: templates and content, without what is code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ui.yaml_file import load_yaml

ROOT = Path(__file__).resolve().parent.parent
CONTENT = [path for path in sorted((ROOT / "fixtures").rglob("*.yaml")) if path.parent.name != "demo"]
NOT_TEXT = re.compile(
    r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->|{%.*?%}|{{.*?}}|<(pre|code)\b.*?</\1>|<[^>]*>", re.S
)


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{place}[{number}]")
    elif isinstance(value, str):
        yield place, value


def test_templates_quote_with_typographic_marks() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for line in NOT_TEXT.sub("", path.read_text(encoding="utf-8")).splitlines()
        if '"' in line
    ]
    assert not found


@pytest.mark.parametrize("path", CONTENT, ids=lambda path: path.stem)
def test_content_quotes_with_typographic_marks(path: Path) -> None:
    content = load_yaml(path)
    assert not [f"{place}: {text[:80]}" for place, text in texts(content) if '"' in text]
