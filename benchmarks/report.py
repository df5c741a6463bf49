"""Printed reports as JSON lines: CPU seconds of the readiness report, beside plain pages and a bare loop.

python benchmarks/report.py

The figures of one process that has printed before; the first report also pays for imports and fonts and
is given beside it. ``floor_20_pages_s`` is running text on 20 pages by the same engine, ``loop_1e7_s`` the
machine.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ["THROUGHLINE_DATA"] = tempfile.mkdtemp(prefix="throughline-bench-")
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from reports.readiness import render_readiness
from tests.reports.pdfs import AS_OF, planned, questionnaire, read, result
from ui import limited
from ui.pdf import render_pdf

ROUNDS = 3
PAGES = 20
BUDGET_20_PAGES = 1.5


def in_this_process(function: Callable[..., Any], *args: Any, **limits: Any) -> Any:
    """The product lays out in another process; its processor time is counted in this one."""
    return function(*args)


limited.call = in_this_process


def cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it gave."""
    start = time.process_time()
    value = call()
    return time.process_time() - start, value


def loop() -> int:
    total = 0
    for number in range(10_000_000):
        total += number
    return total


def plain() -> bytes:
    """Running text on twenty pages, without any style sheet."""
    words = "A sentence of plain words that fills a line of this page. " * 40
    pages = "".join(f'<p style="break-after: page">{words}</p>' for _ in range(PAGES))
    html = f'<html lang="en"><head></head><body>{pages}</body></html>'
    return render_pdf(html, title="Floor", language="en", created=AS_OF)


def main() -> None:
    now, before, plan = result(), result(1), planned()[0]

    def readiness() -> bytes:
        return render_readiness(
            now,
            questionnaire(),
            organization_name="Halvorsen Pumps",
            as_of=AS_OF,
            title="Round 2",
            plan=plan,
            earlier=before,
        )

    first, content = cpu(readiness)
    best = min(cpu(readiness)[0] for _ in range(ROUNDS))
    pages = len(read(content).pages)
    floor = min(cpu(plain)[0] for _ in range(ROUNDS))
    figures = {
        "name": "report",
        "pages": pages,
        "cpu_s": round(best, 2),
        "cpu_s_per_20_pages": round(best * PAGES / pages, 2),
        "budget_s": BUDGET_20_PAGES,
        "first_cpu_s": round(first, 2),
        "floor_20_pages_s": round(floor, 2),
        "loop_1e7_s": round(cpu(loop)[0], 2),
        "bytes": len(content),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
