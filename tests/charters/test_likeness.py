"""The table of docs/lessons.md is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from charters.likeness import Likened, reasons, weight

TEXT = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("|")
][2:]


def split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip() != "–"]


def likened(key: str, assets: str, problem_type: str, unit: str) -> Likened:
    return Likened(key, problem_type, unit, {name: name.title() for name in split(assets)})


def pair(row: list[str]) -> tuple[Likened, Likened]:
    one, other, kinds, units, _ = row
    kind, unit = (split(kinds) or ["", ""]), (split(units) or ["", ""])
    return likened("a", one, kind[0], unit[0]), likened("b", other, kind[1], unit[1])


@pytest.mark.parametrize("row", ROWS, ids=[" / ".join(row) for row in ROWS])
def test_each_row_of_the_documented_table(row: list[str]) -> None:
    one, other = pair(row)
    assert weight(reasons(one, other)) == int(row[-1])
    assert weight(reasons(other, one)) == int(row[-1])


def test_the_table_has_rows_and_the_reasons_have_words() -> None:
    assert len(ROWS) == 7
    one, other = pair(ROWS[1])
    assert reasons(one, other) == ("the same data, Photos, Tickets", "the same kind of answer")
    assert reasons(one, one) == ("the same use case",)
    assert weight(reasons(one, one)) == 4
