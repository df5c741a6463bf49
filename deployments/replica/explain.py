"""Why a model gave an answer. Runs in the sandbox beside the model, bounded in time and in calls.

What a feature contributed is told by the model itself where it can: by its coefficients (linear models) or
by XGBoost's own TreeSHAP. For all others it is the Shapley value against the typical row of the reference
sample: how the answer moves when the feature's typical value gives way to the row's own, averaged over the
orders in which features can be replaced; over all orders up to EXACT features, over drawn ones beyond. Each
explanation says which way it was. Without a reference sample there is no typical row and no contribution.

A flip is the smallest change of one feature, counted in shares of the reference sample, that gives another
class; it stays between the 5th and the 95th percentile. Imports nothing of the product.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

SECONDS, MOST_ROWS, SHOWN = 8.0, 20, 8
# Up to so many features all 2^n mixtures are asked; beyond, so many orders are drawn, each also backward.
EXACT, ORDERS, MOST_AT_ONCE = 8, 24, 4096
LOW, HIGH, TRIED, HALVINGS = 0.05, 0.95, 24, 10
WORDS = {
    "coefficients": "The model’s own coefficients, times the distance from the typical row.",
    "treeshap": "Shapley values that XGBoost computes from its trees.",
    "replacement": "Shapley values: typical values replaced by the row’s own, over all orders.",
    "sampled": "Shapley values: typical values replaced by the row’s own, over drawn orders.",
}
TOO_MANY = f"At most {MOST_ROWS} rows are explained at once."
NO_TIME = "The time for explaining was used up."
NO_TABLE = "Only rows with named columns can be explained."

Ask = Callable[[Any], Any]


def explain(model: Any, rows: Any, profile: dict[str, Any]) -> list[dict[str, Any]]:
    """One explanation for each row of a table, in order; what could not be explained has "why_not".

    `model` is an MLflow pyfunc model. `profile` is that of the reference sample, with "failures", the slices
    on which an evaluation saw the model fail.
    """
    if not hasattr(rows, "columns"):
        return [{"why_not": NO_TABLE}]
    until = time.monotonic() + SECONDS
    asked = _Asked(model, rows, profile.get("columns") or {}, until)
    found = []
    for at in range(len(rows)):
        if at >= MOST_ROWS or time.monotonic() > until:
            found.append({"why_not": TOO_MANY if at >= MOST_ROWS else NO_TIME})
            continue
        row = rows.iloc[[at]]
        told = asked.explained(row)
        told["failures"] = [one["words"] for one in profile.get("failures") or [] if falls_in(row, one)]
        found.append(told)
    return found


class _Asked:
    """One model, asked about mixtures of rows."""

    def __init__(self, model: Any, rows: Any, columns: dict[str, Any], until: float) -> None:
        self.model, self.until = model, until
        self.raw = _raw(model)
        self.names = [str(name) for name in rows.columns]
        self.columns = {name: columns[name] for name in self.names if name in columns}
        self.classes = _classes(self.raw)

    def explained(self, row: Any) -> dict[str, Any]:
        label = self.labels(row)[0]
        chances = self.raw.predict_proba(row)[0] if self.classes is not None else None
        confidence = None
        if chances is not None and self.classes is not None:
            confidence = float(chances[self.classes.index(label)]) if label in self.classes else None
        told: dict[str, Any] = {"prediction": label, "confidence": confidence}
        told |= self.contributions(row, label)
        return told | {"flip": self.flip(row, label)}

    def labels(self, rows: Any) -> list[Any]:
        import numpy as np

        values = np.asarray(self.model.predict(rows))
        values = values.reshape(len(rows), -1)[:, 0]
        return [value.item() if hasattr(value, "item") else value for value in values]

    def figure(self, label: Any) -> tuple[Ask, str]:
        """What contributions add up to: the chance of the class, the number, or whether the class stays."""
        import numpy as np

        if self.classes is not None and label in self.classes:
            at = self.classes.index(label)
            return (lambda rows: np.asarray(self.raw.predict_proba(rows))[:, at]), f"chance of {label}"
        if isinstance(label, float):
            return (lambda rows: np.array([float(one) for one in self.labels(rows)])), "answer"
        return (lambda rows: np.array([float(one == label) for one in self.labels(rows)])), (
            f"whether the answer is {label}"
        )

    def contributions(self, row: Any, label: Any) -> dict[str, Any]:
        own = _by_coefficients(self.raw, row, self.columns, label) or _by_trees(self.raw, row, label)
        if own is not None:
            return self._told(row, *own)
        named = [name for name in self.names if _typical(self.columns.get(name)) is not None]
        if not named:
            return {"method": "", "why_not": "There is no reference sample to compare this row with."}
        ask, of = self.figure(label)
        moved = [name for name in named if not _same(row[name].iloc[0], _typical(self.columns[name]))]
        if len(moved) <= EXACT:
            return self._told(row, self._exact(ask, row, moved), of, "replacement")
        return self._told(row, self._drawn(ask, row, moved), of, "sampled")

    def _told(self, row: Any, parts: dict[str, float], of: str, method: str) -> dict[str, Any]:
        order = sorted(parts, key=lambda name: (-abs(parts[name]), name))
        shown = [
            {
                "feature": name,
                "value": row[name].iloc[0],
                "typical": _typical(self.columns.get(name)),
                "contribution": parts[name],
            }
            for name in order[:SHOWN]
        ]
        rest = sum(parts[name] for name in order[SHOWN:])
        told = {"of": of, "method": method, "method_words": WORDS[method]}
        return {**told, "contributions": shown, "rest": rest}

    def _mixed(self, row: Any, masks: Sequence[Sequence[bool]], moved: Sequence[str]) -> Any:
        """A table with one row for each mask: the row's own value where it is true, else the typical one."""
        import pandas as pd

        mixed = pd.concat([row] * len(masks), ignore_index=True)
        for at, name in enumerate(moved):
            own, typical = row[name].iloc[0], _typical(self.columns[name])
            _put(mixed, name, [own if mask[at] else typical for mask in masks])
        return mixed

    def _exact(self, ask: Ask, row: Any, moved: Sequence[str]) -> dict[str, float]:
        count = len(moved)
        masks = [[bool(number >> at & 1) for at in range(count)] for number in range(2**count)]
        values = ask(self._mixed(row, masks, moved))
        parts = dict.fromkeys(moved, 0.0)
        for number, mask in enumerate(masks):
            size = sum(mask)
            for at, name in enumerate(moved):
                if not mask[at]:
                    share = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
                    parts[name] += share * float(values[number | 1 << at] - values[number])
        return parts

    def _drawn(self, ask: Ask, row: Any, moved: Sequence[str]) -> dict[str, float]:
        import numpy as np

        draw = np.random.default_rng(0)
        total, orders = np.zeros(len(moved)), 0
        while orders < 2 * ORDERS and (orders == 0 or time.monotonic() < self.until):
            order = draw.permutation(len(moved))
            for way in (order, order[::-1]):
                place = np.empty(len(moved), dtype=int)
                place[way] = np.arange(len(moved))
                masks = [(place < step).tolist() for step in range(len(moved) + 1)]
                total[way] += np.diff(np.asarray(ask(self._mixed(row, masks, moved)), dtype=float))
                orders += 1
        return {name: float(part) / orders for name, part in zip(moved, total, strict=True)}

    def flip(self, row: Any, label: Any) -> dict[str, Any] | None:
        """The smallest change of one feature that gives another class; None where none does."""
        import pandas as pd

        if isinstance(label, float) and self.classes is None:
            return None
        tried = [
            (_distance(self.columns[name], row[name].iloc[0], value), name, value)
            for name in self.columns
            for value in _values_to_try(self.columns[name], row[name].iloc[0])
        ][:MOST_AT_ONCE]
        if not tried or time.monotonic() > self.until:
            return None
        table = pd.concat([row] * len(tried), ignore_index=True)
        for name in {name for _, name, _ in tried}:
            own = row[name].iloc[0]
            _put(table, name, [value if other == name else own for _, other, value in tried])
        answers = self.labels(table)
        turned = [(*one, answer) for one, answer in zip(tried, answers, strict=True) if answer != label]
        if not turned:
            return None
        _, name, value, answer = min(turned, key=lambda one: (one[0], one[1]))
        if self.columns[name]["kind"] == "number" and _is_number(row[name].iloc[0]):
            value, answer = self._nearest(row, name, value, answer, label)
        return {"feature": name, "from": row[name].iloc[0], "to": value, "prediction": answer}

    def _nearest(self, row: Any, name: str, value: Any, answer: Any, label: Any) -> tuple[Any, Any]:
        """Halve the way between the row's own value and one that flips, for as long as it flips."""
        table = row.copy()
        # A row may lie beyond the range; what is told stays within it, whose ends were tried before.
        low, high = _range(self.columns[name])
        near, far = min(max(float(row[name].iloc[0]), low), high), float(value)
        for _ in range(HALVINGS):
            if time.monotonic() > self.until:
                break
            _put(table, name, [(near + far) / 2])
            middle = float(table[name].iloc[0])
            if middle in (near, far):
                break
            found = self.labels(table)[0]
            if found == label:
                near = middle
            else:
                far, answer = middle, found
        return far, answer


