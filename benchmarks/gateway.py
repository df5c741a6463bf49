"""The gateway beside the bare replica that it asks, and what counting the answers costs.

python benchmarks/gateway.py [SECONDS]; prints JSON lines. Needs the [ml] extra.

One replica with a logistic regression answers on its socket. Clients ask it there, and through a gates
process with token, signature, sampling and telemetry as in an installation; both in turns, so that other work
on the machine meets both. `cpu_share` is the part of a core that 1,000 counted requests a second take,
batches written to SQLite included.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launcher import ROOT
from tests.faults.server import Place
from tests.projects.gates_place import Gates

TURNS, CLIENTS = 7, (1, 4)
MOST_ADDED_MS, LEAST_KEPT, MOST_CORE = 2.5, 0.7, 0.1
COLUMNS = [f"feature_{at}" for at in range(8)]
BODY = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [[0.5] * len(COLUMNS)]}}).encode()
TRAIN = """
import sys, mlflow.sklearn, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
columns = sys.argv[2].split(",")
X = pd.DataFrame(np.random.default_rng(7).normal(size=(300, len(columns))), columns=columns)
model = LogisticRegression().fit(X, (X[columns[0]] > 0).astype(int))
mlflow.sklearn.save_model(
    model, sys.argv[1], signature=infer_signature(X, model.predict(X)), pip_requirements=["scikit-learn"],
    serialization_format="cloudpickle",
)
"""
SEED = """
import json
from django.utils import timezone
from accounts import actions as accounts
from deployments.models import Deployment, Environment, Release, Replica
from projects.actions import open_from_initiative
from projects.actions.tokens import create_project_token
ann = accounts.create_account(email="ann@firm.example", name="Ann", password="a long enough password")
firm = accounts.create_organization(by=ann, name="Firm")
project = open_from_initiative(firm, by=ann, initiative="x", name="one")
place = Environment.objects.create(organization=firm, name="Bench", slug="bench", at_once=64)
one = Deployment.objects.create(
    organization=firm, project=project, environment=place, name="bench", title="Bench")
release = Release.objects.create(
    deployment=one, number=1, model="bench", version=1, state="live", weight=100, live_at=timezone.now(),
    signature={"inputs": [{"name": name, "type": "double", "required": True} for name in COLUMNS]})
