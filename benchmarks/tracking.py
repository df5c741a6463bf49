"""Pages over 10,000 and 100,000 tracked runs as JSON lines: milliseconds, the middle of twenty visits.

python benchmarks/tracking.py [RUNS ...]

MLflow's own tables and indexes, filled by SQL: for each run twelve metrics, eight parameters, a data set.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from typing import Any

os.environ["THROUGHLINE_DATA"] = tempfile.mkdtemp(prefix="throughline-bench-")
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.actions import add_member
from accounts.models import Organization, User
from projects.actions.readings import nominate
from projects.models import Project
from projects.tracking import records, server
from tests.projects.cast import project as project_from_charter

SIZES = {10_000: 150, 100_000: 500}
VISITS = 20
METRICS = ["recall_score", "psi_max", *(f"metric_{at}" for at in range(10))]
START = 1_780_000_000_000


def store() -> sqlite3.Connection:
    server.folder().mkdir(parents=True, exist_ok=True)
    os.environ.update(server.environment())
    server.prepare_store()
    return sqlite3.connect(settings.MLFLOW_STORE_URL.removeprefix("sqlite:///"))


def fill(database: sqlite3.Connection, workspace: str, number: int, runs: int) -> None:
    """Runs as a search for good parameters leaves them; the last one is registered."""
    ids = [f"{number:08x}{at:024x}" for at in range(runs)]
    experiment = (number, "search", "active", workspace)
    write(database, "experiments", "experiment_id, name, lifecycle_stage, workspace", [experiment])
    write(
        database,
        "runs",
        "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, experiment_id",
        (run_row(run, at, number) for at, run in enumerate(ids)),
    )
    fill_figures(database, ids)
    fill_data(database, number, ids)
    fill_models(database, workspace, number, ids[-1])
    database.commit()


def write(database: sqlite3.Connection, table: str, columns: str, rows: Iterable[Any]) -> None:
    marks = ", ".join("?" for _ in columns.split(","))
    database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608


def run_row(run: str, at: int, experiment: int) -> tuple[Any, ...]:
    start = START + at * 1000
    return (run, f"run-{at}", "ida", "FINISHED", start, start + 500, "active", experiment)


def fill_figures(database: sqlite3.Connection, ids: list[str]) -> None:
    dice = random.Random(7)
    write(
        database,
        "latest_metrics",
        "key, value, timestamp, step, is_nan, run_uuid",
        ((key, dice.random(), START, 9, False, run) for run in ids for key in METRICS),
    )
    write(
        database,
        "params",
        "key, value, run_uuid",
        ((f"param_{at}", str(dice.random()), run) for run in ids for at in range(8)),
    )


def fill_data(database: sqlite3.Connection, number: int, ids: list[str]) -> None:
    data = f"d-{number}"
    write(
        database,
        "datasets",
        "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source",
        [(data, number, "holdout.csv", "abcd1234", "local", "{}")],
    )
    write(
        database,
        "inputs",
        "input_uuid, source_type, source_id, destination_type, destination_id",
        ((f"i{run}", "DATASET", data, "RUN", run) for run in ids),
    )


def fill_models(database: sqlite3.Connection, workspace: str, number: int, run: str) -> None:
    write(database, "registered_models", "name, workspace", [("bearing", workspace)])
    write(
        database,
        "model_versions",
        "name, version, creation_time, current_stage, source, run_id, workspace",
        [("bearing", 1, START, "None", f"models:/m-{number}", run, workspace)],
    )


def middle(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds by the clock and of this process, which other work on the machine does not lengthen."""
    taken, worked = [], []
    for _ in range(VISITS):
        start, work = time.perf_counter(), time.process_time()
        response = client.get(address)
        taken.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - work) * 1000)
        if response.status_code != 200 or b"does not answer" in response.content:
            raise SystemExit(f"{address} answered {response.status_code}")
    return round(statistics.median(taken), 1), round(statistics.median(worked), 1)


def measure(client: Client, project: Project, last: str, runs: int) -> None:
    base = f"/projects/{project.pk}/"
    for name, path in (
        ("newest", "experiments/"),
        ("by_metric", "experiments/?sort=recall_score"),
        ("last_page", f"experiments/?sort=recall_score&page={runs // records.PAGE}"),
        ("by_text", "experiments/?text=run-77"),
        ("run", f"runs/{last}/"),
        ("models", "models/"),
        ("criteria", "criteria/"),
    ):
        wall, cpu = middle(client, base + path)
        figures = {"name": f"tracking_{name}", "runs": runs, "ms": wall, "cpu_ms": cpu}
        print(json.dumps(figures | {"budget_ms": SIZES.get(runs, 500)}), flush=True)


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    organization = Organization.objects.create(name="Halvorsen Pumps", slug="halvorsen")
    user = User.objects.create_user("ann@firm.example", "a long enough password", name="Ann")
    add_member(organization, user=user, by=None, role="owner", functions=[], unit=None)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    database = store()
    for number, runs in enumerate([int(size) for size in sys.argv[1:]] or SIZES, start=1):
        project = project_from_charter(organization, user)
        fill(database, project.slug, number, runs)
        records.refresh_statistics()
        nominate(project, by=user, model="bearing", version=1)
        measure(client, project, f"{number:08x}{runs - 1:024x}", runs)


if __name__ == "__main__":
    main()
