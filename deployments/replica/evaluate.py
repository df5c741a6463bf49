"""Measures one version on one file. Runs in the sandbox, in three steps that are each a process of their own:

    evaluate.py split    the file into the inputs and, apart from them, the truth
    evaluate.py predict  the model answers the inputs; this step alone loads the model
    score.py             the answers against the truth

Each step is handed a plan and a folder of its own; what it leaves there is carried on by who runs it. So
the model never sees the truth and never touches the figures. Imports nothing of the product.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

MOST_ROWS = 500_000
MOST_COLUMNS = 2_000


class Refused(Exception):
    """The file, the model or the plan does not fit; the text says why, for a person."""


def read_table(path: Path, name: str) -> Any:
    """The rows of a file in the format that its name says."""
    import pandas as pd

    ending = Path(name).suffix.lower()
    try:
        if ending == ".parquet":
            table = pd.read_parquet(path)
        elif ending in (".xlsx", ".xlsm"):
            table = pd.read_excel(path)
        else:
            with path.open(encoding="utf-8-sig", errors="replace") as text:
                sample = text.read(65536)
            try:
                separator = csv.Sniffer().sniff(sample, delimiters=",;\t|").delimiter
            except csv.Error:
                separator = ","
            table = pd.read_csv(
                path, sep=separator, encoding="utf-8-sig", encoding_errors="replace", low_memory=False
            )
    except (ValueError, OSError, ImportError, KeyError) as error:
        raise Refused(f"{name} cannot be read as a table: {error}") from error
    table.columns = [str(column) for column in table.columns]
    if len(table) > MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise Refused(f"At most {MOST_ROWS} rows and {MOST_COLUMNS} columns can be measured.")
    return table


def split(plan: dict[str, Any], work: Path) -> dict[str, Any]:
    """Leaves `inputs.parquet` without any truth and `truth.parquet` with everything.

    Criteria may name several columns for the truth; the model sees none of them.
    """
    table = read_table(Path(plan["file"]), plan["name"])
    there = [column for column in plan["targets"] if column in table.columns]
    if not there:
        names = ", ".join(list(table.columns)[:30])
        raise Refused(f"The file has no column {' or '.join(plan['targets'])}. It has: {names}.")
    known = table[there].notna().any(axis=1)
    left_out = int((~known).sum())
    table = _writable(table[known].reset_index(drop=True))
    if not len(table):
        raise Refused(f"No row has a value in the column {', '.join(there)}.")
    table.to_parquet(work / "truth.parquet")
    table.drop(columns=there).to_parquet(work / "inputs.parquet")
    return {"rows": len(table), "left_out": left_out}


def _writable(table: Any) -> Any:
    """Columns that hold several kinds of values, as text."""
    import pandas as pd

    for column in table.columns:
        if pd.api.types.infer_dtype(table[column], skipna=True).startswith("mixed"):
            table[column] = table[column].map(str, na_action="ignore")
    return table


def predict(plan: dict[str, Any], work: Path) -> dict[str, Any]:
    """Leaves `answers.json`: what the model said and, where it tells them, the chances of each class."""
    import mlflow
    import pandas as pd

    inputs = pd.read_parquet(work / "inputs.parquet")
    try:
        model = mlflow.pyfunc.load_model(plan["model"])
    except Exception as error:
        raise Refused(f"The model cannot be loaded: {type(error).__name__}: {error}") from error
    schema = model.metadata.get_input_schema()
    names = schema.input_names() if schema is not None and schema.has_input_names() else []
    missing = [name for name in schema.required_input_names() if name not in inputs.columns] if names else []
    if missing:
        raise Refused(f"The file lacks what the model asks for: {', '.join(missing[:20])}.")
    if names:
        inputs = _typed(inputs[[name for name in names if name in inputs.columns]], schema)
    try:
        said = _one_column(model.predict(inputs))
        classes, chances = _chances(model, inputs)
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"The model fails on this file: {type(error).__name__}: {error}") from error
    if len(said) != len(inputs):
        raise Refused(f"The model gave {len(said)} answers to {len(inputs)} rows.")
    answers = {"said": said, "classes": classes, "chances": chances}
    (work / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    return {"answers": len(said)}


def _typed(inputs: Any, schema: Any) -> Any:
    """The inputs in the types of the signature: a CSV, for one, knows no small integers."""
    inputs = inputs.copy()
    for name, wanted in schema.input_dict().items():
        kind = getattr(getattr(wanted, "type", None), "name", "")
        if name not in inputs.columns:
            continue
        if kind in ("integer", "long") and inputs[name].dtype.kind in "iu":
            inputs[name] = inputs[name].astype("int32" if kind == "integer" else "int64")
        elif kind in ("float", "double") and inputs[name].dtype.kind in "iuf":
            inputs[name] = inputs[name].astype("float32" if kind == "float" else "float64")
        elif kind == "string" and inputs[name].dtype.kind in "iufb":
            inputs[name] = inputs[name].astype(str)
    return inputs


def _one_column(answer: Any) -> list[Any]:
    import numpy as np

    values = np.asarray(answer)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise Refused("The model gives several figures for a row; one is measured.")
    return [_plain(value) for value in values.tolist()]


def _chances(model: Any, inputs: Any) -> tuple[list[Any] | None, list[list[float]] | None]:
    """What the model behind says by `predict_proba`, if it is of that kind."""
    try:
        raw = model.get_raw_model()
    except (AttributeError, NotImplementedError):
        return None, None
    if not hasattr(raw, "predict_proba") or not hasattr(raw, "classes_"):
        return None, None
    rows = raw.predict_proba(inputs)
    return [_plain(one) for one in list(raw.classes_)], [[float(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    """A value as JSON knows it; what is no number there is None."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


STEPS = {"split": split, "predict": predict}


def main(step: str, plan: str, work: str) -> None:
    """One step; what came of it, or why nothing did, is left in the folder as STEP.json."""
    folder = Path(work)
    try:
        answer = STEPS[step](json.loads(Path(plan).read_text(encoding="utf-8")), folder)
    except Refused as why:
        answer = {"refused": str(why)[:2000]}
    (folder / f"{step}.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
