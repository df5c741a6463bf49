"""Environments of packages for models that need other ones than this installation has.

Each is made once for a set of requirements, from wheels alone, in the sandbox with a network and nothing to
take along, and used read-only by every model that asks for the same set.
"""

from __future__ import annotations

import ast
import fcntl
import re
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils import timezone

from deployments import processes, sandbox
from deployments.models import Build
from deployments.release import requirements

_LOOK_SECONDS = 0.5
_LIMITS = sandbox.Limits(memory_mb=3072, seconds=1800, processes=128, files_mb=6144, disk_mb=16_384)
# Where packages come from is the operator's choice: as pip is set here, so it is in the sandbox.
_PIP_SETTINGS = (
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "proxy"),
    *("client-cert", "timeout", "default-timeout"),
)


class BuildFailed(Exception):
    """No environment came of it; the sentence says why."""


def lines_for(told: Sequence[str]) -> list[str]:
    """What an environment for these has to hold; empty where the installed packages satisfy them.

    Raises `requirements.NotTaken`.
    """
    wanted = requirements.parse(told)
    return requirements.to_install(wanted) if requirements.missing(wanted) else []


def make(lines: Sequence[str], *, asked_to_end: sandbox.AskedToEnd | None = None) -> Build:
    """The environment with these packages; safe to call again after it was broken off anywhere.

    Raises `BuildFailed` and `sandbox.SandboxIsOff`.
    """
    while True:
        with turn(requirements.key(lines)) as ours:
            if ours:
                return _make(lines, asked_to_end)
        if asked_to_end is not None and asked_to_end.is_set():
            raise BuildFailed("The build was called off.")
        time.sleep(_LOOK_SECONDS)


@contextmanager
def turn(key: str) -> Iterator[bool]:
    """Whether this process may make or remove environments now; while it does, no other of this data folder.

    One at a time: two of them would write into one folder, or take the processors from each other and from
    what answers. The kernel locks a file, not a row: it lets go when the process is killed, so nobody has to
    guess how long a maker may be silent.
    """
    place = _lock()
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a+b") as lock:
        if not _locked(lock):
            yield False
            return
        lock.truncate(0)
        lock.write(key.encode())
        lock.flush()
        try:
            yield True
        finally:
            lock.truncate(0)


def _make(lines: Sequence[str], asked_to_end: sandbox.AskedToEnd | None) -> Build:
    key = requirements.key(lines)
    defaults = {"requirements": "\n".join(lines)}
    build, _ = Build.objects.get_or_create(key=key, defaults=defaults)
    if build.state != Build.State.READY or not python_of(build).exists():
        _note(build, Build.State.BUILDING)
        try:
            _install(build, asked_to_end)
        except (BuildFailed, sandbox.SandboxIsOff) as error:
            _note(build, Build.State.FAILED, str(error))
            raise
        except BaseException:
            # A full disk, or a worker that ends: nobody is to wait for what nobody makes.
            _note(build, Build.State.FAILED, "It was broken off.")
            raise
        _note(build, Build.State.READY)
    Build.objects.filter(pk=build.pk).update(used_at=timezone.now())
    return build


def is_being_made(key: str) -> bool:
    """Whether a process makes it now; one that was killed makes nothing any more."""
    with suppress(OSError), _lock().open("rb") as lock:
        return not _locked(lock) and lock.read() == key.encode()
    return False


def python_of(build: Build | None) -> Path:
    """The interpreter that has the packages of a build; this installation's own for none."""
    return _folder(build.key) / "venv" / "bin" / "python" if build else sandbox.interpreter()


def log_of(key: str, most: int = 20_000) -> str:
    """The end of what the installer has said so far."""
    with suppress(OSError), (_folder(key) / "log").open("rb") as log:
        log.seek(0, 2)
        log.seek(max(log.tell() - most, 0))
        return log.read(most).decode(errors="replace")
    return ""


