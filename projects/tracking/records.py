"""What was tracked, read by SQL from MLflow's tables: one workspace, and only what a page shows.

MLflow's own entities would pull every run through the server; a page needs fifty of ten thousand.
"""

# Statements are put together from constants and names of parameters; values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PAGE = 50
STATES = {"RUNNING": "Running", "FINISHED": "Finished", "FAILED": "Failed", "KILLED": "Stopped"}


class TrackingIsAway(Exception):
    """The tracking database does not answer or was never made."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as lists show it; `metrics` are last logged values, NaN and infinity left as they are."""

    id: str
    name: str
    experiment: str
    state: str
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    by: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def state_words(self) -> str:
        return STATES.get(self.state, self.state.capitalize())


@dataclass(frozen=True, slots=True)
class Input:
    """A data set that a run logged: its name, MLflow's digest, and what it was used for."""

    name: str
    digest: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run with all that it logged."""

    run: Run
    tags: Mapping[str, str]
    inputs: tuple[Input, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version with the run and the model id that it came from."""

    model: str
    version: int
    run: str
    model_id: str
    made_at: dt.datetime | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, and how many there are in all."""

    runs: tuple[Run, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(-(-self.total // PAGE), 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which runs a list shows. `sort` is a metric key, or "" for the newest first."""

    sort: str = ""
    descending: bool = True
    state: str = ""
    text: str = ""
    page: int = 1


_ALL_RUNS = """
FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id WHERE e.workspace = :workspace
"""
_RUNS = f"{_ALL_RUNS} AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"
_COLUMNS = "r.run_uuid, r.name, e.name AS experiment, r.status, r.start_time, r.end_time, r.user_id"


_THEN = {False: "r.start_time DESC, r.run_uuid ASC", True: "r.start_time ASC, r.run_uuid DESC"}


