"""The sandbox in which code of others runs: models and what their environments install.

bubblewrap gives the process a world of its own: no network, its own process numbers, a read-only view of the
system's software and of the folders named, a small /tmp, and nothing else; no data folder, no keys, no
environment. Where the product runs as root, the process gets a user number of its own. Limits of memory,
processes and files are set on top. Without bubblewrap nothing starts, unless the setting SANDBOX is "off".

Folders keep their paths inside, so that a program finds them under the same names with and without a sandbox.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

from deployments import processes

MEBIBYTE = 1024 * 1024
# What a program without memory of its own reserves: interpreter and libraries, 1.2 GB with MLflow among them.
_ROOM_MB = 2048
_LOOK_SECONDS = 0.1
_MOST_OUTPUT = 64 * MEBIBYTE
# Software, and the list by which the loader finds libraries. No /etc, no /home, no /var.
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
_FOR_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates")
# User numbers that no account has (Debian keeps 60000 to 64999 for such), one for each sandbox.
_FIRST_USER, _USERS = 60600, 4000
_TEMPORARY = Path("/tmp")  # noqa: S108 - the sandbox's own
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": str(_TEMPORARY),
    "TMPDIR": str(_TEMPORARY),
    "USER": "model",
    "LOGNAME": "model",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Replicas share the processors; threads of the algebra library cost more than they give.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class SandboxIsOff(Exception):
    """Nothing can run here; the sentence says what is missing."""


class AskedToEnd(Protocol):
    """Whether somebody wants no more of it, as a ``threading.Event`` says; asked several times a second."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program in the sandbox may use. `memory_mb` counts all of its processes together.

    `disk_mb` is what the disk of the folders that it may write to may lose meanwhile, also to files that were
    deleted and are held open.
    """

    memory_mb: int = 1024
    seconds: float = 60.0
    processes: int = 64
    files_mb: int = 64
    disk_mb: int = 2048


@dataclass(frozen=True, slots=True)
class World:
    """What a program sees besides software. `network` is for builds alone, which fetch packages."""

    readable: Sequence[Path] = ()
    writable: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    # A number that tells sandboxes apart, so that each gets its own user.
    number: int = 0
    # Whether it ends with the process that has started it, as what somebody waits for does.
    ends_with_us: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. `why` is empty, "time", "memory", "disk" or "cancelled"; `output` is what it printed."""

    code: int
    output: bytes
    errors: str
    why: str = ""


def is_wanted() -> bool:
    return str(settings.SANDBOX) != "off"


def why_off() -> str:
    """Why no model can run on this installation; empty where it can."""
    return _why_off() if is_wanted() else ""


