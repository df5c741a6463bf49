"""A Ray cluster of one machine, for the tests of its driver: small, with a token, and gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.test import override_settings

PATIENCE = 180.0


@contextmanager
def ray_cluster() -> Iterator[None]:
    """The settings name a running cluster; skips where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed.")
    port, client, serve = _free(), _free(), _free()
    # Not below the test's own folder: paths of sockets may not be long.
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    program = Path(sys.executable).with_name("ray")
    line = [
        *(str(program), "start", "--head", "--block", "--port", str(port), "--num-cpus", "2"),
        *("--include-dashboard=false", "--temp-dir", str(folder), "--object-store-memory", "100000000"),
        *("--ray-client-server-port", str(client), "--disable-usage-stats"),
    ]
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("wb") as log:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(16))
        # By default Ray's workers give way to all others, so to the tests beside this one, for minutes.
        patch.setenv("RAY_worker_niceness", "0")
        started = subprocess.Popen(line, stdout=log, stderr=log, env=os.environ, start_new_session=True)
        try:
            _wait(port, started, folder / "log")
            named = {"RAY_ADDRESS": f"127.0.0.1:{port}", "RAY_SERVE_URL": f"http://127.0.0.1:{serve}"}
            with override_settings(**named):
                yield
        finally:
            # Asked to end, it would take half a minute; nothing of it is wanted any more.
            _kill_session(started.pid)
            started.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _kill_session(leader: int) -> None:
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and os.getsid(int(name)) == leader:
                os.kill(int(name), signal.SIGKILL)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, started: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert started.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < until, log.read_text()[-2000:]
            threading.Event().wait(0.2)