def _raw(model: Any) -> Any:
    try:
        return model.get_raw_model()
    except (AttributeError, NotImplementedError):
        return None


def _classes(raw: Any) -> list[Any] | None:
    if not hasattr(raw, "predict_proba") or getattr(raw, "classes_", None) is None:
        return None
    return [one.item() if hasattr(one, "item") else one for one in raw.classes_]


def _by_coefficients(
    raw: Any, row: Any, columns: dict[str, Any], label: Any
) -> tuple[dict[str, float], str, str] | None:
    """For a linear model on numbers alone, also behind a scaler; None for all others."""
    import numpy as np

    steps = [step for _, step in getattr(raw, "steps", [])] or [raw]
    scale = np.ones(len(row.columns))
    for step in steps[:-1]:
        if type(step).__name__ != "StandardScaler" or step.scale_ is None:
            return None
        scale = scale * step.scale_
    weights = getattr(steps[-1], "coef_", None)
    typical = [_typical(columns.get(str(name))) for name in row.columns]
    if weights is None or np.asarray(weights).size != len(scale) or not all(map(_is_number, typical)):
        return None
    own = np.asarray(row.to_numpy()[0], dtype=float)
    parts = np.asarray(weights, dtype=float).ravel() / scale * (own - np.asarray(typical, dtype=float))
    classes = _classes(raw)
    of = "answer" if classes is None else f"log-odds of {label}"
    sign = -1.0 if classes is not None and label == classes[0] else 1.0
    named = {str(name): sign * float(part) for name, part in zip(row.columns, parts, strict=True)}
    return (named, of, "coefficients") if all(map(math.isfinite, named.values())) else None


