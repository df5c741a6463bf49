"""Logging through the gate beside a bare `mlflow server` of the same version, and pages meanwhile.

python benchmarks/tracking_gate.py [SECONDS]; prints JSON lines.

Each figure is taken in turns, gate and bare server one after the other, so that other work on the machine
meets both. `cpu_ms` is the time that the server worked for a request, which other work does not lengthen.
Both servers have one process and a SQLite file with write-ahead logging; a request logs 100 metrics. The bare
server runs as it comes, without workspaces, tokens and an outbox, which the gate has.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.server import Place, place
from tests.projects.gates_place import Gates, build

TURNS = 3
CLIENTS = (1, 4, 16)
LEAST, MOST_SLOWER = 0.95, 1.3
API = "/api/2.0/mlflow/"
TICK = os.sysconf("SC_CLK_TCK")
METRICS = [{"key": f"metric_{at}", "value": 0.5, "timestamp": 1, "step": 0} for at in range(100)]
SIGN_IN = """
import json
from django.test import Client
from accounts.models import User
from projects.models import Project
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(email="ann@firm.example"))
cookie = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
print("SEEN" + json.dumps([cookie, str(Project.objects.get(slug="one").pk)]))
"""


@dataclass
class Server:
    """Where metrics go: an address, what is sent along, one run for each client, and the process."""

    port: int
    prefix: str
    headers: Mapping[str, str]
    process: int
    runs: list[str] = field(default_factory=list)

    def post(self, connection: http.client.HTTPConnection, name: str, body: Any) -> Any:
        connection.request("POST", f"{self.prefix}{API}{name}", json.dumps(body), dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{name} answered {answer.status}: {content[:300]!r}")
        return json.loads(content or b"{}")

    def prepare(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        experiment = self.post(connection, "experiments/create", {"name": "bench"})["experiment_id"]
        for _ in range(max(CLIENTS)):
            made = self.post(connection, "runs/create", {"experiment_id": experiment, "start_time": 1})
            self.runs.append(made["run"]["info"]["run_id"])
        connection.close()


def cpu_seconds(pid: int) -> float:
    """What a process and those below it have worked so far."""
    found = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parts = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(entry.name) == pid or int(parts[2]) == pid:
                    found += (int(parts[11]) + int(parts[12])) / TICK
    return found


def log(server: Server, clients: int, seconds: float) -> tuple[float, float]:
    """Requests a second of so many clients, and CPU milliseconds of the server for each."""
    counts = [0] * clients
    until = time.monotonic() + seconds

    def one(at: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        while time.monotonic() < until:
            server.post(connection, "runs/log-batch", {"run_id": server.runs[at], "metrics": METRICS})
            counts[at] += 1
        connection.close()

    begun, worked = time.monotonic(), cpu_seconds(server.process)
    in_parallel([partial(one, at) for at in range(clients)])
    taken, worked = time.monotonic() - begun, cpu_seconds(server.process) - worked
    return sum(counts) / taken, 1000 * worked / max(sum(counts), 1)


def in_parallel(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """MLflow's own server as it comes, but with the same journal."""
    store = folder / "bare.db"
    port = Place(folder).port
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1"),
        *("--port", str(port), "--backend-store-uri", f"sqlite:///{store}"),
        *("--artifacts-destination", str(folder / "files")),
    ]
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (folder / "bare.log").open("wb") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=errors, stderr=errors, start_new_session=True
        )
    try:
        wait_for(port)
        with sqlite3.connect(store) as database:
            database.execute("PRAGMA journal_mode=WAL")
        yield Server(port, "", {"Content-Type": "application/json"}, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("The bare server did not start.")


def compare(gate: Server, other: Server, seconds: float) -> None:
    for clients in CLIENTS:
        turns = [(log(gate, clients, seconds), log(other, clients, seconds)) for _ in range(TURNS)]
        ours, theirs = ([turn[side] for turn in turns] for side in (0, 1))
        middle = statistics.median
        figures = {
            "name": "tracking_log_batch",
            "clients": clients,
            "per_s": round(middle(rate for rate, _ in ours), 1),
            "bare_per_s": round(middle(rate for rate, _ in theirs), 1),
            "ratio": round(middle(mine[0] / bare[0] for mine, bare in turns), 3),
            "ratios": sorted(round(mine[0] / bare[0], 3) for mine, bare in turns),
            "cpu_ratio": round(middle(mine[1] / bare[1] for mine, bare in turns), 3),
            "cpu_ms": round(middle(cpu for _, cpu in ours), 2),
            "bare_cpu_ms": round(middle(cpu for _, cpu in theirs), 2),
            "budget_ratio": LEAST,
        }
        print(json.dumps(figures), flush=True)


def visit(port: int, path: str, cookie: str, seconds: float) -> list[float]:
    """Milliseconds of each visit to a page, one after the other."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    taken, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        taken.append((time.monotonic() - begun) * 1000)
        time.sleep(0.02)
    connection.close()
    return taken


def spin(seconds: float) -> None:
    """One core that works and nothing else: what a busy neighbour costs on this machine."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def pages_meanwhile(gates: Gates, gate: Server, other: Server, pages: Place, seconds: float) -> None:
    """The board of a project while nobody logs, and while four clients do.

    Two floors are taken in the same turns: four clients that log to the bare server, and a loop that keeps
    one core busy.
    """
    line = next(line for line in gates.place.run(SIGN_IN).splitlines() if line.startswith("SEEN"))
    cookie, project = json.loads(line.removeprefix("SEEN"))
    path = f"/projects/{project}/board/"
    visit(pages.port, path, cookie, 2)
    beside: dict[str, Callable[[], object]] = {
        "gate": partial(log, gate, 4, seconds + 1),
        "bare": partial(log, other, 4, seconds + 1),
        "spin": partial(spin, seconds + 1),
    }
    taken: dict[str, list[float]] = {name: [] for name in ("quiet", *beside)}
    for _ in range(TURNS):
        taken["quiet"] += visit(pages.port, path, cookie, seconds)
        for name, work in beside.items():
            # A process of their own: clients that log must not hold up the one that reads.
            working = multiprocessing.get_context("fork").Process(target=work)
            working.start()
            time.sleep(0.5)
            taken[name] += visit(pages.port, path, cookie, seconds)
            working.join()
    ends = {name: statistics.median(rows) for name, rows in taken.items()}
    figures = {
        "name": "tracking_pages_meanwhile",
        "clients": 4,
        "ms": round(ends["gate"], 1),
        "quiet_ms": round(ends["quiet"], 1),
        "ratio": round(ends["gate"] / ends["quiet"], 3),
        "bare_ratio": round(ends["bare"] / ends["quiet"], 3),
        "spin_ratio": round(ends["spin"] / ends["quiet"], 3),
        "budget_ratio": MOST_SLOWER,
    }
    print(json.dumps(figures), flush=True)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        data = Path(folder)
        gates = build(data)
        try:
            assert gates.process is not None
            token = {"Authorization": f"Bearer {gates.tokens['one']}", "Content-Type": "application/json"}
            gate = Server(gates.place.port, "/mlflow/one", token, gates.process.pid)
            gate.prepare()
            with bare(data) as other:
                other.prepare()
                compare(gate, other, seconds)
                with place(data) as pages:
                    pages.start("web")
                    pages_meanwhile(gates, gate, other, pages, seconds)
        finally:
            gates.stop(signal.SIGKILL)


if __name__ == "__main__":
    main()
