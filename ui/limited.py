"""Work on what others made, in a process of its own that may use so much memory and time and no more.

A limit against accidents and bombs, not a jail: the process runs as the same user. It is forked from a small
server process without threads, so that what a library does to its process never meets the next work.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ui.errors import DomainError

MEGABYTE = 1024 * 1024
# A busy machine gives a process only a part of a processor: wall time may be this many times longer.
PATIENCE = 4
# The exit code that multiprocessing makes up where the server process, which would know it, has ended too.
FORKSERVER_GONE = 255
_context = multiprocessing.get_context("forkserver")
_expected: set[str] = set()


class OverLimit(DomainError):
    """The work needed more time or memory than it may use, or its process was killed."""

    status = 422
    code = "over_limit"


class Stopped(DomainError):
    """The process was asked to end, as all are when the server stops: nothing is wrong with the work."""

    status = 503
    code = "stopped"


def call(
    function: Callable[..., Any],
    *args: Any,
    what: str,
    megabytes: int,
    seconds: float,
    preload: Sequence[str] = (),
) -> Any:
    """``function(*args)`` in a process of its own; both must be picklable.

    what       the subject of the sentence that says what went wrong, such as "This file"
    megabytes  of address space at most, beside what the modules take that the server process has imported
    seconds    of processor time at most, rounded up; of wall time four times as much
    preload    modules that the server process imports once for all; counts until the first call of a process

    Raises what the function raises, and OverLimit or Stopped when the process did not get to an answer.
    """
    expect(*preload)
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(
        target=_work, args=(theirs, function, args, megabytes, seconds), name="limited", daemon=True
    )
    try:
        process.start()
        theirs.close()
        found, value = _answer(ours, process, what, seconds)
    finally:
        ours.close()
        _end(process)
    if found:
        return value
    raise value


def expect(*modules: str) -> None:
    """Modules that later calls need: the server process imports them when it starts, with the first call."""
    _expected.update(modules)
    _context.set_forkserver_preload(sorted(_expected))


def _answer(ours: Connection, process: BaseProcess, what: str, seconds: float) -> tuple[bool, Any]:
    if not ours.poll(seconds * PATIENCE):
        raise OverLimit(f"{what} took longer than {seconds * PATIENCE:g} seconds, which is the most.")
    try:
        found, value = ours.recv()
    except EOFError:
        process.join(5)
        raise _why(what, process.exitcode) from None
    if isinstance(value, MemoryError):
        raise OverLimit(f"{what} needed more memory than it may use.")
    return found, value


def _why(what: str, code: int | None) -> DomainError:
    if code in (-signal.SIGTERM, FORKSERVER_GONE):
        return Stopped(f"{what} could not be finished: the server is stopping. Try again once it is back.")
    if code == -signal.SIGXCPU:
        return OverLimit(f"{what} took more processor time than it may use.")
    return OverLimit(
        f"{what} could not be finished: its process ended early, most likely for lack of memory."
    )


def _end(process: BaseProcess) -> None:
    if process.pid is None:
        return
    if process.is_alive():
        process.join(0.2)
    if process.is_alive():
        process.kill()
    process.join(5)


def _work(
    theirs: Connection, function: Callable[..., Any], args: tuple[Any, ...], megabytes: int, seconds: float
) -> None:
    """In the new process: limits first, then the work."""
    # Unhandled output of a dying library belongs in no log of ours.
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    most = _address_space() + megabytes * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        answer = (True, function(*args))
    except MemoryError:
        answer = (False, MemoryError())
    except Exception as error:
        answer = (False, _portable(error))
    theirs.send(answer)


def _address_space() -> int:
    """Bytes that this process has mapped; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _portable(error: Exception) -> Exception:
    """The error where it survives the way to the other process, else its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
