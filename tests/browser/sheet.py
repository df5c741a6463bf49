"""The same answers on a workshop sheet, assessed without the browser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl

from tests.browser.running import ROOT, Server, environment
from tests.browser.steps import Chosen

FIRST_PERSON, FIRST_ITEM = 11, 4


def assess(server: Server, folder: Path, chosen: dict[str, Chosen]) -> dict[str, Any]:
    """Writes an answer sheet, fills it with what was chosen, and returns the figures that `assess` finds."""
    sheet, report, figures = folder / "sheet.xlsx", folder / "report.pdf", folder / "figures.json"
    _manage(server, "answer_sheet", sheet, "--people", str(len(chosen)))
    book = openpyxl.load_workbook(sheet)
    answers = book["Answers"]
    for column, (function, levels) in enumerate(chosen.items(), FIRST_PERSON):
        answers.cell(1, column).value = function.replace("_", " ").capitalize()
        for row in range(FIRST_ITEM, answers.max_row + 1):
            key = answers.cell(row, 1).value
            if key in levels:
                level = levels[str(key)]
                answers.cell(row, column).value = "?" if level is None else level
    book.save(sheet)
    _manage(server, "assess", sheet, "--report", report, "--json", figures, "--target-phase", "2")
    found: dict[str, Any] = json.loads(figures.read_text())
    return found


def _manage(server: Server, *arguments: object) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=environment(server.data),
        check=True,
        capture_output=True,
        text=True,
    )
