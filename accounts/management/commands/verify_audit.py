"""Prove the audit log: every chain, every entry, every field; the tail against an anchor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.anchors import read_anchors
from accounts.models import ChainHead, Organization


class Command(BaseCommand):
    help = "Checks the audit chains and names row and field of every tampering. Ends with 1 if there is any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="FILE",
            help="a sealed PDF, a mail or a note that holds the end of a chain as it was; may be repeated",
        )
        parser.add_argument("--org", default="", help="only the organization with this short name")
        parser.add_argument(
            "--print-anchor", action="store_true", help="print the ends of the chains, to be kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = self._organizations(options["org"])
        if options["print_anchor"]:
            self._print_anchors(organizations)
            return
        anchors = "\n".join(self._read(name) for name in options["anchor"])
        report = audit.verify(organizations, anchors=anchors)
        for finding in report.tampering:
            self.stdout.write(str(finding))
        for chain, tail in report.tails.items():
            self.stdout.write(f"{chain}: {tail}")
        erased = f", {report.erased} personal fields erased" if report.erased else ""
        if not report.intact:
            raise CommandError(f"{len(report.tampering)} findings in {report.entries} entries.", returncode=1)
        self.stdout.write(f"Intact: {report.entries} entries in {len(report.tails)} chains{erased}.")

    def _organizations(self, slug: str) -> list[Organization | None] | None:
        if not slug:
            return None
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organization with the short name {slug}.")
        return [organization]

    def _read(self, name: str) -> str:
        try:
            found = read_anchors(Path(name).read_bytes())
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
        if not found:
            raise CommandError(f"{name} holds no anchor.")
        return "\n".join(found)

    def _print_anchors(self, organizations: list[Organization | None] | None) -> None:
        heads = ChainHead.objects.select_related("organization").order_by("pk")
        for head in heads:
            if organizations is None or head.organization in organizations:
                self.stdout.write(audit.anchor(head.organization))
