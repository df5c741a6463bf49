"""Whether a table fits the signature of a model, and the values as the model takes them. Pure.

A signature is MLflow's: {"inputs": [{"name", "type", "required"}, …]}, or one tensor. What does not fit is
named by column, with what is allowed there.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deployments.gateway.bodies import Table, Unfit, is_deep

MOST_TOLD: Final = 10
INT32, INT64 = 2**31, 2**63
ALLOWED: Final[Mapping[str, str]] = {
    "boolean": "true or false",
    "integer": f"a whole number from {-INT32} to {INT32 - 1}",
    "long": f"a whole number from {-INT64} to {INT64 - 1}",
    "float": "a number",
    "double": "a number",
    "string": "a text",
    "binary": "a text in base64",
    "datetime": "a time such as 2026-03-31T12:00:00",
    "array": "a list",
    "object": "an object",
    "map": "an object",
    "any": "any value",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One input of a model. A name that is a number stands for its place."""

    name: str
    type: str
    required: bool = True

    @property
    def allowed(self) -> str:
        kind = ALLOWED.get(self.type, "any value")
        return kind if self.required else f"{kind}, or null where it is missing"


def columns_of(signature: Mapping[str, Any]) -> list[Column] | None:
    """The columns that a signature asks for; None where it asks for nothing in particular."""
    inputs = signature.get("inputs") or []
    if not inputs:
        return None
    if inputs[0].get("type") == "tensor":
        return _of_tensor(inputs)
    return [
        Column(
            str(one.get("name") or at), str(one.get("type", "any")), one.get("required", True) is not False
        )
        for at, one in enumerate(inputs)
    ]


def _of_tensor(inputs: Sequence[Mapping[str, Any]]) -> list[Column] | None:
    """A table of one type, as wide as the tensor says; None where the width is open."""
    spec = inputs[0].get("tensor-spec", {})
    shape, kind = spec.get("shape", []), _tensor_type(str(spec.get("dtype", "")))
    if len(inputs) > 1:
        return [Column(str(one.get("name") or at), "any") for at, one in enumerate(inputs)]
    if len(shape) == 2 and isinstance(shape[1], int) and shape[1] > 0:
        return [Column(str(at), kind) for at in range(shape[1])]
    return None


def _tensor_type(dtype: str) -> str:
    if dtype.startswith(("int", "uint")):
        return "long"
    if dtype.startswith("float"):
        return "double"
    return "boolean" if dtype == "bool" else "string" if dtype.startswith(("str", "<U")) else "any"


def fit(table: Table, columns: list[Column] | None) -> tuple[list[str], list[list[Any]]]:
    """Names and rows as the model takes them. Raises `Unfit` with all that is wrong, by column."""
    if columns is None:
        return _without_signature(table)
    places = _places(table, columns)
    problems: dict[str, list[str]] = {}
    found: list[list[Any]] = []
    for column, place in zip(columns, places, strict=True):
        values = [None] * len(table.rows) if place is None else [row[place] for row in table.rows]
        read = _reader(column.type, table.is_text)
        taken, wrong = _read(values, read, column)
        found.append(taken)
        if wrong:
            problems[column.name] = [wrong]
        if len(problems) >= MOST_TOLD:
            break
    if problems:
        name, (first, *_) = next(iter(problems.items()))
        raise Unfit(f"{name}: {first}", problems)
    return [column.name for column in columns], [list(row) for row in zip(*found, strict=True)]


def _places(table: Table, columns: Sequence[Column]) -> list[int | None]:
    """Where each column of the signature stands in the table."""
    if table.columns is None:
        if len(table.rows[0]) != len(columns):
            raise Unfit(
                f"A row has {len(table.rows[0])} values; this model takes {len(columns)}.",
                {"columns": [f"In this order: {_listed(columns)}."]},
            )
        return list(range(len(columns)))
    given = {name: at for at, name in enumerate(table.columns)}
    missing = [one for one in columns if one.required and one.name not in given]
    known = {one.name for one in columns}
    extra = [name for name in table.columns if name not in known]
    problems = {one.name: [f"This column is missing: {one.allowed}."] for one in missing[:MOST_TOLD]}
    problems |= {name[:60]: ["The model has no such column. Leave it out."] for name in extra[:MOST_TOLD]}
    if problems:
        parts = [("missing", [one.name for one in missing]), ("not known", [name[:60] for name in extra])]
        told = "; ".join(f"{word}: {', '.join(names[:MOST_TOLD])}" for word, names in parts if names)
        raise Unfit(f"The columns do not fit this model. {told[0].upper()}{told[1:]}.", problems)
    return [given.get(one.name) for one in columns]


