"""Takes an erased person out of what MLflow keeps of a project: the one place that writes to its tables.

Files, and what verdicts and deployments find things by (names of registered models and data sets, aliases,
keys), stay as they are; docs/erasing.md says why. Experiments and logged models have ids and lose the name.
"""

# Statements are put together from constants and names of parameters; values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.erased_words import NAME, Erased
from projects.tracking.records import execute, opened, rows_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_ONCE = 400
USER_TAG = "mlflow.user"
# Where a client notes the script that ran; below a home directory that names its owner.
PLACE_TAGS = ("mlflow.source.name", "mlflow.project.entryPoint")
_RUN = "run_uuid IN (SELECT r.run_uuid FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id"
_IN_RUNS = f"{_RUN} WHERE e.workspace = :workspace)"
_OF_EXPERIMENTS = "experiment_id IN (SELECT experiment_id FROM experiments WHERE workspace = :workspace)"
_OF_MODELS = f"model_id IN (SELECT model_id FROM logged_models WHERE {_OF_EXPERIMENTS})"
_OWN = "workspace = :workspace"


@dataclass(frozen=True, slots=True)
class Text:
    """A column of words that people write, the key of its rows, and what makes a row one of the project."""

    table: str
    column: str
    keys: tuple[str, ...]
    where: str


TEXTS = (
    Text("runs", "name", ("run_uuid",), _IN_RUNS),
    Text("tags", "value", ("key", "run_uuid"), _IN_RUNS),
    Text("params", "value", ("key", "run_uuid"), _IN_RUNS),
    Text("experiment_tags", "value", ("key", "experiment_id"), _OF_EXPERIMENTS),
    Text("logged_models", "name", ("model_id",), _OF_EXPERIMENTS),
    Text("logged_model_tags", "tag_value", ("model_id", "tag_key"), _OF_MODELS),
    Text("logged_model_params", "param_value", ("model_id", "param_key"), _OF_MODELS),
    Text("registered_models", "description", ("workspace", "name"), _OWN),
    Text("registered_model_tags", "value", ("workspace", "name", "key"), _OWN),
    Text("model_versions", "description", ("workspace", "name", "version"), _OWN),
    Text("model_versions", "run_link", ("workspace", "name", "version"), _OWN),
    Text("model_version_tags", "value", ("workspace", "name", "version", "key"), _OWN),
)

_EXPERIMENTS = Text("experiments", "name", ("experiment_id",), _OWN)
_DATA = Text("datasets", "dataset_source", ("dataset_uuid",), _OF_EXPERIMENTS)


class Joined(Erased):
    """The same where programs are written: Gunhild_Strand and gunhild-strand name the person too."""

    def __init__(self, name: str, addresses: Iterable[str]) -> None:
        super().__init__(name, addresses)
        words = [re.escape(word) for word in self.name.split()]
        joined = r"(?<![^\W_])" + r"[\s._-]+".join(words) + r"(?![^\W_])"
        self._name = re.compile(joined if len(words) > 1 else r"(?!)", re.IGNORECASE)


def forget(workspace: str, runs: Sequence[str], erased: Erased) -> set[str]:
    """Who began `runs` is nobody any more, and no text of the project names the person; in one transaction.

    Returns the names by which the runs knew the person on their own machines. Raises `TrackingIsAway`.
    """
    known: set[str] = set()
    everywhere = Joined(erased.name, erased.addresses)
    with opened() as connection:
        if connection.dialect.name == "sqlite":
            # As in the product's own database: what was written over is not found in the file.
            execute(connection, "PRAGMA secure_delete=ON", {})
        for start in range(0, len(runs), AT_ONCE):
            known |= _forget_runs(connection, workspace, runs[start : start + AT_ONCE], everywhere)
        for text in TEXTS:
            _rewrite(connection, workspace, text, everywhere)
        _rename_experiments(connection, workspace, everywhere)
        _data_sources(connection, _DATA.where, {"workspace": workspace}, everywhere, set())
    return known


def _forget_runs(connection: Connection, workspace: str, runs: Sequence[str], erased: Erased) -> set[str]:
    listed, values = _listed(runs)
    values |= {"workspace": workspace, "nobody": NAME, "tag": USER_TAG}
    own = f"run_uuid IN ({listed}) AND {_IN_RUNS}"
    models = f"model_id IN (SELECT model_id FROM logged_models WHERE source_run_id IN ({listed}))"
    of_models = f"{models} AND {_OF_MODELS}"
    found = rows_of(connection, f"SELECT user_id AS name FROM runs WHERE {own}", values)
    found += rows_of(connection, f"SELECT value AS name FROM tags WHERE key = :tag AND {own}", values)
    known = {row["name"] for row in found if row["name"] and row["name"] != NAME}
    _places(connection, own, of_models, values, known)
    used = f"dataset_uuid IN (SELECT source_id FROM inputs WHERE destination_id IN ({listed}))"
    _data_sources(connection, f"{used} AND {_OF_EXPERIMENTS}", values, erased, known)
    for table, column, where in (
        ("runs", "user_id", f"user_id <> '' AND {own}"),
        ("tags", "value", f"key = :tag AND {own}"),
        ("logged_model_tags", "tag_value", f"tag_key = :tag AND {of_models}"),
        ("model_versions", "user_id", f"user_id <> '' AND run_id IN ({listed}) AND {_OWN}"),
    ):
        execute(connection, f"UPDATE {table} SET {column} = :nobody WHERE {where}", values)
    return known