def forget(build: Build) -> None:
    """Remove an environment; whoever needs it next makes it again.

    It stays where somebody has asked for it since it was read, or while one is made.
    """
    with turn("") as ours:
        if ours and Build.objects.filter(pk=build.pk, used_at=build.used_at).delete()[0]:
            shutil.rmtree(_folder(build.key), ignore_errors=True)


def _lock() -> Path:
    """Whose turn it is: locked by the process that makes an environment, and named after that."""
    return Path(settings.DATA_DIR) / "serving" / "builds.lock"


def _locked(lock: IO[bytes]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _folder(key: str) -> Path:
    return Path(settings.DATA_DIR) / "serving" / "builds" / key[:32]


def _note(build: Build, state: Build.State, message: str = "") -> None:
    build.state, build.message, build.used_at = state, message, timezone.now()
    build.save(update_fields=["state", "message", "used_at"])


def _install(build: Build, asked_to_end: sandbox.AskedToEnd | None) -> None:
    folder = _folder(build.key)
    listed = folder / "requirements.txt"
    # The installer of a maker that was killed may still write.
    processes.kill(processes.named(str(listed)))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "venv").mkdir(parents=True)
    listed.write_text(build.requirements + "\n", encoding="utf-8")
    chosen = pip_settings()
    world = sandbox.World(
        readable=[listed, *_local_places(chosen)],
        writable=[folder / "venv"],
        environment={f"PIP_{name.replace('-', '_').upper()}": value for name, value in chosen.items()},
        network=True,
        number=zlib.crc32(build.key.encode()),
    )
    sandbox.give(folder / "venv", world)
    python = str(folder / "venv" / "bin" / "python")
    steps = [
        [sys.executable, "-I", "-m", "venv", "--without-pip", str(folder / "venv")],
        [
            *(sys.executable, "-I", "-m", "pip", "--python", python, "install", "--only-binary", ":all:"),
            *("--no-input", "--no-cache-dir", "--no-compile", "--disable-pip-version-check"),
            *("--progress-bar", "off", "-r", str(listed)),
        ],
    ]
    with (folder / "log").open("ab") as log:
        for step in steps:
            _run(step, world, log, asked_to_end, build)


def _run(
    step: Sequence[str],
    world: sandbox.World,
    log: IO[bytes],
    asked_to_end: sandbox.AskedToEnd | None,
    build: Build,
) -> None:
    ended = sandbox.run(step, world=world, limits=_LIMITS, log=log, asked_to_end=asked_to_end)
    if ended.why == "cancelled":
        raise BuildFailed("The build was called off.")
    if ended.why:
        raise BuildFailed(f"The build went over its limit of {ended.why}.")
    if ended.code != 0:
        errors = [line for line in log_of(build.key).splitlines() if line.startswith("ERROR: ")]
        said = errors[-1].removeprefix("ERROR: ") if errors else "see the log"
        raise BuildFailed(f"The packages cannot be installed from wheels: {said[:500]}")


def pip_settings() -> dict[str, str]:
    """How pip is set here, by files and environment: where packages come from, and how to get there."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found: dict[str, str] = {}
    for line in told.stdout.splitlines():
        match = re.fullmatch(r"(?:global|install|:env:)\.([a-z-]+)=('.*'|\".*\")", line)
        if match and match[1] in _PIP_SETTINGS:
            found[match[1]] = str(ast.literal_eval(match[2])).replace("\n", " ")
    return found


def _local_places(chosen: Mapping[str, str]) -> list[Path]:
    """Folders and files of this machine that pip is set to read."""
    names = ("index-url", "extra-index-url", "find-links", "cert", "client-cert")
    words = " ".join(chosen.get(name, "") for name in names)
    paths = [
        Path(word.removeprefix("file://")) for word in words.split() if word.startswith(("/", "file:///"))
    ]
    return [path for path in paths if path.exists() and not path.is_relative_to("/etc/ssl")]
