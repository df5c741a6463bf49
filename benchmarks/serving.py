"""Requests under way while a deployment changes: redeploy, roll-back, and one of two replicas killed.

python benchmarks/serving.py [CLIENTS]; prints JSON lines. Needs the [ml] extra and the sandbox.

A gates process, a supervisor and two replicas of a logistic regression run as an installation runs them, on
a data folder of their own. Clients ask without pause, each over one connection; a request has failed when it
was not answered with 200 by the model itself. Nothing may fail.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.server import Place
from tests.projects.gates_place import Gates, build

CLIENTS, BEFORE, AFTER, PATIENCE = 4, 3.0, 3.0, 180.0
BODY = json.dumps({"dataframe_split": {"columns": ["heat", "noise"], "data": [[0.5, -0.2]]}}).encode()
TRAIN = """
import mlflow, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("bench")
draw = np.random.default_rng(7)
X = pd.DataFrame(draw.normal(size=(300, 2)), columns=["heat", "noise"])
for strength in (0.1, 1.0):
    with mlflow.start_run():
        model = LogisticRegression(C=strength).fit(X, (X.heat + X.noise > 0).astype(int))
        mlflow.sklearn.log_model(
            model, name="model", registered_model_name="bench", input_example=X[:5],
            signature=infer_signature(X, model.predict(X)), pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
"""
OPEN = """
from accounts.models import User
from deployments.actions.environments import save_environment
from deployments.actions.keeping import open_deployment
from projects.models import Project
ann, project = User.objects.get(email="ann@firm.example"), Project.objects.get(slug="one")
place = save_environment(project.organization, by=ann, values={
    "name": "Bench", "policy": "record", "replicas": 2, "deployers": "lead"})
open_deployment(project, place, by=ann, name="bench", values={"title": "Bench"})
"""
ACT = """
from accounts.models import User
from deployments.actions import releasing
from deployments.models import Deployment
ann, deployment = User.objects.get(email="ann@firm.example"), Deployment.objects.get(name="bench")
made = releasing.{call}
print("SEEN" + str(made.number))
"""
DEPLOY = 'request_release(deployment, by=ann, model="bench", version={}, why="Bench")'
ROLL_BACK = 'roll_back(deployment, by=ann, why="Bench")'
STATES = """
import json
from deployments.models import Release
print("SEEN" + json.dumps({
    "releases": {row.number: row.state for row in Release.objects.all()},
    "said": {row.number: row.message for row in Release.objects.all()},
    "ready": [row.handle["pid"] for row in
        Release.objects.filter(state="live").get().replicas.filter(state="ready").order_by("number")]
        if Release.objects.filter(state="live").exists() else [],
}))
"""


@dataclass
class Load:
    """Clients that ask without pause until they are stopped."""

    gates: Gates
    clients: int
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self) -> None:
        headers = {
            "Authorization": f"Bearer {self.gates.tokens['serving']}",
            "Content-Type": "application/json",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.gates.place.port, timeout=60)
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                connection.request("POST", "/serve/one/bench/invocations", BODY, headers)
                answer = connection.getresponse()
                content = answer.read()
                found = f"failed with {answer.status}: {content[:200].decode(errors='replace')}"
                if answer.status == 200:
                    by = answer.headers.get("X-Throughline-Fallback")
                    found = by or answer.headers.get("X-Throughline-Version", "")
            except (OSError, http.client.HTTPException) as error:
                found = f"failed with {type(error).__name__}"
                connection.close()
            with self._lock:
                self.answers[found] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
        connection.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.ask) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    @property
    def failed(self) -> int:
        return sum(count for name, count in self.answers.items() if not name.startswith("bench/"))


def states(own: Place) -> dict[str, object]:
    out = own.run(STATES)
    found: dict[str, object] = json.loads(out[out.index("SEEN") + 4 :])
    return found


def wait(own: Place, holds: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    until = time.monotonic() + PATIENCE
    while True:
        seen = states(own)
        if holds(seen):
            return seen
        if time.monotonic() > until or "failed" in seen["releases"].values():  # type: ignore[attr-defined]
            raise SystemExit(f"It did not come: {seen}")
        time.sleep(0.2)


def act(own: Place, call: str) -> str:
    out = own.run(ACT.format(call=call))
    return out[out.index("SEEN") + 4 :].strip()


def is_alone(number: str) -> Callable[[dict[str, object]], bool]:
    """Whether this release is live with two replicas, and what was live before has drained."""

    def holds(seen: dict[str, object]) -> bool:
        releases: dict[str, str] = seen["releases"]  # type: ignore[assignment]
        others = {state for other, state in releases.items() if other != number}
        ready: list[int] = seen["ready"]  # type: ignore[assignment]
        return releases[number] == "live" and len(ready) == 2 and others <= {"stopped"}

    return holds


def measure(name: str, gates: Gates, clients: int, change: Callable[[], None]) -> bool:
    """Load before, during and after the change; one line of what came of it."""
    load = Load(gates, clients)
    with load.running():
        time.sleep(BEFORE)
        begun = time.monotonic()
        change()
        took = time.monotonic() - begun
        time.sleep(AFTER)
    told = {
        "figure": name,
        "requests": load.answers.total(),
        "failed": load.failed,
        "seconds": round(took, 1),
        "slowest_ms": round(load.slowest * 1000),
        "answers": dict(load.answers),
    }
    print(json.dumps(told), flush=True)
    return load.failed == 0


def redeploy(own: Place) -> None:
    wait(own, is_alone(act(own, DEPLOY.format(2))))


def roll_back(own: Place) -> None:
    wait(own, is_alone(act(own, ROLL_BACK)))


def kill_one(own: Place) -> None:
    ready: list[int] = states(own)["ready"]  # type: ignore[assignment]
    os.kill(ready[0], signal.SIGKILL)
    wait(own, lambda seen: ready[0] not in seen["ready"] and len(seen["ready"]) == 2)  # type: ignore[arg-type,operator]


def train(gates: Gates, folder: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    told = {
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{gates.place.port}/mlflow/one",
        "MLFLOW_TRACKING_TOKEN": gates.tokens["one"],
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=folder, env=clean | told, check=True, capture_output=True
    )


def main(clients: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        gates = build(Path(folder))
        own = gates.place
        supervisor = own.begin("run_supervisor")
        try:
            train(gates, Path(folder))
            own.run(OPEN)
            wait(own, is_alone(act(own, DEPLOY.format(1))))
            held = [
                measure("redeploy", gates, clients, lambda: redeploy(own)),
                measure("roll_back", gates, clients, lambda: roll_back(own)),
                measure("one_of_two_killed", gates, clients, lambda: kill_one(own)),
            ]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(supervisor.pid, signal.SIGTERM)
            said = supervisor.communicate(timeout=60)[1]
            gates.stop()
            log = (Path(folder) / "gates.log").read_text(errors="replace")
            print(f"supervisor: {said[-3000:]}\ngates: {log[-3000:]}", file=sys.stderr)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS))
