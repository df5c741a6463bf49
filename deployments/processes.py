"""What the kernel says of processes: who descends from whom, and what they use. Pure; Linux only."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process; `start`, in clock ticks since the machine's, tells it from a later one of its number."""

    pid: int
    parent: int
    start: int
    rss_mb: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Use:
    """What a family of processes uses together."""

    rss_mb: float = 0.0
    cpu_seconds: float = 0.0
    count: int = 0


def read(pid: int) -> Process | None:
    """The process of this number; None for none, and for one that has ended and is not yet forgotten."""
    try:
        told = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, also parentheses.
    fields = told.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    return Process(
        pid=pid,
        parent=int(fields[1]),
        start=int(fields[19]),
        rss_mb=int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1024**2,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks,
    )


def everything() -> dict[int, Process]:
    """All processes that can be seen, by number."""
    numbers = (int(name) for name in os.listdir(_PROC) if name.isdigit())
    return {found.pid: found for found in map(read, numbers) if found is not None}


def family(pid: int, among: Mapping[int, Process]) -> list[Process]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for process in among.values():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [pid]
    while waiting:
        now = waiting.pop()
        if now in among:
            found.append(among[now])
            waiting += children.get(now, [])
    return found


def use(members: Iterable[Process]) -> Use:
    listed = list(members)
    return Use(sum(one.rss_mb for one in listed), sum(one.cpu_seconds for one in listed), len(listed))


def named(mark: str) -> list[Process]:
    """All processes on whose command line the text `mark` stands, but this one."""
    found = []
    for name in os.listdir(_PROC):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with suppress(OSError):
            line = (_PROC / name / "cmdline").read_bytes()
            if os.fsencode(mark) in line and (process := read(int(name))) is not None:
                found.append(process)
    return found


def kill(members: Iterable[Process]) -> None:
    """End these processes at once; one whose number another has taken since is left alone."""
    for process in members:
        now = read(process.pid)
        if now is not None and now.start == process.start:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGKILL)


@cache
def boot() -> str:
    """Which start of the machine this is: process numbers of an earlier one say nothing."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
