"""Worth and feasibility of use cases, their marks and order, and what a portfolio of them lacks.

Pure functions. The formulas are those of fixtures/use_cases.yaml: an axis is
100 x sum(weight x level / 4) / sum(weight) over the questions that have a level.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from roadmap.use_case_rubric import Question, Rubric, portfolio_sentences

TOP_LEVEL = 4
ENOUGH_COVERAGE = 0.7
MIDDLE = 50.0
EARLY_FEASIBILITY = 60.0
BIG_BET = 0.6
NARROW = 2 / 3
ORPHAN_AFTER = timedelta(days=14)
CROWDED_TEAMS = 3
HALF_TIME = 50
COMMITTED = ("planned", "running")
DATA_LEVELS = {"not_usable_yet": 0, "acceptable": 1, "better": 3, "best": 4}


@dataclass(frozen=True, slots=True)
class Score:
    """An axis from 0 to 100, None without any level; `coverage` is the answered share of its weight."""

    value: float | None
    coverage: float

    @property
    def is_provisional(self) -> bool:
        return self.coverage < ENOUGH_COVERAGE

    @property
    def rounded(self) -> int | None:
        """Rounded once, at the edge, half up."""
        return None if self.value is None else math.floor(self.value + 0.5)


@dataclass(frozen=True, slots=True)
class UseCaseFacts:
    """A use case as this module reads it. `levels` maps question ids to 0..4; one left out is not known.

    `state`: idea, planned, running, scaled, iterated, stopped. `budget` is external spend, `team` names of
    people, `assets` pairs of (name, status) with a status of `DATA_LEVELS`.
    """

    key: str
    title: str = ""
    levels: Mapping[str, int] = field(default_factory=dict)
    horizon: str = ""
    data_origin: str = ""
    problem_type: str = ""
    unit: str = ""
    state: str = "idea"
    starts_on: date | None = None
    ends_on: date | None = None
    budget: float = 0.0
    team: tuple[str, ...] = ()
    assets: tuple[tuple[str, str], ...] = ()
    other_uses: str = ""
    lessons: str = ""

    @property
    def is_committed(self) -> bool:
        return self.state in COMMITTED


@dataclass(frozen=True, slots=True)
class Standing:
    """A use case with its scores and the ids of its marks and quadrant."""

    facts: UseCaseFacts
    worth: Score
    feasibility: Score
    marks: tuple[str, ...]
    quadrant: str

    def has(self, mark: str) -> bool:
        return mark in self.marks


@dataclass(frozen=True, slots=True)
class PortfolioProblem:
    """What a portfolio check found: the rule's id, its severity, a sentence, and the use cases concerned."""

    id: str
    severity: str
    sentence: str
    keys: tuple[str, ...] = ()


def score(questions: Sequence[Question], levels: Mapping[str, int]) -> Score:
    """The score of one axis. Levels outside 0..4 raise ValueError; weights of 0 alone give no score."""
    known = [(item.weight, levels[item.id]) for item in questions if levels.get(item.id) is not None]
    if any(not 0 <= level <= TOP_LEVEL for _, level in known):
        raise ValueError("A level runs from 0 to 4.")
    total = sum(item.weight for item in questions)
    weight = sum(weight for weight, _ in known)
    if weight <= 0:
        return Score(None, 0.0)
    return Score(100 * sum(part * level / TOP_LEVEL for part, level in known) / weight, weight / total)


def data_status_level(statuses: Iterable[str]) -> int | None:
    """The level of the question on data that the register answers: its weakest asset. None without assets."""
    return min((DATA_LEVELS[status] for status in statuses if status in DATA_LEVELS), default=None)


def access_days_level(days: Iterable[int | None]) -> int | None:
    """The level that the longest known wait for access gives; None if none is known."""
    known = [wait for wait in days if wait is not None]
    if not known:
        return None
    return sum(max(known) <= bound for bound in (60, 30, 10, 2))


def skills_level(data_scientist: tuple[str, bool], ml_engineer: tuple[str, bool]) -> int:
    """The level of the question on skills that the roster answers.

    Each role as (open, partly or covered; by partners alone): both covered 4, or 3 where a partner alone
    covers one; one of the two covered 2; one partly covered 1; neither 0.
    """
    states = [data_scientist[0], ml_engineer[0]]
    if states.count("covered") == 2:
        return 3 if data_scientist[1] or ml_engineer[1] else 4
    if "covered" in states:
        return 2
    return 1 if "partly" in states else 0


