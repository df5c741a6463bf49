"""A blank installation: how long its tables take, and how much memory a web process holds after its pages.

JSON lines: CPU seconds of `migrate` on an empty folder beside a bare start of Django in the same run, and
the memory of `web` as it is started, after 200 requests: resident of the larger of its two workers, and of
all its processes together, beside a bare application in the same server.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = "def application(environ, start):\n    start('200 OK', [])\n    return [b'ok']\n"
PAGES = ("/healthz", "/sign-in/", "/styleguide/", "/api/v1/schema/")
REQUESTS = 200


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "THROUGHLINE_DATA": str(data), "STATIC_HASHED": "0", "OPENBLAS_NUM_THREADS": "1"}


def cpu_of(command: list[str], data: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment(data), check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def memory_mb(application: str, folder: Path, data: Path, pages: tuple[str, ...]) -> tuple[float, float]:
    """Memory after the requests: resident of one worker; of all processes, what they share counted once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"localhost:{port}"]
    command += ["--worker-class", "config.web_worker.Worker", "--workers", "2", "--threads", "8"]
    command += ["--no-control-socket", "--preload"]
    server = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment(data), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for number in range(REQUESTS):
            fetch(f"http://localhost:{port}{pages[number % len(pages)]}")
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        resident = max(_kb(pid, "Rss") for pid in children)
        return resident / 1024, sum(_kb(pid, "Pss") for pid in [str(server.pid), *children]) / 1024
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _kb(pid: str, what: str) -> int:
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().split(f"\n{what}:")[1].split()[0])


def fetch(url: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  loopback
                answer.read()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        started = time.monotonic()
        migrate = cpu_of(["manage.py", "migrate", "-v0"], data)
        wall = time.monotonic() - started
        bare = cpu_of(["manage.py", "version"], data)
        figures = {"name": "blank_migrate", "cpu_s": round(migrate, 2), "wall_s": round(wall, 2)}
        print(json.dumps({**figures, "limit_s": 20, "baseline_cpu_s": round(bare, 2)}))
        cpu_of(["manage.py", "createcachetable"], data)
        (data / "bare.py").write_text(BARE)
        web, web_all = memory_mb("config.wsgi:application", ROOT, data, PAGES)
        floor, floor_all = memory_mb("bare:application", data, data, ("/",))
        memory = {"mb": round(web), "limit_mb": 150, "baseline_mb": round(floor)}
        both = {"all_mb": round(web_all), "baseline_all_mb": round(floor_all)}
        print(json.dumps({"name": "web_memory_mb", **memory, **both}))


if __name__ == "__main__":
    main()
