"""Registered versions, a deployment, and a supervisor that takes turns, for the tests of what runs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any
from urllib.parse import urlsplit

from deployments.drivers import driver
from deployments.drivers.base import Driver
from deployments.models import Deployment, Environment, Release, Replica
from deployments.supervisor import Supervisor
from projects.models import Project
from projects.tracking import records
from tests.deployments import odd_model
from tests.projects.store import MOMENT, Store

PATIENCE = 90.0


@dataclass
class Stage:
    """One project with registered versions, and one deployment of it."""

    project: Project
    deployment: Deployment
    folder: Path
    store: Store
    supervisor: Supervisor = field(default_factory=Supervisor)
    former: list[Driver] = field(default_factory=list)

    def another_supervisor(self) -> None:
        """The one before was killed: what it remembered is gone, and its lease is not given back."""
        self.supervisor.background.close()
        self.former.append(driver("local"))
        driver.cache_clear()
        self.supervisor = Supervisor()

    def version(self, number: int, **how: Any) -> None:
        """Register bearing/<number>, whose files are written to the artifact store."""
        below = f"workspaces/{self.project.slug}/1/m-bearing{number}"
        odd_model.write(self.folder / "mlflow" / "artifacts" / below, name=f"v{number}", **how)
        place = f"mlflow-artifacts:/{below}"
        row = ("bearing", number, "own", place, MOMENT, "None", self.project.slug, place)
        self.store._database.execute("INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self.store._database.commit()

    def release(self, version: int, **values: Any) -> Release:
        """What the Deploy button leaves in the tables."""
        number = self.deployment.releases.count() + 1
        return Release.objects.create(
            deployment=self.deployment, number=number, model="bearing", version=version, **values
        )

    def until(self, condition: Callable[[], object]) -> None:
        """Take turns until it holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.told()
            assert self.supervisor.turn()
            threading.Event().wait(0.05)

    def until_state(self, release: Release, state: str) -> Release:
        def reached() -> bool:
            release.refresh_from_db()
            return release.state == state or release.state in ("failed", "cancelled", "stopped")

        self.until(reached)
        assert release.state == state, self.told()
        return release

    def told(self) -> str:
        """What a failing test shows."""
        rows = [f"{row.number} {row.state} {row.step} {row.message}" for row in Release.objects.all()]
        logs = [f"{row} {row.state} {row.message}\n{log_of(row)}" for row in Replica.objects.all()]
        return "\n".join([*rows, *logs])

    def ready(self, release: Release) -> list[Replica]:
        return list(release.replicas.filter(state="ready").order_by("number"))


def log_of(row: Replica) -> str:
    return driver("local").logs(row.pk.hex[:12])


@contextmanager
def stage(cast: Any, project: Project, folder: Path, settings: Any, **limits: Any) -> Iterator[Stage]:
    """A deployment whose environment has these limits; all that runs ends with it."""
    settings.DATA_DIR = folder
    store = Store(folder / "mlflow.db")
    store._database.execute("ALTER TABLE model_versions ADD COLUMN storage_location TEXT")
    settings.MLFLOW_STORE_URL = store.url
    store.run(project.slug, "own", metrics={"loss": 0.1})
    environment, _ = Environment.objects.update_or_create(
        organization=cast.organization,
        slug="production",
        defaults={"name": "Production", "replicas": 1, "memory_mb": 600, **limits},
    )
    deployment = Deployment.objects.create(
        organization=cast.organization,
        project=project,
        environment=environment,
        name="bearings",
        title="Bearings",
    )
    made = Stage(project, deployment, folder, store)
    try:
        yield made
    finally:
        made.supervisor.close()
        local = driver("local")
        names = local.known()
        for one in made.former:
            one.stop(names)
        local.forget(names)
        records._engine(store.url).dispose()
        store.close()


class _Connection(HTTPConnection):
    """HTTP over a socket in a folder."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("replica", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(
    address: str,
    *do: str,
    x: float | None = 1.0,
    body: bytes | None = None,
    timeout: float = 60,
    path: str = "/invocations",
) -> tuple[int, Any]:
    """Status and answer of a replica to rows that have these done, or to a body as it is."""
    kind, _, rest = address.partition(":")
    place = urlsplit(address)
    connection = (
        _Connection(rest, timeout) if kind == "unix" else HTTPConnection(place.netloc, timeout=timeout)
    )
    try:
        given = body if body is not None else json.dumps(odd_model.rows(*do, x=x)).encode()
        below = "" if kind == "unix" else place.path.rstrip("/")
        connection.request("POST", f"{below}{path}", given, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def ask_and_leave(address: str, do: str) -> None:
    """Ask and do not wait for the answer."""
    with suppress(TimeoutError):
        ask(address, do, timeout=0.2)
