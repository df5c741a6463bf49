"""Changing a questionnaire: its content as plain data, each change a new content, and what is wrong with it.

Content has the form of `Questionnaire.to_dict`; a draft may be incomplete, so it is handled as data and not
as a `Questionnaire`. Pure: no database.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assessment.question_bank import ContentError, Questionnaire, check_succession, examine, rule_problems
from assessment.question_schema import LEVELS

Content = dict[str, Any]

_WHERE = re.compile(r"(?P<key>[a-z0-9_.]+)(?: level (?P<level>\d+)|, (?P<rest>.+))?")
_LEVEL = re.compile(r"levels (?P<number>\d+)(?:, (?P<part>text|claim))?")
_GATE = re.compile(r"gates? (?P<number>\d+)\b")
# Words with which a rule's sentence begins, and the field that it speaks of.
_SPEAKS_OF = {
    "asks the same": "text",
    "function ": "functions",
    "should_know": "should_know",
    "needs should_know": "should_know",
    "weight": "weight",
    "visible_if": "visible_if",
    "options": "options",
    "rows": "rows",
    "read_by": "read_by",
    "a number needs": "unit",
    "minimum": "minimum",
    "names ": "was",
    "was published": "kind",
    "text ": "text",
    "claim ": "claim",
}


@dataclass(frozen=True)
class DraftProblem:
    """One thing that stands in the way of publishing.

    item     key of the item, or of the dimension, pillar or function; "" for the whole
    field    name of the item's field, such as "level_2_claim" or "gate_3"; "" for the whole item
    """

    item: str
    field: str
    message: str


@dataclass(frozen=True)
class Entry:
    """One item with the gates that rest on it: what one page of the editor shows and saves.

    gates    phase to {level, title, weight, why}
    """

    item: Mapping[str, Any]
    gates: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """A short name for exactly this content, by which a later save sees whether somebody was faster."""
        return _mark([self.item, {str(phase): gate for phase, gate in self.gates.items()}])


@dataclass(frozen=True)
class Changes:
    """How a content differs from a published version, by item keys."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped or self.changed)


def next_version(published: Questionnaire) -> Content:
    """The content of a new draft: all of the published one under the next number, nothing retired anew."""
    content = published.to_dict()
    content["version"] = published.version + 1
    return content


def items_of(content: Content) -> list[Mapping[str, Any]]:
    return list(content.get("items", []))


def entry_of(content: Content, key: str) -> Entry | None:
    """The item with its gates; None if it is not there."""
    item = next((item for item in items_of(content) if item.get("key") == key), None)
    if item is None:
        return None
    gates = {gate["phase"]: _gate_parts(gate) for gate in content.get("gates", []) if gate["item"] == key}
    return Entry(item, gates)


def put_entry(content: Content, entry: Entry) -> Content:
    """The content with the item replaced, or added behind the last item of its dimension."""
    new = copy.deepcopy(content)
    key = entry.item["key"]
    item = pruned(entry.item)
    places = [place for place, old in enumerate(new["items"]) if old["key"] == key]
    if places:
        new["items"][places[0]] = item
    else:
        new["items"].insert(_behind(new["items"], key.rpartition(".")[0]), item)
    _put_gates(new, key, entry.gates)
    _retire(new, [kept for kept in new.get("retired", []) if kept != key])
    return new


def drop(content: Content, key: str, published: Questionnaire) -> Content:
    """The content without the item and its gates; what was published is listed as retired."""
    new = copy.deepcopy(content)
    gone: Mapping[str, Any] = next((item for item in new["items"] if item["key"] == key), {})
    new["items"] = [item for item in new["items"] if item["key"] != key]
    _put_gates(new, key, {})
    known = key if key in published.items else gone.get("was", "")
    if known in published.items:
        _retire(new, [*new.get("retired", []), known])
    return new


def put_all(content: Content, entries: Sequence[Entry], published: Questionnaire) -> Content:
    """The content with exactly these items, in this order; published ones that are missing are retired."""
    new = copy.deepcopy(content)
    new["items"] = [pruned(entry.item) for entry in entries]
    keys = {entry.item["key"] for entry in entries}
    new["gates"] = [gate for gate in content["gates"] if gate["item"] in keys]
    for entry in entries:
        _put_gates(new, entry.item["key"], entry.gates)
    kept = {name for entry in entries for name in (entry.item["key"], entry.item.get("was", ""))}
    before = [key for key in content.get("retired", []) if key not in kept]
    _retire(new, [*before, *(key for key in published.items if key not in kept and key not in before)])
    return new


def put_frame(content: Content, *, title: str, lede: str, weights: Mapping[str, float]) -> Content:
    """The content with another title and lede, and dimensions with other weights."""
    new = copy.deepcopy(content)
    new["title"], new["lede"] = title, lede
    for pillar in new["pillars"]:
        for dimension in pillar["dimensions"]:
            dimension["weight"] = weights.get(dimension["key"], dimension.get("weight", 1))
    return new


def frame_mark(content: Content) -> str:
    """The mark of what `put_frame` changes."""
    return _mark([content.get("title"), content.get("lede"), dimension_weights(content)])


def dimension_weights(content: Content) -> dict[str, float]:
    return {
        dimension["key"]: dimension.get("weight", 1)
        for pillar in content["pillars"]
        for dimension in pillar["dimensions"]
    }


