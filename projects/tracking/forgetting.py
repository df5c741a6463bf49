"""Takes an erased person out of what MLflow keeps of a project: the one place that writes to its tables.

Names by which programs find things (experiments, models, aliases, keys) and files stay as they are.
"""

# Statements are put together from constants and names of parameters; values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
    Text("logged_model_tags", "tag_value", ("model_id", "tag_key"), _OF_MODELS),
    Text("logged_model_params", "param_value", ("model_id", "param_key"), _OF_MODELS),
    Text("registered_models", "description", ("workspace", "name"), _OWN),
    Text("registered_model_tags", "value", ("workspace", "name", "key"), _OWN),
    Text("model_versions", "description", ("workspace", "name", "version"), _OWN),
    Text("model_version_tags", "value", ("workspace", "name", "version", "key"), _OWN),
)


def forget(workspace: str, runs: Sequence[str], erased: Erased) -> set[str]:
    """Who began `runs` is nobody any more, and no text of the project names the person; in one transaction.

    Returns the names by which the runs knew the person on their own machines. Raises `TrackingIsAway`.
    """
    known: set[str] = set()
    with opened() as connection:
        for start in range(0, len(runs), AT_ONCE):
            known |= _forget_runs(connection, workspace, runs[start : start + AT_ONCE])
        for text in TEXTS:
            _rewrite(connection, workspace, text, erased)
    return known


def _forget_runs(connection: Connection, workspace: str, runs: Sequence[str]) -> set[str]:
    listed, values = _listed(runs)
    values |= {"workspace": workspace, "nobody": NAME, "tag": USER_TAG}
    own = f"run_uuid IN ({listed}) AND {_IN_RUNS}"
    of_models = f"model_id IN (SELECT model_id FROM logged_models WHERE source_run_id IN ({listed}))"
    found = rows_of(connection, f"SELECT user_id AS name FROM runs WHERE {own}", values)
    found += rows_of(connection, f"SELECT value AS name FROM tags WHERE key = :tag AND {own}", values)
    known = {row["name"] for row in found if row["name"] and row["name"] != NAME}
    _places(connection, own, values, known)
    for table, column, where in (
        ("runs", "user_id", f"user_id <> '' AND {own}"),
        ("tags", "value", f"key = :tag AND {own}"),
        ("logged_model_tags", "tag_value", f"tag_key = :tag AND {of_models} AND {_OF_MODELS}"),
        ("model_versions", "user_id", f"user_id <> '' AND run_id IN ({listed}) AND {_OWN}"),
    ):
        execute(connection, f"UPDATE {table} SET {column} = :nobody WHERE {where}", values)
    return known


def _places(connection: Connection, own: str, values: dict[str, Any], known: set[str]) -> None:
    """Take folders that are called like the person out of the paths of scripts."""
    if not known:
        return
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    folder = re.compile(rf"(?<=[/\\])(?:{names})(?=[/\\])")
    tags, given = _listed(PLACE_TAGS, "tag")
    asked = f"SELECT run_uuid, key, value FROM tags WHERE key IN ({tags}) AND {own}"
    for row in rows_of(connection, asked, values | given):
        set_to = {"run": row["run_uuid"], "key": row["key"], "value": folder.sub("erased", row["value"])}
        execute(connection, "UPDATE tags SET value = :value WHERE run_uuid = :run AND key = :key", set_to)
    asked = f"SELECT run_uuid, source_name FROM runs WHERE source_name <> '' AND {own}"
    for row in rows_of(connection, asked, values):
        set_to = {"run": row["run_uuid"], "value": folder.sub("erased", row["source_name"])}
        execute(connection, "UPDATE runs SET source_name = :value WHERE run_uuid = :run", set_to)


def _rewrite(connection: Connection, workspace: str, text: Text, erased: Erased) -> None:
    words = {f"word{at}": f"%{_plain(word.lower())}%" for at, word in enumerate(erased.words)}
    if not words:
        return
    named = " OR ".join(f"lower({text.column}) LIKE :{name} ESCAPE '!'" for name in words)
    keys = ", ".join(text.keys)
    asked = f"SELECT {keys}, {text.column} AS words FROM {text.table} WHERE ({named}) AND {text.where}"
    same = " AND ".join(f"{key} = :{key}" for key in text.keys)
    for row in rows_of(connection, asked, {"workspace": workspace, **words}):
        new = erased.text(row["words"])
        if new != row["words"]:
            values = {"words": new, **{key: row[key] for key in text.keys}}
            execute(connection, f"UPDATE {text.table} SET {text.column} = :words WHERE {same}", values)


def _listed(values: Iterable[str], stem: str = "id") -> tuple[str, dict[str, Any]]:
    named = {f"{stem}{at}": value for at, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