Replica.objects.create(release=release, number=0, state="ready", address="unix:" + SOCKET)
secret = create_project_token(project, by=ann, scope="serving", name="b")[1]
print("SEED" + json.dumps([project.slug, secret]))
"""
Connect = Callable[[], http.client.HTTPConnection]


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("replica", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def ask(connect: Connect, path: str, headers: dict[str, str], clients: int, seconds: float) -> list[float]:
    """Milliseconds of each answer that so many clients got without pause."""
    taken: list[float] = []
    until = time.monotonic() + seconds

    def one() -> None:
        connection = connect()
        while time.monotonic() < until:
            begun = time.perf_counter()
            connection.request("POST", path, BODY, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}: {content[:300]!r}")
            taken.append((time.perf_counter() - begun) * 1000)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@contextmanager
def replica(folder: Path) -> Iterator[str]:
    """The product's own program for one model, without its sandbox."""
    model, path = folder / "model", str(folder / "socket")
    subprocess.run([sys.executable, "-W", "ignore", "-c", TRAIN, str(model), ",".join(COLUMNS)], check=True)
    command = [sys.executable, "-I", str(ROOT / "deployments" / "replica" / "app.py")]
    with (folder / "replica.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--socket", path, "--model", str(model)], stdout=log, stderr=log, cwd=folder
        )
    try:
        until = time.monotonic() + 120
        while not Path(path).exists():
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit((folder / "replica.log").read_text()[-2000:])
            time.sleep(0.1)
        yield path
    finally:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """What a process has worked so far; other work on the machine does not lengthen it."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def compare(path: str, gates: Gates, slug: str, secret: str, seconds: float) -> None:
    assert gates.process is not None
    gate = gates.process.pid
    plain = {"Content-Type": "application/json"}
    headers = {**plain, "Authorization": f"Bearer {secret}"}
    port, address = gates.place.port, f"/serve/{slug}/bench/invocations"

    def bare(clients: int) -> list[float]:
        return ask(lambda: SocketConnection(path), "/invocations", plain, clients, seconds)

    def through(clients: int) -> list[float]:
        return ask(
            lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=60),
            address,
            headers,
            clients,
            seconds,
        )

    # MLflow loads beside what is served; this answers once it has.
    gates.raw("GET", "/mlflow/one/api/2.0/mlflow/experiments/search")
    bare(1)
    through(1)
    for clients in CLIENTS:
        worked = cpu_seconds(gate)
        turns = [(through(clients), bare(clients)) for _ in range(TURNS)]
        worked = cpu_seconds(gate) - worked
        ours, theirs = ([one for turn in turns for one in turn[side]] for side in (0, 1))
        middle = statistics.median
        figures = {
            "name": "gateway",
            "clients": clients,
            "per_s": round(len(ours) / TURNS / seconds, 1),
            "bare_per_s": round(len(theirs) / TURNS / seconds, 1),
            "ratio": round(middle(len(mine) / len(other) for mine, other in turns), 3),
            "p50_ms": round(middle(ours), 2),
            "bare_p50_ms": round(middle(theirs), 2),
            "gateway_cpu_ms": round(1000 * worked / len(ours), 2),
            "added_ms": round(middle(middle(mine) - middle(other) for mine, other in turns), 2),
        }
        budget = {"budget_added_ms": MOST_ADDED_MS} if clients == 1 else {"budget_ratio": LEAST_KEPT}
        print(json.dumps(figures | budget), flush=True)


def telemetry(data: Path, seconds: int = 10, rate: int = 1000) -> None:
    """Count so many requests a second of one deployment, with a batch written every other second."""
    os.environ.update(THROUGHLINE_DATA=str(data), STATIC_HASHED="0", LOG_LEVEL="ERROR")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from deployments.gateway import gate, recording, request_ids
    from deployments.gateway.telemetry import Asked, Telemetry
    from deployments.models import Deployment, Release

    deployment, release = Deployment.objects.get().pk, Release.objects.get()
    counts, drawn = Telemetry(), random.Random(7)
    begin = dt.datetime.now(dt.UTC)
    recording.write(counts.take())
    worked = time.process_time()
    for second in range(seconds):
        for at in range(rate):
            asked = Asked(
                deployment,
                release.number,
                request_ids.make(b"key", str(deployment), begin, 1),
                begin + dt.timedelta(seconds=second, milliseconds=at),
                drawn.random() * 20,
                rows=1,
                predictions=[drawn.random()],
                columns=COLUMNS,
                data=[[0.5] * len(COLUMNS)],
                release=release.pk,
                keeps_inputs=True,
            )
            counts.count(asked)
        if second % gate.FLUSH_SECONDS == 0 or second == seconds - 1:
            recording.write(counts.take())
    share = (time.process_time() - worked) / seconds
    figures = {"name": "gateway_telemetry", "per_s": rate, "cpu_share": round(share, 4)}
    print(json.dumps(figures | {"budget_cpu_share": MOST_CORE}), flush=True)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        data = Path(folder)
        place = Place(data)
        place.environment["GATES_URL"] = f"http://127.0.0.1:{place.port}"
        place.manage("migrate", "-v0", "--skip-checks")
        place.manage("createcachetable", "-v0")
        with replica(data) as path:
            said = place.run(f"SOCKET, COLUMNS = {path!r}, {COLUMNS!r}\n{SEED}")
            line = next(line for line in said.splitlines() if line.startswith("SEED"))
            slug, secret = json.loads(line.removeprefix("SEED"))
            gates = Gates(place)
            gates.start()
            try:
                compare(path, gates, slug, secret, seconds)
            finally:
                gates.stop(signal.SIGTERM)
        telemetry(data)


if __name__ == "__main__":
    main()
