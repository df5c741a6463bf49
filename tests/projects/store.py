"""A tracking store filled by SQL, as wide as what `projects.tracking.records` reads, for tests of pages."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from projects.tracking import records

TABLES = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, workspace TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, experiment_id INTEGER, status TEXT,
  start_time BIGINT, end_time BIGINT, user_id TEXT, lifecycle_stage TEXT);
CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN,
  run_uuid TEXT, PRIMARY KEY (key, run_uuid));
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT,
  destination_id TEXT, step BIGINT DEFAULT 0);
CREATE TABLE input_tags (input_uuid TEXT, name TEXT, value TEXT);
CREATE TABLE datasets (dataset_uuid TEXT, name TEXT, digest TEXT);
CREATE TABLE logged_models (model_id TEXT, source_run_id TEXT, creation_timestamp_ms BIGINT);
CREATE TABLE logged_model_metrics (model_id TEXT, metric_name TEXT, metric_timestamp_ms BIGINT,
  metric_step BIGINT, metric_value FLOAT, run_id TEXT, dataset_name TEXT, dataset_digest TEXT);
CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, source TEXT, creation_time BIGINT,
  current_stage TEXT, workspace TEXT);
CREATE TABLE registered_model_aliases (name TEXT, version INTEGER, alias TEXT, workspace TEXT);
"""
MOMENT = 1_780_000_000_000


class Store:
    """Writes what MLflow would have written."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self._database = sqlite3.connect(path)
        self._database.executescript(TABLES)
        self._experiments: dict[str, int] = {}

    def close(self) -> None:
        self._database.close()

    def run(
        self,
        workspace: str,
        run: str,
        *,
        metrics: Mapping[str, float | list[float]] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        data: tuple[str, str] | None = None,
        uses: str = "",
        state: str = "FINISHED",
        by: str = "ida",
        day: int = 0,
    ) -> str:
        """A finished run; `data` is name and digest, `uses` the model id that it evaluates."""
        write = self._database.execute
        if workspace not in self._experiments:
            number = self._experiments[workspace] = len(self._experiments) + 1
            write("INSERT INTO experiments VALUES (?, 'first', ?, 'active')", (number, workspace))
        began = MOMENT + day * 86_400_000
        row = (run, f"run-{run}", self._experiments[workspace], state, began, began + 60_000, by, "active")
        write("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for key, given in (metrics or {}).items():
            values = given if isinstance(given, list) else [given]
            for step, value in enumerate(values):
                odd = math.isnan(value)
                written = (key, 0.0 if odd else value, began, run, step, odd)
                write("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", written)
            last = (key, 0.0 if odd else value, began, step, odd, run)
            write("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)", last)
        for table, pairs in (("params", params), ("tags", tags)):
            for key, text in (pairs or {}).items():
                write(f"INSERT INTO {table} VALUES (?, ?, ?)", (key, text, run))  # noqa: S608
        if data:
            write("INSERT INTO datasets VALUES (?, ?, ?)", (f"d-{run}", *data))
            write("INSERT INTO inputs VALUES (?, 'DATASET', ?, 'RUN', ?, 0)", (f"i-{run}", f"d-{run}", run))
            write("INSERT INTO input_tags VALUES (?, 'mlflow.data.context', 'eval')", (f"i-{run}",))
        if uses:
            write(
                "INSERT INTO inputs VALUES (?, 'RUN_INPUT', ?, 'MODEL_INPUT', ?, 0)", (f"m-{run}", run, uses)
            )
        self._database.commit()
        return run

    def version(self, workspace: str, model: str, version: int, *, run: str, alias: str = "") -> str:
        """A registered version with the model id that it came from."""
        model_id = f"m-{model}{version}"
        write = self._database.execute
        write("INSERT INTO logged_models VALUES (?, ?, ?)", (model_id, run, MOMENT))
        row = (model, version, run, f"models:/{model_id}", MOMENT + version, "None", workspace)
        write("INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        if alias:
            write(
                "INSERT INTO registered_model_aliases VALUES (?, ?, ?, ?)", (model, version, alias, workspace)
            )
        self._database.commit()
        return model_id

    def figure_of_model(
        self, model_id: str, run: str, key: str, value: float, data: tuple[str | None, str | None]
    ) -> None:
        """What `log_metric(..., model_id=…, dataset=…)` leaves beside the metric of the run."""
        row = (model_id, key, MOMENT, 0, value, run, *data)
        self._database.execute("INSERT INTO logged_model_metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._database.commit()

    def drop_run(self, run: str) -> None:
        self._database.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", (run,))
        self._database.commit()

    def log_again(self, run: str, key: str, value: float) -> None:
        """A later value of a metric in a run that has one."""
        given = (value, MOMENT + 1, run, key)
        self._database.execute(
            "UPDATE latest_metrics SET value = ?, timestamp = ? WHERE run_uuid = ? AND key = ?", given
        )
        self._database.commit()


@contextmanager
def connected(folder: Path, settings: Any) -> Iterator[Store]:
    """A store in the folder, which the product reads until the end of the test."""
    store = Store(folder / "mlflow.db")
    settings.MLFLOW_STORE_URL = store.url
    yield store
    records._engine(store.url).dispose()
    store.close()