def _by_trees(raw: Any, row: Any, label: Any) -> tuple[dict[str, float], str, str] | None:
    """For XGBoost with one tree a round; it brings TreeSHAP."""
    import numpy as np

    if not type(raw).__module__.startswith("xgboost"):
        return None
    import xgboost

    booster = raw.get_booster() if hasattr(raw, "get_booster") else raw
    parts = np.asarray(booster.predict(xgboost.DMatrix(row), pred_contribs=True))
    if parts.ndim != 2:
        return None
    classes = _classes(raw)
    of = "answer" if classes is None else f"log-odds of {label}"
    sign = -1.0 if classes is not None and label == classes[0] else 1.0
    names = zip(row.columns, parts[0][:-1], strict=True)
    return {str(name): sign * float(part) for name, part in names}, of, "treeshap"


def falls_in(row: Any, slice_: dict[str, Any]) -> bool:
    """Whether a row belongs to a slice of one column: a value, or a range."""
    name = slice_.get("column")
    if name not in row.columns:
        return False
    own = row[name].iloc[0]
    if "value" in slice_:
        return _category(own) == _category(slice_["value"])
    return _is_number(own) and slice_["low"] <= float(own) <= slice_["high"]


def _typical(column: dict[str, Any] | None) -> Any:
    """The median of a number, the most frequent of categories; None where the sample says nothing."""
    if column is None or not column.get("rows"):
        return None
    if column["kind"] == "number":
        sketch = column["sketch"]
        return sketch[len(sketch) // 2]
    return max(column["shares"], key=column["shares"].get) if column.get("shares") else None


def _values_to_try(column: dict[str, Any], own: Any) -> list[Any]:
    if column["kind"] == "number":
        sketch = column["sketch"]
        last = len(sketch) - 1
        places = [LOW + (HIGH - LOW) * step / (TRIED - 1) for step in range(TRIED)]
        values = sorted({sketch[round(share * last)] for share in places})
        return [value for value in values if not _same(value, own)]
    return [value for value in column.get("shares") or {} if value != _category(own)]


def _range(column: dict[str, Any]) -> tuple[float, float]:
    """From the 5th to the 95th percentile of a number."""
    sketch = column["sketch"]
    last = len(sketch) - 1
    return float(sketch[round(LOW * last)]), float(sketch[round(HIGH * last)])


def _distance(column: dict[str, Any], own: Any, value: Any) -> float:
    """How far a change goes: the share of the sample that lies between two numbers; 1 between categories."""
    if column["kind"] != "number" or not _is_number(own):
        return 1.0
    low, high = sorted((float(own), float(value)))
    sketch = column["sketch"]
    return float(sum(low <= one <= high for one in sketch) / len(sketch))


def _put(table: Any, name: str, values: list[Any]) -> None:
    """Set a column and keep its type: whole numbers stay whole, words of true and false become those."""
    kind = table[name].dtype
    if kind.kind in "iu":
        values = [round(float(value)) for value in values]
    elif kind.kind == "b":
        values = [value if isinstance(value, bool) else _category(value) == "true" for value in values]
    elif kind.kind == "f":
        values = [float(value) for value in values]
    table[name] = values
    table[name] = table[name].astype(kind)


def _category(value: Any) -> str:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_number(value: Any) -> bool:
    value = value.item() if hasattr(value, "item") else value
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _same(one: Any, other: Any) -> bool:
    if _is_number(one) and _is_number(other):
        return float(one) == float(other)
    return _category(one) == _category(other)
