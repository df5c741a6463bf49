"""Ctrl-C while a job runs: everything ends, and the job is taken up at the next start."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from config.launcher import ROOT
from tests.faults.server import Place, place

pytestmark = pytest.mark.slow
ASK = """
from jobs import actions
actions.request("held", {folder!r}, title="Wait for the test", by=None)
"""


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Place]:
    with place(
        tmp_path / "data", DJANGO_SETTINGS_MODULE="tests.faults.held_settings", GATES="off", WEB_WORKERS="1"
    ) as found:
        yield found


@contextmanager
def launched(here: Place) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "config.launcher", "--port", str(here.port), "--data", str(here.data)]
    process = subprocess.Popen(command, cwd=ROOT, env=here.environment, start_new_session=True)
    try:
        yield process
    finally:
        # Once more for a test that has failed half way; SIGKILL would leave behind what it watches.
        process.terminate()
        process.wait(60)


def test_a_job_that_runs_at_ctrl_c_is_done_after_the_next_start(here: Place, tmp_path: Path) -> None:
    here.make_tables()
    with launched(here) as server:
        here.wait(200)
        here.run(ASK.format(folder=str(tmp_path)))
        until(lambda: any(tmp_path.glob("*.at_work")))
        assert job(here) == ("running", 1, "")
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    assert left(here) == []
    assert job(here) == ("queued", 0, "")
    (tmp_path / "go").touch()
    with launched(here) as server:
        until(lambda: job(here)[0] not in ("queued", "running"))
        assert job(here) == ("done", 1, "Done after all.")
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    assert left(here) == []
    assert "Intact" in here.manage("verify_audit")


def test_ctrl_c_while_it_prepares_ends_that_too(here: Place) -> None:
    with launched(here) as server:
        until((here.data / "prepare.lock").exists)
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    assert left(here) == []


def until(happened: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def job(here: Place) -> tuple[str, int, str]:
    with closing(sqlite3.connect(here.data / "throughline.sqlite3", timeout=20)) as database:
        state, attempts, message = database.execute(
            "SELECT state, attempts, message FROM jobs_job"
        ).fetchone()
    return state, attempts, message


def left(here: Place) -> list[str]:
    """Processes that still work on this data folder."""
    mark = f"THROUGHLINE_DATA={here.data}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text())
    return found
