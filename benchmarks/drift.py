"""Drift of 10 features by 5,000 live rows: JSON lines with CPU seconds against at most 0.2 s.

Half of the features are numbers, half are categories; values are Python objects, as sampled rows bring them.
The bare floor of the same machine stands beside: sorting the numbers of one feature ten times.

python benchmarks/drift.py
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

import numpy as np

from deployments.profile import profile_of
from deployments.watch.drift import compare

ROWS = 5000
MOST_SECONDS = 0.2
REPEATS = 5


def cpu(run: Callable[[], object]) -> float:
    """The median of some runs, in seconds of processor time."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return sorted(taken)[REPEATS // 2]


def columns(seed: int) -> dict[str, list[object]]:
    drawn = random.Random(seed)
    numbers: dict[str, list[object]] = {
        f"n{index}": [None if drawn.random() < 0.02 else drawn.gauss(seed, 1) for _ in range(ROWS)]
        for index in range(5)
    }
    return numbers | {f"c{index}": [drawn.choice("abcdefghij") for _ in range(ROWS)] for index in range(5)}


def main() -> int:
    then, now = columns(0), columns(1)
    profile = profile_of(then)
    floor_values = np.array([value for value in now["n0"] if value is not None], dtype=np.float64)
    seconds = cpu(lambda: compare(profile, now))
    lines = [
        {"what": "drift, 10 features by 5,000 rows", "cpu_s": round(seconds, 4), "at_most": MOST_SECONDS},
        {"what": "profile, 10 features by 5,000 rows", "cpu_s": round(cpu(lambda: profile_of(then)), 4)},
        {
            "what": "floor: ten sorts",
            "cpu_s": round(cpu(lambda: [np.sort(floor_values) for _ in range(10)]), 4),
        },
    ]
    for line in lines:
        print(json.dumps(line))
    return 0 if seconds <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
