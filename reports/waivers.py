"""The chapter of waivers, which every report of an organization ends with where there are any. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.layout import Chapter
from ui.words import counted, sentence

Row = Mapping[str, Any]


def chapters(rows: Sequence[Row]) -> list[Chapter]:
    """One chapter for all waivers, as ``reports.waivers_input.waivers_of`` hands them; none without any."""
    if not rows:
        return []
    return [
        Chapter(
            name="Waivers",
            finding=sentence(f"{counted(len(rows), 'waiver was', 'waivers were')} signed"),
            lede="A waiver lets checks of the gate pass for one version of a model in one environment until "
            "a day. The outcome owner and a second person sign it. Those that have ended stay listed.",
            template="pdf/waivers.html",
            data={"rows": rows},
        )
    ]
