"""From signed waivers to the plain data that reports of the whole organization print."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from accounts.models import Organization
from deployments.models import Release, Waiver
from deployments.release.waiver_words import checks_of, end_of
from ui.formats import day


def waivers_of(organization: Organization) -> list[dict[str, Any]]:
    """What two people let pass for the organization's use cases, the first asked first.

    Also those that have ended or were withdrawn: what they let through is part of the record, and a report
    that drops them by the calendar would not be the same on two days.
    """
    rows = Waiver.objects.filter(project__organization=organization)
    signed = rows.filter(owner_signed_at__isnull=False, second_signed_at__isnull=False)
    used = Release.objects.exclude(live_at=None).select_related("deployment").order_by("live_at", "pk")
    found = signed.select_related("project__charter", "environment").order_by("asked_at", "pk")
    return [_row(row) for row in found.prefetch_related(Prefetch("releases", queryset=used))]


def _row(row: Waiver) -> dict[str, Any]:
    charter = row.project.charter
    return {
        "what": f"{row.model} version {row.version} in {row.environment.name}",
        "project": f"{row.project.name}, charter {charter.code}" if charter else row.project.name,
        "checks": checks_of(row),
        "reason": row.reason,
        "asked": _signed(row.asked_name, row.asked_at),
        "signed": [
            _signed(row.owner_name, row.owner_signed_at, "outcome owner"),
            _signed(row.second_name, row.second_signed_at, "second person"),
        ],
        "until": day(row.ends_on),
        "end": end_of(row),
        "deployed": [
            f"{release.deployment.title}, release {release.number}, live on {day(release.live_at)}"
            for release in row.releases.all()
            if release.live_at is not None
        ],
    }


def _signed(name: str, at: Any, role: str = "") -> str:
    return ", ".join(part for part in (name, role, day(at)) if part)
