"""The files of a registered version, read from the artifact store without running anything of them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from projects.tracking import records, server

# A model's description is a page of text; a file that calls itself one and is larger is none.
_MOST_TEXT = 4 * 1024 * 1024
_MOST_EXAMPLE_ROWS = 20
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ModelFilesAreAway(Exception):
    """The version is not registered, or its files are not in the store, or they are not an MLflow model."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a version says of itself. `signature` has "inputs" and "outputs" as MLflow keeps them."""

    signature: Mapping[str, Any]
    requirements: tuple[str, ...]
    flavors: Mapping[str, Any]
    python: str
    example_rows: tuple[Mapping[str, Any], ...] = ()
    size: int = 0
    model_id: str = ""
    run: str = ""
    # Where the loader and what it needs are named: {"loader_module", "predict_fn", …}.
    pyfunc: Mapping[str, Any] = field(default_factory=dict)


def describe(slug: str, model: str, version: int) -> ModelFiles:
    """What the version `model`/`version` of the project `slug` needs and takes."""
    row = _row(slug, model, version)
    folder = _folder(slug, row)
    told = _yaml(folder / "MLmodel")
    flavors = told.get("flavors")
    if not isinstance(flavors, dict) or not isinstance(flavors.get("python_function"), dict):
        raise ModelFilesAreAway(f"{model} version {version} has no python_function flavor to serve it by.")
    pyfunc = flavors["python_function"]
    return ModelFiles(
        signature=_signature(told.get("signature")),
        requirements=_requirements(folder),
        flavors=flavors,
        python=str(pyfunc.get("python_version") or ""),
        example_rows=_example(folder, told.get("saved_input_example_info")),
        size=sum(path.stat().st_size for path in _files(folder)),
        model_id=_model_id(row),
        run=row["run_id"] or "",
        pyfunc=pyfunc,
    )


def copy_to(slug: str, model: str, version: int, folder: Path) -> str:
    """Copy the files of the version into `folder`, which must not exist; returns their `digest`."""
    source = _folder(slug, _row(slug, model, version))
    for path in _files(source):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return digest(folder)


def digest(folder: Path) -> str:
    """One SHA-256 over the names and contents of all files of a folder."""
    whole = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
        whole.update(f"{content} {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()


def _row(slug: str, model: str, version: int) -> Mapping[str, Any]:
    rows = records.fetch(
        """SELECT run_id, source, storage_location FROM model_versions
        WHERE workspace = :workspace AND name = :name AND version = :version
        AND current_stage <> 'Deleted_Internal'""",
        {"workspace": slug, "name": model, "version": version},
    )
    if not rows:
        raise ModelFilesAreAway(f"{model} version {version} is not registered in this project.")
    return rows[0]


def _model_id(row: Mapping[str, Any]) -> str:
    source = row["source"] or ""
    return source.removeprefix("models:/") if source.startswith("models:/m-") else ""


def _folder(slug: str, row: Mapping[str, Any]) -> Path:
    """Where the files lie: below the project's own folder, whatever the registered place says."""
    place = row["storage_location"] or row["source"] or ""
    if place.startswith("models:/m-"):
        place = _of_model(slug, _model_id(row))
    scheme, _, below = place.partition(":/")
    own = server.folder() / "artifacts" / "workspaces" / slug
    found = (server.folder() / "artifacts" / below.lstrip("/")).resolve()
    if scheme != "mlflow-artifacts" or not found.is_relative_to(own.resolve()):
        raise ModelFilesAreAway("The files of this version are not in the project’s own artifact store.")
    if not (found / "MLmodel").is_file():
        raise ModelFilesAreAway("The files of this version are no longer in the artifact store.")
    return found


def _of_model(slug: str, model_id: str) -> str:
    if not _ID.fullmatch(model_id):
        return ""
    rows = records.fetch(
        """SELECT m.artifact_location AS place FROM logged_models m
        JOIN experiments e ON e.experiment_id = m.experiment_id
        WHERE m.model_id = :model AND e.workspace = :workspace""",
        {"model": model_id, "workspace": slug},
    )
    return str(rows[0]["place"]) if rows else ""


def _files(folder: Path) -> Iterator[Path]:
    """All plain files below a folder, sorted by path; a link would lead out of it and is refused."""
    found = []
    for where, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(where) / name
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ModelFilesAreAway(f"{name} is no plain file.")
        found += [Path(where) / name for name in names]
    return iter(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_TEXT:
            raise ModelFilesAreAway(f"{path.name} is too large to be a description.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFilesAreAway(f"{path.name} cannot be read.") from error


def _yaml(path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(_text(path))
    except (yaml.YAMLError, RecursionError) as error:
        raise ModelFilesAreAway(f"{path.name} is no YAML.") from error
    if not isinstance(told, dict):
        raise ModelFilesAreAway(f"{path.name} describes no model.")
    return told


def _signature(told: Any) -> dict[str, Any]:
    """MLflow keeps the lists of inputs, outputs and parameters as JSON inside of YAML."""
    found: dict[str, Any] = {}
    for name in ("inputs", "outputs", "params"):
        given = told.get(name) if isinstance(told, Mapping) else None
        try:
            parsed = json.loads(given) if isinstance(given, str) else given
        except (ValueError, RecursionError) as error:
            raise ModelFilesAreAway("The signature in MLmodel cannot be read.") from error
        found[name] = parsed if isinstance(parsed, list) else []
    return found


def _requirements(folder: Path) -> tuple[str, ...]:
    path = folder / "requirements.txt"
    if not path.is_file():
        return ()
    lines = (line.split(" #", 1)[0].strip() for line in _text(path).splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _example(folder: Path, told: Any) -> tuple[Mapping[str, Any], ...]:
    """The rows that were logged as input example, where they are a table."""
    name = told.get("artifact_path") if isinstance(told, Mapping) else None
    if not isinstance(name, str) or Path(name).name != name or not (folder / name).is_file():
        return ()
    try:
        given = json.loads(_text(folder / name))
    except (ValueError, RecursionError):
        return ()
    if not isinstance(given, dict):
        return ()
    columns, data = given.get("columns"), given.get("data")
    if not isinstance(columns, list) or not isinstance(data, list):
        return ()
    wide = len(columns)
    rows = [row for row in data[:_MOST_EXAMPLE_ROWS] if isinstance(row, list) and len(row) == wide]
    return tuple(dict(zip(map(str, columns), row, strict=True)) for row in rows)