def standing(facts: UseCaseFacts, rubric: Rubric) -> Standing:
    """Scores, marks and quadrant of one use case; without both scores there is no quadrant."""
    worth = score(rubric.questions["worth"], facts.levels)
    feasibility = score(rubric.questions["feasibility"], facts.levels)
    return Standing(
        facts, worth, feasibility, tuple(_marks(facts, worth, feasibility)), _quadrant(worth, feasibility)
    )


def _marks(facts: UseCaseFacts, worth: Score, feasibility: Score) -> Iterator[str]:
    level = facts.levels.get
    stoppers = []
    if level("tolerance") == 0:
        stoppers.append("stop_tolerance")
    if level("beyond_rules") == 0:
        stoppers.append("stop_rules")
    if level("data_status") == 0 and facts.data_origin in ("own", "partner"):
        stoppers.append("stop_data")
    yield from stoppers
    if level("beyond_rules") == 1 or _at_most(level("process"), 1):
        yield "unknown_baseline"
    near = facts.horizon in ("m3", "m6") and (level("complexity") or 0) >= 3
    enough = (worth.value or 0) >= MIDDLE and (feasibility.value or 0) >= EARLY_FEASIBILITY
    if near and enough and not stoppers:
        yield "early_win"
    weak = feasibility.value is not None and feasibility.value < MIDDLE
    if _at_most(level("complexity"), 1) and (weak or _at_most(level("signal"), 1)):
        yield "moon_shot"
    if _at_most(level("buy_in"), 1):
        yield "buy_in_missing"


def _at_most(level: int | None, bound: int) -> bool:
    return level is not None and level <= bound


def _quadrant(worth: Score, feasibility: Score) -> str:
    if worth.value is None or feasibility.value is None:
        return ""
    if worth.value >= MIDDLE:
        return "start_here" if feasibility.value >= MIDDLE else "prepare"
    return "practice" if feasibility.value >= MIDDLE else "leave"


def is_stopped_by_mark(item: Standing) -> bool:
    return any(mark.startswith("stop_") for mark in item.marks)


def rank(standings: Iterable[Standing]) -> list[Standing]:
    """No stopper first, early wins, then root of worth x feasibility, feasibility, not provisional, key."""
    return sorted(standings, key=_rank_key)


def _rank_key(item: Standing) -> tuple[Any, ...]:
    worth, feasibility = item.worth.value or 0.0, item.feasibility.value or 0.0
    return (
        is_stopped_by_mark(item),
        not item.has("early_win"),
        -math.sqrt(worth * feasibility),
        -feasibility,
        item.worth.is_provisional or item.feasibility.is_provisional,
        item.facts.key,
    )


def check_portfolio(
    standings: Sequence[Standing], *, today: date, data_scientists: int | None = None, live_models: int = 0
) -> list[PortfolioProblem]:
    """What the list as a whole lacks. `data_scientists` counts people with half of their time or more.

    `data_scientists` None: not known, and the rule on too many POCs at once says nothing.
    """
    ranked = rank(standings)
    around = _Around(today, data_scientists, live_models)
    return [problem for check in CHECKS for problem in check(ranked, around)]


@dataclass(frozen=True, slots=True)
class _Around:
    today: date
    data_scientists: int | None
    live_models: int


def _problem(rule: str, *keys: str, **values: object) -> PortfolioProblem:
    severity, sentence = portfolio_sentences()[f"portfolio.{rule}"]
    return PortfolioProblem(f"portfolio.{rule}", severity, sentence.format_map(values), keys)


_Check = Callable[[list[Standing], _Around], Iterator[PortfolioProblem]]


