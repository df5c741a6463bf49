"""Figures of an invented firm for the style guide: every kind, with texts and numbers as they occur."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ui.charts.spec import (
    ChartSpec,
    DimensionGroup,
    DimensionRow,
    DimensionRows,
    Gantt,
    GanttGroup,
    GanttItem,
    Lines,
    Matrix,
    MatrixPoint,
    PillarRow,
    PillarRows,
    Radar,
    RadarAxis,
    WeekBars,
)
from ui.charts.spec_days import DueMark, StateWeeks, Timeline, WeekState
from ui.charts.spec_live import Series, Share, Spread
from ui.charts.spec_runs import Curve, Curves, Parallel, Scale, Thread

FUNCTIONS = (
    "Sponsor",
    "Business lead",
    "Data owner",
    "Technical lead",
    "Practitioner",
    "Legal, people, finance",
)
PILLARS = (("S", "ML strategy"), ("D", "Data readiness"), ("C", "Culture"), ("T", "Team roles"))

# code, name, score, low, high, target, one cell a function
_DIMENSIONS: tuple[tuple[str, str, float, float, float, float, tuple[float | None, ...]], ...] = (
    ("T1", "Production ownership", 21, 13, 29, 64, (46, 32, 8, 12, 2, 30)),
    ("T2", "Skills", 31, 24, 39, 60, (49, 37, 28, 31, 11, None)),
    ("T3", "Self-service tooling", 34, 26, 43, 55, (None, 36, 32, 35, 28, None)),
    ("T4", "Capacity and focus", 36, 27, 44, 60, (47, 40, 30, 34, 22, 42)),
    ("T5", "Role coverage", 42, 33, 52, 60, (47, 44, 41, 39, 35, 44)),
    ("T6", "Hiring and partners", 48, 39, 56, 58, (57, 49, None, 49, 34, 49)),
    ("T7", "Cross-functional working", 55, 43, 66, 62, (67, 55, 54, 49, 50, 58)),
    ("D1", "Labeling and unification", 29, 21, 37, 60, (38, 34, 27, 24, 18, None)),
    ("D2", "Access and silos", 38, 29, 47, 62, (57, 52, 28, 29, 14, 38)),
    ("D3", "Data literacy and external data", 47, 38, 55, 55, (52, 49, 48, 48, 37, 53)),
    ("D4", "Collection plan", 49, 41, 58, 60, (60, 57, 44, 45, 40, 47)),
    ("D5", "Quality", 53, 44, 60, 60, (None, 56, 53, 56, 44, 54)),
    ("D6", "Volume and signal", 62, 53, 69, 58, (67, 62, 55, 62, 49, None)),
    ("C1", "Trust and explainability", 44, 36, 53, 60, (59, 44, 41, 45, 33, 50)),
    ("C2", "Cadence of communication", 51, 42, 61, 60, (60, 50, 47, 47, 45, None)),
    ("C3", "Stakeholder alignment", 54, 46, 61, 65, (73, 60, 44, 48, 36, 54)),
    ("C4", "ML awareness and expectations", 58, 49, 65, 60, (73, 61, 59, 58, 51, 62)),
    ("C5", "Collaboration", 60, 51, 71, 60, (67, 68, 61, 63, 49, 63)),
    ("C6", "Leadership support", 66, 57, 76, 62, (76, 72, 65, 62, 61, 72)),
    ("C7", "Learning", 68, 60, 76, 60, (73, 76, 61, 71, 60, 65)),
    ("S1", "Path to production", 45, 35, 55, 60, (57, 53, 39, 38, 40, None)),
    ("S2", "Route to a POC and pathway after it", 50, 42, 58, 60, (63, 57, 51, 49, 44, 49)),
    ("S3", "Portfolio", 56, 46, 65, 60, (70, 59, 49, 56, 43, 58)),
    ("S4", "Infrastructure", 60, 51, 67, 60, (None, 67, 57, 54, 54, None)),
    ("S5", "Learning method", 63, 52, 73, 60, (71, 70, 58, 59, 53, None)),
    ("S6", "Value case", 66, 57, 75, 65, (76, 69, 66, 67, 52, 71)),
    ("S7", "Long-term leadership", 70, 61, 79, 60, (79, 77, 63, 72, None, 68)),
    ("S8", "Problem selection", 77, 68, 86, 65, (87, 85, 76, 70, 66, 79)),
)


def pillar_rows() -> PillarRows:
    """Four pillars, weakest first."""
    numbers = (
        ("T", "Team roles", 38.4, 32.0, 44.2, 34.1, "83 %", "Phase 1"),
        ("D", "Data readiness", 46.1, 41.0, 52.0, 36.7, "88 %", "Phase 1"),
        ("C", "Culture", 57.0, 51.0, 62.0, 55.2, "90 %", "Phase 2"),
        ("S", "ML strategy", 61.2, 56.0, 67.0, 52.0, "84 %", "Phase 2"),
    )
    rows = tuple(
        PillarRow(
            code=code,
            name=name,
            score=score,
            low=low,
            high=high,
            target=60.0,
            earlier=earlier,
            extras=("31", coverage, phase),
        )
        for code, name, score, low, high, earlier, coverage, phase in numbers
    )
    return PillarRows(
        key="pillars",
        title="Weakest first: a pillar’s phase is what its gates allow, not its mean",
        unit="Score 0 to 100; bar, 90 % interval; ring, April 2026; tick, target for June 2027",
        rows=rows,
        extra_heads=("People", "Coverage", "Phase"),
        earlier_label="April",
        target_label="Target",
    )


def dimension_rows() -> DimensionRows:
    """All dimensions with their heat map."""
    names = dict(PILLARS)
    groups = tuple(
        DimensionGroup(
            letter, names[letter], tuple(_dimension(entry) for entry in _DIMENSIONS if entry[0][0] == letter)
        )
        for letter in ("T", "D", "C", "S")
    )
    return DimensionRows(
        key="dimensions",
        title="Sponsors score production ownership far above the people who run models",
        unit="Score 0 to 100; bar, 90 % interval; tick, target; cells, mean by function; hatched: not asked",
        n=31,
        note="Functions are asked only what they can know.",
        groups=groups,
        functions=FUNCTIONS,
    )


def short_rows() -> DimensionRows:
    """The dimensions that are furthest behind, without a heat map."""
    chosen = ("T1", "D1", "T2", "T4", "D2", "T3", "T5", "C1")
    entries = {entry[0]: entry for entry in _DIMENSIONS}
    rows = tuple(_dimension((*entries[code][:6], ())) for code in chosen)
    return DimensionRows(
        key="behind",
        title="Eight dimensions are furthest behind, five of them about people",
        unit="Score 0 to 100 with 90 % interval; tick, target",
        n=31,
        groups=(DimensionGroup("T", "", rows),),
        span=8,
    )


def _dimension(entry: tuple[str, str, float, float, float, float, tuple[float | None, ...]]) -> DimensionRow:
    code, name, score, low, high, target, cells = entry
    return DimensionRow(code=code, name=name, score=score, low=low, high=high, target=target, cells=cells)


def radar() -> Radar:
    """All dimensions on the wheel."""
    order = {"S": 0, "D": 1, "C": 2, "T": 3}
    entries = sorted(_DIMENSIONS, key=lambda entry: order[entry[0][0]])
    axes = tuple(RadarAxis(code, name, score, target) for code, name, score, _, _, target, _ in entries)
    return Radar(
        key="wheel",
        title="Six dimensions fall far short, four of them about people",
        unit="28 dimensions, score 0 to 100 from the center; dashed: target for June 2027",
        n=31,
        axes=axes,
        pillars=PILLARS,
        value_label="Round 3",
        target_label="Target, June 2027",
        bold=("T1", "T2", "T3", "T4", "D1", "D2"),
    )


def gantt() -> Gantt:
    """A plan under way."""
    monday = date(2026, 8, 31)

    def item(code: str, name: str, week: float, weeks: float, **more: object) -> GanttItem:
        start = monday + timedelta(days=round(week * 7))
        values: dict[str, object] = {"start": start, "end": start + timedelta(days=round(weeks * 7)), **more}
        return GanttItem(code=code, name=name, **values)  # type: ignore[arg-type]

    late = monday + timedelta(weeks=9, days=5)
    return Gantt(
        key="plan",
        title="Three of the four gates close by April; the second release engineer decides June",
        unit="Initiatives by phase, September 2026 to August 2027; before the name, what each lifts",
        start=monday,
        weeks=52,
        today=date(2026, 11, 20),
        mark=(date(2027, 6, 11), "Phase 2, 11 Jun"),
        groups=(
            GanttGroup(
                "Foundations of phase 1",
                (
                    item("C3", "Steering table with every party", 0, 4, state="done"),
                    item("T5", "Team roster and skills", 1, 4, state="done"),
                    item("D2", "Data register for three plants", 3, 6, state="done"),
                ),
            ),
            GanttGroup(
                "Gates of phase 2",
                (
                    item("D1", "One written rule for labels", 6, 7, state="late", late_from=late, gate="2"),
                    item("S8", "Bearing failure warning, POC", 5, 11, state="running", decides=True),
                    item("D2", "One store for vibration data", 9, 22, state="running", gate="3"),
                    item("T1", "Owners for live models", 13, 4, gate="1", chosen=True),
                    item("C1", "Explain scores to service staff", 16, 6),
                    item("T2", "Second release engineer", 18, 23, gate="4"),
                    item("S3", "Spare-part demand, POC", 26, 10, decides=True),
                ),
            ),
            GanttGroup("Toward phase 3", (item("T3", "Self-service feature table", 37, 14),)),
        ),
    )


def matrix() -> Matrix:
    """Use cases by worth and feasibility."""
    return Matrix(
        key="use-cases",
        title="Two early wins stand ready; the largest bet lacks data",
        unit="Worth and feasibility, 0 to 100 each; filled: chosen for the first POC",
        points=(
            MatrixPoint("Bearing failure warning", 78, 81, chosen=True, note="early win"),
            MatrixPoint("Quote triage", 84, 58, note="early win"),
            MatrixPoint("Spare-part demand", 55, 66),
            MatrixPoint("Leak detection on the test bench", 72, 74),
            MatrixPoint("Fully automatic pump design", 18, 88, note="moon-shot"),
            MatrixPoint("Invoice matching", 80, 31),
            MatrixPoint("Warranty texts", 58, 61),
        ),
        split=50,
        corners=("Worth having, out of reach", "Start here", "Leave", "Easy, little worth"),
    )


def learning_curve() -> Lines:
    """One metric of a run by step."""
    return Lines(
        key="curve",
        title="The loss falls to 0.0909",
        unit="loss by step",
        points=tuple((step, 1 / (step + 1)) for step in range(11)),
        value_name="loss",
    )


def week_bars() -> WeekBars:
    """One role by week."""
    rise = [0.6, 0.7, 0.9, 1.0, 1.1, 1.2, 1.2, 1.3, 1.3, 1.1, 1.2, 1.2, 1.3, 1.4, 1.4, 1.3, 1.2, 0.8]
    full = [1.6] * 7 + [1.5] + [1.6] * 2
    fall = [
        1.5,
        1.4,
        1.3,
        1.3,
        1.2,
        1.1,
        1.1,
        1.0,
        1.0,
        0.9,
        0.9,
        0.9,
        0.8,
        0.6,
        0.6,
        0.5,
        0.5,
        0.5,
        0.6,
        0.6,
        0.6,
    ]
    return WeekBars(
        key="load",
        title="ML engineers are the bottleneck from January to March",
        unit="Planned work of ML engineers by week, FTE; full weeks dark",
        start=date(2026, 8, 31),
        values=(*rise, *full, *fall),
        capacity=1.6,
        capacity_label="Has 1.6 FTE",
        value_name="Planned FTE",
        note="Capacity from the roster of 2 November.",
    )


def state_weeks() -> StateWeeks:
    """Check-ins of a project; one week was not answered, one was a pause."""
    states: tuple[WeekState, ...] = ("good", "good", "watch", "missing", "bad", "rest", "watch", "good")
    return StateWeeks(
        key="health",
        title="On track again after two weeks at risk",
        unit="State of the project by week",
        weeks=tuple((date(2026, 9, 7) + timedelta(weeks=at), state) for at, state in enumerate(states)),
        words=("On track", "At risk", "Off track", "No answer", "Paused"),
    )


def timeline() -> Timeline:
    """Milestones: one done late, one late, two to come."""
    return Timeline(
        key="milestones",
        title="One of four milestones is late",
        unit="Milestones by day; filled where done",
        today=date(2026, 11, 21),
        marks=(
            DueMark("Data of two plants in reach", date(2026, 9, 21), date(2026, 9, 28)),
            DueMark("Sensor history of Bergen in reach", date(2026, 10, 5)),
            DueMark("Five technicians interviewed", date(2026, 11, 27)),
            DueMark("Decision: scale, iterate or stop", date(2026, 12, 4)),
        ),
    )


def parallel() -> Parallel:
    """Runs through two parameters and two metrics; one logged no duration."""
    return Parallel(
        key="threads",
        title="Deeper forests recall more and take longer",
        unit="Runs by parameter and last value; the candidate in color",
        scales=(
            Scale("max_depth"),
            Scale("max_features", ("all", "log2", "sqrt")),
            Scale("recall"),
            Scale("fit seconds"),
        ),
        threads=(
            Thread("calm-owl", (4, 1, 0.61, 2.4)),
            Thread("brisk-fox", (8, 2, 0.74, 4.1)),
            Thread("wide-elk", (12, 2, 0.81, 6.8), chosen=True),
            Thread("late-hen", (12, 0, 0.79, None)),
        ),
    )


def curves() -> Curves:
    """The loss of two runs by step."""
    return Curves(
        key="curves",
        title="Both losses fall; brisk-fox ends lower",
        unit="loss by step",
        curves=(
            Curve("calm-owl", tuple((step, 1 / (step + 1) + 0.1) for step in range(11))),
            Curve("brisk-fox", tuple((step, 1.2 / (step + 1)) for step in range(15))),
        ),
    )


def series() -> Series:
    """Drift by day that passes its limit, with a gap."""
    first = datetime(2026, 9, 28, tzinfo=UTC)
    drift = [0.05 + 0.002 * (day % 7) + 0.00009 * day * day for day in range(45)]
    return Series(
        key="series",
        title="Drift of pressure slope passed its limit today",
        unit="Population stability index against the reference, by day",
        value_name="PSI",
        points=tuple((first + timedelta(days=at), None if at == 20 else psi) for at, psi in enumerate(drift)),
        limit=0.2,
        limit_label="Limit 0.2",
        events=((first + timedelta(days=14), "Version 4"),),
    )


def spread() -> Spread:
    """Predictions of the last week beside those of training."""
    now, then = (1, 3, 5, 8, 12, 15, 17, 16, 12, 7, 4), (2, 4, 7, 12, 17, 19, 16, 11, 7, 3, 2)
    return Spread(
        key="spread",
        title="Answers are higher than in training",
        unit="Share of predictions in percent",
        n=6912,
        shares=tuple(Share(f"{at / 10:g}", *pair) for at, pair in enumerate(zip(now, then, strict=True))),
        now_label="Last week",
        binned=True,
    )


def all_figures() -> tuple[ChartSpec, ...]:
    """One figure of each kind."""
    return (
        pillar_rows(),
        dimension_rows(),
        short_rows(),
        radar(),
        gantt(),
        matrix(),
        week_bars(),
        learning_curve(),
        state_weeks(),
        timeline(),
        parallel(),
        curves(),
        series(),
        spread(),
    )
