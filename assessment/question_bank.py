"""The question bank: one version of a questionnaire as a value, and how it is read from content.

`parse_questionnaire` and `load_questionnaire` read YAML and apply every rule of `question_rules`;
`Questionnaire.from_dict` reads what `to_dict` wrote and checks its form only, so that a version that was
published under older rules still loads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from assessment.content_yaml import ContentError, Fields, Node, Problem, Problems, as_node, read_yaml
from assessment.question_rules import check_rules, check_succession, rule_problems
from assessment.question_schema import (
    KINDS,
    LEVELS,
    WORD,
    Condition,
    Dimension,
    Function,
    Gate,
    Item,
    Level,
    Notice,
    Option,
    Phase,
    Pillar,
    Term,
    read_function,
    read_gate,
    read_item,
    read_notices,
    read_phase,
    read_pillar,
    read_term,
)

__all__ = [
    "KINDS",
    "LEVELS",
    "Condition",
    "ContentError",
    "Dimension",
    "Function",
    "Gate",
    "Item",
    "Level",
    "Notice",
    "Option",
    "Phase",
    "Pillar",
    "Problem",
    "Questionnaire",
    "Term",
    "check_succession",
    "examine",
    "load_questionnaire",
    "parse_questionnaire",
    "rule_problems",
]

WORDS_PER_MINUTE = 200
SECONDS_PER_ITEM = 10


@dataclass(frozen=True)
class Questionnaire:
    """One immutable version. Mappings keep the order of the file, which is the order of the pages."""

    id: str
    version: int
    language: str
    title: str
    lede: str
    functions: dict[str, Function]
    instructions: tuple[str, ...]
    terms: tuple[Term, ...]
    notices: dict[str, Notice]
    phases: tuple[Phase, ...]
    pillars: dict[str, Pillar]
    dimensions: dict[str, Dimension]
    items: dict[str, Item]
    gates: tuple[Gate, ...]
    sources: tuple[str, ...] = ()
    retired: tuple[str, ...] = field(default=())

    @cached_property
    def maturity_items(self) -> tuple[Item, ...]:
        """The items that score, in the order of the questionnaire."""
        return tuple(item for item in self.items.values() if item.kind == "maturity")

    def items_for(self, function: str) -> tuple[Item, ...]:
        """The items routed to a function, in the order of the questionnaire."""
        return tuple(item for item in self.items.values() if function in item.functions)

    def minutes_for(self, function: str) -> float:
        """Minutes that a function's share takes at most: words at 200 a minute and 10 s an item.

        Conditional items count as shown.
        """
        items = self.items_for(function)
        words = sum(item.words for item in items)
        return words / WORDS_PER_MINUTE + len(items) * SECONDS_PER_ITEM / 60

    def is_visible(self, item: str, answers: Mapping[str, int | None]) -> bool:
        """Whether a person who gave these levels (item key to 0..4; None or absent: no level) sees the item.

        An item is hidden when its condition's item has a level below the one named, or is hidden itself.
        It is shown while that item has no level: a "don't know" must not hide what follows from it.
        """
        condition = self.items[item].visible_if
        if condition is None:
            return True
        level = answers.get(condition.item)
        return (level is None or level >= condition.at_least) and self.is_visible(condition.item, answers)

    def visible_items(self, function: str, answers: Mapping[str, int | None]) -> tuple[Item, ...]:
        """The items routed to a function that a person with these levels sees."""
        return tuple(item for item in self.items_for(function) if self.is_visible(item.key, answers))

    def gates_of(self, pillar: str) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.pillar == pillar)

    def to_dict(self) -> dict[str, Any]:
        """The content in the form of the YAML schema, as plain lists and mappings that JSON can hold.

        Everything whose order matters is a list, because some databases reorder the keys of a mapping.
        """
        data: dict[str, Any] = _prune(
            {
                **{name: getattr(self, name) for name in ("id", "version", "language", "title", "lede")},
                "sources": self.sources,
                "retired": self.retired,
                "functions": [asdict(function) for function in self.functions.values()],
                "instructions": self.instructions,
                "terms": [asdict(term) for term in self.terms],
                "notices": {key: asdict(notice) for key, notice in self.notices.items()},
                "phases": [asdict(phase) for phase in self.phases],
                "pillars": [self._pillar_dict(pillar) for pillar in self.pillars.values()],
                "items": [_without(asdict(item), "pillar", "dimension") for item in self.items.values()],
                "gates": [_without(asdict(gate), "pillar") for gate in self.gates],
            }
        )
        return data

    def _pillar_dict(self, pillar: Pillar) -> dict[str, Any]:
        dimensions = [_without(asdict(self.dimensions[key]), "pillar", "items") for key in pillar.dimensions]
        return {**asdict(pillar), "dimensions": dimensions}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, name: str = "questionnaire") -> Questionnaire:
        """The inverse of `to_dict`. Raises ContentError when the form is wrong; rules are not applied."""
        problems = Problems(name)
        questionnaire = _build(as_node(data), problems)
        problems.raise_if_any()
        return questionnaire

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of the content, in hexadecimal."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class _HasKey(Protocol):
    @property
    def key(self) -> str: ...


_Keyed = TypeVar("_Keyed", bound=_HasKey)


def load_questionnaire(path: Path) -> Questionnaire:
    """Reads and checks a file. Raises ContentError with all problems, or OSError."""
    return parse_questionnaire(path.read_bytes(), name=path.name)


def parse_questionnaire(text: str | bytes, *, name: str) -> Questionnaire:
    """Reads and checks YAML. Raises ContentError listing all problems with file, line and entry."""
    problems = Problems(name)
    root = read_yaml(text, problems)
    problems.raise_if_any()
    questionnaire = _build(root or Node({}, 1), problems)
    problems.raise_if_any()
    check_rules(questionnaire, problems, _lines(root or Node({}, 1)))
    problems.raise_if_any()
    return questionnaire


def examine(data: Mapping[str, Any], *, name: str) -> tuple[Questionnaire, tuple[Problem, ...]]:
    """The inverse of `to_dict` as far as it goes, with all that is wrong with the form of its fields.

    With problems the value is for looking at only: what could not be read is empty in it.
    """
    problems = Problems(name)
    return _build(as_node(data), problems), tuple(problems.found)


def _build(root: Node, problems: Problems) -> Questionnaire:
    top = Fields(root, "", problems)
    if not isinstance(root.value, dict):
        problems.add(root.line, "", "must be an entry with the fields of a questionnaire")
    pillars = top.each("pillars", read_pillar, most=20)
    items = top.each("items", read_item)
    dimensions = [_with_items(dimension, items) for _, own in pillars for dimension in own]
    result = Questionnaire(
        id=top.key("id", WORD, "readiness"),
        version=top.integer("version", low=1, high=100_000),
        language=top.text("language", limit=20),
        title=top.text("title", limit=120),
        lede=top.text("lede"),
        sources=top.strings("sources", required=False),
        retired=top.strings("retired", required=False),
        functions=_by_key(top, "functions", top.each("functions", read_function, most=20)),
        instructions=top.strings("instructions", required=False),
        terms=tuple(top.each("terms", read_term, required=False)),
        notices=read_notices(top),
        phases=tuple(top.each("phases", read_phase, most=10)),
        pillars=_by_key(top, "pillars", [pillar for pillar, _ in pillars]),
        dimensions=_by_key(top, "pillars", dimensions),
        items=_by_key(top, "items", items),
        gates=tuple(top.each("gates", read_gate)),
    )
    top.finish()
    return result


def _with_items(dimension: Dimension, items: Sequence[Item]) -> Dimension:
    return replace(dimension, items=tuple(item.key for item in items if item.dimension == dimension.key))


def _by_key(top: Fields, name: str, entries: Sequence[_Keyed]) -> dict[str, _Keyed]:
    result: dict[str, _Keyed] = {}
    for entry in entries:
        if entry.key in result:
            top.refuse(name, f"the key {entry.key!r} stands there twice")
        result[entry.key] = entry
    return result


def _lines(root: Node) -> dict[str, int]:
    """Where entries stand: item and dimension keys, "gate 1", and "ITEM level 0" to their lines."""
    lines: dict[str, int] = {"": root.line}
    top = root.value if isinstance(root.value, dict) else {}
    for number, gate in enumerate(_children(top.get("gates")), start=1):
        lines[f"gate {number}"] = gate.line
    entries = [*_children(top.get("items")), *_children(top.get("pillars")), *_children(top.get("functions"))]
    for entry in entries:
        fields = entry.value if isinstance(entry.value, dict) else {}
        key = str(fields["key"].value) if "key" in fields else ""
        lines[key] = entry.line
        for number, level in enumerate(_children(fields.get("levels"))):
            lines[f"{key} level {number}"] = level.line
        for dimension in _children(fields.get("dimensions")):
            if isinstance(dimension.value, dict) and "key" in dimension.value:
                lines[str(dimension.value["key"].value)] = dimension.line
    return lines


def _children(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def _prune(value: Any) -> Any:
    """Plain JSON data without empty fields: tuples become lists, and nothing stands for an absent field."""
    if isinstance(value, dict):
        pruned = {name: _prune(part) for name, part in value.items()}
        empty: tuple[object, ...] = (None, "", [], {})
        return {name: part for name, part in pruned.items() if part is not False and part not in empty}
    if isinstance(value, list | tuple):
        return [_prune(part) for part in value]
    return value
