"""The generated measurements of the story's bearing warning: invented, but the same bytes at every loading.

A charter names the SHA-256 of the files by which success is measured. The recipe is that of the demo's file
(`training.generator`); a test compares what it gives with the counts written there.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np

COLUMNS = (
    "pump_id", "month", "plant", "vibration_rms", "kurtosis", "temp_rise",
    "load_share", "days_since_service", "starts_per_day", "fails_14d",
)  # fmt: skip

Row = list[int | float | str]


def rows(
    count: int, plants: tuple[str, str], months: tuple[int, int], seed: int, shift: float = 0.0
) -> Iterator[Row]:
    """`count` pumps of two plants (the second with a share of 0.35) in these months; `shift` in mm/s."""
    draw = np.random.Generator(np.random.PCG64(seed))
    for _ in range(count):
        plant = plants[1] if draw.random() < 0.35 else plants[0]
        month = int(months[0] + draw.random() * (months[1] - months[0] + 1))
        wear, load = draw.random(), 0.35 + 0.6 * draw.random()
        days, starts = 400 * draw.random(), 1 + 9 * draw.random()
        noise = 1.35 if plant == "Moss" else 1.0
        vibration = 1.2 + 2.4 * wear**2 + 0.8 * load + shift + 0.25 * noise * draw.standard_normal()
        kurtosis = 3 + 3.2 * wear**3 + 0.45 * noise * draw.standard_normal()
        rise = 12 + 9 * wear * load + 6 * load + 1.5 * noise * draw.standard_normal()
        risk = -10.4 + 9.5 * wear**2 + 2.6 * wear * load + 0.0045 * days + 0.10 * starts
        fails = int(draw.random() < 1 / (1 + math.exp(-1.6 * risk)))
        pump = int(draw.random() * 420) + 1
        measured = [round(vibration, 3), round(kurtosis, 3), round(rise, 2), round(load, 3)]
        yield [pump, month, plant, *measured, int(days), round(starts, 1), fails]


FILES: dict[str, tuple[int, tuple[str, str], tuple[int, int], int, float]] = {
    "bearing_train.csv": (4800, ("Fredrikstad", "Moss"), (1, 18), 2026091401, 0.0),
    "bearing_holdout_2h.csv": (1600, ("Fredrikstad", "Moss"), (19, 24), 2026091402, 0.0),
    "bearing_bench.csv": (400, ("Fredrikstad", "Fredrikstad"), (19, 24), 2026091403, 0.15),
    "bearing_bergen.csv": (500, ("Bergen", "Bergen"), (19, 24), 2026091404, 0.1),
}


def csv_file(name: str) -> bytes:
    """One of `FILES` as CSV: a head, then one pump a line."""
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows(*FILES[name]))]
    return ("\n".join(lines) + "\n").encode()


def sha256(name: str) -> str:
    """The digest of a file in hexadecimal; empty for a file that the story only names."""
    return hashlib.sha256(csv_file(name)).hexdigest() if name in FILES else ""
