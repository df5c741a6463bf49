"""Erasing a person reaches what MLflow keeps: who began a run, and words that name the person."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.erased_words import Erased
from accounts.models import User
from charters.actions import record_reading
from charters.models import Reading
from charters.queries import revision_in_force
from projects.models import Intent, Project
from projects.tracking import records
from projects.tracking.forgetting import Joined, forget, source_without
from tests.projects.store import Store
from ui.errors import Conflict

NAME, ADDRESS = "Gunhild Strand", "gunhild.strand@firm.example"
JOINED = "gunhild-strand"
# What a client notes of data for which no source is given.
SOURCE = '{"tags": {"mlflow.user": "gstrand", "mlflow.source.name": "/home/gstrand/work/train.py"}}'
# What the store of other tests leaves out.
MORE = """
ALTER TABLE runs ADD COLUMN source_name TEXT;
ALTER TABLE logged_models ADD COLUMN experiment_id INTEGER DEFAULT 1;
ALTER TABLE logged_models ADD COLUMN name TEXT DEFAULT 'model';
ALTER TABLE datasets ADD COLUMN experiment_id INTEGER DEFAULT 1;
ALTER TABLE datasets ADD COLUMN dataset_source TEXT DEFAULT '{"uri": "s3://data/x.csv"}';
ALTER TABLE model_versions ADD COLUMN run_link TEXT;
ALTER TABLE model_versions ADD COLUMN user_id TEXT;
ALTER TABLE model_versions ADD COLUMN description TEXT;
CREATE TABLE experiment_tags (key TEXT, value TEXT, experiment_id INTEGER);
CREATE TABLE logged_model_tags (model_id TEXT, tag_key TEXT, tag_value TEXT);
CREATE TABLE logged_model_params (model_id TEXT, param_key TEXT, param_value TEXT);
CREATE TABLE registered_models (workspace TEXT, name TEXT, description TEXT);
CREATE TABLE registered_model_tags (workspace TEXT, name TEXT, key TEXT, value TEXT);
CREATE TABLE model_version_tags (workspace TEXT, name TEXT, version INTEGER, key TEXT, value TEXT);
"""


def widen(store: Store) -> None:
    store._database.executescript(MORE)


def all_texts(store: Store) -> str:
    """Every word in every table."""
    database: sqlite3.Connection = store._database
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return repr([database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables])  # noqa: S608


def rows_with(store: Store, *words: str) -> list[str]:
    """Rows of any table that hold one of the words."""
    tables = store._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    rows = [repr(row) for (name,) in tables for row in store._database.execute(f"SELECT * FROM {name}")]  # noqa: S608
    return sorted(row for row in rows if any(word in row for word in words))


def runs_of(store: Store, workspace: str, stem: str) -> None:
    """A run that the person began, one of Ida's, and a registered version."""
    note = {"mlflow.note.content": f"By {NAME}, ask {ADDRESS}"}
    place = {"mlflow.source.name": "/home/gstrand/work/train.py", "mlflow.user": "gstrand"}
    store.run(workspace, f"{stem}-own", tags={**note, **place}, params={"who": NAME.lower()}, by="gstrand",
              data=("holdout.csv", "d1"))  # fmt: skip
    store.run(workspace, f"{stem}-ida", tags={"mlflow.user": "gstrand", "kept": "Gunhild"}, by="ida")
    store.version(workspace, f"{stem}-m", 1, run=f"{stem}-own")


def around(store: Store, workspace: str, number: int, stem: str) -> None:
    """Words about the person in every other place of a workspace."""
    model, run = f"m-{stem}-m1", f"{stem}-own"
    for statement, values in (
        ("UPDATE runs SET source_name = '/home/gstrand/x.py' WHERE run_uuid = ?", (run,)),
        ("UPDATE model_versions SET user_id = 'gstrand', description = ? WHERE run_id = ?", (NAME, run)),
        ("UPDATE model_versions SET run_link = ? WHERE run_id = ?", (f"https://x.example/{ADDRESS}", run)),
        ("UPDATE logged_models SET experiment_id = ?, name = ? WHERE model_id = ?", (number, JOINED, model)),
        ("UPDATE experiments SET name = ? WHERE experiment_id = ?", (f"{JOINED}_first", number)),
        (
            "UPDATE datasets SET experiment_id = ?, dataset_source = ? WHERE dataset_uuid = ?",
            (number, SOURCE, f"d-{run}"),
        ),
        ("INSERT INTO experiment_tags VALUES ('owner', ?, ?)", (f"By {ADDRESS}", number)),
        ("INSERT INTO logged_model_tags VALUES (?, 'mlflow.user', 'gstrand')", (model,)),
        ("INSERT INTO logged_model_tags VALUES (?, 'mlflow.source.name', '/home/gstrand/x.py')", (model,)),
        ("INSERT INTO logged_model_params VALUES (?, 'by', ?)", (model, NAME)),
        ("INSERT INTO registered_models VALUES (?, 'm', ?)", (workspace, f"{NAME} trained it")),
        ("INSERT INTO registered_model_tags VALUES (?, 'm', 'k', ?)", (workspace, NAME)),
        ("INSERT INTO model_version_tags VALUES (?, 'm', 1, 'k', ?)", (workspace, NAME)),
    ):
        store._database.execute(statement, values)
    store._database.commit()


