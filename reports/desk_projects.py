"""What projects put on the desk: the fourth station."""

from __future__ import annotations

from collections import Counter

from django.urls import reverse

from projects.models import Project
from projects.queries import projects_of
from reports.desk import Reader
from reports.duties import Mark, Stop
from ui.words import counted, plural, sentence


def line(reader: Reader) -> Stop:
    """How many projects run, and how many of them are in trouble by their last check-in."""
    rows = [row for row in projects_of(reader.organization) if row.state != Project.State.CLOSED]
    if not rows:
        return Stop(
            "Projects", "", reached=False, headline="Not reached", note="A charter in force opens one."
        )
    count = Counter(getattr(row, "health", None) for row in rows)
    marks = []
    for health, kind, words in (("red", "bad", "off track"), ("amber", "watch", "at risk")):
        if count[health]:
            marks.append(Mark(kind, f"{sentence(counted(count[health], 'project', 'projects'))} {words}"))
    return Stop(
        "Projects",
        reverse("projects:list"),
        reached=True,
        headline=plural(len(rows), "project", "projects"),
        marks=tuple(marks),
    )
