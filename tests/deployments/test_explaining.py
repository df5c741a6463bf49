"""Explanations add up, say how they were made, and a flip flips."""

from __future__ import annotations

from typing import Any

import pytest

from projects.tracking import server as tracking

if not tracking.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deployments.profile import profile_of
from deployments.replica import explain as module
from deployments.replica.explain import explain


class Served:
    """What MLflow hands out: `predict`, and the model behind it."""

    def __init__(self, raw: Any, *, tells: bool = True) -> None:
        self.raw, self.tells, self.calls = raw, tells, 0

    def predict(self, rows: pd.DataFrame) -> Any:
        self.calls += 1
        return self.raw.predict(rows)

    def get_raw_model(self) -> Any:
        if not self.tells:
            raise NotImplementedError
        return self.raw


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    found = pd.DataFrame(draw.normal(size=(300, 3)), columns=["heat", "noise", "age"])
    found["starts"] = draw.integers(0, 9, 300)
    return found


@pytest.fixture(scope="module")
def fails(table: pd.DataFrame) -> pd.Series:
    return (table.heat + table.noise + 0.2 * table.starts > 1).astype(int)


def profile(table: pd.DataFrame) -> dict[str, Any]:
    return profile_of({str(name): table[name].tolist() for name in table.columns})


def typical(table: pd.DataFrame, known: dict[str, Any], like: pd.DataFrame) -> pd.DataFrame:
    row = like.copy()
    for name in table.columns:
        sketch = known["columns"][name]["sketch"]
        row[name] = np.array([sketch[len(sketch) // 2]]).astype(row[name].dtype)
    return row


def test_replaced_values_add_up_to_the_distance_from_the_typical_row(
    table: pd.DataFrame, fails: pd.Series
) -> None:
    forest = RandomForestClassifier(20, max_depth=4, random_state=1).fit(table, fails)
    known, row = profile(table), table.iloc[[7]]
    [told] = explain(Served(forest), row, known)
    at = list(forest.classes_).index(told["prediction"])
    here, there = forest.predict_proba(row)[0][at], forest.predict_proba(typical(table, known, row))[0][at]
    assert told["method"] == "replacement"
    assert told["of"] == f"chance of {told['prediction']}"
    assert sum(one["contribution"] for one in told["contributions"]) + told["rest"] == pytest.approx(
        here - there
    )
    assert told["confidence"] == pytest.approx(here)
    assert abs(told["contributions"][-1]["contribution"]) <= abs(told["contributions"][0]["contribution"])


def test_coefficients_are_read_through_a_scaler(table: pd.DataFrame, fails: pd.Series) -> None:
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, fails)
    known, row = profile(table), table.iloc[[3]]
    [told] = explain(Served(fitted), row, known)
    distance = fitted.decision_function(row) - fitted.decision_function(typical(table, known, row))
    toward = 1 if told["prediction"] == 1 else -1
    assert told["method"] == "coefficients"
    total = sum(one["contribution"] for one in told["contributions"]) + told["rest"]
    assert total == pytest.approx(toward * float(distance[0]))


def test_xgboost_tells_by_its_own_trees(table: pd.DataFrame, fails: pd.Series) -> None:
    xgboost = pytest.importorskip("xgboost")
    fitted = xgboost.XGBClassifier(n_estimators=10, max_depth=3, n_jobs=1).fit(table, fails)
    [told] = explain(Served(fitted), table.iloc[[0]], profile(table))
    assert told["method"] == "treeshap"
    parts = {one["feature"]: one["contribution"] for one in told["contributions"]}
    matrix = xgboost.DMatrix(table.iloc[[0]])
    sign = 1 if told["prediction"] == 1 else -1
    expected = fitted.get_booster().predict(matrix, pred_contribs=True)[0][:-1]
    assert [parts[name] for name in table.columns] == pytest.approx([sign * part for part in expected])


def test_a_flip_flips_and_is_the_smallest(table: pd.DataFrame, fails: pd.Series) -> None:
    fitted = LogisticRegression().fit(table, fails)
    known = profile(table)
    for at in range(6):
        row = table.iloc[[at]]
        [told] = explain(Served(fitted), row, known)
        flip = told["flip"]
        if flip is None:
            continue
        moved = row.copy()
        moved[flip["feature"]] = np.array([flip["to"]]).astype(row[flip["feature"]].dtype)
        assert fitted.predict(moved)[0] == flip["prediction"] != told["prediction"]
        sketch = known["columns"][flip["feature"]]["sketch"]
        low, high = np.quantile(sketch, [0.03, 0.97])
        own = row[flip["feature"]].iloc[0]
        assert min(low, own) <= flip["to"] <= max(high, own)
        nearer = row.copy()
        nearer[flip["feature"]] = np.array([own + 0.9 * (flip["to"] - own)]).astype(own.dtype)
        assert own.dtype.kind == "i" or fitted.predict(nearer)[0] == told["prediction"]
    assert any(one["flip"] for one in explain(Served(fitted), table.iloc[:6], known))


@pytest.mark.parametrize(("own", "edge"), [(50.0, 11.5), (-50.0, 7.5)])
def test_a_flip_of_a_row_far_outside_stays_within_the_range(own: float, edge: float) -> None:
    known = {"columns": {"heat": profile_of({"heat": [at / 10 for at in range(200)]})["columns"]["heat"]}}

    class Band:
        def predict(self, rows: pd.DataFrame) -> Any:
            inside = (rows.heat > 7.5) & (rows.heat < 11.5)
            return np.where(inside | (rows.heat.abs().between(25, 40)), "good", "bad")

        def get_raw_model(self) -> Any:
            raise NotImplementedError

    [told] = explain(Band(), pd.DataFrame({"heat": [own]}), known)
    assert told["flip"]["prediction"] == "good"
    assert told["flip"]["to"] == pytest.approx(edge, abs=0.02)


def test_many_features_are_drawn_and_still_add_up() -> None:
    draw = np.random.default_rng(2)
    wide = pd.DataFrame(draw.normal(size=(120, 14)), columns=[f"x{at}" for at in range(14)])
    forest = RandomForestClassifier(10, max_depth=3, random_state=1).fit(wide, wide.x0 + wide.x1 > 0)
    known, row = profile(wide), wide.iloc[[1]]
    [told] = explain(Served(forest), row, known)
    at = list(forest.classes_).index(told["prediction"])
    here, there = forest.predict_proba(row)[0][at], forest.predict_proba(typical(wide, known, row))[0][at]
    assert told["method"] == "sampled"
    assert len(told["contributions"]) == module.SHOWN
    total = sum(one["contribution"] for one in told["contributions"]) + told["rest"]
    assert total == pytest.approx(here - there)


def test_numbers_have_no_flip_and_no_confidence(table: pd.DataFrame) -> None:
    fitted = LinearRegression().fit(table, table.heat * 2 + table.age)
    [told] = explain(Served(fitted), table.iloc[[0]], profile(table))
    assert (told["flip"], told["confidence"], told["of"]) == (None, None, "answer")
    assert told["contributions"][0]["feature"] == "heat"


def test_a_model_that_hides_is_asked_for_its_class_alone(table: pd.DataFrame, fails: pd.Series) -> None:
    fitted = LogisticRegression().fit(table, fails)
    [told] = explain(Served(fitted, tells=False), table.iloc[[0]], profile(table))
    assert told["confidence"] is None
    assert told["of"] == f"whether the answer is {told['prediction']}"


def test_without_a_reference_sample_nothing_is_made_up(table: pd.DataFrame, fails: pd.Series) -> None:
    forest = RandomForestClassifier(5, random_state=1).fit(table, fails)
    [told] = explain(Served(forest), table.iloc[[0]], {})
    assert told["why_not"] == "There is no reference sample to compare this row with."
    assert told["flip"] is None


def test_categories_are_replaced_and_flipped() -> None:
    class ByPlant:
        def predict(self, rows: pd.DataFrame) -> list[str]:
            return ["late" if plant == "Moss" else "on time" for plant in rows.plant]

    known = profile_of({"plant": ["Oslo"] * 8 + ["Moss"] * 2, "on": [True] * 10})
    row = pd.DataFrame({"plant": ["Moss"], "on": [True]})
    [told] = explain(Served(ByPlant(), tells=False), row, known)
    assert told["contributions"][0] == {
        "feature": "plant",
        "value": "Moss",
        "typical": "Oslo",
        "contribution": 1.0,
    }
    assert told["flip"] == {"feature": "plant", "from": "Moss", "to": "Oslo", "prediction": "on time"}


def test_known_failures_are_named_for_rows_that_fall_in_them(table: pd.DataFrame, fails: pd.Series) -> None:
    fitted = LogisticRegression().fit(table, fails)
    failures = [
        {"words": "starts = 3", "column": "starts", "value": "3"},
        {"words": "heat from 5 to 9", "column": "heat", "low": 5, "high": 9},
        {"words": "plant = Moss", "column": "plant", "value": "Moss"},
    ]
    row = table.iloc[[0]].assign(starts=3)
    [told] = explain(Served(fitted), row, profile(table) | {"failures": failures})
    assert told["failures"] == ["starts = 3"]


def test_rows_time_and_calls_have_a_limit(
    table: pd.DataFrame, fails: pd.Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(LogisticRegression().fit(table, fails))
    told = explain(served, table.iloc[: module.MOST_ROWS + 1], profile(table))
    assert told[-1] == {"why_not": module.TOO_MANY}
    assert served.calls < 20 * module.MOST_ROWS
    monkeypatch.setattr(module, "SECONDS", -1.0)
    assert explain(served, table.iloc[:1], profile(table)) == [{"why_not": module.NO_TIME}]
    assert explain(served, np.zeros((1, 3)), {}) == [{"why_not": module.NO_TABLE}]
