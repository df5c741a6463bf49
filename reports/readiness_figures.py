"""The figures of the readiness report: those of the result's page, cut to what a chapter tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assessment import charts
from assessment.question_bank import Questionnaire
from reports import readiness_words as words
from ui.charts.spec import DimensionGroup, DimensionRows, PillarRows, Radar
from ui.words import listed

Row = Mapping[str, Any]

# The figure itself tells the change since the round before.
PRINTED = ("Interval", "Coverage", "Phase")
PROVISIONAL = ", provisional"
SCORE_UNIT = "Score 0 to 100; bar, 90 % interval; tick, target of phase {phase}"


def pillar_rows(result: Row, questionnaire: Questionnaire, earlier: Row | None) -> PillarRows:
    """The pillars, weakest first, with as many columns as paper has room for."""
    spec = charts.pillar_rows(result, questionnaire, earlier)
    kept = [place for place, head in enumerate(spec.extra_heads) if head in PRINTED]
    return replace(
        spec,
        title="Pillars, weakest first",
        extra_heads=tuple(spec.extra_heads[place] for place in kept),
        earlier_label="then",
        rows=tuple(
            replace(row, extras=tuple(row.extras[place].removesuffix(PROVISIONAL) for place in kept))
            for row in spec.rows
        ),
        note=_note(spec.note, result["pillars"]),
    )


def behind_rows(
    result: Row, questionnaire: Questionnaire, codes: Sequence[str], title: str, earlier: Row | None
) -> DimensionRows:
    """The dimensions with these codes, in this order, without headings and without the heat map."""
    spec = charts.dimension_rows(result, questionnaire, earlier)
    known = {row.code: replace(row, cells=()) for row in spec.rows}
    rows = tuple(known[code] for code in codes)
    return replace(
        spec,
        key="behind",
        title=title,
        unit=_unit(result, earlier),
        groups=(DimensionGroup(rows[0].code[:1], "", rows),),
        functions=(),
        note="The letter of a code names the pillar. All dimensions follow in the chapters of their pillars.",
    )


def pillar_dimensions(
    result: Row, questionnaire: Questionnaire, pillar: Row, title: str, earlier: Row | None
) -> DimensionRows:
    """The dimensions of one pillar, weakest first, with the heat map of functions beside them."""
    spec = charts.dimension_rows(result, questionnaire, earlier)
    letter = charts.pillar_letter(questionnaire, pillar["key"])
    group = next(group for group in spec.groups if group.code == letter)
    dimensions = [row for row in result["dimensions"] if row["pillar"] == pillar["key"]]
    return replace(
        spec,
        key=f"dimensions-{letter.lower()}",
        title=title,
        unit=f"{_unit(result, earlier)}; cells, score by function; hatched, not asked or not shown",
        n=pillar["n"],
        groups=(replace(group, name=""),),
        note=_note("", dimensions),
    )


def radar(result: Row, questionnaire: Questionnaire) -> Radar:
    """All dimensions against their targets."""
    spec = charts.radar(result, questionnaire)
    return replace(spec, unit=spec.unit.replace("in the rows below", "in the chapters of the pillars"))


def _unit(result: Row, earlier: Row | None) -> str:
    unit = SCORE_UNIT.format(phase=result["target_phase"])
    return f"{unit}; ring, {earlier['round']['title']}" if earlier else unit


def _note(before: str, rows: Sequence[Row]) -> str:
    """Where a bar is missing and where a score is provisional, in words."""
    scored = [row for row in rows if row["score"] is not None]
    notes = [before] if before else []
    bare = [row["title"] for row in scored if not row["interval"]]
    if bare:
        which = "No bar" if len(bare) == len(scored) else f"No bar for {listed(bare)}"
        notes.append(f"{which}: fewer than five people.")
    weak = [row["title"] for row in scored if row["provisional"]]
    if weak:
        notes.append(f"Provisional, below 70 % coverage: {words.names(weak)}.")
    return " ".join(notes)
