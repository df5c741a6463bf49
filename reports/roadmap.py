"""The roadmap report: from a plan as plain data to a PDF, without any database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.template.loader import render_to_string

from reports import roadmap_appendix, roadmap_chapters
from reports.layout import Cover, Station, numbered, running
from reports.roadmap_chapters import Surroundings
from reports.sentences import breakable, long_day, short_hash
from roadmap import plan_words
from ui.pdf import render_pdf

Row = Mapping[str, Any]


def render_roadmap(
    plan: Row,
    around: Surroundings,
    *,
    organization_name: str,
    as_of: date,
    name: str = "",
    made_for: Sequence[str] = (),
    made_by: Sequence[str] = (),
    rests_on: Sequence[str] = (),
    waivers: Sequence[Row] = (),
    paper: str = "A4",
) -> bytes:
    """The roadmap report as a tagged PDF; the same arguments give the same bytes.

    plan      ``Plan.to_dict()``
    around    titles, inputs and relaxations that the plan itself does not hold
    name      "Plan 4, Lean"
    rests_on  what the plan started from, one line each
    waivers   what was let pass at the gate of models, as ``reports.waivers_input`` hands it
    """
    context = roadmap_context(
        plan,
        around,
        organization_name=organization_name,
        as_of=as_of,
        name=name,
        made_for=made_for,
        made_by=made_by,
        rests_on=rests_on,
        waivers=waivers,
        paper=paper,
    )
    html = render_to_string("pdf/report.html", context)
    return render_pdf(html, title=f"Roadmap, {organization_name}", language="en-US", created=as_of)


def roadmap_context(
    plan: Row,
    around: Surroundings,
    *,
    organization_name: str,
    as_of: date,
    name: str = "",
    made_for: Sequence[str] = (),
    made_by: Sequence[str] = (),
    rests_on: Sequence[str] = (),
    waivers: Sequence[Row] = (),
    paper: str = "A4",
) -> dict[str, Any]:
    """Everything that the template prints; see ``render_roadmap`` for the arguments."""
    organization = breakable(organization_name)
    mark = short_hash(plan["input_hash"])
    chapters = roadmap_chapters.main(plan, around, as_of)
    return {
        "name": "Roadmap",
        "paper": paper,
        "language": "en-US",
        "running": running(organization, "roadmap", f"{name or 'Plan'}, inputs {mark}, {long_day(as_of)}"),
        "cover": Cover(
            organization=organization,
            title=f"Roadmap to phase {plan['target_phase']}",
            sentence=f"{plan_words.finding(plan, around.currency)}. {plan_words.lede(plan)}",
            date=long_day(as_of),
            stations=[
                Station("Assessed", breakable(around.round_title), reached=True),
                Station("Planned", breakable(name), reached=True, current=True),
                *(Station(later, "", reached=False) for later in ("Signed", "Tracked", "Live")),
            ],
            blocks=(
                ("For", [breakable(line) for line in made_for]),
                ("By", [breakable(line) for line in made_by]),
                ("Rests on", [*rests_on, f"Inputs {mark}"]),
            ),
        ),
        "chapters": numbered(chapters, roadmap_appendix.appendix(plan, around, waivers)),
    }
