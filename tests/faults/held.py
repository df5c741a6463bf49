"""A job at work in the process that limits it, until a test lets it go on."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ui import limited

if TYPE_CHECKING:
    from jobs.runner import Outcome, Progress


def work(progress: Progress, folder: str) -> Outcome:
    from jobs.runner import Outcome  # the process below, which knows no Django, reads this module too

    progress("Waiting", 1, 2)
    limited.call(wait, folder, what="This job", megabytes=500, seconds=100)
    return Outcome("Done after all.")


def wait(folder: str) -> None:
    """Note the number of this process, and come back once the file `go` is there."""
    (Path(folder) / f"{os.getpid()}.at_work").touch()
    while not (Path(folder) / "go").exists():
        time.sleep(0.02)
