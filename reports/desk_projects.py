"""What projects put on the desk: the fourth station."""

from __future__ import annotations

from collections import Counter

from django.urls import reverse

from projects.models import Project
from projects.queries import with_health
from projects.words import health_mark
from reports.desk import Reader
from reports.duties import Mark, Stop
from ui.words import plural

SHOWN = 3
WORST_FIRST = {"red": 0, "amber": 1, None: 2, "green": 3}


def line(reader: Reader) -> Stop:
    """How many projects run, and those that are in most trouble by their last check-in."""
    rows = reader.once(running)
    if not rows:
        return Stop(
            "Projects", "", reached=False, headline="Not reached", note="A charter in force opens one."
        )
    worst = sorted(rows, key=lambda row: (WORST_FIRST[getattr(row, "health", None)], row.name, str(row.pk)))
    return Stop(
        "Projects",
        reverse("projects:list"),
        reached=True,
        headline=plural(len(rows), "project", "projects"),
        fact=_trouble(rows),
        marks=tuple(
            Mark(
                *health_mark(getattr(row, "health", None)), row.name, reverse("projects:show", args=[row.pk])
            )
            for row in worst[:SHOWN]
        ),
        note=f"and {plural(len(rows) - SHOWN, 'other', 'others')}" if len(rows) > SHOWN else "",
    )


def projects_of(reader: Reader) -> list[Project]:
    """The projects of the reader's organization with their health, closed ones too, without long texts."""
    rows = Project.objects.filter(organization=reader.organization, archived_at=None).select_related(
        "charter"
    )
    found = with_health(rows).order_by("ends_on", "name", "pk")
    return list(found.defer("purpose", "charter__draft_reason"))


def running(reader: Reader) -> list[Project]:
    """Those that are not closed."""
    return [row for row in reader.once(projects_of) if row.state != Project.State.CLOSED]


def _trouble(rows: list[Project]) -> str:
    count = Counter(getattr(row, "health", None) for row in rows)
    found = [
        f"{count[key]} {words}" for key, words in (("red", "off track"), ("amber", "at risk")) if count[key]
    ]
    return ", ".join(found)
