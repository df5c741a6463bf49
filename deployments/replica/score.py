"""The answers of a version against the truth: the last of the steps that evaluate.py names.

    score.py PLAN FOLDER

Runs in the sandbox, without the model. Metrics are those of scikit-learn. Imports nothing of the product.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

# A slice is told as one where the model fails from so many rows on, and at so much more error than overall.
SLICE_ROWS, WORSE, MOST_SLICES, MOST_VALUES = 30, 1.5, 8, 12


class Refused(Exception):
    """What is wanted cannot be measured on these rows; the text says why, for a person."""


def label(value: Any) -> str:
    """One spelling of a class: true, 1, 1.0 and "1" are the same."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return "1" if text.lower() == "true" else "0"
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if math.isfinite(number) and number.is_integer() else text


def score(plan: dict[str, Any], work: Path) -> dict[str, Any]:
    """The figure of each wanted metric, each by its own terms, and the slices on which the model fails."""
    import pandas as pd

    table = pd.read_parquet(work / "truth.parquet")
    answers = json.loads((work / "answers.json").read_text(encoding="utf-8"))
    by_terms: dict[Any, Rows] = {}
    figures: dict[str, dict[str, Any]] = {}
    for wanted in plan["metrics"]:
        try:
            rows = rows_for(wanted, by_terms, table, plan["targets"], answers)
            mask = rows.where(wanted["slice"])
            figures[wanted["id"]] = {"value": rows.measure(wanted, mask), "rows": int(mask.sum())}
        except Refused as why:
            figures[wanted["id"]] = {"value": None, "rows": 0, "why_not": str(why)}
    return {"figures": figures, "failures": failures(plan["metrics"], by_terms)}


def terms_of(wanted: dict[str, Any]) -> tuple[Any, ...]:
    return wanted["target"], wanted["positive"], wanted["threshold"]


def rows_for(
    wanted: dict[str, Any], by_terms: dict[Any, Rows], table: Any, targets: list[str], answers: dict[str, Any]
) -> Rows:
    """The rows by the terms of one metric, made once for all that share them."""
    key = terms_of(wanted)
    if key not in by_terms:
        if wanted["target"] not in table.columns:
            raise Refused(f"The file has no column {wanted['target']}.")
        by_terms[key] = Rows(table, targets, answers, *key)
    return by_terms[key]


def failures(metrics: list[dict[str, Any]], by_terms: dict[Any, Rows]) -> list[dict[str, Any]]:
    """Where the model fails, by the terms of the first metric of numbers, else of classes, else of any."""
    order = ("numbers", "classes", "chances")
    there = [one for one in metrics if terms_of(one) in by_terms]
    if not there:
        return []
    first = min(there, key=lambda one: order.index(one["reads"]))
    return by_terms[terms_of(first)].failures(of_numbers=first["reads"] == "numbers")


