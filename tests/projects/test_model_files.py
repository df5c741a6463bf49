"""The files of a registered version: read and copied without running them, and never another project's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projects.tracking import model_files, records
from projects.tracking.model_files import ModelFilesAreAway

MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1}
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
"""


class Registry:
    """MLflow's tables, as far as versions are read from them, and the artifact store."""

    def __init__(self, folder: Path) -> None:
        self.artifacts = folder / "mlflow" / "artifacts"
        self.artifacts.mkdir(parents=True)
        self.url = f"sqlite:///{folder}/mlflow.db"
        self.tables = sqlite3.connect(folder / "mlflow.db")
        self.tables.executescript(
            """CREATE TABLE model_versions (name TEXT, version INTEGER, run_id TEXT, source TEXT,
              storage_location TEXT, current_stage TEXT, workspace TEXT);
            CREATE TABLE logged_models (model_id TEXT, experiment_id INTEGER, artifact_location TEXT);
            CREATE TABLE experiments (experiment_id INTEGER, workspace TEXT);
            INSERT INTO experiments VALUES (1, 'own'), (2, 'other');"""
        )

    def version(
        self, number: int, source: str, place: str = "", stage: str = "None", slug: str = "own"
    ) -> None:
        row = ("iris", number, "r1", source, place or None, stage, slug)
        self.tables.execute("INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self.tables.commit()

    def files(self, below: str, **more: str) -> Path:
        folder = self.artifacts / below
        folder.mkdir(parents=True)
        example = '{"columns": ["a"], "data": [[1.5], [2.5], ["odd", "row"]]}'
        texts = {
            "MLmodel": MLMODEL,
            "requirements.txt": "mlflow==3.17.2\n# a remark\nnumpy==2.4 # pinned\n\n",
            "input_example.json": example,
        }
        for name, text in {**texts, **{name.replace("_", "."): text for name, text in more.items()}}.items():
            (folder / name).write_text(text)
        return folder


@pytest.fixture
def registry(tmp_path: Path, settings: Any) -> Iterator[Registry]:
    settings.DATA_DIR = tmp_path
    made = Registry(tmp_path)
    settings.MLFLOW_STORE_URL = made.url
    yield made
    records._engine(made.url).dispose()
    made.tables.close()


def test_what_a_version_says_of_itself(registry: Registry) -> None:
    registry.files("workspaces/own/1/models/m-1/artifacts")
    registry.version(1, "models:/m-1", "mlflow-artifacts:/workspaces/own/1/models/m-1/artifacts")
    told = model_files.describe("own", "iris", 1)
    assert told.signature["inputs"] == [{"type": "double", "name": "a", "required": True}]
    assert told.signature["params"] == []
    assert told.requirements == ("mlflow==3.17.2", "numpy==2.4")
    assert sorted(told.flavors) == ["python_function", "sklearn"]
    assert told.example_rows == ({"a": 1.5}, {"a": 2.5})
    assert (told.python, told.model_id, told.run) == ("3.11.7", "m-1", "r1")
    assert told.size > len(MLMODEL)


def test_a_version_without_a_noted_place_is_found_by_its_model(registry: Registry) -> None:
    registry.files("workspaces/own/1/models/m-1/artifacts")
    place = "mlflow-artifacts:/workspaces/own/1/models/m-1/artifacts"
    registry.tables.execute("INSERT INTO logged_models VALUES ('m-1', 1, ?)", (place,))
    registry.tables.execute("INSERT INTO logged_models VALUES ('m-2', 2, ?)", (place,))
    registry.version(1, "models:/m-1")
    registry.version(2, "models:/m-2")
    assert model_files.describe("own", "iris", 1).python == "3.11.7"
    with pytest.raises(ModelFilesAreAway):
        model_files.describe("own", "iris", 2)


@pytest.mark.parametrize(
    "place",
    [
        "mlflow-artifacts:/workspaces/other/1",
        "mlflow-artifacts:/workspaces/own/../other/1",
        "mlflow-artifacts:/workspaces/own/link",
        "mlflow-artifacts:/workspaces",
        "file:///etc",
        "/etc",
        "s3://bucket/x",
        "mlflow-artifacts:/workspaces/own/nothing",
        "",
    ],
)
def test_other_places_are_not_read(registry: Registry, place: str) -> None:
    registry.files("workspaces/other/1")
    (registry.artifacts / "workspaces" / "own").mkdir()
    (registry.artifacts / "workspaces" / "own" / "link").symlink_to(registry.artifacts / "workspaces/other/1")
    registry.version(1, place, place)
    with pytest.raises(ModelFilesAreAway):
        model_files.describe("own", "iris", 1)
    with pytest.raises(ModelFilesAreAway):
        model_files.copy_to("own", "iris", 1, registry.artifacts / "copy")
    assert not (registry.artifacts / "copy").exists()


def test_a_version_of_another_project_or_deleted_is_not_there(registry: Registry) -> None:
    registry.files("workspaces/own/1")
    registry.version(1, "x", "mlflow-artifacts:/workspaces/own/1", stage="Deleted_Internal")
    registry.version(2, "x", "mlflow-artifacts:/workspaces/other/1", slug="other")
    for number in (1, 2, 3):
        with pytest.raises(ModelFilesAreAway, match="not registered"):
            model_files.describe("own", "iris", number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "a: [",
        "flavors: {sklearn: {}}",
        "flavors: {python_function: 3}",
        "flavors: {python_function: {}}\nsignature: {inputs: '{{'}",
        "!!python/object/apply:os.system ['touch /tmp/ran']",
        "x" * (5 << 20),
    ],
)
def test_a_description_that_is_none_is_refused(registry: Registry, text: str) -> None:
    folder = registry.files("workspaces/own/1")
    (folder / "MLmodel").write_text(text)
    registry.version(1, "x", "mlflow-artifacts:/workspaces/own/1")
    with pytest.raises(ModelFilesAreAway):
        model_files.describe("own", "iris", 1)


def test_a_copy_has_one_digest_over_names_and_contents(registry: Registry, tmp_path: Path) -> None:
    folder = registry.files("workspaces/own/1")
    (folder / "code").mkdir()
    (folder / "code" / "x.py").write_text("1")
    registry.version(1, "x", "mlflow-artifacts:/workspaces/own/1")
    digest = model_files.copy_to("own", "iris", 1, tmp_path / "a")
    assert digest == model_files.copy_to("own", "iris", 1, tmp_path / "b") == model_files.digest(folder)
    (tmp_path / "b" / "code" / "x.py").write_text("2")
    assert model_files.digest(tmp_path / "b") != digest
    (tmp_path / "a" / "code" / "x.py").rename(tmp_path / "a" / "code" / "y.py")
    assert model_files.digest(tmp_path / "a") != digest


def test_what_is_no_plain_file_is_not_copied(registry: Registry, tmp_path: Path) -> None:
    folder = registry.files("workspaces/own/1")
    registry.version(1, "x", "mlflow-artifacts:/workspaces/own/1")
    (folder / "key").symlink_to(tmp_path / "mlflow.db")
    with pytest.raises(ModelFilesAreAway, match="no plain file"):
        model_files.copy_to("own", "iris", 1, tmp_path / "a")
    (folder / "key").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(ModelFilesAreAway, match="no plain file"):
        model_files.copy_to("own", "iris", 1, tmp_path / "b")
