"""What one answer says, read from what a browser or a program sent and checked against its item.

Pure: no database. Every refusal is a sentence for the person who answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from assessment.question_bank import Item

DONT_KNOW = "dont_know"
NOT_APPLICABLE = "not_applicable"
CONFIDENCES = ("guess", "fairly_sure", "can_show")
MAX_COMMENT = 4000
MAX_TEXT = 4000
MAX_NAME = 200
MAX_LINK = 500
_LINK = re.compile(r"https?://[^\s/]+(/\S*)?", re.IGNORECASE)
_FIELDS = {
    "choice",
    "value",
    "confidence",
    "comment",
    "would_know",
    "link",
    "base_revision",
    "client_time",
}


class AnswerError(ValueError):
    """An answer that does not fit its item; `fields` names each place with what is allowed there."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(message for messages in fields.values() for message in messages))


@dataclass(frozen=True)
class AnswerContent:
    """An answer as it is kept. `level` is 0 to 4 with state "level", `value` belongs to state "value"."""

    state: str
    level: int | None = None
    value: Any = None
    confidence: str = ""
    comment: str = ""
    would_know: str = ""
    link: str = ""

    @property
    def choice(self) -> str:
        """The answer as the name of its radio button; empty when nothing is chosen."""
        if self.state == "level":
            return str(self.level)
        return self.state if self.state in (DONT_KNOW, NOT_APPLICABLE) else ""

    def fields(self) -> dict[str, Any]:
        return asdict(self)


def read_answer(item: Item, raw: Mapping[str, Any]) -> AnswerContent:
    """Checks `raw` (choice, value, confidence, comment, would_know, link) against the item.

    A choice of "" with no value takes the answer back. Raises AnswerError.
    """
    problems: dict[str, list[str]] = {}
    for name in sorted(set(raw) - _FIELDS):
        problems[str(name)[:80]] = ["There is no such field."]
    state, level, value = _choice(item, raw, problems)
    confidence = _word(raw, "confidence", ("", *CONFIDENCES), problems)
    content = AnswerContent(
        state=state,
        level=level,
        value=value,
        confidence=confidence,
        comment=_text(raw, "comment", MAX_COMMENT, problems),
        would_know=_text(raw, "would_know", MAX_NAME, problems) if state == DONT_KNOW else "",
        link=_link(raw, problems),
    )
    if problems:
        raise AnswerError(problems)
    return content


def read_time(raw: Any) -> datetime | None:
    """The browser's clock when the answer was given; None when absent or unreadable (it decides nothing)."""
    if not isinstance(raw, str) or len(raw) > 40:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def read_revision(raw: Any) -> int:
    """The revision on which the sender's version rests; 0 for none. Raises AnswerError."""
    if isinstance(raw, str) and raw.isdecimal() and len(raw) <= 9:
        return int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 10**9:
        return raw
    raise AnswerError({"base_revision": ["Must be the revision that was shown, 0 if there was none."]})


def _choice(
    item: Item, raw: Mapping[str, Any], problems: dict[str, list[str]]
) -> tuple[str, int | None, Any]:
    choice = raw.get("choice", "")
    if choice is None:
        choice = ""
    if isinstance(choice, int) and not isinstance(choice, bool):
        choice = str(choice)
    if choice == DONT_KNOW:
        return DONT_KNOW, None, None
    if choice == NOT_APPLICABLE:
        if not item.allows_not_applicable:
            problems["choice"] = ['"Not applicable" is not offered for this question.']
        return NOT_APPLICABLE, None, None
    if item.kind == "maturity":
        return _level(choice, problems)
    if choice != "":
        problems["choice"] = ["This question takes a value, not a sentence."]
    value = _value(item, raw.get("value"), problems)
    return ("open", None, None) if value is None else ("value", None, value)


def _level(choice: object, problems: dict[str, list[str]]) -> tuple[str, int | None, Any]:
    if choice == "":
        return "open", None, None
    if choice in ("0", "1", "2", "3", "4"):
        return "level", int(str(choice)), None
    problems["choice"] = ["Must be one of the five sentences (0 to 4) or dont_know."]
    return "open", None, None


def _value(item: Item, raw: Any, problems: dict[str, list[str]]) -> Any:
    if raw is None or raw in ("", [], {}):
        return None
    reader = {
        "single_choice": _single,
        "multiple_choice": _multiple,
        "number": _number,
        "matrix": _matrix,
        "text": _free_text,
    }[item.kind]
    value, problem = reader(item, raw)
    if problem:
        problems["value"] = [problem]
        return None
    return value


def _single(item: Item, raw: Any) -> tuple[Any, str]:
    keys = [option.key for option in item.options]
    return (raw, "") if isinstance(raw, str) and raw in keys else (None, "Must be one of the choices shown.")


def _multiple(item: Item, raw: Any) -> tuple[Any, str]:
    keys = [option.key for option in item.options]
    if not isinstance(raw, list) or not all(isinstance(key, str) and key in keys for key in raw):
        return None, "Must be a list of the choices shown."
    return [key for key in keys if key in raw], ""


def _number(item: Item, raw: Any) -> tuple[Any, str]:
    number: float | None = None
    if isinstance(raw, str) and len(raw) <= 30:
        try:
            number = float(raw.strip().replace(",", "."))
        except ValueError:
            number = None
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        number = float(raw)
    if number is None or not math.isfinite(number):
        return None, "Must be a number, for example 3."
    low = item.minimum if item.minimum is not None else -1e12
    high = item.maximum if item.maximum is not None else 1e12
    if not low <= number <= high:
        return None, f"Must be from {low:g} to {high:g}{' ' + item.unit if item.unit else ''}."
    return (int(number) if number.is_integer() else number), ""


def _matrix(item: Item, raw: Any) -> tuple[Any, str]:
    rows = [row.key for row in item.rows]
    columns = [column.key for column in item.options]
    if not isinstance(raw, dict):
        return None, "Must name a column for each row."
    kept = {row: column for row, column in raw.items() if column not in (None, "")}
    if any(row not in rows or column not in columns for row, column in kept.items()):
        return None, "Holds a row or a column that is not part of the question."
    return ({row: kept[row] for row in rows if row in kept} or None), ""


def _free_text(item: Item, raw: Any) -> tuple[Any, str]:
    if not isinstance(raw, str):
        return None, "Must be a text."
    text = _clean(raw)
    if len(text) > MAX_TEXT:
        return None, f"Has {len(text)} characters; at most {MAX_TEXT} are kept."
    return text or None, ""


def _word(raw: Mapping[str, Any], name: str, allowed: Sequence[str], problems: dict[str, list[str]]) -> str:
    value = raw.get(name, "") or ""
    if value not in allowed:
        problems[name] = [f"Must be one of {', '.join(word for word in allowed if word)}, or empty."]
        return ""
    return str(value)


def _text(raw: Mapping[str, Any], name: str, limit: int, problems: dict[str, list[str]]) -> str:
    value = raw.get(name, "") or ""
    if not isinstance(value, str):
        problems[name] = ["Must be a text."]
        return ""
    text = _clean(value)
    if len(text) > limit:
        problems[name] = [f"Has {len(text)} characters; at most {limit} are kept."]
    return text


def _clean(text: str) -> str:
    """Line ends as one character, and none of the control characters that no database keeps."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", text).strip()


def _link(raw: Mapping[str, Any], problems: dict[str, list[str]]) -> str:
    link = _text(raw, "link", MAX_LINK, problems)
    if link and not _LINK.fullmatch(link):
        problems["link"] = ["Must be a web address that begins with https:// or http://."]
        return ""
    return link