def test_no_table_names_the_person_and_other_projects_stay(store: Store) -> None:
    runs_of(store, "own", "o")
    runs_of(store, "other", "x")
    widen(store)
    around(store, "own", 1, "o")
    around(store, "other", 2, "x")
    elsewhere = rows_with(store, "x-", "other")
    known = forget("own", ["o-own"], Erased(NAME, {ADDRESS}))
    assert known == {"gstrand"}
    rows = dict(store._database.execute("SELECT r.run_uuid, r.user_id FROM runs r ORDER BY 1").fetchall())
    assert rows == {"o-ida": "ida", "o-own": "Erased person", "x-ida": "ida", "x-own": "gstrand"}
    detail = records.run_detail("own", "o-own")
    assert detail is not None
    assert detail.tags == {
        "mlflow.note.content": "By Erased person, ask erased address",
        "mlflow.source.name": "/home/erased/work/train.py",
        "mlflow.user": "Erased person",
    }
    for table, where in (("runs", "run_uuid LIKE 'o-%'"), ("tags", "run_uuid = 'o-own'"),
                         ("params", "run_uuid = 'o-own'"), ("experiment_tags", "experiment_id = 1"),
                         ("experiments", "workspace = 'own'"), ("logged_models", "model_id = 'm-o-m1'"),
                         ("datasets", "dataset_uuid = 'd-o-own'"),
                         ("logged_model_tags", "model_id = 'm-o-m1'"),
                         ("logged_model_params", "model_id = 'm-o-m1'"),
                         ("registered_models", "workspace = 'own'"),
                         ("registered_model_tags", "workspace = 'own'"),
                         ("model_versions", "workspace = 'own'"),
                         ("model_version_tags", "workspace = 'own'")):  # fmt: skip
        found = repr(store._database.execute(f"SELECT * FROM {table} WHERE {where}").fetchall()).lower()  # noqa: S608
        assert "rased" in found or table == "runs", table
        for word in ("gunhild strand", JOINED, ADDRESS, "gstrand"):
            assert word not in found, table
    other = records.run_detail("own", "o-ida")
    assert other is not None
    assert other.tags == {"mlflow.user": "gstrand", "kept": "Gunhild"}, "Ida’s run is not rewritten"
    assert all_texts(store).count("gstrand") == 11, "another project, and Ida’s own run"
    assert rows_with(store, "x-", "other") == elsewhere
    assert len(elsewhere) > 10


def test_what_looks_alike_stays(store: Store) -> None:
    """A namesake, a word of the name alone, a login that others share, and names that verdicts rest on."""
    store.run("own", "hers", by="root", data=("gunhild-strand.csv", "d1"), tags={"gunhild-strand": "kept"})
    store.run("own", "idas", by="root", data=("idas.csv", "d2"), params={"by": "Gunhild Strandberg"})
    store.run("own", "more", tags={"tried": "Gunhild", "word": "gunhildstrand"})
    store.version("own", "gunhild-strand-model", 1, run="idas")
    widen(store)
    source = '{"uri": "/root/data/idas.csv", "tags": {"mlflow.user": "root"}}'
    store._database.execute("UPDATE datasets SET dataset_source = ? WHERE name = 'idas.csv'", (source,))
    store._database.commit()
    before = rows_with(store, "idas", "more", "gunhild")
    forget("own", ["hers"], Erased(NAME, {ADDRESS}))
    assert rows_with(store, "idas", "more", "gunhild") == before


def test_experiments_called_after_the_person_are_renamed_and_stay_apart(store: Store) -> None:
    for run, workspace in (("a", "own"), ("x", "other")):
        store.run(workspace, run)
    rows = [(NAME, "own"), (NAME.upper(), "own"), (ADDRESS, "own"), ("Tries of gunhild.strand", "own")]
    for at, row in enumerate([*rows, (NAME, "other")], 10):
        store._database.execute("INSERT INTO experiments VALUES (?, ?, ?, 'active')", (at, *row))
    store._database.commit()
    widen(store)
    forget("own", [], Erased(NAME, {ADDRESS}))
    found = store._database.execute(
        "SELECT name FROM experiments WHERE experiment_id > 9 ORDER BY experiment_id"
    )
    names = ["Erased person", "Erased person 11", "Erased person 12", "Tries of Erased person", NAME]
    assert [name for (name,) in found] == names


