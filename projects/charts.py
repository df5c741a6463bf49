"""The figures of projects."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from math import isfinite, nan

from projects.load import PersonLoad
from projects.models import Milestone
from projects.tracking.records import Run
from projects.words import HEALTH
from ui import formats
from ui.charts.spec import Lines, WeekBars
from ui.charts.spec_days import DueMark, StateWeeks, Timeline, WeekState
from ui.charts.spec_runs import MOST_CURVES, MOST_THREADS, Curve, Curves, Parallel, Scale, Thread
from ui.words import counted, in_words, plural, sentence

STATE_OF: dict[str, WeekState] = {"green": "good", "amber": "watch", "red": "bad"}
MISSING, PAUSED = "No answer", "Paused"
MOST_WEEKS = 104
MOST_PARAMS, MOST_METRICS, MOST_COMPARED_CURVES = 6, 4, 8


def learning_curves(curves: Mapping[str, list[tuple[int, float]]]) -> list[Lines]:
    """One figure for each metric with at least two figures; NaN and infinity are left out and said."""
    figures = []
    for at, (key, points) in enumerate(curves.items(), start=1):
        kept = [(step, value) for step, value in points if isfinite(value) and abs(value) < 1e300]
        if len(kept) < 2:
            continue
        left_out = len(points) - len(kept)
        figures.append(
            Lines(
                key=f"curve-{at}",
                title=f"{key}: {kept[0][1]:.4g} at first, {kept[-1][1]:.4g} at last",
                unit=f"{key} by step",
                points=tuple(kept),
                value_name=key,
                note=_without(left_out),
            )
        )
    return figures


def _without(count: int) -> str:
    if not count:
        return ""
    one, many = "value that is no finite number is", "values that are no finite numbers are"
    return f"{sentence(counted(count, one, many))} left out."


def _span(low: str, high: str) -> str:
    return low if low == high else f"from {low} to {high}"


def compared_curves(
    names: Sequence[str], curves: Sequence[Mapping[str, list[tuple[int, float]]]]
) -> list[Curves]:
    """One figure for each metric that at least two runs logged over steps; runs in the order of `names`.

    Values that are no finite number are left out and said. At most eight figures, in the order of names.
    """
    shared = sorted({key for one in curves for key in one if sum(key in other for other in curves) > 1})
    figures: list[Curves] = []
    for key in shared:
        kept, left_out = [], 0
        for name, one in zip(names, curves, strict=True):
            points = tuple((step, value) for step, value in one.get(key, []) if _drawable(value))
            left_out += len(one.get(key, [])) - len(points)
            if len(points) > 1:
                kept.append(Curve(name, points))
        if len(kept) > 1:
            ends = sorted(curve.points[-1][1] for curve in kept[:MOST_CURVES])
            figures.append(
                Curves(
                    key=f"compared-{len(figures) + 1}",
                    title=f"{key}: {_span(f'{ends[0]:.4g}', f'{ends[-1]:.4g}')} at the end",
                    unit=f"{key} by step",
                    curves=tuple(kept[:MOST_CURVES]),
                    note=_without(left_out),
                )
            )
    return figures[:MOST_COMPARED_CURVES]


def _drawable(value: float) -> bool:
    return isfinite(value) and abs(value) < 1e300


def threads_of(runs: Sequence[Run], metrics: Sequence[str], chosen: Collection[str] = ()) -> Parallel | None:
    """Runs through the parameters in which they differ, then through metrics; None where nothing differs.

    `chosen` are ids of runs to be drawn in color. At most six parameters, four metrics, the first 100 runs.
    """
    drawn = runs[:MOST_THREADS]
    params = [key for key in _differing(drawn) if key not in metrics][:MOST_PARAMS]
    measured = [key for key in metrics if sum(_drawable(run.metrics.get(key, nan)) for run in drawn) > 1][
        :MOST_METRICS
    ]
    if len(drawn) < 2 or not measured or len(params) + len(measured) < 2:
        return None
    columns = [_column(key, [run.params.get(key) for run in drawn]) for key in params]
    columns += [(Scale(key), [_figure_of(run.metrics.get(key)) for run in drawn]) for key in measured]
    threads = tuple(
        Thread(run.name or run.id[:8], tuple(values[at] for _, values in columns), run.id in chosen)
        for at, run in enumerate(drawn)
    )
    return Parallel(
        key="threads",
        title=f"{plural(len(drawn), 'run', 'runs')} by what they differ in and what they scored",
        unit="Each line is a run through its parameters and last values"
        + ("; the candidate in color" if any(thread.chosen for thread in threads) else ""),
        scales=tuple(scale for scale, _ in columns),
        threads=threads,
    )


def _differing(runs: Sequence[Run]) -> list[str]:
    """Parameters with more than one value, those that most runs have logged first."""
    seen: dict[str, list[str]] = {}
    for run in runs:
        for key, value in run.params.items():
            seen.setdefault(key, []).append(value)
    return sorted((key for key in seen if len(set(seen[key])) > 1), key=lambda key: (-len(seen[key]), key))


def _column(key: str, values: Sequence[str | None]) -> tuple[Scale, list[float | None]]:
    """A parameter as a scale: of figures where every value is one, else of words in their order."""
    figures = [_number(value) for value in values]
    if all(figure is not None or value is None for figure, value in zip(figures, values, strict=True)):
        return Scale(key), figures
    words = sorted({value for value in values if value is not None})
    return Scale(key, tuple(words)), [None if value is None else words.index(value) for value in values]


def _number(text: str | None) -> float | None:
    try:
        return _figure_of(float(text)) if text is not None else None
    except ValueError:
        return None


def _figure_of(value: float | None) -> float | None:
    return value if value is not None and _drawable(value) else None


def health_history(
    asked: Sequence[dt.date], answers: Mapping[dt.date, str], paused: Collection[dt.date] = ()
) -> StateWeeks | None:
    """The state of each week from the first that was asked for or answered to the last; None before that.

    `answers` are states of health by Monday; a week without one is a rest where the project was paused, else
    missing. At most two years.
    """
    known = {week: health for week, health in answers.items() if health in STATE_OF}
    every = sorted({*asked, *known, *paused})[-MOST_WEEKS:]
    if not every:
        return None
    count = (every[-1] - every[0]).days // 7 + 1
    mondays = [every[0] + dt.timedelta(weeks=at) for at in range(count)][-MOST_WEEKS:]
    states = {week: _week_state(week, known, paused) for week in mondays}
    count_of: Counter[str] = Counter(states.values())
    said = [
        f"{sentence(counted(count_of[state], 'week was', 'weeks were'))} {words}."
        for state, words in (("missing", "not answered"), ("rest", "paused"))
        if count_of[state]
    ]
    return StateWeeks(
        key="health",
        title=_health_title([week for week in mondays if states[week] != "rest"], known),
        unit="State by week as the project’s lead gave it",
        weeks=tuple(states.items()),
        words=(*(word for _, word in HEALTH.values()), MISSING, PAUSED),  # type: ignore[arg-type]
        note=" ".join(said),
    )


def _week_state(week: dt.date, known: Mapping[dt.date, str], paused: Collection[dt.date]) -> WeekState:
    if week in known:
        return STATE_OF[known[week]]
    return "rest" if week in paused else "missing"


def _health_title(mondays: Sequence[dt.date], known: Mapping[dt.date, str]) -> str:
    """How it stands, since when, and how long nobody has said so."""
    silent = len(list(takewhile(lambda week: week not in known, reversed(mondays))))
    said = [week for week in mondays if week in known]
    if not mondays:
        return "Paused in every week so far"
    if not said:
        return f"{sentence(counted(silent, 'week', 'weeks'))} without an answer"
    state = known[said[-1]]
    streak = list(takewhile(lambda week: known[week] == state, reversed(said)))
    words = f"{HEALTH[state][1]} since the week from {formats.day(streak[-1], year=False)}"
    return (
        f"No answer for {plural(silent, 'week', 'weeks')}; {words[0].lower()}{words[1:]}" if silent else words
    )


def milestone_timeline(milestones: Sequence[Milestone], today: dt.date) -> Timeline | None:
    """The milestones that have a day; None where none has."""
    dated = [row for row in milestones if row.due_on is not None]
    marks = tuple(DueMark(row.title, row.due_on, row.done_on) for row in dated if row.due_on is not None)
    if not marks:
        return None
    late = sum(mark.state(today) == "late" for mark in marks)
    done = sum(mark.done is not None for mark in marks)
    many = plural(len(marks), "milestone", "milestones")
    verb = "is" if late == 1 else "are"
    undated = len(milestones) - len(dated)
    return Timeline(
        key="milestones",
        title=f"{sentence(in_words(late))} of {many} {verb} late" if late else f"{done} of {many} done",
        unit="Milestones by day: ring where due, filled where done, red where late",
        marks=marks,
        today=today,
        note=f"{sentence(counted(undated, 'milestone has', 'milestones have'))} no day." if undated else "",
    )


def load_by_week(load: PersonLoad, monday: dt.date) -> WeekBars:
    """What one person has promised by week, against what the person has."""
    verb = "is over" if load.is_over else "stays within"
    return WeekBars(
        key="load",
        title=f"{load.name} {verb} {load.capacity} % of a full week",
        unit="Percent of a full week promised to projects, by week; full weeks dark",
        start=monday,
        values=tuple(float(value) for value in load.weeks),
        capacity=float(load.capacity),
        capacity_label=f"Has {load.capacity} %",
        value_name="Promised, %",
        span=12,
        note="On some projects nobody has said the share." if load.unsaid else "",
    )
