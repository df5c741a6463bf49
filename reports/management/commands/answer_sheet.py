"""Write a workshop sheet to fill in together; `assess` reads it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import headless_content as content
from reports.headless_demo import demo_filling
from reports.headless_files import write_together
from reports.headless_layout import MOST_PEOPLE
from reports.headless_writing import DEFAULT_PEOPLE, workshop_sheet


class Command(BaseCommand):
    help = "Writes a workshop sheet: one row per question, a column per person, a tab for the team."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path, metavar="OUT.xlsx")
        parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE, help="columns for respondents")
        parser.add_argument("--demo", action="store_true", help="fill it with the demo's second round")

    def handle(self, *args: Any, **options: Any) -> None:
        out, people = Path(options["out"]), options["people"]
        if not 1 <= people <= MOST_PEOPLE:
            raise CommandError(f"--people must be 1 to {MOST_PEOPLE}, not {people}.", returncode=2)
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}.", returncode=2)
        questionnaire = content.questionnaires()[0]
        filling = demo_filling() if options["demo"] else None
        book = workshop_sheet(questionnaire, content.role_titles(), people=people, filling=filling)
        file = BytesIO()
        book.save(file)
        write_together({out: file.getvalue()})
        self.stdout.write(f"{out}: {len(questionnaire.maturity_items)} questions, {people} columns.")