@pytest.mark.parametrize(
    ("source", "then"),
    [
        (SOURCE, SOURCE.replace("/gstrand/", "/erased/").replace('"gstrand"', '"Erased person"')),
        ('{"uri": "C:\\\\Users\\\\gstrand\\\\x.csv"}', '{"uri": "C:\\\\Users\\\\erased\\\\x.csv"}'),
        ('{"by": "Gunhild\\u00a0Strand"}', '{"by": "Erased person"}'),
        ('{"uri":"s3://gstrand-data/x.csv"}', '{"uri":"s3://gstrand-data/x.csv"}'),
        ("/home/gstrand/no json", "/home/erased/no json"),
        ('{"tags": ["gstrand"]}', '{"tags": ["gstrand"]}'),
        ("[" * 100_000, "[" * 100_000),
    ],
)  # fmt: skip
def test_where_data_came_from_does_not_name_the_person(source: str, then: str) -> None:
    assert source_without(source, Joined(NAME, {ADDRESS}), {"gstrand"}) == then


def test_many_runs_are_rewritten(store: Store) -> None:
    runs = [store.run("own", f"r{at}", by="gstrand") for at in range(900)]
    widen(store)
    forget("own", runs, Erased(NAME, {ADDRESS}))
    assert "gstrand" not in all_texts(store)


@pytest.fixture
def person(cast: Any) -> User:
    user = User.objects.create_user(ADDRESS, "a long enough password", name=NAME)
    accounts.add_member(cast.organization, user=user, by=None, role="member", functions=[], unit=None)
    return user


def wrote(project: Project, by: User, run: str, minute: int) -> None:
    made_at = timezone.now() - dt.timedelta(hours=1) + dt.timedelta(minutes=minute)
    path = "/api/2.0/mlflow/runs/log-batch"
    Intent.objects.create(
        project=project, by=by, method="POST", path=path, subject={"run_id": run}, made_at=made_at
    )


@pytest.mark.django_db
def test_erasing_reaches_the_runs_that_the_person_began(
    cast: Any, person: User, project: Project, store: Store
) -> None:
    for run, first, then in (("hers", person, cast.bob), ("bobs", cast.bob, person)):
        store.run(project.slug, run, by="gstrand", tags={"mlflow.user": "gstrand"})
        wrote(project, first, run, 1)
        wrote(project, then, run, 2)
        record_reading(
            revision_in_force(project.charter), "c1", value=0.9, candidate="b/1", unit="fraction",
            metric_key="recall_score", data_name="holdout.csv", taken_on=timezone.localdate(), by=None,
            by_name="gstrand", run=run, source="tracking",
        )  # fmt: skip
    widen(store)
    accounts.erase_person(person, by=person)
    by = {run.id: run.by for run in records.runs_by_id(project.slug, ["hers", "bobs"])}
    assert by == {"hers": "Erased person", "bobs": "gstrand"}
    assert dict(Reading.objects.values_list("run", "by_name")) == {"hers": "Erased person", "bobs": "gstrand"}


@pytest.mark.django_db
def test_nothing_is_erased_while_mlflow_does_not_answer(
    cast: Any, person: User, project: Project, settings: Any, tmp_path: Path
) -> None:
    wrote(project, person, "hers", 1)
    settings.MLFLOW_STORE_URL = f"sqlite:///{tmp_path}/nowhere/mlflow.db"
    with pytest.raises(Conflict, match="Nothing was erased"):
        accounts.erase_person(person, by=person)
    person.refresh_from_db()
    assert (person.name, person.erased_at) == (NAME, None)


@pytest.mark.django_db
def test_without_tracked_runs_mlflow_is_not_asked(
    cast: Any, person: User, project: Project, settings: Any, tmp_path: Path
) -> None:
    settings.MLFLOW_STORE_URL = f"sqlite:///{tmp_path}/nowhere/mlflow.db"
    accounts.erase_person(person, by=person)
    person.refresh_from_db()
    assert person.erased_at is not None


@pytest.mark.django_db
def test_the_page_says_what_stays(cast: Any, person: User) -> None:
    row = person.memberships.get()
    page = cast.client("alice").get(f"/people/{row.pk}/erase/").content.decode()
    assert "Training runs that the person began lose the name." in page
    assert "names of models stay as they are" in page
