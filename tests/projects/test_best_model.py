"""The overview answers for the model: trained on what, how, by whom, and how it stands to what was signed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from projects.actions.readings import nominate
from projects.models import Project
from tests.projects.store import Store
from tests.projects.test_readings import HOLDOUT, KEY

pytestmark = pytest.mark.django_db


def overview(cast: Any, project: Project) -> str:
    response = cast.client("facilitator").get(f"/projects/{project.pk}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_before_any_run_there_is_no_model(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "loss-only", metrics={"loss": 0.1})
    store.run("other-project", "zz", metrics={KEY: 0.99}, data=HOLDOUT)
    page = overview(cast, project)
    assert "best run so far" not in page
    assert "nominated model" not in page


def test_without_a_candidate_it_is_the_best_run_on_the_named_data(
    cast: Any, project: Project, store: Store
) -> None:
    store.run(project.slug, "good", metrics={KEY: 0.7}, data=HOLDOUT, params={"depth": "6"}, by="Ida")
    store.run(project.slug, "elsewhere", metrics={KEY: 0.99}, data=("bench.csv", "ffff0000"))
    store.run(project.slug, "nan", metrics={KEY: math.nan}, data=HOLDOUT)
    store.run(project.slug, "infinite", metrics={KEY: math.inf}, data=HOLDOUT)
    page = overview(cast, project)
    assert "The best run so far" in page
    for words in ("run-good", "holdout.csv", "depth 6", "Ida", f"{KEY} 0.7", "No verdict"):
        assert words in page, words
    assert "run-elsewhere" not in page


def test_with_a_candidate_it_is_that_version_with_its_verdicts(
    cast: Any, project: Project, store: Store, settings: Any
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT, by="Ida")
    store.run(project.slug, "better", metrics={KEY: 0.9}, data=HOLDOUT)
    store.version(project.slug, "bearing", 1, run="own")
    nominate(project, by=cast.frank, model="bearing", version=1)
    page = overview(cast, project)
    assert "The nominated model" in page
    assert "bearing version 1" in page
    assert "run-own" in page
    assert "run-better" not in page
    assert "Met" in page
    store.drop_run("own")
    assert "Its run was deleted in MLflow" in overview(cast, project)
    settings.MLFLOW_STORE_URL = "sqlite:////nowhere/mlflow.db"
    away = overview(cast, project)
    assert "Tracking does not answer" in away
    assert "Met" in away