class Rows:
    """The rows whose truth is known beside the answers, by one set of terms; what can be said of any part."""

    def __init__(
        self,
        table: Any,
        targets: list[str],
        answers: dict[str, Any],
        target: str,
        positive: str,
        threshold: float | None,
    ) -> None:
        known = table[target].notna().to_numpy()
        self.table = table[known].reset_index(drop=True)
        self.targets, self.target = targets, target
        self.named, self.threshold = positive, threshold
        self.truth = self.table[target]
        if not len(self.truth):
            raise Refused(f"No row has a value in the column {target}.")
        self.said = [one for one, has in zip(answers["said"], known, strict=True) if has]
        chances = answers["chances"]
        self.chances = chances and [one for one, has in zip(chances, known, strict=True) if has]
        self.classes = [label(one) for one in answers["classes"]] if answers["classes"] else None
        self.labels = sorted({label(one) for one in self.truth})

    def where(self, conditions: list[list[str]]) -> Any:
        """Which rows a slice takes."""
        import numpy as np

        mask = np.ones(len(self.table), dtype=bool)
        for column, value in conditions:
            if column not in self.table.columns:
                raise Refused(f"The file has no column {column}, which the slice names.")
            wanted = label(value)
            mask &= np.array([label(one) == wanted for one in self.table[column]])
        if not mask.any():
            words = " and ".join(f"{column} = {value}" for column, value in conditions)
            raise Refused(f"No row has {words}.")
        return mask

    def measure(self, wanted: dict[str, Any], mask: Any) -> float:
        found = {"classes": _of_classes, "chances": _of_chances, "numbers": _of_numbers}[wanted["reads"]]
        value = found(self, wanted["metric"], wanted["average"], mask)
        if value is None or not math.isfinite(value):
            raise Refused(f"{wanted['metric']} is not defined on these {int(mask.sum())} rows.")
        return float(value)

    def positive(self) -> str:
        """The class that counts as yes: the one that was named, else 1 of 0 and 1."""
        named = label(self.named) if self.named else ""
        if named:
            if named not in self.labels:
                raise Refused(f"No row has the positive answer {named}.")
            return named
        if set(self.labels) <= {"0", "1"}:
            return "1"
        raise Refused(f"Which answer is the positive one? Name one of {', '.join(self.labels[:10])}.")

    def binary(self) -> bool:
        return len(self.labels) <= 2 or bool(self.named)

    def chance(self) -> list[float]:
        """The chance of the positive class by row."""
        if self.chances is not None and self.classes is not None:
            positive = self.positive()
            if positive not in self.classes:
                raise Refused(f"The model knows no class {positive}.")
            at = self.classes.index(positive)
            return [row[at] for row in self.chances]
        if self.tells_chances():
            return [float(one) for one in self.said]
        raise Refused("The model tells no chances, only answers.")

    def tells_chances(self) -> bool:
        """Whether the answers themselves are chances: numbers from 0 to 1 that are no classes."""
        numbers = [one for one in self.said if isinstance(one, float)]
        inside = len(numbers) == len(self.said) and all(0 <= one <= 1 for one in numbers)
        return inside and any(not one.is_integer() for one in numbers)

    def answers(self) -> list[str]:
        """The class that the model gives each row; above the threshold where one is named."""
        if self.threshold is not None:
            self.require_two_classes()
            positive = self.positive()
            other = next((one for one in self.labels if one != positive), "0")
            return [positive if one >= self.threshold else other for one in self.chance()]
        if self.tells_chances():
            raise Refused("The model answers with chances; name the threshold from which on they mean yes.")
        return [label(one) for one in self.said]

    def require_two_classes(self) -> None:
        """Below a threshold stands the other class; of several others nobody could say which."""
        if len(self.labels) > 2:
            raise Refused(
                f"A threshold is for two classes; the column {self.target} holds {len(self.labels)}."
            )
        if self.classes and len(self.classes) > 2:
            raise Refused(f"A threshold is for two classes; the model knows {len(self.classes)}.")

    def failures(self, *, of_numbers: bool) -> list[dict[str, Any]]:
        """Slices of one column on which errors are clearly more than overall, worst first."""
        import numpy as np

        try:
            errors = self._errors(of_numbers=of_numbers)
        except Refused:
            return []
        overall, spread = float(errors.mean()), float(errors.std())
        found = []
        for words, condition, mask in self._slices():
            count = int(mask.sum())
            here = float(errors[mask].mean()) if count else 0.0
            clearly = here - overall > 2 * spread / np.sqrt(max(count, 1))
            if count >= SLICE_ROWS and here > WORSE * overall and clearly:
                found.append({**condition, "words": words, "rows": count, "error": here, "overall": overall})
        return sorted(found, key=lambda one: -one["error"])[:MOST_SLICES]

    def _errors(self, *, of_numbers: bool) -> Any:
        """By row: 1 for a wrong class, or how far a number is off."""
        import numpy as np

        if of_numbers:
            truth, said = _numbers(self, np.ones(len(self.table), dtype=bool))
            return np.abs(truth - said)
        truth = [label(one) for one in self.truth]
        return np.array([float(a != b) for a, b in zip(truth, self.answers(), strict=True)])

    def _slices(self) -> Any:
        import pandas as pd

        for column in self.table.columns:
            if column in self.targets:
                continue
            values = self.table[column]
            if pd.api.types.is_numeric_dtype(values) and values.nunique() > MOST_VALUES:
                edges = sorted({float(values.quantile(share)) for share in (0, 0.25, 0.5, 0.75, 1)})
                for low, high in pairwise(edges):
                    mask = ((values >= low) & (values <= high)).to_numpy()
                    words = f"{column} from {low:.4g} to {high:.4g}"
                    yield words, {"column": column, "low": low, "high": high}, mask
            elif 2 <= values.nunique() <= MOST_VALUES:
                for value in values.dropna().unique():
                    words = f"{column} = {value}"
                    yield words, {"column": column, "value": label(value)}, (values == value).to_numpy()