def _places(
    connection: Connection, own: str, of_models: str, values: dict[str, Any], known: set[str]
) -> None:
    """Take folders that are called like the person out of the paths of scripts."""
    folder = _folder(known)
    tags, given = _listed(PLACE_TAGS, "tag")
    for place in (
        Text("tags", "value", ("key", "run_uuid"), f"key IN ({tags}) AND {own}"),
        Text(
            "logged_model_tags", "tag_value", ("model_id", "tag_key"), f"{of_models} AND tag_key IN ({tags})"
        ),
        Text("runs", "source_name", ("run_uuid",), own),
    ):
        keys = ", ".join(place.keys)
        filled = f"{place.where} AND {place.column} <> ''"
        asked = f"SELECT {keys}, {place.column} AS words FROM {place.table} WHERE {filled}"
        for row in rows_of(connection, asked, values | given):
            _write(connection, place, row, folder.sub("erased", row["words"]))


def _folder(known: Iterable[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<=[/\\])(?:{names})(?=[/\\])" if names else r"(?!)")


def _rewrite(connection: Connection, workspace: str, text: Text, erased: Erased) -> None:
    for row in _naming(connection, workspace, text, erased):
        _write(connection, text, row, erased.text(row["words"]))


def _write(connection: Connection, text: Text, row: Mapping[str, Any], new: str) -> None:
    if new == row["words"]:
        return
    same = " AND ".join(f"{key} = :{key}" for key in text.keys)
    values = {"words": new, **{key: row[key] for key in text.keys}}
    execute(connection, f"UPDATE {text.table} SET {text.column} = :words WHERE {same}", values)


def _naming(connection: Connection, workspace: str, text: Text, erased: Erased) -> list[Mapping[str, Any]]:
    """The keys and `words` of rows that may name the person."""
    words = {f"word{at}": f"%{_plain(word.lower())}%" for at, word in enumerate(erased.words)}
    if not words:
        return []
    named = " OR ".join(f"lower({text.column}) LIKE :{name} ESCAPE '!'" for name in words)
    keys = ", ".join(text.keys)
    asked = f"SELECT {keys}, {text.column} AS words FROM {text.table} WHERE ({named}) AND {text.where}"
    return rows_of(connection, asked, {"workspace": workspace, **words})


def _rename_experiments(connection: Connection, workspace: str, erased: Erased) -> None:
    """Runs hold on to an experiment by its id; two experiments of a project cannot have one name."""
    for row in _naming(connection, workspace, _EXPERIMENTS, erased):
        new = erased.text(row["words"]) or NAME
        taken = {"name": new, "workspace": workspace, "id": row["experiment_id"]}
        others = f"SELECT 1 FROM experiments WHERE name = :name AND experiment_id <> :id AND {_OWN}"
        if rows_of(connection, others, taken):
            new = f"{new} {row['experiment_id']}"
        _write(connection, _EXPERIMENTS, row, new)


def _data_sources(
    connection: Connection, where: str, values: dict[str, Any], erased: Erased, known: set[str]
) -> None:
    """Where data came from: a client notes the script and who ran it where nothing else is given."""
    asked = f"SELECT dataset_uuid, dataset_source AS words FROM datasets WHERE {where}"
    for row in rows_of(connection, asked, values):
        _write(connection, _DATA, row, source_without(row["words"], erased, known))


def source_without(source: str, erased: Erased, known: set[str]) -> str:
    """MLflow's note of where data came from, without the person; unchanged where it does not name them."""
    folder = _folder(known)
    try:
        noted = json.loads(source)
        new = erased.value(noted)
    except (ValueError, RecursionError):
        return folder.sub("erased", erased.text(source))
    tags = new.get("tags") if isinstance(new, dict) else None
    if isinstance(tags, dict) and str(tags.get(USER_TAG)) in known:
        tags[USER_TAG] = NAME
    written = folder.sub("erased", json.dumps(new, ensure_ascii=False))
    return source if json.loads(written) == noted else written


def _listed(values: Iterable[str], stem: str = "id") -> tuple[str, dict[str, Any]]:
    named = {f"{stem}{at}": value for at, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