def _listed(columns: Sequence[Column]) -> str:
    names = ", ".join(one.name for one in columns[:MOST_TOLD])
    return names if len(columns) <= MOST_TOLD else f"{names} and {len(columns) - MOST_TOLD} more"


def _read(values: list[Any], read: Callable[[Any], Any], column: Column) -> tuple[list[Any], str]:
    """The values of a column, and what is wrong with the first that does not fit."""
    taken: list[Any] = []
    for number, value in enumerate(values, 1):
        if value is None:
            if column.required:
                return taken, f"Row {number} has no value here: {column.allowed}."
            taken.append(None)
            continue
        try:
            taken.append(read(value))
        except (ValueError, TypeError, KeyError, OverflowError):
            return taken, f"Row {number} has {_shown(value)} here: {column.allowed}."
    return taken, ""


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _without_signature(table: Table) -> tuple[list[str], list[list[Any]]]:
    """Anything goes that a data frame can hold."""
    names = table.columns or [str(at) for at in range(len(table.rows[0]))]
    columns = [Column(name, "any", required=False) for name in names]
    read = _guess if table.is_text else _any
    # The table stays as it came: another version may be asked the same rows.
    rows = [list(row) for row in table.rows]
    for at, column in enumerate(columns):
        taken, wrong = _read([row[at] for row in table.rows], read, column)
        if wrong:
            raise Unfit(f"{column.name}: {wrong}", {column.name: [wrong]})
        for row, value in zip(rows, taken, strict=True):
            row[at] = value
    return names, rows


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(limit: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError
        if not -limit <= value < limit:
            raise ValueError
        return int(value)

    return read


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _base64(value: Any) -> str:
    try:
        base64.b64decode(_text(value), validate=True)
    except binascii.Error as error:
        raise ValueError from error
    return str(value)


def _time(value: Any) -> str:
    dt.datetime.fromisoformat(_text(value))
    return str(value)


def _list(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError
    return _any(value)


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError
    return _any(value)


def _any(value: Any) -> Any:
    """Any JSON that is not too deep, with numbers that a computer can hold."""
    if is_deep(value):
        raise ValueError
    return _holdable(value)


def _holdable(value: Any) -> Any:
    if isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            _holdable(part)
    elif isinstance(value, float):
        return _number(value)
    elif isinstance(value, int) and not -INT64 <= value < INT64:
        raise ValueError
    return value


def _guess(value: str) -> Any:
    """A cell of CSV where no signature tells its type."""
    try:
        number = float(value)
    except ValueError:
        return value
    return _any(int(value)) if value.lstrip("+-").isdigit() else _number(number)


def _written(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The reader of a type for a cell of CSV."""

    def from_text(value: str) -> Any:
        return read(int(value) if value.lstrip("+-").isdigit() else float(value))

    return from_text


def _flag(value: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[value.lower()]


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "boolean": _boolean,
    "integer": _whole(INT32),
    "long": _whole(INT64),
    "float": _number,
    "double": _number,
    "string": _text,
    "binary": _base64,
    "datetime": _time,
    "array": _list,
    "object": _object,
    "map": _object,
}
_NUMBERS: Final = ("integer", "long", "float", "double")


def _reader(kind: str, is_text: bool) -> Callable[[Any], Any]:
    read = _READERS.get(kind, _any)
    if not is_text or kind in ("string", "binary", "datetime"):
        return read
    if kind == "boolean":
        return _flag
    return _written(read) if kind in _NUMBERS else _guess if kind not in _READERS else read
