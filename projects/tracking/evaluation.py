"""What was measured for one registered version: in its own run, and in runs that name its model id."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from projects.evidence import Measured
from projects.tracking.records import Input, fetch, time_of

MODEL_TAG = "throughline.model_id"
SLICE_TAG = "slice"
# The SHA-256 of the file that was measured on, as the run says.
FILE_TAG = "data_sha256"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
TRAINING = {"train", "training"}
MOST_RUNS = 500
_NAMING = """
SELECT source_id AS run FROM inputs WHERE source_type = 'RUN_INPUT'
  AND destination_type = 'MODEL_INPUT' AND destination_id = :model
UNION SELECT run_id FROM logged_model_metrics WHERE model_id = :model
UNION SELECT run_uuid FROM tags WHERE key = :tag AND value = :model
"""
_VALUES = """
SELECT m.run_uuid AS run, m.value, m.is_nan, m.timestamp, r.user_id,
  (SELECT t.value FROM tags t WHERE t.run_uuid = m.run_uuid AND t.key = :slice) AS slice,
  (SELECT t.value FROM tags t WHERE t.run_uuid = m.run_uuid AND t.key = :file) AS sha256
FROM latest_metrics m JOIN runs r ON r.run_uuid = m.run_uuid
JOIN experiments e ON e.experiment_id = r.experiment_id
WHERE e.workspace = :workspace AND r.lifecycle_stage = 'active' AND m.key = :key
"""


def measured(workspace: str, key: str, *, run: str, model_id: str) -> list[Measured]:
    """The last values of a metric for one version, each with the data that it was measured on.

    A value that a run logged for another model is not one of this.
    """
    runs = {run} if run else set()
    if model_id:
        naming = fetch(f"{_NAMING} LIMIT {MOST_RUNS}", {"model": model_id, "tag": MODEL_TAG})
        runs |= {row["run"] for row in naming}
    found: list[Measured] = []
    for row in _values(workspace, key, sorted(runs)):
        by_model = _by_model(row["run"], key)
        own = [one for one in by_model if one["model_id"] == model_id]
        for one in _last_of_each_data(own):
            found += [_measured(row, one)] if one["dataset_name"] else _on_data_of_run(row, one)
        if not own and (not by_model or row["run"] == run):
            found += _on_data_of_run(row, {})
    return found


def _values(workspace: str, key: str, runs: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    if not runs:
        return []
    names = {f"id{at}": run for at, run in enumerate(runs)}
    listed = ", ".join(f":{name}" for name in names)
    given = {"workspace": workspace, "key": key, "slice": SLICE_TAG, "file": FILE_TAG, **names}
    return fetch(f"{_VALUES} AND m.run_uuid IN ({listed})", given)


def _by_model(run: str, key: str) -> Sequence[Mapping[str, Any]]:
    return fetch(
        """SELECT model_id, metric_value AS value, metric_timestamp_ms AS timestamp,
          dataset_name, dataset_digest FROM logged_model_metrics WHERE run_id = :run AND metric_name = :key
        ORDER BY metric_step, metric_timestamp_ms""",
        {"run": run, "key": key},
    )


def _last_of_each_data(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({(row["dataset_name"], row["dataset_digest"]): row for row in rows}.values())


def _on_data_of_run(row: Mapping[str, Any], own: Mapping[str, Any]) -> list[Measured]:
    """A value that names no data was measured on what its run has logged.

    MLflow's client copies the metrics of a run to the model that the run logs after them, without their data.
    """
    return [
        _measured(row, {**own, "dataset_name": data.name, "dataset_digest": data.digest})
        for data in _data_of(row["run"])
    ]


def _data_of(run: str) -> list[Input]:
    """The data that a run logged; what it trained on counts only where it logged nothing else."""
    rows = fetch(
        """SELECT d.name, d.digest, t.value AS context FROM inputs i
        JOIN datasets d ON d.dataset_uuid = i.source_id AND i.source_type = 'DATASET'
        LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
        WHERE i.destination_type = 'RUN' AND i.destination_id = :run""",
        {"run": run},
    )
    data = [Input(row["name"], row["digest"], row["context"] or "") for row in rows]
    return [one for one in data if one.context not in TRAINING] or data or [Input("", "")]


def _measured(row: Mapping[str, Any], more: Mapping[str, Any]) -> Measured:
    value = math.nan if row["is_nan"] else row["value"]
    if "model_id" in more:
        value = math.nan if more["value"] is None else more["value"]
    return Measured(
        run=row["run"],
        by=row["user_id"] or "",
        value=float(value),
        at=time_of(more.get("timestamp") or row["timestamp"]),
        data_name=more.get("dataset_name") or "",
        digest=more.get("dataset_digest") or "",
        slice=row["slice"] or "",
        sha256=row["sha256"].lower() if _SHA256.fullmatch(row["sha256"] or "") else "",
    )


ON_DATA = """AND m.run_uuid IN (SELECT i.destination_id FROM inputs i
  JOIN datasets d ON d.dataset_uuid = i.source_id AND i.source_type = 'DATASET'
  WHERE i.destination_type = 'RUN' AND d.name = :data)"""


def best_run(workspace: str, key: str, *, data_name: str, lowest: bool) -> str:
    """The run with the highest last value of a metric, or the lowest, on the named data; "" for none."""
    rows = fetch(
        f"""SELECT m.run_uuid AS run FROM latest_metrics m JOIN runs r ON r.run_uuid = m.run_uuid
        JOIN experiments e ON e.experiment_id = r.experiment_id
        WHERE e.workspace = :workspace AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'
        AND m.key = :key AND NOT m.is_nan AND abs(m.value) < 1e300 {ON_DATA if data_name else ""}
        ORDER BY m.value {"ASC" if lowest else "DESC"}, r.start_time, r.run_uuid LIMIT 1""",  # noqa: S608
        {"workspace": workspace, "key": key, "data": data_name},
    )
    return str(rows[0]["run"]) if rows else ""


def attempts(workspace: str, key: str, *, data_name: str) -> tuple[int, list[float]]:
    """How many runs logged a metric, on the named data where one is named, and their lowest and highest."""
    number = "CASE WHEN m.is_nan OR abs(m.value) > 1e300 THEN NULL ELSE m.value END"
    rows = fetch(
        f"""SELECT count(*) AS runs, min({number}) AS low, max({number}) AS high
        FROM latest_metrics m JOIN runs r ON r.run_uuid = m.run_uuid
        JOIN experiments e ON e.experiment_id = r.experiment_id
        WHERE e.workspace = :workspace AND r.lifecycle_stage = 'active' AND m.key = :key
        {ON_DATA if data_name else ""}""",  # noqa: S608
        {"workspace": workspace, "key": key, "data": data_name},
    )
    ends = [rows[0]["low"], rows[0]["high"]]
    return int(rows[0]["runs"]), [float(end) for end in ends if end is not None]
