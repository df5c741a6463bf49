"""Work in a process of its own: its answer comes back; over a limit there is a sentence, and life goes on."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from ui import limited
from ui.errors import Conflict


def add(left: int, right: int) -> int:
    return left + right


def fill(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin() -> None:
    while True:
        pass


def ended(by: int) -> None:
    os.kill(os.getpid(), by)


def refuse() -> None:
    raise Conflict("Somebody was faster.", other=1)


class _Local(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__("three")


def raise_odd() -> None:
    raise _Local(1, 2)


def work(function: Any, *args: Any, megabytes: int = 300, seconds: float = 5) -> Any:
    return limited.call(function, *args, what="This file", megabytes=megabytes, seconds=seconds)


def test_the_answer_and_the_errors_come_back() -> None:
    assert work(add, 1, 2) == 3
    with pytest.raises(Conflict, match=r"Somebody was faster\.") as refused:
        work(refuse)
    assert refused.value.details == {"other": 1}
    with pytest.raises(RuntimeError, match="_Local: three"):
        work(raise_odd)


def test_too_much_memory() -> None:
    assert work(fill, 50) == 50 * 1024 * 1024
    with pytest.raises(limited.OverLimit, match="This file needed more memory than it may use"):
        work(fill, 400)


def test_too_much_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "PATIENCE", 120)  # however little of a processor this machine gives just now
    with pytest.raises(limited.OverLimit, match="This file took more processor time than it may use"):
        work(spin, seconds=0.5)


def test_too_much_time() -> None:
    begun = time.monotonic()
    with pytest.raises(limited.OverLimit, match=r"This file took longer than 2 seconds"):
        work(sleep, 60, seconds=0.5)
    assert time.monotonic() - begun < 20


def test_killed_it_is_told_and_the_next_one_works() -> None:
    with pytest.raises(limited.OverLimit, match="its process ended early"):
        work(ended, signal.SIGKILL)
    assert work(add, 2, 2) == 4


def test_asked_to_end_it_is_not_the_work_that_is_to_blame() -> None:
    with pytest.raises(limited.Stopped, match="the server is stopping"):
        work(ended, signal.SIGTERM)
