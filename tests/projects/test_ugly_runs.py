"""Runs as nobody wants them: each page of the product says what is odd about them, and goes on."""

from __future__ import annotations

import datetime as dt
import math
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from charters.models import Reading
from projects.actions.readings import nominate
from projects.models import Project
from tests.projects.store import MOMENT, Store

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HOLDOUT = ("holdout.csv", "abcd1234")
KEY = "recall_score"
LONG = "val/" + "k" * 246
SIDE_BY_SIDE = "experiments/compare/?run=own&run=plain"
PAGES = ("", "experiments/", "runs/own/", SIDE_BY_SIDE, "criteria/", "models/", "connect/")


class Reader:
    """Reads pages of the project as its lead."""

    def __init__(self, cast: Any, project: Project) -> None:
        self.client, self.project = cast.client("facilitator"), project

    def words(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/projects/{self.project.pk}/{path}")
        assert answer.status_code == status, path
        text = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
        return " ".join(text.split())

    def all_pages(self) -> dict[str, str]:
        return {path: self.words(path) for path in PAGES}


@pytest.fixture
def reader(cast: Any, project: Project) -> Reader:
    return Reader(cast, project)


def put_up(cast: Any, project: Project, store: Store) -> None:
    store.version(project.slug, "bearing", 1, run="own")
    nominate(project, by=cast.frank, model="bearing", version=1)


@pytest.mark.parametrize(
    ("value", "words"), [(math.nan, "not a number"), (math.inf, "infinite"), (-math.inf, "−infinite")]
)
def test_a_last_value_that_is_no_number(
    cast: Any, project: Project, store: Store, reader: Reader, value: float, words: str
) -> None:
    store.run(project.slug, "own", metrics={KEY: [0.9, 0.95, value]}, data=HOLDOUT)
    store.run(project.slug, "plain", metrics={KEY: [0.7, 0.8]}, data=HOLDOUT, day=1)
    put_up(cast, project, store)
    pages = reader.all_pages()
    for path in ("experiments/", "runs/own/", SIDE_BY_SIDE):
        assert words in pages[path], path
    assert "The last value of recall_score is not a finite number." in pages["criteria/"]
    assert "0.95" not in pages["criteria/"], "the last value counts, never the best over steps"
    assert not Reading.objects.filter(criterion="c1").exists()


@pytest.mark.parametrize("state", ["FINISHED", "RUNNING"])
def test_a_clock_that_is_a_year_ahead(
    cast: Any, project: Project, store: Store, reader: Reader, state: str
) -> None:
    ahead = (timezone.now() + dt.timedelta(days=365)).timestamp() * 1000
    days = int((ahead - MOMENT) // 86_400_000)
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT, day=days, state=state)
    store.run(project.slug, "plain", metrics={KEY: 0.7}, data=HOLDOUT)
    put_up(cast, project, store)
    pages = reader.all_pages()
    assert "The clock of the machine that logged it runs ahead" in pages["runs/own/"]
    assert "This page follows it" not in pages["runs/own/"], "nobody knows when it was last heard of"
    assert "runs ahead" not in reader.words("runs/plain/")
    assert Reading.objects.get(criterion="c1").taken_on <= timezone.localdate() + dt.timedelta(days=1)


def test_a_run_that_is_deleted_after_it_was_nominated_and_read(
    cast: Any, project: Project, store: Store, reader: Reader
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    store.run(project.slug, "plain", metrics={KEY: 0.7}, data=HOLDOUT)
    put_up(cast, project, store)
    store.drop_run("own")
    assert "Its run was deleted in MLflow" in reader.words("")
    assert "The run was deleted since; what was read stands." in reader.words("criteria/")
    assert "bearing" in reader.words("models/")
    assert "run-own" not in reader.words("experiments/")
    gone = reader.words("runs/own/", 404)
    assert "There is no page here for you" in gone
    for path in ("", "criteria/", "models/", "experiments/"):
        page = reader.client.get(f"/projects/{project.pk}/{path}").content.decode()
        assert f"/projects/{project.pk}/runs/own/" not in page, "no way leads to what is not there"


def test_a_run_that_is_deleted_before_it_is_read(
    cast: Any, project: Project, store: Store, reader: Reader
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    store.run(project.slug, "plain", metrics={KEY: 0.7}, data=HOLDOUT)
    store.version(project.slug, "bearing", 1, run="own")
    store.drop_run("own")
    nominate(project, by=cast.frank, model="bearing", version=1)
    assert not Reading.objects.filter(criterion="c1").exists()
    assert "Its run was deleted in MLflow" in reader.words("")
    assert "No run of this version has logged recall_score." in reader.words("criteria/")


def test_a_metric_key_of_250_characters(cast: Any, project: Project, store: Store, reader: Reader) -> None:
    for run in ("own", "plain"):
        store.run(project.slug, run, metrics={LONG: [0.1, 0.2], KEY: 0.8}, params={"p" * 250: "v" * 6000})
    put_up(cast, project, store)
    pages = reader.all_pages()
    for path in ("experiments/", "runs/own/", SIDE_BY_SIDE):
        assert LONG in pages[path], path
    assert "run-own" in reader.words(f"experiments/?sort={LONG}")


@pytest.mark.slow
def test_a_tracking_database_that_is_locked(
    cast: Any, project: Project, store: Store, reader: Reader, tmp_path: Path
) -> None:
    """Somebody repairs the file by hand, or copies it: what was read stands, and pages of the work go on."""
    for run in ("own", "plain"):
        store.run(project.slug, run, metrics={KEY: 0.8}, data=HOLDOUT)
    put_up(cast, project, store)
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "Tracking does not answer" in reader.words("runs/own/")
        criteria = reader.words("criteria/")
        assert "Tracking does not answer" in criteria
        assert "Met" in criteria
        assert "To do" in reader.words("board/")
        other.execute("ROLLBACK")
    assert "run-own" in reader.words("runs/own/")
