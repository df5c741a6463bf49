"""Replicas as processes of this machine, each in its own sandbox, each answering on a socket in its folder.

Nothing about them is kept in memory only: a folder holds the process number, the log and the socket, so that
another supervisor finds them again. A replica sees none of it: it is handed the socket, its log, and a file
to say in that it is ready, all open and all limited in size.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from deployments import processes, sandbox
from deployments.drivers.base import CannotStart, Health, Seen, Spec
from projects.tracking import server

PING_SECONDS = 2.0
# A ready replica that has not answered for so long is replaced.
SILENT_SECONDS = 6.0
# Where we were away for so long ourselves, silence says nothing of the replicas.
STALLED_SECONDS = 12.0
_END_SECONDS = 5.0
# How large a log gets before it is shortened, and how much of it stays then.
MOST_LOG, KEPT_LOG = 4 * 1024 * 1024, 128 * 1024
# How many of its own time-outs a request may take until its replica counts as hanging.
HANGS = 3
_PROGRAM = Path(__file__).resolve().parent.parent / "replica" / "app.py"
# What a socket's path may be long, by the kernel; the end belongs to the folder of a replica.
_LONGEST_PATH = 107


class LocalDriver:
    """Starts, watches and ends replicas on this machine."""

    def __init__(self) -> None:
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._answered: dict[str, float] = {}
        self._over: dict[str, str] = {}
        self._asked_at = float("-inf")

    def why_off(self) -> str:
        if why := server.why_off():
            return why
        if len(str(_socket("0" * 12))) > _LONGEST_PATH:
            return f"The path of the data folder is too long for sockets: {settings.DATA_DIR}"
        return sandbox.why_off()

    def deploy(self, spec: Spec, replicas: Sequence[str]) -> None:
        self.scale(spec, replicas, ())

    def scale(self, spec: Spec, replicas: Sequence[str], surplus: Sequence[str]) -> None:
        self.stop(surplus)
        for replica in replicas:
            if _process(replica) is None:
                self._start(spec, replica)

    def route(self, weights: Mapping[str, int]) -> None:
        """Processes of this machine have nothing to learn of it."""

    def status(self, replicas: Collection[str]) -> dict[str, Seen]:
        self._reap()
        everything = processes.everything()
        seen = {replica: self._look(replica, everything) for replica in replicas}
        asked = [replica for replica, one in seen.items() if one.health == Health.READY]
        answers = asyncio.run(_ping_all(asked))
        now = time.monotonic()
        if now - self._asked_at > STALLED_SECONDS:
            self._answered.clear()
        self._asked_at = now
        for replica, answer in answers.items():
            seen[replica] = self._judge(replica, seen[replica], answer)
        return seen

    def stop(self, replicas: Collection[str]) -> None:
        for replica in replicas:
            process = _process(replica)
            if process is not None:
                processes.kill(processes.family(process.pid, processes.everything()))
            # What was started by one that died before it could note the number, or has lost its parent.
            processes.kill(processes.named(str(_folder(replica))))
            _socket(replica).unlink(missing_ok=True)
            (_folder(replica) / "ready").unlink(missing_ok=True)
            _profile(replica).unlink(missing_ok=True)
            _shorten(_folder(replica) / "log", KEPT_LOG)
            self._answered.pop(replica, None)
            self._wait(replica)

    def logs(self, replica: str, most: int = 20_000) -> str:
        try:
            with (_folder(replica) / "log").open("rb") as log:
                log.seek(0, 2)
                log.seek(max(log.tell() - most, 0))
                return log.read(most).decode(errors="replace")
        except OSError:
            return ""

    def known(self) -> set[str]:
        place = _place()
        return {path.name for path in place.iterdir()} if place.is_dir() else set()

    def forget(self, replicas: Collection[str]) -> None:
        self.stop(replicas)
        for replica in replicas:
            shutil.rmtree(_folder(replica), ignore_errors=True)
            self._over.pop(replica, None)

    def close(self) -> None:
        """Nothing is held."""

    def _start(self, spec: Spec, replica: str) -> None:
        folder = _folder(replica)
        processes.kill(processes.named(str(folder)))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _profile(replica).write_text(json.dumps(dict(spec.profile)), encoding="utf-8")
        (folder / "limits.json").write_text(json.dumps({"memory_mb": spec.memory_mb}), encoding="utf-8")
        world = sandbox.World(
            readable=[_PROGRAM.parent, spec.model, spec.python.parent.parent, _profile(replica)],
            number=zlib.crc32(replica.encode()),
            ends_with_us=False,
        )
        with (
            socket.socket(socket.AF_UNIX) as listening,
            (folder / "ready").open("wb") as ready,
            # What is added goes to the end, wherever that is once the log was shortened.
            (folder / "log").open("ab") as log,
        ):
            listening.bind(str(_socket(replica)))
            listening.listen(128)
            handed = listening.fileno(), ready.fileno()
            program = [str(spec.python), "-I", str(_PROGRAM), *_arguments(spec, replica, *handed)]
            try:
                line = sandbox.command(program, world, sandbox.Limits(memory_mb=spec.memory_mb))
            except sandbox.SandboxIsOff as error:
                raise CannotStart(str(error)) from error
            started = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=sandbox.environment(world),
                pass_fds=handed,
                start_new_session=True,
            )
        self._started[replica] = started
        now = processes.read(started.pid)
        told = {"pid": started.pid, "start": now.start if now else 0, "boot": processes.boot()}
        hidden = folder / "process.new"
        hidden.write_text(json.dumps(told), encoding="utf-8")
        hidden.rename(folder / "process.json")

    def _look(self, replica: str, everything: Mapping[int, processes.Process]) -> Seen:
        """Without asking it: whether it runs, what it uses, and whether its socket is there."""
        process = _process(replica)
        if process is None:
            return Seen(Health.GONE, message=self._over.get(replica) or self._last_words(replica))
        handle = {"pid": process.pid, "start": process.start}
        _shorten(_folder(replica) / "log", MOST_LOG)
        used = processes.use(processes.family(process.pid, everything))
        most = _most_memory(replica)
        if used.rss_mb > most:
            self._over[replica] = f"It used {used.rss_mb:.0f} MB of memory, and {most} are allowed."
            self.stop([replica])
            return Seen(Health.GONE, message=self._over[replica])
        if _is_ready(replica):
            # It has read it; values of a sample that somebody masks later lie about nowhere.
            _profile(replica).unlink(missing_ok=True)
        health = Health.READY if _is_ready(replica) else Health.STARTING
        address = f"unix:{_socket(replica)}" if health == Health.READY else ""
        return Seen(health, address, handle, None, used.rss_mb, used.cpu_seconds)

    def _judge(self, replica: str, seen: Seen, answer: Mapping[str, Any] | None) -> Seen:
        now = time.monotonic()
        busy, message, health = None, "", Health.READY
        if answer is None:
            since = now - self._answered.setdefault(replica, now)
            if since > SILENT_SECONDS:
                health, message = Health.HANGING, "It no longer answers."
        else:
            self._answered[replica] = now
            told = answer.get("busy")
            busy = told if isinstance(told, int) else None
            if answer.get("stuck"):
                health, message = Health.HANGING, "A request hangs in it."
        return Seen(health, seen.address, seen.handle, busy, seen.rss_mb, seen.cpu_seconds, message)

    def _last_words(self, replica: str) -> str:
        lines = [line for line in self.logs(replica, 4000).splitlines() if line.strip()]
        return lines[-1][:300] if lines else "It ended without a word."

    def _wait(self, replica: str) -> None:
        """Let the kernel forget one of our own that was killed."""
        started = self._started.get(replica)
        if started is not None:
            with suppress(subprocess.TimeoutExpired):
                started.wait(_END_SECONDS)
                del self._started[replica]

    def _reap(self) -> None:
        """Let children that have ended be forgotten by the kernel."""
        self._started = {name: one for name, one in self._started.items() if one.poll() is None}


def _place() -> Path:
    return Path(settings.DATA_DIR) / "serving" / "r"


def _folder(replica: str) -> Path:
    """Short, since the path of a socket may not be long."""
    return _place() / replica


def _socket(replica: str) -> Path:
    return _folder(replica) / "s"


def _profile(replica: str) -> Path:
    """Of the reference sample, as the replica reads it when it starts."""
    return _folder(replica) / "profile.json"


def _shorten(log: Path, most: int) -> None:
    """Keep the end of a log that has grown beyond `most`: nobody reads more, and one that is full would let
    everything fail that a model prints."""
    with suppress(OSError):
        if log.stat().st_size <= most:
            return
        with log.open("r+b") as opened:
            opened.seek(-KEPT_LOG, 2)
            end = opened.read(KEPT_LOG)
            opened.seek(0)
            opened.truncate()
            opened.write(end)


def _is_ready(replica: str) -> bool:
    """Whether it has said that its model is loaded."""
    with suppress(OSError):
        return (_folder(replica) / "ready").stat().st_size > 0
    return False


def _arguments(spec: Spec, replica: str, listen: int, ready: int) -> list[str]:
    hang = max(spec.timeout_ms / 1000 * HANGS, 1)
    return [
        *("--listen", str(listen), "--ready", str(ready), "--model", str(spec.model)),
        *("--profile", str(_profile(replica))),
        *("--at-once", str(spec.at_once), "--hang-seconds", str(hang)),
    ]


def _process(replica: str) -> processes.Process | None:
    """The process of a replica as it was noted, where it is still that one."""
    told = _read(_folder(replica) / "process.json")
    if told.get("boot") != processes.boot():
        return None
    found = processes.read(int(told["pid"]))
    return found if found is not None and found.start == told["start"] else None


def _most_memory(replica: str) -> int:
    return int(_read(_folder(replica) / "limits.json").get("memory_mb", 1024))


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


async def _ping_all(replicas: Collection[str]) -> dict[str, dict[str, Any] | None]:
    asked = [_ping(_socket(replica)) for replica in replicas]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    # Whatever one of them sends, the others are heard.
    heard = [None if isinstance(answer, BaseException) else answer for answer in answers]
    return dict(zip(replicas, heard, strict=True))


async def _ping(path: Path) -> dict[str, Any] | None:
    """What a replica says of itself; None where it says nothing in time, or something else."""
    import aiohttp

    limit = aiohttp.ClientTimeout(total=PING_SECONDS)
    with suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(path)), timeout=limit, auto_decompress=False
            ) as session,
            session.get("http://replica/ping", allow_redirects=False) as response,
        ):
            told = json.loads(await response.content.read(4096))
            return told if isinstance(told, dict) else None
    return None
