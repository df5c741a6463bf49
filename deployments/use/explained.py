"""Why a model gave an answer, in words: what a replica says of one row, read with care. Pure.

A replica runs the code of others: whatever it says may be of any kind, and is cut and left out accordingly.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MOST_PARTS, MOST_FAILURES, LONGEST = 8, 8, 200


@dataclass(frozen=True, slots=True)
class Part:
    """What one feature did: its value, the usual one, and by how much it moved the figure."""

    feature: str
    value: str
    typical: str
    contribution: float

    @property
    def moved(self) -> str:
        return f"{self.contribution:+.3g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Explained:
    """One explanation; `of` is the figure that the parts add up to, `why_not` says why there are none."""

    of: str = ""
    method: str = ""
    parts: tuple[Part, ...] = ()
    rest: float = 0.0
    confidence: float | None = None
    flip: str = ""
    failures: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def rest_moved(self) -> str:
        return f"{self.rest:+.3g}".replace("-", "−") if self.rest else ""


def explained(body: Mapping[str, Any]) -> Explained | None:
    """What the first row’s explanation says; None where there is none."""
    rows = body.get("explanations")
    told = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(told, Mapping):
        return None
    parts = told.get("contributions")
    confidence = _number(told.get("confidence"))
    failures = told.get("failures")
    return Explained(
        of=_text(told.get("of")),
        method=_text(told.get("method_words")),
        parts=tuple(_parts(parts if isinstance(parts, list) else [])),
        rest=_number(told.get("rest")) or 0.0,
        confidence=confidence if confidence is not None and 0 <= confidence <= 1 else None,
        flip=_flip(told.get("flip")),
        failures=tuple(map(_text, failures[:MOST_FAILURES])) if isinstance(failures, list) else (),
        why_not=_text(told.get("why_not")),
    )


def unsaid(body: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """An answer with explanations without what the reference sample holds of these features.

    What a caller has sent, and by how much it moved the figure, stays; the usual value and the value at which
    the answer would be another are taken from the sample, and go.
    """
    rows = body.get("explanations")
    if not isinstance(rows, list):
        return dict(body)
    return {**body, "explanations": [_without(row, hidden) for row in rows]}


def _without(told: Any, hidden: Collection[str]) -> Any:
    if not isinstance(told, Mapping):
        return told
    left = dict(told)
    parts, flip = told.get("contributions"), told.get("flip")
    if isinstance(parts, list):
        left["contributions"] = [
            {**one, "typical": None}
            if isinstance(one, Mapping) and str(one.get("feature")) in hidden
            else one
            for one in parts
        ]
    if isinstance(flip, Mapping) and str(flip.get("feature")) in hidden:
        left["flip"] = None
    return left


def _parts(given: list[Any]) -> list[Part]:
    found = []
    for one in given[:MOST_PARTS]:
        moved = _number(one.get("contribution")) if isinstance(one, Mapping) else None
        if moved is not None:
            typical = one.get("typical")
            usual = "not known" if typical is None else _value(typical)
            row = (_text(one.get("feature")), _value(one.get("value")), usual)
            found.append(Part(*row, moved))
    return found


def _flip(given: Any) -> str:
    if not isinstance(given, Mapping):
        return ""
    feature, was, then = _text(given.get("feature")), _value(given.get("from")), _value(given.get("to"))
    return f"With {feature} at {then} instead of {was} the answer would be {_value(given.get('prediction'))}."


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _value(value: Any) -> str:
    number = _number(value)
    if number is not None:
        return f"{number:.6g}".replace("-", "−")
    return "nothing" if value is None else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:LONGEST]