@cache
def _why_off() -> str:
    if shutil.which("bwrap") is None:
        return (
            "The sandbox is missing here: an operator installs the package bubblewrap (script/setup ml does)."
        )
    arguments = [str(interpreter()), "-I", "-c", "print('inside')"]
    try:
        tried = subprocess.run(
            command(arguments, World(), Limits(memory_mb=256)),
            capture_output=True,
            timeout=60,
            env={},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"The sandbox does not start here: {error}"
    if tried.stdout.strip() != b"inside":
        said = tried.stderr.decode(errors="replace").strip().splitlines()
        return f"The sandbox does not start here: {said[-1] if said else 'it gave no reason'}"
    return ""


def interpreter() -> Path:
    """The Python of this installation, through its virtual environment."""
    return Path(sys.executable)


def command(program: Sequence[str], world: World, limits: Limits) -> list[str]:
    """The command line that runs `program` in the sandbox; raises `SandboxIsOff` where there is none."""
    if not is_wanted():
        return [*_limited(limits), *program]
    tool = shutil.which("bwrap")
    if tool is None:
        raise SandboxIsOff(why_off())
    as_root = os.geteuid() == 0
    user = _FIRST_USER + world.number % _USERS
    line = [tool, *_isolated(as_root, world), *_places(world, limits)]
    for name, value in (_ENVIRONMENT | dict(world.environment)).items():
        line += ["--setenv", name, value]
    line += ["--chdir", "/", "--", *_limited(limits)]
    if as_root:
        line += [
            "/usr/bin/setpriv",
            "--reuid",
            str(user),
            "--regid",
            str(user),
            "--clear-groups",
            "--inh-caps=-all",
        ]
    return [*line, *program]


def environment(world: World) -> dict[str, str]:
    """The environment for starting `command`: the process that makes the sandbox can be read from inside."""
    return {} if is_wanted() else _ENVIRONMENT | dict(world.environment)


def give(folder: Path, world: World) -> None:
    """Let the sandbox write into a folder, which becomes its user's where it has one of its own."""
    if is_wanted() and os.geteuid() == 0:
        user = _FIRST_USER + world.number % _USERS
        os.chown(folder, user, user, follow_symlinks=False)


def _isolated(as_root: bool, world: World) -> Iterator[str]:
    yield from ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--new-session")
    if not world.network:
        yield "--unshare-net"
    if world.ends_with_us:
        yield "--die-with-parent"
    yield from ("--clearenv", "--hostname", "sandbox", "--cap-drop", "ALL")
    if as_root:
        # Only to take the user number; both are gone with it.
        yield from ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    else:
        yield from ("--unshare-user", "--uid", "65534", "--gid", "65534")


def _places(world: World, limits: Limits) -> Iterator[str]:
    made = {Path("/"), _TEMPORARY}
    for path in map(Path, (*_SYSTEM, *(_FOR_NETWORK if world.network else ()))):
        if path.is_symlink() and path.parent == Path("/"):
            yield from ("--symlink", os.readlink(path), str(path))
        elif path.exists():
            yield from _bound("--ro-bind", path, made)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for place in ("/dev/shm", str(_TEMPORARY)):  # noqa: S108
        yield from ("--perms", "1777", "--size", str(limits.files_mb * MEBIBYTE), "--tmpfs", place)
    for path in (Path(sys.base_prefix), Path(sys.prefix), *world.readable):
        if not path.is_relative_to("/usr"):
            yield from _bound("--ro-bind", path, made)
    for path in world.writable:
        yield from _bound("--bind", path, made)


def _bound(how: str, path: Path, made: set[Path]) -> Iterator[str]:
    """A place, and the folders above it open to go through: bubblewrap would make them for root alone."""
    for parent in reversed(path.parents):
        if parent not in made:
            made.add(parent)
            yield from ("--perms", "0755", "--dir", str(parent))
    yield from (how, str(path), str(path))


def _limited(limits: Limits) -> list[str]:
    # Coarse outer bounds, since libraries reserve more than they use; what is really used is watched from
    # outside, by `run` and by the supervisor.
    data = (limits.memory_mb + _ROOM_MB) * MEBIBYTE
    return [
        "/usr/bin/prlimit",
        f"--data={data}",
        f"--as={4 * data}",
        f"--nproc={limits.processes}",
        f"--fsize={max(limits.files_mb, 64) * MEBIBYTE}",
        "--nofile=1024",
        "--core=0",
        "--",
    ]


def run(
    program: Sequence[str],
    *,
    world: World | None = None,
    limits: Limits | None = None,
    stdin: bytes = b"",
    log: IO[bytes] | None = None,
    asked_to_end: AskedToEnd | None = None,
) -> Ended:
    """Run a program in the sandbox to its end, or to its limits, and return what it printed.

    `log` takes what it prints as it comes, instead of `output` and `errors`. Called from a thread that ends
    early, the program ends with that thread. Raises `SandboxIsOff` where there is no sandbox.
    """
    world, limits = world or World(), limits or Limits()
    line = command(program, world, limits)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        started = subprocess.Popen(
            line,
            stdin=given,
            stdout=log or out,
            stderr=log or err,
            env=environment(world),
            cwd="/",
            start_new_session=True,
        )
        try:
            why = _watch(started, limits, asked_to_end, world.writable)
        finally:
            end(started)
        out.seek(0)
        err.seek(0)
        said = err.read(MEBIBYTE).decode(errors="replace")
        return Ended(started.returncode, out.read(_MOST_OUTPUT), said, why)


def end(started: subprocess.Popen[bytes]) -> None:
    """End a started program with all that it has started."""
    if started.poll() is None:
        processes.kill(processes.family(started.pid, processes.everything()))
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _watch(
    started: subprocess.Popen[bytes],
    limits: Limits,
    asked_to_end: AskedToEnd | None,
    writable: Sequence[Path],
) -> str:
    until = time.monotonic() + limits.seconds
    least = {path: shutil.disk_usage(path).free - limits.disk_mb * MEBIBYTE for path in writable}
    while True:
        with suppress(subprocess.TimeoutExpired):
            started.wait(_LOOK_SECONDS)
            return ""
        if time.monotonic() > until:
            return "time"
        if asked_to_end is not None and asked_to_end.is_set():
            return "cancelled"
        used = processes.use(processes.family(started.pid, processes.everything()))
        if used.rss_mb > limits.memory_mb:
            return "memory"
        if any(shutil.disk_usage(path).free < free for path, free in least.items()):
            return "disk"