def _of_classes(rows: Rows, name: str, average: str, mask: Any) -> float | None:
    from sklearn import metrics as sk

    truth = [label(one) for one, inside in zip(rows.truth, mask, strict=True) if inside]
    said = [one for one, inside in zip(rows.answers(), mask, strict=True) if inside]
    plain = {
        "accuracy": sk.accuracy_score, "balanced_accuracy": sk.balanced_accuracy_score,
        "matthews_corrcoef": sk.matthews_corrcoef, "cohen_kappa": sk.cohen_kappa_score,
        "zero_one_loss": sk.zero_one_loss,
    }  # fmt: skip
    if name in plain:
        return float(plain[name](truth, said))
    if average in ("macro", "micro", "weighted"):
        return _f_like(sk, name, truth, said, average=average)
    if not rows.binary():
        raise Refused(
            f"The truth has {len(rows.labels)} classes. Name the positive one, or a criterion such as "
            f"{name}_macro."
        )
    positive = rows.positive()
    yes, called = [one == positive for one in truth], [one == positive for one in said]
    if name in ("specificity", "false_positive_rate", "false_negative_rate"):
        wanted = name == "false_negative_rate"
        mine = [said for real, said in zip(yes, called, strict=True) if real is wanted]
        share = sum(mine) / len(mine) if mine else math.nan
        return share if name == "false_positive_rate" else 1 - share
    return _f_like(sk, name, yes, called, average="binary")


def _f_like(sk: Any, name: str, truth: list[Any], said: list[Any], *, average: str) -> float:
    # A class that is never answered counts as 0 in an average, as in scikit-learn by itself: left out, it
    # would make the average better. A figure of one class that is not defined is told as such.
    given: dict[str, Any] = {"average": average, "zero_division": math.nan if average == "binary" else 0}
    if name == "jaccard":
        return float(sk.jaccard_score(truth, said, average=average, zero_division=0))
    if name in ("precision", "recall"):
        return float({"precision": sk.precision_score, "recall": sk.recall_score}[name](truth, said, **given))
    return float(sk.fbeta_score(truth, said, beta=float(name[1:]), **given))


def _of_chances(rows: Rows, name: str, _average: str, mask: Any) -> float | None:
    from sklearn import metrics as sk

    if not rows.binary():
        raise Refused(f"{name} needs one positive answer; the truth has {len(rows.labels)} classes.")
    positive = rows.positive()
    yes = [int(label(one) == positive) for one, inside in zip(rows.truth, mask, strict=True) if inside]
    chance = [one for one, inside in zip(rows.chance(), mask, strict=True) if inside]
    if len(set(yes)) < 2 and name != "brier":
        raise Refused(f"{name} needs rows with and without the positive answer.")
    if name == "log_loss":
        return float(sk.log_loss(yes, chance, labels=[0, 1]))
    found = {
        "roc_auc": sk.roc_auc_score,
        "average_precision": sk.average_precision_score,
        "brier": sk.brier_score_loss,
    }
    return float(found[name](yes, chance))


def _numbers(rows: Rows, mask: Any) -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd

    truth = pd.to_numeric(rows.truth, errors="coerce").to_numpy(dtype=float)[mask]
    said = pd.to_numeric(pd.Series(rows.said), errors="coerce").to_numpy(dtype=float)[mask]
    for values, what in ((truth, "values of the truth"), (said, "answers of the model")):
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise Refused(f"{bad} {what} are no numbers.")
    return truth, said


def _of_numbers(rows: Rows, name: str, _average: str, mask: Any) -> float | None:
    from sklearn import metrics as sk

    truth, said = _numbers(rows, mask)
    if name.endswith("_log_error") and (truth.min() <= -1 or said.min() <= -1):
        raise Refused(f"{name} needs values above -1.")
    found = {"r2": "r2_score", "explained_variance": "explained_variance_score"}.get(name, name)
    return float(getattr(sk, found)(truth, said))


def main(plan: str, work: str) -> None:
    """Leaves score.json in the folder."""
    folder = Path(work)
    try:
        answer = score(json.loads(Path(plan).read_text(encoding="utf-8")), folder)
    except Refused as why:
        answer = {"refused": str(why)[:2000]}
    (folder / "score.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
