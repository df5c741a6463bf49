"""Vendored files are the ones that the table names, and no page reaches outside."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
ROW = re.compile(r"^\| `([^`]+)` \| (\S+) \| (\S+) \| (\S+) \| `([0-9a-f]{64})` \|$", re.M)
LISTED = {name: digest for name, *_, digest in ROW.findall((STATIC / "vendor" / "README.md").read_text())}


@pytest.mark.parametrize("name", sorted(LISTED))
def test_hash(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == LISTED[name]


def test_every_vendored_file_is_listed() -> None:
    found = {
        str(path.relative_to(STATIC))
        for folder in ("fonts", "vendor")
        for path in (STATIC / folder).rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert found == set(LISTED)


def test_fonts_named_in_the_style_sheet_are_there() -> None:
    text = (STATIC / "css" / "fonts.css").read_text()
    named = re.findall(r'url\("\.\./fonts/([^"]+)"\)', text)
    assert len(named) == 14
    assert all((STATIC / "fonts" / name).is_file() for name in named)


def test_no_style_sheet_or_script_of_ours_reaches_outside() -> None:
    ours = [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]
    assert ours
    for path in ours:
        assert not re.search(r"https?://|@import", path.read_text()), path.name
