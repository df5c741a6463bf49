"""The figures of a result: one function each, from a frozen result to a ChartSpec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessment import result_words as words
from assessment.question_bank import Questionnaire
from ui.charts.spec import (
    DimensionGroup,
    DimensionRow,
    DimensionRows,
    PillarRow,
    PillarRows,
    Radar,
    RadarAxis,
)

Row = Mapping[str, Any]


def pillar_letter(questionnaire: Questionnaire, pillar: str) -> str:
    """The letter that the codes of a pillar's dimensions begin with."""
    return questionnaire.dimensions[questionnaire.pillars[pillar].dimensions[0]].code[:1]


def pillar_rows(result: Row, questionnaire: Questionnaire, earlier: Row | None = None) -> PillarRows:
    """Pillars weakest first, with interval, target and the round before."""
    before = {pillar["key"]: pillar["value"] for pillar in earlier["pillars"]} if earlier else {}
    targets = _pillar_targets(result, questionnaire)
    round_before = earlier["round"]["title"] if earlier else ""
    heads = ("Interval", *([f"Since {round_before}"] if earlier else []), "People", "Coverage", "Phase")
    rows = []
    for pillar in result["pillars"]:
        row = PillarRow(
            code=pillar_letter(questionnaire, pillar["key"]),
            name=pillar["title"],
            score=pillar["value"],
            target=targets[pillar["key"]],
            earlier=before.get(pillar["key"]),
            **_interval(pillar),
            extras=_extras(pillar, before.get(pillar["key"]), with_change=bool(earlier)),
        )
        rows.append(row)
    unit = "Score 0 to 100; bar, 90 % interval from five people on; tick, target"
    return PillarRows(
        key="pillars",
        title="Weakest first: a pillar’s phase is what its gates allow, not its mean",
        unit=f"{unit}; ring, {round_before}" if earlier else unit,
        n=result["people"],
        rows=tuple(rows),
        extra_heads=heads,
        earlier_label=round_before or "Earlier",
        target_label=f"Target, phase {result['target_phase']}",
        note=_coverage_note(result),
    )


def _extras(pillar: Row, before: float | None, *, with_change: bool) -> tuple[str, ...]:
    interval = f"{pillar['interval'][0]}–{pillar['interval'][1]}" if pillar["interval"] else "–"
    change = "–"
    if before is not None and pillar["value"] is not None:
        points = pillar["score"] - int(before + 0.5)
        change = f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"
    coverage = "–" if pillar["coverage"] is None else f"{int(pillar['coverage'] * 100 + 0.5)} %"
    return (
        interval,
        *([change] if with_change else []),
        str(pillar["n"]),
        f"{coverage}, provisional" if pillar["provisional"] else coverage,
        f"Phase {pillar['phase']}",
    )


def _pillar_targets(result: Row, questionnaire: Questionnaire) -> dict[str, float | None]:
    """The weighted mean of the dimensions' targets, as a pillar's score is of their scores."""
    found: dict[str, float | None] = {}
    for pillar in questionnaire.pillars:
        known = [
            (questionnaire.dimensions[d["key"]].weight, d["target_value"])
            for d in result["dimensions"]
            if d["pillar"] == pillar and d["target_value"] is not None
        ]
        weights = sum(weight for weight, _ in known)
        found[pillar] = sum(weight * value for weight, value in known) / weights if weights else None
    return found


def _interval(row: Row) -> dict[str, float | None]:
    low, high = row["interval"] or (None, None)
    return {"low": low, "high": high}


def _coverage_note(result: Row) -> str:
    if result["provisional"]:
        return "Below 70 % coverage a score is provisional: the missing answers could move it."
    return ""


def dimension_rows(result: Row, questionnaire: Questionnaire, earlier: Row | None = None) -> DimensionRows:
    """Dimensions, weakest pillar and weakest dimension first, with the heat map by function."""
    before = {d["key"]: d["value"] for d in earlier["dimensions"]} if earlier else {}
    functions = tuple(column["title"] for column in result["functions"])
    groups = []
    for pillar in result["pillars"]:
        own = [d for d in result["dimensions"] if d["pillar"] == pillar["key"]]
        own.sort(key=lambda d: (d["value"] is None, d["value"] or 0, d["code"]))
        rows = tuple(
            DimensionRow(
                code=d["code"],
                name=d["title"],
                score=d["value"],
                target=d["target_value"],
                earlier=before.get(d["key"]),
                cells=_cells(d, result["functions"]),
                **_interval(d),
            )
            for d in own
        )
        groups.append(DimensionGroup(pillar_letter(questionnaire, pillar["key"]), pillar["title"], rows))
    return DimensionRows(
        key="dimensions",
        title=words.rows_title(result),
        unit="Score 0 to 100; bar, 90 % interval; tick, target; cells, by function; hatched, none to show",
        n=result["people"],
        groups=tuple(groups),
        functions=functions,
        target_label=f"Target, phase {result['target_phase']}",
        note="Functions are asked only what they can know.",
    )


def _cells(dimension: Row, functions: Sequence[Row]) -> tuple[float | None, ...]:
    known = {cell["function"]: cell["value"] for cell in dimension["functions"]}
    return tuple(known.get(column["key"]) for column in functions)


def radar(result: Row, questionnaire: Questionnaire) -> Radar:
    """Every dimension against its target, in the order of the questionnaire."""
    axes = tuple(
        RadarAxis(d["code"], d["title"], d["value"], d["target_value"]) for d in result["dimensions"]
    )
    far = tuple(
        d["code"]
        for d in result["dimensions"]
        if d["value"] is not None and d["target_value"] is not None and d["target_value"] - d["value"] >= 20
    )
    return Radar(
        key="radar",
        title=words.radar_title(result),
        unit=f"{len(axes)} dimensions, score 0 to 100 from the center; codes as in the rows below",
        n=result["people"],
        axes=axes,
        pillars=tuple(
            (pillar_letter(questionnaire, key), pillar.title) for key, pillar in questionnaire.pillars.items()
        ),
        value_label=result["round"]["title"],
        target_label=f"Target, phase {result['target_phase']}",
        bold=far,
    )
