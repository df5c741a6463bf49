"""Score a workshop sheet and plan from it, without an organization and without the database."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import headless_content as content
from reports.headless import BadWish, assess
from reports.headless_files import write_together
from reports.headless_reading import BadSheet, read_workshop_sheet
from roadmap.problem import ProblemError


class Command(BaseCommand):
    help = "Reads a filled workshop sheet and writes a report (PDF) and scores, gates, findings, plan (JSON)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sheet", type=Path, metavar="SHEET.xlsx")
        parser.add_argument("--report", type=Path, required=True, metavar="OUT.pdf")
        parser.add_argument("--json", type=Path, required=True, metavar="OUT.json")
        parser.add_argument("--as-of", type=_day, metavar="DATE", help="day of the report; default: today")
        parser.add_argument("--target-phase", type=int, metavar="N", help="default: the phase after today's")
        parser.add_argument("--budget", type=int, metavar="N", help="external spend, whole currency units")
        parser.add_argument("--by", type=_day, metavar="DATE", help="last day; default: after 104 weeks")

    def handle(self, *args: Any, **options: Any) -> None:
        report, data = Path(options["report"]), Path(options["json"])
        for out in (report, data):
            if not out.parent.is_dir():
                raise CommandError(f"There is no folder {out.parent}.", returncode=2)
        if report.resolve() == data.resolve():
            raise CommandError("--report and --json name the same file.", returncode=2)
        try:
            sheet = read_workshop_sheet(Path(options["sheet"]), content.questionnaires())
            outcome = assess(
                sheet,
                as_of=options["as_of"] or date.today(),
                target_phase=options["target_phase"],
                budget=options["budget"],
                by=options["by"],
            )
            write_together({report: outcome.report, data: outcome.text.encode()})
        except BadSheet as error:
            count = len(error.cells)
            head = "1 cell cannot be read" if count == 1 else f"{count} cells cannot be read"
            raise CommandError(f"{head}; nothing was written.\n{error}", returncode=2) from error
        except (BadWish, ProblemError, OSError) as error:
            raise CommandError(f"{error} Nothing was written.", returncode=2) from error
        self.stdout.write(f"{report}\n{data}\n{outcome.data['plan']['sentence']}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-12-18") from None
