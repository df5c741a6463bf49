"""Environments of packages for models that need other ones than this installation has.

Each is made once for a set of requirements, from wheels alone, in the sandbox with a network and nothing to
take along, and used read-only by every model that asks for the same set.
"""

from __future__ import annotations

import ast
import datetime as dt
import re
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils import timezone

from deployments import sandbox
from deployments.models import Build
from deployments.release import requirements

# One at a time: two of them would only take the processors from each other and from what answers.
_TURN = threading.Lock()
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
    while not _TURN.acquire(timeout=0.5):
        if asked_to_end is not None and asked_to_end.is_set():
            raise BuildFailed("The build was called off.")
    try:
        return _make(lines, asked_to_end)
    finally:
        _TURN.release()


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
    """Whether somebody makes it now; what was begun longer ago than it may take was broken off."""
    since = timezone.now() - dt.timedelta(seconds=2 * _LIMITS.seconds)
    return Build.objects.filter(key=key, state=Build.State.BUILDING, used_at__gt=since).exists()


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
    """Remove an environment; whoever needs it next makes it again."""
    shutil.rmtree(_folder(build.key), ignore_errors=True)
    build.delete()


def _folder(key: str) -> Path:
    return Path(settings.DATA_DIR) / "serving" / "builds" / key[:32]


def _note(build: Build, state: Build.State, message: str = "") -> None:
    build.state, build.message, build.used_at = state, message, timezone.now()
    build.save(update_fields=["state", "message", "used_at"])


def _install(build: Build, asked_to_end: sandbox.AskedToEnd | None) -> None:
    folder = _folder(build.key)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "venv").mkdir(parents=True)
    listed = folder / "requirements.txt"
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
