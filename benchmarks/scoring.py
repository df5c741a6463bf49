"""Scoring speed: JSON lines, CPU seconds, each against a baseline measured in the same run.

python -m benchmarks.scoring
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from assessment.bootstrap import Part, _resampled, interval
from assessment.question_bank import load_questionnaire
from assessment.scoring import AnswerValue, Respondent, score
from assessment.tally import count, membership

ROOT = Path(__file__).parents[1]
REPEATS = 5


def cpu(run: Callable[[], object]) -> float:
    """The best of several runs, in CPU seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def report(name: str, seconds: float, limit: float | None, **more: object) -> None:
    line = {"benchmark": name, "cpu_s": round(seconds, 5), "limit_s": limit}
    print(json.dumps({**line, "ok": limit is None or seconds <= limit, **more}))


def million() -> None:
    """1e6 answers: 20,000 people x 50 items of 7 functions, to scores of items and dimensions."""
    people, items, functions, dimensions = 20_000, 50, 7, 25
    random = np.random.default_rng(7)
    levels = random.integers(0, 5, size=(people, items)).astype(np.int8)
    given = random.random((people, items)) < 0.9
    function = random.integers(0, functions, size=people)
    weight = random.integers(1, 4, size=items).astype(float)
    dimension = np.arange(items) * dimensions // items

    def core() -> np.ndarray:
        counts = count(membership(function, functions), levels, given)
        score_of_items = (counts.total / counts.n).mean(axis=0) * 25
        top = np.bincount(dimension, weight * score_of_items)
        return top / np.bincount(dimension, weight)

    rows, columns = np.nonzero(given)
    frame = pd.DataFrame(
        {"function": function[rows], "item": columns, "level": levels[rows, columns].astype(float)}
    )

    def plain() -> pd.Series:
        by_item = frame.groupby(["item", "function"])["level"].mean().groupby("item").mean() * 25
        table = pd.DataFrame({"d": dimension, "w": weight, "s": by_item.to_numpy()})
        table["ws"] = table["w"] * table["s"]
        sums = table.groupby("d")[["ws", "w"]].sum()
        return sums["ws"] / sums["w"]

    assert np.allclose(core(), plain().to_numpy())
    report("scoring 1e6 answers, array core", cpu(core), 0.1, pandas_groupby_s=round(cpu(plain), 5))


def intervals() -> None:
    """B = 2000 for one dimension of three items."""
    random = np.random.default_rng(7)
    groups = tuple((name,) for name in "abcdefg")
    part = Part(tuple((0, 1.0, groups) for _ in range(3)), (1.0,))
    for people in (20, 200):
        labels = [str(label) for label in random.choice(list("abcdefg"), size=people)]
        levels = random.integers(-1, 5, size=(people, 3)).astype(np.int8)

        def run(labels: list[str] = labels, levels: np.ndarray = levels) -> None:
            _resampled.cache_clear()
            interval(labels, levels, part, version="x:1", key="d")

        seconds = cpu(run)
        report(f"interval of one dimension, {people} people", seconds, 0.018 if people == 200 else None)


def whole_result() -> None:
    """A whole result on the standard questionnaire: every score, interval, gate and finding."""
    questionnaire = load_questionnaire(ROOT / "fixtures" / "questionnaires" / "readiness.yaml")
    random = np.random.default_rng(7)
    for people in (14, 200):
        functions = list(questionnaire.functions)
        respondents = [Respondent(f"r{n}", functions[n % len(functions)]) for n in range(people)]
        answers = [
            AnswerValue(person.key, item.key, int(random.integers(0, 5)))
            for person in respondents
            for item in questionnaire.items_for(person.function)
            if item.kind == "maturity"
        ]

        def first(respondents: object = respondents, answers: object = answers) -> None:
            _resampled.cache_clear()
            score(questionnaire, respondents, answers)

        def again(respondents: object = respondents, answers: object = answers) -> None:
            score(questionnaire, respondents, answers)

        report(f"whole result, {people} people", cpu(first), None, answers=len(answers))
        report(f"the same, looked at again, {people} people", cpu(again), None)


if __name__ == "__main__":
    million()
    intervals()
    whole_result()
