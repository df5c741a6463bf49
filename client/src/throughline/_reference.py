"""The reference sample: what a model learned from, kept beside it for live data to be held against."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from throughline._connection import ThroughlineError

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "throughline"
TAG = "throughline.reference"
MOST_BYTES = 10 * 1024 * 1024
MOST_COLUMNS = 500
MOST_ROWS = 50_000
SEED = 20_260_101


@dataclass(frozen=True)
class Reference:
    """What was kept: `columns` as `describe` gives them, `sha256` of the file with the sample."""

    rows_given: int
    rows_kept: int
    columns: tuple[dict[str, Any], ...]
    sha256: str
    size: int


def log_reference(
    df: pd.DataFrame, *, model_id: str | None = None, run_id: str | None = None, rows: int = 5000
) -> Reference:
    """Keep at most `rows` rows of `df` with a model, or with a run: the active one unless `run_id` is given.

    The rows are drawn evenly and are the same ones each time. Raises ThroughlineError for what is no table,
    is empty, or is larger than 10 MB or 500 columns once it is sampled.
    """
    import mlflow

    sample = _sampled(df, rows)
    active = mlflow.active_run()
    run = run_id or (active.info.run_id if active else None)
    if model_id is None and run is None:
        raise ThroughlineError("There is neither a run nor a model. Call it within a run, or give model_id.")
    with tempfile.TemporaryDirectory(prefix="throughline-") as folder:
        reference = _write(sample, len(df), Path(folder))
        client = mlflow.MlflowClient()
        if model_id is not None:
            client.log_model_artifacts(model_id, folder, artifact_path=FOLDER)
            client.set_logged_model_tags(model_id, {TAG: reference.sha256})
        else:
            client.log_artifacts(run, folder, artifact_path=FOLDER)
            client.set_tag(run, TAG, reference.sha256)
    return reference


def _sampled(df: pd.DataFrame, rows: int) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(df, pd.DataFrame):
        raise ThroughlineError("The reference sample is a pandas DataFrame: one column for each feature.")
    if not 1 <= rows <= MOST_ROWS:
        raise ThroughlineError(f"rows: from 1 to {MOST_ROWS}.")
    if df.empty:
        raise ThroughlineError("The table is empty: there is nothing to hold live data against.")
    names = [str(name) for name in df.columns]
    if len(names) > MOST_COLUMNS:
        raise ThroughlineError(f"The table has {len(names)} columns, at most {MOST_COLUMNS} are kept.")
    if len(set(names)) < len(names):
        raise ThroughlineError("Two columns have one name.")
    kept = df.sample(rows, random_state=SEED).sort_index() if len(df) > rows else df
    return kept.set_axis(names, axis=1).reset_index(drop=True)


def describe(df: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Each column with its name, kind (number, boolean, time, category), type and share of missing values."""
    from pandas.api import types

    def kind(column: pd.Series[Any]) -> str:
        if types.is_bool_dtype(column):
            return "boolean"
        if types.is_numeric_dtype(column):
            return "number"
        return "time" if types.is_datetime64_any_dtype(column) else "category"

    return tuple(
        {
            "name": str(name),
            "kind": kind(df[name]),
            "type": str(df[name].dtype),
            "missing": round(float(df[name].isna().mean()), 6),
        }
        for name in df.columns
    )


def _write(sample: pd.DataFrame, given: int, folder: Path) -> Reference:
    file = folder / "reference.parquet"
    try:
        sample.to_parquet(file, engine="pyarrow", index=False)
    except (ValueError, TypeError, OSError) as error:
        # pyarrow's own errors are ValueErrors and TypeErrors
        raise ThroughlineError(f"The table cannot be written as Parquet: {error}") from error
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise ThroughlineError(
            f"The sample is {size / 1024**2:.1f} MB, at most {MOST_BYTES // 1024**2} MB are kept. Ask for "
            "fewer rows, or leave out columns that the model does not read."
        )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    reference = Reference(given, len(sample), describe(sample), digest, size)
    (folder / "reference.json").write_text(json.dumps(asdict(reference), indent=1), encoding="utf-8")
    return reference
