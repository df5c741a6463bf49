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


def running(reader: Reader) -> list[Project]:
    """The projects of the reader's organization that are not closed, with their health."""
    rows = Project.objects.filter(organization=reader.organization, archived_at=None)
    return list(with_health(rows.exclude(state=Project.State.CLOSED)).order_by("ends_on", "name", "pk"))


def _trouble(rows: list[Project]) -> str:
    count = Counter(getattr(row, "health", None) for row in rows)
    found = [
        f"{count[key]} {words}" for key, words in (("red", "off track"), ("amber", "at risk")) if count[key]
    ]
    return ", ".join(found)