def _one_big_bet(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    committed = [item.facts for item in ranked if item.facts.is_committed]
    total = sum(facts.budget for facts in committed)
    heavy = [facts for facts in committed if total > 0 and facts.budget > BIG_BET * total]
    single = committed if len(committed) == 1 else heavy
    if single:
        yield _problem("one_big_bet", single[0].key, use_case=single[0].title)


def _moon_shot_first(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    first = next((item for item in ranked if item.facts.starts_on), None)
    if around.live_models == 0 and first is not None and first.has("moon_shot"):
        yield _problem("moon_shot_first", first.facts.key)


def _no_early_win(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    if ranked and not any(item.facts.is_committed and item.has("early_win") for item in ranked):
        yield _problem("no_early_win")


def _too_narrow(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    total = len(ranked)
    for values in ([item.facts.unit for item in ranked], [item.facts.problem_type for item in ranked]):
        common = Counter(value for value in values if value).most_common(1)
        if total >= 4 and common and common[0][1] > NARROW * total:
            yield _problem("too_narrow", n=common[0][1], m=total, unit=common[0][0].replace("_", " "))
            return


def _no_other_uses(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    for item in ranked:
        if item.facts.state == "scaled" and not item.facts.other_uses.strip():
            yield _problem("no_other_uses", item.facts.key, use_case=item.facts.title)


def _shared_people(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    spans = [item.facts for item in ranked if item.facts.is_committed and item.facts.starts_on]
    for person in sorted({name for facts in spans for name in facts.team}):
        own = [facts for facts in spans if person in facts.team]
        # Teams can only grow in number on a day on which one of them starts.
        busiest = max(
            ((len(_running(own, day)), -day.toordinal(), day) for day in _starts(own)), default=None
        )
        if busiest and busiest[0] >= CROWDED_TEAMS:
            week = busiest[2].isocalendar().week
            yield _problem("shared_people", *(f.key for f in own), person=person, n=busiest[0], week=week)


def _starts(items: Iterable[UseCaseFacts]) -> set[date]:
    return {facts.starts_on for facts in items if facts.starts_on}


def _running(items: Iterable[UseCaseFacts], day: date) -> list[UseCaseFacts]:
    return [
        facts
        for facts in items
        if facts.starts_on and facts.starts_on <= day and (facts.ends_on is None or facts.ends_on >= day)
    ]


def _too_many(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    committed = [item.facts for item in ranked if item.facts.is_committed]
    most = max((len(_running(committed, day)) for day in _starts(committed)), default=0)
    if around.data_scientists is not None and most > around.data_scientists:
        yield _problem("too_many", n=most, m=around.data_scientists)


def _same_data(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    total = len(ranked)
    counts = Counter(asset for item in ranked for asset in set(item.facts.assets))
    for (name, status), count in sorted(counts.items()):
        if total >= 2 and count > NARROW * total and status not in ("better", "best"):
            words = {"not_usable_yet": "not usable yet"}.get(status, status or "of unknown status")
            yield _problem("same_data", asset=name, n=count, m=total, status=words)


def _no_value(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    for item in ranked:
        level = item.facts.levels.get
        if item.facts.starts_on and _at_most(level("return"), 1) and _at_most(level("process"), 1):
            yield _problem("no_value", item.facts.key, use_case=item.facts.title)


def _no_buy_in(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    for item in ranked:
        if item.facts.starts_on and item.has("buy_in_missing"):
            yield _problem("no_buy_in", item.facts.key, use_case=item.facts.title)


def _orphan_poc(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    for item in ranked:
        ended = item.facts.ends_on
        if item.facts.state == "running" and ended and around.today - ended > ORPHAN_AFTER:
            yield _problem("orphan_poc", item.facts.key, poc=item.facts.title, date=ended)


def _lesson_unused(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    for item in ranked:
        if item.facts.state == "stopped" and not item.facts.lessons.strip():
            yield _problem("lesson_unused", item.facts.key, use_case=item.facts.title)


def _never_stops(ranked: list[Standing], around: _Around) -> Iterator[PortfolioProblem]:
    decided = [item for item in ranked if item.facts.state in ("scaled", "iterated", "stopped")]
    if len(decided) >= 5 and all(item.facts.state != "stopped" for item in decided):
        yield _problem("never_stops", n=len(decided))


CHECKS: tuple[_Check, ...] = (
    _one_big_bet,
    _moon_shot_first,
    _no_early_win,
    _too_narrow,
    _shared_people,
    _too_many,
    _no_value,
    _no_buy_in,
    _orphan_poc,
    _same_data,
    _no_other_uses,
    _lesson_unused,
    _never_stops,
)
