"""The readiness report: from a result as plain data to a PDF, without any database.

A report is a list of chapters; each names its template, its finding and its sections and holds its data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.template.loader import render_to_string

from assessment.question_bank import Questionnaire
from reports import readiness_appendix, readiness_chapters
from reports import readiness_words as words
from reports.layout import Chapter, Cover, Station, numbered, running
from reports.sentences import breakable, long_day, short_hash
from reports.waivers import chapters as waiver_chapters
from ui.pdf import render_pdf

Row = Mapping[str, Any]


def render_readiness(
    result: Row,
    questionnaire: Questionnaire,
    *,
    organization_name: str,
    as_of: date,
    title: str = "",
    plan: Row | None = None,
    earlier: Row | None = None,
    currency: str = "EUR",
    made_for: Sequence[str] = (),
    made_by: Sequence[str] = (),
    stations: Sequence[tuple[str, str]] = (),
    result_hash: str = "",
    waivers: Sequence[Row] = (),
    paper: str = "A4",
) -> bytes:
    """The readiness report as a tagged PDF; the same arguments give the same bytes.

    result         ``AssessmentResult.to_dict()``, with or without the ``round`` part of a frozen result
    title          what the result belongs to: "Round 2"; stands on the cover's line
    as_of          the date on the cover and in the document's properties
    plan           ``Plan.to_dict()`` that started from this result, or None
    earlier        the result of the round before, with its ``round`` part, or None
    made_for, made_by  names with roles, one a line; lines that are empty are left out
    stations       (station, state) pairs for the line on the cover, from "Planned" on
    result_hash    the hash under which the result is frozen; the hash of its inputs otherwise
    waivers        what was let pass at the gate of models, as ``reports.waivers_input`` hands it
    """
    context = readiness_context(
        result,
        questionnaire,
        organization_name=organization_name,
        as_of=as_of,
        title=title,
        plan=plan,
        earlier=earlier,
        currency=currency,
        made_for=made_for,
        made_by=made_by,
        stations=stations,
        result_hash=result_hash,
        waivers=waivers,
        paper=paper,
    )
    html = render_to_string("pdf/report.html", context)
    return render_pdf(
        html, title=f"{context['name']}, {organization_name}", language=questionnaire.language, created=as_of
    )


def readiness_context(
    result: Row,
    questionnaire: Questionnaire,
    *,
    organization_name: str,
    as_of: date,
    title: str = "",
    plan: Row | None = None,
    earlier: Row | None = None,
    currency: str = "EUR",
    made_for: Sequence[str] = (),
    made_by: Sequence[str] = (),
    stations: Sequence[tuple[str, str]] = (),
    result_hash: str = "",
    waivers: Sequence[Row] = (),
    paper: str = "A4",
) -> dict[str, Any]:
    """Everything that the template prints; see ``render_readiness`` for the arguments."""
    organization = breakable(organization_name)
    mark = short_hash(result_hash or result["inputs_hash"])
    # A result that never was a round, such as one from a spreadsheet, has no title of its own.
    shown = {**result, "round": {"title": title or "This round", **result.get("round", {})}}
    return {
        "name": words.report_title(result, plan),
        "paper": paper,
        "language": questionnaire.language,
        "running": running(organization, "readiness", f"Result {mark}, {long_day(as_of)}"),
        "cover": Cover(
            organization=organization,
            title=words.report_title(result, plan),
            sentence=words.cover_sentence(result, organization),
            date=long_day(as_of),
            stations=_stations(title, stations),
            blocks=(
                ("For", [breakable(line) for line in made_for]),
                ("By", [breakable(line) for line in made_by]),
                ("Rests on", _rests_on(result, mark)),
            ),
        ),
        "chapters": numbered(
            _chapters(shown, questionnaire, organization, plan, earlier, currency),
            _appendix(shown, questionnaire, plan, result_hash, waivers),
        ),
        "organization": organization,
    }


def _chapters(
    shown: Row,
    questionnaire: Questionnaire,
    organization: str,
    plan: Row | None,
    earlier: Row | None,
    currency: str,
) -> list[Chapter]:
    return [
        readiness_chapters.standing(shown, questionnaire, organization, plan, earlier),
        *readiness_chapters.pillars(shown, questionnaire, earlier),
        readiness_chapters.disagreement(shown, questionnaire),
        readiness_chapters.next_steps(shown, plan, currency),
    ]


def _appendix(
    shown: Row, questionnaire: Questionnaire, plan: Row | None, result_hash: str, waivers: Sequence[Row]
) -> list[Chapter]:
    return [
        readiness_appendix.method(shown, questionnaire),
        readiness_appendix.figures(shown, questionnaire),
        *waiver_chapters(waivers),
        readiness_appendix.sources(shown, questionnaire, result_hash, plan),
    ]


def _stations(title: str, others: Sequence[tuple[str, str]]) -> list[Station]:
    later = dict(others)
    names = ("Planned", "Signed", "Tracked", "Live")
    line = [Station("Assessed", breakable(title), reached=True, current=True)]
    return line + [Station(name, breakable(later.get(name, "")), reached=name in later) for name in names]


def _rests_on(result: Row, mark: str) -> list[str]:
    asked = result.get("round", {}).get("invited") or result["people"]
    if not result["people"]:
        return [f"Result {mark}", "Nobody has answered yet"]
    people = f"{result['people']} of {asked} people" if asked != result["people"] else f"{asked} people"
    return [f"Result {mark}", f"{people}, {words.coverage(result)} coverage"]
