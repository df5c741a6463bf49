"""What deployments put on the desk: the last station of the line, and waivers that wait for a signature."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from deployments.actions.waiving import OWNER, part_of
from deployments.models import Waiver
from deployments.queries import deployments_of
from deployments.registry_rows import Row, fitting, rows_of
from deployments.registry_rows import Wish as RegistryWish
from deployments.release.gate_facts import ended_with
from reports.desk import Reader
from reports.duties import Duty, Mark, Stop
from ui.formats import day
from ui.words import plural

SHOWN = 3


def line(reader: Reader) -> Stop:
    """How many deployments there are, and those that need action first."""
    rows = reader.once(registered)
    if not rows:
        return Stop("Deployments", "", reached=False, headline="Not reached", note="A met charter opens one.")
    alarmed = sum(row.needs_attention for row in rows)
    live = sum(row.word in ("Live", "Canary") for row in rows)
    return Stop(
        "Deployments",
        reverse("deployments:list"),
        reached=True,
        headline=f"{live} live" if live else plural(len(rows), "deployment", "deployments"),
        fact=f"{alarmed} of {len(rows)} need attention" if alarmed else "",
        marks=tuple(
            Mark(*_mark(row), row.deployment.title, reverse("deployments:history", args=[row.deployment.pk]))
            for row in rows[:SHOWN]
        ),
        note=f"and {plural(len(rows) - SHOWN, 'other', 'others')}" if len(rows) > SHOWN else "",
    )


def registered(reader: Reader) -> list[Row]:
    """The registry of the reader's organization, what needs action first."""
    return fitting(rows_of(list(deployments_of(reader.organization))), RegistryWish())


def _mark(row: Row) -> tuple[str, str]:
    if row.health_kind not in ("bad", "watch"):
        return row.kind, row.word
    return row.health_kind, "Alert (simulated)" if row.only_simulated else "Alert"


def waits(reader: Reader) -> list[Duty]:
    """Waivers that this reader can sign: as outcome owner, or as the second person."""
    rows = Waiver.objects.filter(
        Q(owner_signed_at=None) | Q(second_signed_at=None),
        project__organization=reader.organization,
        withdrawn_at=None,
        ends_on__gte=reader.today,
    ).select_related("project__organization", "project__charter", "environment")
    found = [(row, part_of(row, reader.user)) for row in rows if ended_with(row) is None]
    return [_sign(reader, row, part) for row, part in found if part and not _has_signed(row, part)]


def _has_signed(row: Waiver, part: str) -> bool:
    return (row.owner_signed_at if part == OWNER else row.second_signed_at) is not None


def _sign(reader: Reader, row: Waiver, part: str) -> Duty:
    return Duty(
        verb="Sign",
        what=f"The waiver for {row.model} version {row.version} in {row.environment.name}",
        url=reverse("deployments:waiver", args=[row.pk]),
        detail=f"Asked for by {row.asked_name}. It would end on {day(row.ends_on)}.",
        since=reader.day_of(row.asked_at),
        why=f"You sign waivers of {row.project.name} as {part}.",
    )
