"""The programs that measure a version: figures of scikit-learn by name, on slices, apart from the model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from projects.tracking import server as tracking

if not tracking.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)

import numpy as np
import pandas as pd
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from deployments.evaluation.metrics import metric_named
from deployments.replica import evaluate
from deployments.replica.score import score

PROGRAM = Path(evaluate.__file__)


def wanted(*keys: str, slice_: list[list[str]] | None = None) -> list[dict[str, Any]]:
    found = [(key, metric_named(key)) for key in keys]
    return [
        {"id": key, "metric": one.name, "reads": one.reads, "average": one.average, "slice": slice_ or []}
        for key, one in found
    ]


def measured(
    folder: Path,
    truth: list[Any],
    said: list[Any],
    metrics: list[dict[str, Any]],
    *,
    chances: list[list[float]] | None = None,
    classes: list[Any] | None = None,
    columns: dict[str, list[Any]] | None = None,
    **terms: Any,
) -> dict[str, Any]:
    """Each metric by the same terms, but for those that it names itself."""
    metrics = [{"target": "y", "positive": "", "threshold": None, **terms, **one} for one in metrics]
    pd.DataFrame({"y": truth, **(columns or {})}).to_parquet(folder / "truth.parquet")
    answers = {"said": said, "chances": chances, "classes": classes}
    (folder / "answers.json").write_text(json.dumps(answers))
    targets = sorted({one["target"] for one in metrics})
    return score({"targets": targets, "metrics": metrics}, folder)


def test_figures_of_classes_are_those_of_scikit_learn(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    truth = draw.integers(0, 2, 200)
    chance = np.clip(0.6 * truth + 0.4 * draw.random(200), 0, 1)
    said = (chance > 0.5).astype(int)
    keys = ("accuracy", "recall", "precision", "f1", "f2", "balanced_accuracy", "mcc", "roc_auc",
            "average_precision", "log_loss", "brier", "specificity", "kappa")  # fmt: skip
    found = measured(
        tmp_path,
        truth.tolist(),
        said.tolist(),
        wanted(*keys),
        chances=[[1 - one, one] for one in chance],
        classes=[0, 1],
    )["figures"]
    expected = {
        "accuracy": sk.accuracy_score(truth, said),
        "recall": sk.recall_score(truth, said),
        "precision": sk.precision_score(truth, said),
        "f1": sk.f1_score(truth, said),
        "f2": sk.fbeta_score(truth, said, beta=2),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, said),
        "mcc": sk.matthews_corrcoef(truth, said),
        "roc_auc": sk.roc_auc_score(truth, chance),
        "average_precision": sk.average_precision_score(truth, chance),
        "log_loss": sk.log_loss(truth, chance),
        "brier": sk.brier_score_loss(truth, chance),
        "specificity": sk.recall_score(truth, said, pos_label=0),
        "kappa": sk.cohen_kappa_score(truth, said),
    }
    for key, value in expected.items():
        assert found[key] == {"value": pytest.approx(value), "rows": 200}, key


def test_figures_of_numbers_are_those_of_scikit_learn(tmp_path: Path) -> None:
    truth, said = [3.0, 5.0, 2.5, 7.0], [2.5, 5.0, 4.0, 8.0]
    found = measured(tmp_path, truth, said, wanted("mae", "rmse", "r2", "mape", "medae", "max_error"))
    values = {key: one["value"] for key, one in found["figures"].items()}
    assert values == {
        "mae": pytest.approx(sk.mean_absolute_error(truth, said)),
        "rmse": pytest.approx(sk.root_mean_squared_error(truth, said)),
        "r2": pytest.approx(sk.r2_score(truth, said)),
        "mape": pytest.approx(sk.mean_absolute_percentage_error(truth, said)),
        "medae": pytest.approx(sk.median_absolute_error(truth, said)),
        "max_error": pytest.approx(1.5),
    }


def test_a_slice_is_measured_alone(tmp_path: Path) -> None:
    plants = {"plant": ["Moss", "Moss", "Bergen", "Bergen"]}
    given: dict[str, Any] = {"columns": plants}
    found = measured(
        tmp_path, [1, 1, 1, 1], [1, 1, 1, 0], wanted("recall", slice_=[["plant", "Bergen"]]), **given
    )
    assert found["figures"]["recall"] == {"value": 0.5, "rows": 2}
    nowhere = measured(
        tmp_path, [1, 1, 1, 1], [1, 1, 1, 0], wanted("recall", slice_=[["plant", "Oslo"]]), **given
    )
    assert nowhere["figures"]["recall"]["why_not"] == "No row has plant = Oslo."


@pytest.mark.parametrize(
    ("truth", "said", "key", "plan", "why"),
    [
        (["yes", "no"], ["yes", "yes"], "recall", {}, "Which answer is the positive one"),
        (["a", "b", "c"], ["a", "b", "b"], "recall", {}, "The truth has 3 classes"),
        ([0, 1], [0.2, 0.9], "recall", {}, "name the threshold"),
        ([0, 1], [0, 1], "roc_auc", {}, "tells no chances"),
        ([0, 0], [0, 0], "precision", {}, "not defined"),
        (["a", "b"], ["a", "b"], "mae", {}, "are no numbers"),
        ([0, 1], [0, 1], "recall", {"positive": "2"}, "No row has the positive answer 2"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(
    tmp_path: Path, truth: list[Any], said: list[Any], key: str, plan: dict[str, Any], why: str
) -> None:
    found = measured(tmp_path, truth, said, wanted(key), **plan)["figures"][key]
    assert found["value"] is None
    assert why in found["why_not"]


def test_threshold_and_positive_answer_are_taken_as_named(tmp_path: Path) -> None:
    truth, chances = ["no", "yes", "yes"], [0.4, 0.6, 0.4]
    rows = [[1 - one, one] for one in chances]
    given: dict[str, Any] = {"chances": rows, "classes": ["no", "yes"], "positive": "yes"}
    low = measured(tmp_path, truth, ["no", "yes", "no"], wanted("recall"), threshold=0.3, **given)
    own = measured(tmp_path, truth, ["no", "yes", "no"], wanted("recall"), **given)
    assert (low["figures"]["recall"]["value"], own["figures"]["recall"]["value"]) == (1.0, 0.5)
    several = measured(tmp_path, ["a", "b", "c"], ["a", "b", "b"], wanted("recall"), positive="b")
    assert several["figures"]["recall"]["value"] == 1.0
    macro = measured(tmp_path, ["a", "b", "c"], ["a", "b", "b"], wanted("recall_macro"))
    assert macro["figures"]["recall_macro"]["value"] == pytest.approx(2 / 3)


def test_each_metric_of_one_file_is_measured_by_its_own_terms(tmp_path: Path) -> None:
    chances = [0.4, 0.6, 0.4, 0.9]
    given: dict[str, Any] = {"chances": [[1 - one, one] for one in chances], "classes": [0, 1]}
    asked = [
        {**wanted("recall")[0], "id": "low", "threshold": 0.3},
        {**wanted("recall")[0], "id": "high", "threshold": 0.5},
        {**wanted("recall")[0], "id": "no", "threshold": 0.7, "positive": "0"},
        {**wanted("accuracy")[0], "id": "other", "target": "late"},
        {**wanted("accuracy")[0], "id": "nowhere", "target": "gone"},
    ]
    late = {"late": [None, 1, None, 0]}
    found = measured(tmp_path, [0, 1, 1, 1], [0, 1, 0, 1], asked, columns=late, **given)["figures"]
    values = {key: one["value"] for key, one in found.items()}
    assert values == {"low": 1.0, "high": pytest.approx(2 / 3), "no": 0.0, "other": 0.5, "nowhere": None}
    assert (found["other"]["rows"], found["high"]["rows"]) == (2, 4)
    assert found["nowhere"]["why_not"] == "The file has no column gone."


@pytest.mark.parametrize("key", ["accuracy", "recall", "recall_macro", "balanced_accuracy"])
def test_a_threshold_is_refused_for_more_than_two_classes(tmp_path: Path, key: str) -> None:
    rows = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.5, 0.4]]
    given: dict[str, Any] = {"chances": rows, "classes": ["a", "b", "c"], "positive": "b"}
    said, truth = ["a", "b", "b"], ["a", "b", "c"]
    found = measured(tmp_path, truth, said, wanted(key), threshold=0.4, **given)["figures"][key]
    assert found["value"] is None
    assert found["why_not"] == "A threshold is for two classes; the column y holds 3."
    own = measured(tmp_path, truth, said, wanted(key), **given)["figures"][key]
    assert own["value"] is not None
    # The rows of a file may hold two of three classes that the model tells apart.
    two = measured(tmp_path, ["a", "b", "b"], said, wanted(key), threshold=0.4, **given)["figures"][key]
    assert two["why_not"] == "A threshold is for two classes; the model knows 3."


def test_figures_of_the_chances_need_no_threshold(tmp_path: Path) -> None:
    chances = [[1 - one, one] for one in (0.4, 0.6, 0.45)]
    given: dict[str, Any] = {"chances": chances, "classes": [0, 1]}
    found = measured(tmp_path, [0, 1, 1], [0, 1, 0], wanted("roc_auc"), **given)["figures"]
    assert found["roc_auc"]["value"] == 1.0


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "f2", "f0.5", "jaccard"])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("said", [["a", "b", "b", "b"], ["a", "b", "d", "d"]])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_a_class_that_is_never_answered_makes_no_average_better(
    tmp_path: Path, name: str, average: str, said: list[str]
) -> None:
    truth = ["a", "b", "c", "c"]
    key = f"{name}_{average}"
    found = measured(tmp_path, truth, said, wanted(key))["figures"][key]["value"]
    if name.startswith("f"):
        expected = sk.fbeta_score(truth, said, beta=float(name[1:]), average=average)
    else:
        own = {"precision": sk.precision_score, "recall": sk.recall_score, "jaccard": sk.jaccard_score}[name]
        expected = own(truth, said, average=average)
    assert found == pytest.approx(expected)


def test_slices_on_which_the_model_fails_are_named(tmp_path: Path) -> None:
    plants = ["Moss"] * 50 + ["Oslo"] * 150
    said = [0] * 25 + [1] * 25 + [1] * 150
    found = measured(tmp_path, [1] * 200, said, wanted("accuracy"), columns={"plant": plants})["failures"]
    assert [one["words"] for one in found] == ["plant = Moss"]
    assert (found[0]["error"], found[0]["overall"]) == (0.5, 0.125)


def step(name: str, plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    """One step as a process of its own, without a sandbox."""
    (folder / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-I", str(PROGRAM), name, str(folder / "plan.json"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return found


# MLflow warns where it is imported into a process that takes warnings for errors.
SAVE = """
import sys, mlflow, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
table = pd.read_csv(sys.argv[1], sep=";").dropna()
inputs = table[["heat", "turns"]]
fitted = LogisticRegression().fit(inputs, table.fails.astype(int))
mlflow.sklearn.save_model(
    fitted, sys.argv[2], signature=infer_signature(inputs, [0]), pip_requirements=["scikit-learn"]
)
"""


def test_the_model_answers_inputs_without_the_truth(tmp_path: Path) -> None:
    table = pd.DataFrame({"heat": [0.1, 0.9, 0.2, 0.8], "turns": [1, 4, 2, 3], "fails": [0, 1, 0, 1]})
    inputs, model = table[["heat", "turns"]], tmp_path / "model"
    file = tmp_path / "holdout.csv"
    file.write_text(table.assign(note="x").to_csv(index=False, sep=";") + "0.5;2;;x\n")
    subprocess.run([sys.executable, "-c", SAVE, str(file), str(model)], check=True, capture_output=True)
    plan = {"file": str(file), "name": file.name, "targets": ["fails"], "model": str(model)}
    assert step("split", plan, tmp_path) == {"rows": 4, "left_out": 1}
    assert "fails" not in pd.read_parquet(tmp_path / "inputs.parquet").columns
    assert step("predict", plan, tmp_path) == {"answers": 4}
    answers = json.loads((tmp_path / "answers.json").read_text())
    fitted = LogisticRegression().fit(inputs, table.fails)
    assert answers["said"] == fitted.predict(inputs).tolist()
    assert answers["classes"] == [0, 1]
    assert np.allclose(answers["chances"], fitted.predict_proba(inputs))

    file.write_text("turns,fails\n1,0\n")
    step("split", plan, tmp_path)
    assert step("predict", plan, tmp_path) == {"refused": "The file lacks what the model asks for: heat."}
    file.write_text("heat;turns;fails;late\n0.1;1;0;1\n0.9;4;1;\n0.5;2;;\n")
    assert step("split", {**plan, "targets": ["fails", "late"]}, tmp_path) == {"rows": 2, "left_out": 1}
    assert list(pd.read_parquet(tmp_path / "inputs.parquet").columns) == ["heat", "turns"]
    assert step("split", {**plan, "targets": ["fails", "none"]}, tmp_path) == {"rows": 2, "left_out": 1}
    assert step("split", {**plan, "targets": ["y"]}, tmp_path)["refused"].startswith(
        "The file has no column y."
    )