def runs_of(workspace: str, wish: Wish) -> RunPage:
    """The runs of a project, sorted by a last logged value or newest first."""
    where = _RUNS
    values: dict[str, Any] = {"workspace": workspace}
    if wish.state in STATES:
        where, values = f"{where} AND r.status = :state", {**values, "state": wish.state}
    if wish.text:
        where = f"{where} AND (lower(r.name) LIKE :text ESCAPE '!' OR lower(e.name) LIKE :text ESCAPE '!')"
        values = {**values, "text": f"%{_plain(wish.text.lower())}%"}
    total = int(fetch(f"SELECT count(*) AS n {where}", values)[0]["n"])
    page = min(max(wish.page, 1), max(-(-total // PAGE), 1))
    start = (page - 1) * PAGE
    count = min(PAGE, total - start)
    # A database sorts as many rows as lie before the page: the later half is read from the end.
    turned = start > total // 2
    values |= {"limit": count, "offset": total - start - count if turned else start}
    rows = fetch(f"{_sorted(where, wish, values, turned=turned)} LIMIT :limit OFFSET :offset", values)
    return RunPage(_with_figures(rows[::-1] if turned else rows), total, page)


def _sorted(where: str, wish: Wish, values: dict[str, Any], *, turned: bool) -> str:
    up, down = ("DESC", "ASC") if turned else ("ASC", "DESC")
    if not wish.sort:
        return f"SELECT {_COLUMNS} {where} ORDER BY {_THEN[turned]}"
    values["key"] = wish.sort
    joined = where.replace(
        "WHERE",
        "LEFT JOIN latest_metrics m ON m.run_uuid = r.run_uuid AND m.key = :key WHERE",
        1,
    )
    order = down if wish.descending else up
    # A value that is missing or no number comes last, whichever way the rest is sorted.
    missing = "CASE WHEN m.value IS NULL OR m.is_nan THEN 1 ELSE 0 END"
    return f"SELECT {_COLUMNS} {joined} ORDER BY {missing} {up}, m.value {order}, {_THEN[turned]}"


def runs_by_id(workspace: str, ids: Sequence[str], *, deleted: bool = False) -> tuple[Run, ...]:
    """These runs of the project, in the order asked for; ids of others are left out."""
    wanted = list(dict.fromkeys(ids))[:PAGE]
    if not wanted:
        return ()
    names = {f"id{at}": one for at, one in enumerate(wanted)}
    listed = ", ".join(f":{name}" for name in names)
    where = _ALL_RUNS if deleted else _RUNS
    rows = fetch(f"SELECT {_COLUMNS} {where} AND r.run_uuid IN ({listed})", {"workspace": workspace, **names})
    found = {run.id: run for run in _with_figures(rows)}
    return tuple(found[one] for one in wanted if one in found)


def run_detail(workspace: str, run_id: str) -> RunDetail | None:
    """One run of the project; None where it is not there, was deleted, or is another project's."""
    runs = runs_by_id(workspace, [run_id])
    if not runs:
        return None
    values = {"run": run_id}
    tags = {
        row["key"]: row["value"] for row in fetch("SELECT key, value FROM tags WHERE run_uuid = :run", values)
    }
    inputs = fetch(
        """SELECT d.name, d.digest, t.value AS context FROM inputs i
        JOIN datasets d ON d.dataset_uuid = i.source_id AND i.source_type = 'DATASET'
        LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
        WHERE i.destination_type = 'RUN' AND i.destination_id = :run ORDER BY d.name, d.digest""",
        values,
    )
    models = fetch(
        "SELECT model_id FROM logged_models WHERE source_run_id = :run ORDER BY creation_timestamp_ms", values
    )
    return RunDetail(
        run=runs[0],
        tags=tags,
        inputs=tuple(Input(row["name"], row["digest"], row["context"] or "") for row in inputs),
        models=tuple(row["model_id"] for row in models),
    )


def last_sign_of(run: Run) -> dt.datetime | None:
    """When a run last logged a metric, by its client's clock; its start where it logged none."""
    rows = fetch("SELECT max(timestamp) AS at FROM latest_metrics WHERE run_uuid = :run", {"run": run.id})
    return time_of(rows[0]["at"]) or run.started_at


def metric_history(workspace: str, run_id: str, key: str, *, most: int = 2000) -> list[tuple[int, float]]:
    """(step, value) of one metric of a run in the order of steps; thinned evenly above `most` points."""
    if not runs_by_id(workspace, [run_id]):
        return []
    rows = fetch(
        """SELECT step, value, is_nan FROM metrics WHERE run_uuid = :run AND key = :key
        ORDER BY step, timestamp""",
        {"run": run_id, "key": key},
    )
    points = [(int(row["step"]), math.nan if row["is_nan"] else float(row["value"])) for row in rows]
    every = max(-(-len(points) // most), 1)
    return points[::every]


def curves_of(workspace: str, run_id: str, *, most: int = 12) -> dict[str, list[tuple[int, float]]]:
    """The metrics of a run that were logged at more than one step, A to Z, at most `most` of them."""
    rows = fetch(
        """SELECT key FROM metrics WHERE run_uuid = :run GROUP BY key
        HAVING min(step) < max(step) ORDER BY key LIMIT :most""",
        {"run": run_id, "most": most},
    )
    return {row["key"]: metric_history(workspace, run_id, row["key"]) for row in rows}


def versions_of(workspace: str) -> list[Version]:
    """The registered versions of the project, newest first, each with its aliases."""
    values = {"workspace": workspace}
    aliases: dict[tuple[str, int], list[str]] = {}
    for row in fetch(
        "SELECT name, version, alias FROM registered_model_aliases WHERE workspace = :workspace ORDER BY 3",
        values,
    ):
        aliases.setdefault((row["name"], int(row["version"])), []).append(row["alias"])
    rows = fetch(
        """SELECT name, version, run_id, source, creation_time FROM model_versions
        WHERE workspace = :workspace AND current_stage <> 'Deleted_Internal'
        ORDER BY creation_time DESC, name, version DESC""",
        values,
    )
    return [
        Version(
            model=row["name"],
            version=int(row["version"]),
            run=row["run_id"] or "",
            model_id=(row["source"] or "").removeprefix("models:/") if _is_model(row["source"]) else "",
            made_at=time_of(row["creation_time"]),
            aliases=tuple(aliases.get((row["name"], int(row["version"])), ())),
        )
        for row in rows
    ]


def _is_model(source: str | None) -> bool:
    return (source or "").startswith("models:/m-")


def _with_figures(rows: Sequence[Mapping[str, Any]]) -> tuple[Run, ...]:
    ids = {f"id{at}": row["run_uuid"] for at, row in enumerate(rows)}
    if not ids:
        return ()
    listed = ", ".join(f":{name}" for name in ids)
    metrics: dict[str, dict[str, float]] = {}
    for row in fetch(
        f"SELECT run_uuid, key, value, is_nan FROM latest_metrics WHERE run_uuid IN ({listed}) ORDER BY key",
        ids,
    ):
        value = math.nan if row["is_nan"] else float(row["value"])
        metrics.setdefault(row["run_uuid"], {})[row["key"]] = value
    params: dict[str, dict[str, str]] = {}
    for row in fetch(
        f"SELECT run_uuid, key, value FROM params WHERE run_uuid IN ({listed}) ORDER BY key", ids
    ):
        params.setdefault(row["run_uuid"], {})[row["key"]] = row["value"]
    return tuple(
        Run(
            id=row["run_uuid"],
            name=row["name"] or row["run_uuid"][:8],
            experiment=row["experiment"],
            state=row["status"],
            started_at=time_of(row["start_time"]),
            ended_at=time_of(row["end_time"]),
            by=row["user_id"] or "",
            metrics=metrics.get(row["run_uuid"], {}),
            params=params.get(row["run_uuid"], {}),
        )
        for row in rows
    )


def _plain(text: str) -> str:
    """A text to look for as it is: the signs of LIKE mean themselves."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")[:100]


def time_of(milliseconds: int | None) -> dt.datetime | None:
    """MLflow's time as ours; None for one that no calendar has."""
    if milliseconds is None or not 0 < milliseconds < 253_402_300_800_000:
        return None
    return dt.datetime.fromtimestamp(milliseconds / 1000, tz=dt.UTC)


@cache
def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine

    return create_engine(url, pool_pre_ping=True)


@contextmanager
def opened() -> Iterator[Connection]:
    """A transaction on MLflow's tables.

    Raises `TrackingIsAway` where the extra is missing, or the database is away or not made yet.
    """
    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise TrackingIsAway("The [ml] extra is not installed.") from error
    try:
        with _engine(settings.MLFLOW_STORE_URL).begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise TrackingIsAway("The tracking database does not answer.") from error


def fetch(sql: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Read; raises `TrackingIsAway` as `opened` does."""
    with opened() as connection:
        return rows_of(connection, sql, values)


def rows_of(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    from sqlalchemy import text

    return [dict(row) for row in connection.execute(text(sql), dict(values)).mappings()]


def refresh_statistics() -> None:
    """Let the database count its tables again, by which it finds its way: seconds become milliseconds."""
    with opened() as connection:
        execute(connection, "ANALYZE", {})


def execute(connection: Connection, sql: str, values: Mapping[str, Any]) -> None:
    from sqlalchemy import text

    connection.execute(text(sql), dict(values))
