"""Starts Throughline on one machine: prepares the data folder, runs `web`, `worker` and,
where the [ml] extra is there, `gates` and `supervisor`; restarts what dies.

Kept free of Django, so that the process which watches the others stays small.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15.0
RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
HEALTHY_SECONDS = 30.0


class Child:
    """One process that is kept running."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = list(command)
        self.failures = 0
        self.start_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # Its own session: Ctrl-C reaches the launcher alone, which then stops the others in order.
        self.process = subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)
        self.start_at = time.monotonic()

    def watch(self) -> None:
        """Start again when ended, later each time it fails soon after its start."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        if time.monotonic() - self.start_at > HEALTHY_SECONDS:
            self.failures = 0
        wait = RESTART_SECONDS[min(self.failures, len(RESTART_SECONDS) - 1)]
        print(
            f"{self.name} ended with code {code}; it starts again in {wait:g} s.", file=sys.stderr, flush=True
        )
        self.failures += 1
        self.kill()
        self.process = None
        self.start_at = time.monotonic() + wait

    def stop(self) -> None:
        """Ask the process to end. It alone is asked: what it has started is its own to end, in its order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End the process where it still runs, and what is left of all that it has started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait(self, until: float) -> bool:
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/server", description="Start Throughline on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="port of the pages (default 8000)")
    parser.add_argument("--bind", default="localhost", help="address to listen on (default localhost)")
    parser.add_argument("--data", type=Path, default=None, help="data folder (default var/)")
    parser.add_argument("--demo", action="store_true", help="fill an empty installation with the demo")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        parser.error("--port takes a number from 1 to 65535")
    return options


def lock(folder: Path) -> IO[str]:
    """Hold the data folder; two servers on one folder would run every job and mail twice."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = (folder / "server.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SystemExit(
            f"Another server already uses the data folder {folder}. Choose one with --data DIR."
        ) from None
    return handle


def check_port(bind: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} on {bind} cannot be used: {error.strerror}. Choose one with --port N."
            ) from None


def children(bind: str, port: int) -> list[Child]:
    python = sys.executable
    threads = os.environ.get("WEB_THREADS", "8")
    web = [
        *(python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{bind}:{port}"),
        # Loaded once; the processes that answer are forked from it, and share what it holds.
        *("--preload", "--worker-class", "config.web_worker.Worker", "--threads", threads),
        *("--workers", os.environ.get("WEB_WORKERS", "2")),
        *("--timeout", "60", "--graceful-timeout", "10", "--keep-alive", "30", "--log-level", "warning"),
        *("--limit-request-line", "8190", "--no-control-socket"),
        *_own_certificate(),
    ]
    # `prepare` has checked everything a moment ago; checked again, each would load all pages.
    worker = [python, "manage.py", "run_huey", "--quiet", "--skip-checks"]
    processes = [Child("web", web), Child("worker", worker)]
    if gates_are_on():
        gates = urlsplit(os.environ.get("GATES_URL", f"http://127.0.0.1:{port + 1}"))
        host = "127.0.0.1" if bind == "localhost" else bind
        where = ("--host", host, "--port", os.environ.get("GATES_PORT", str(gates.port or port + 1)))
        command = [python, "-m", "uvicorn", "config.gates:application", *where, "--log-level", "warning"]
        processes.append(Child("gates", [*command, "--no-server-header", *_certificate_of_gates()]))
        processes.append(Child("supervisor", [python, "manage.py", "run_supervisor", "--skip-checks"]))
    return processes


def gates_are_on() -> bool:
    """Whether tracking can be hosted: the [ml] extra is there, and nobody has switched it off."""
    wanted = os.environ.get("GATES", "on") != "off"
    return wanted and all(importlib.util.find_spec(name) for name in ("mlflow", "uvicorn"))


def _own_certificate() -> list[str]:
    certificate, key = os.environ.get("TLS_CERTIFICATE"), os.environ.get("TLS_KEY")
    if bool(certificate) != bool(key):
        raise SystemExit("TLS needs both TLS_CERTIFICATE and TLS_KEY; only one of them is set.")
    return ["--certfile", certificate, "--keyfile", key] if certificate and key else []


def _certificate_of_gates() -> list[str]:
    certificate = _own_certificate()
    return ["--ssl-certfile", certificate[1], "--ssl-keyfile", certificate[3]] if certificate else []


class Stop:
    """Whether somebody has asked for the end, by Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def prepare(demo: bool, stop: Stop) -> int | None:
    """Migrate, load content, fill the demo; returns the exit code, or None where that was broken off."""
    command = Child("prepare", [sys.executable, "manage.py", "prepare", *(["--demo"] if demo else [])])
    command.start()
    while not stop.asked:
        if command.wait(time.monotonic() + 0.2):
            return command.process.returncode if command.process else None
    # Started again, it goes on from wherever it was killed.
    command.kill()
    return None


def supervise(processes: Sequence[Child], stop: Stop) -> None:
    """Run until the end is asked for, then end all of them."""
    while not stop.asked:
        for process in processes:
            process.watch()
        time.sleep(0.2)
    print("Stopping.", flush=True)
    for process in processes:
        process.stop()
    until = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.wait(until)
        process.kill()


def main() -> None:
    options = parse()
    data = (options.data or Path(os.environ.get("THROUGHLINE_DATA") or ROOT / "var")).resolve()
    held = lock(data)
    check_port(options.bind, options.port)
    if gates_are_on() and "GATES_URL" not in os.environ:
        check_port("127.0.0.1", options.port + 1)
    os.environ["THROUGHLINE_DATA"] = str(data)
    scheme = "https" if os.environ.get("TLS_CERTIFICATE") else "http"
    os.environ.setdefault("PUBLIC_URL", f"{scheme}://localhost:{options.port}")
    os.environ.setdefault("GATES_URL", f"{scheme}://127.0.0.1:{options.port + 1}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Matrices here are small: threads of the algebra library cost more than they give.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if options.demo:
        os.environ["THROUGHLINE_DEMO"] = "1"
    stop = Stop()
    code = prepare(options.demo, stop)
    if code:
        raise SystemExit(code)
    supervise(children(options.bind, options.port) if code is not None else [], stop)
    held.close()


if __name__ == "__main__":
    main()