def blank_item(key: str, kind: str) -> dict[str, Any]:
    """A new item of a kind, with everything still to be written."""
    item: dict[str, Any] = {"key": key, "kind": kind}
    if kind == "maturity":
        item |= {"weight": 1.0, "levels": [{} for _ in range(LEVELS)]}
    return item


def key_for(content: Content, dimension: str, name: str) -> str:
    """A key that is not in use, from a short name in words; "" when the name holds no letter."""
    word = "_".join(re.findall(r"[a-z0-9]+", name.lower()))[:60].strip("_").lstrip("0123456789_")
    if not word:
        return ""
    taken = {item["key"] for item in items_of(content)} | set(content.get("retired", []))
    numbered = [f"{dimension}.{word}", *(f"{dimension}.{word}_{number}" for number in range(2, 500))]
    return next(key for key in numbered if key not in taken)


def problems(content: Content, published: Questionnaire) -> list[DraftProblem]:
    """All that stands in the way of publishing `content` after `published`, in the order of the items.

    Rules are applied to whatever could be read; a field that is missing is told about once.
    """
    questionnaire, form = examine(content, name="draft")
    found = [_placed(problem.where, problem.message, content) for problem in form]
    told = {(problem.item, problem.field) for problem in found}
    rules = list(rule_problems(questionnaire))
    try:
        check_succession(published, questionnaire)
    except ContentError as error:
        rules += error.problems
    later = (_placed(problem.where, problem.message, content) for problem in rules)
    found += [problem for problem in later if not problem.item or (problem.item, problem.field) not in told]
    order = {item.get("key"): place for place, item in enumerate(items_of(content))}
    return sorted(dict.fromkeys(found), key=lambda problem: order.get(problem.item, -1))


def changes(published: Questionnaire, content: Content) -> Changes:
    """What publishing would change, item by item."""
    return compare(published.to_dict(), content)


def compare(old: Content, new: Content) -> Changes:
    """How two contents differ, item by item."""
    before = {key: entry.mark for key, entry in _entries(old).items()}
    after = {key: entry.mark for key, entry in _entries(new).items()}
    return Changes(
        added=tuple(key for key in after if key not in before),
        dropped=tuple(key for key in before if key not in after),
        changed=tuple(key for key, mark in after.items() if before.get(key, mark) != mark),
    )


def pruned(value: Any) -> Any:
    """Without empty fields, as published content is kept; entries of lists stay, whatever they hold."""
    if isinstance(value, Mapping):
        parts = {name: pruned(part) for name, part in value.items()}
        empty: tuple[object, ...] = (None, "", [], {})
        return {name: part for name, part in parts.items() if part is not False and part not in empty}
    if isinstance(value, list | tuple):
        return [pruned(part) for part in value]
    return value


def _entries(content: Content) -> dict[str, Entry]:
    keys = [item["key"] for item in items_of(content)]
    return {key: entry for key in keys if (entry := entry_of(content, key)) is not None}


def _gate_parts(gate: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in gate.items() if name not in ("item", "phase")}


def _put_gates(content: Content, key: str, gates: Mapping[int, Mapping[str, Any]]) -> None:
    """Replaces gates in their places, so that a save that changes nothing leaves the content as it was."""
    result: list[dict[str, Any]] = []
    waiting = dict(gates)
    for gate in content.get("gates", []):
        if gate["item"] != key:
            result.append(gate)
        elif gate["phase"] in waiting:
            result.append(_gate(key, gate["phase"], waiting.pop(gate["phase"])))
    result += [_gate(key, phase, parts) for phase, parts in sorted(waiting.items())]
    content["gates"] = result


def _gate(key: str, phase: int, parts: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = pruned({"phase": phase, "item": key, **parts})
    return made


def _behind(items: Sequence[Mapping[str, Any]], dimension: str) -> int:
    places = [place for place, item in enumerate(items) if item["key"].rpartition(".")[0] == dimension]
    return places[-1] + 1 if places else len(items)


def _retire(content: Content, keys: Iterable[str]) -> None:
    retired = list(dict.fromkeys(keys))
    content.pop("retired", None)
    if retired:
        content["retired"] = retired


def _placed(where: str, message: str, content: Content) -> DraftProblem:
    gate = _GATE.match(where)
    if gate:
        number = int(gate["number"])
        gates = content.get("gates", [])
        if 0 < number <= len(gates):
            return DraftProblem(
                gates[number - 1].get("item", ""), f"gate_{gates[number - 1]['phase']}", message
            )
    found = _WHERE.fullmatch(where)
    if found is None:
        return DraftProblem("", "", f"{where}: {message}" if where else message)
    rest, level = found["rest"] or "", found["level"]
    if level is not None:
        return DraftProblem(found["key"], f"level_{level}_{_spoken_of(message) or 'text'}", message)
    number_and_part = _LEVEL.match(rest)
    if number_and_part:
        part = number_and_part["part"] or "text"
        return DraftProblem(found["key"], f"level_{int(number_and_part['number']) - 1}_{part}", message)
    return DraftProblem(found["key"], rest.split(" ")[0].rstrip(",") or _spoken_of(message), message)


def _spoken_of(message: str) -> str:
    return next((name for start, name in _SPEAKS_OF.items() if message.startswith(start)), "")


def _mark(value: Any) -> str:
    text = json.dumps(_plain(pruned(value)), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _plain(value: Any) -> Any:
    """Whole floats as integers: databases hand back 1 for 1.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
