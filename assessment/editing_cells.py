"""Between an item with its gates and flat fields, as forms and sheets have them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessment.editing import Entry
from assessment.question_schema import LEVELS

PLAIN = ("key", "kind", "text", "help", "why", "weight", "unit", "minimum", "maximum", "dont_know", "was")
LISTS = ("should_know", "read_by", "sources")
PAIRS = ("options", "rows")


def to_fields(entry: Entry) -> dict[str, Any]:
    """The entry as flat fields: level_0_text, gate_2, visible_level and so on; absent ones are empty."""
    item = entry.item
    fields: dict[str, Any] = {name: item.get(name, "") for name in PLAIN}
    fields |= {name: list(item.get(name, [])) for name in ("functions", *LISTS)}
    fields |= {name: [(row["key"], row["text"]) for row in item.get(name, [])] for name in PAIRS}
    fields["allows_not_applicable"] = bool(item.get("allows_not_applicable"))
    for number in range(LEVELS):
        levels = item.get("levels", [])
        level = levels[number] if number < len(levels) else {}
        fields[f"level_{number}_text"] = level.get("text", "")
        fields[f"level_{number}_claim"] = level.get("claim", "")
    condition = item.get("visible_if", {})
    fields["visible_if"] = condition.get("item", "")
    fields["visible_level"] = condition.get("at_least", "")
    for phase, gate in entry.gates.items():
        fields[f"gate_{phase}"] = gate["level"]
        fields[f"gate_{phase}_title"] = gate.get("title", "")
    return fields


def from_fields(fields: Mapping[str, Any], phases: list[int], before: Entry | None) -> Entry:
    """The inverse of `to_fields`; what no field shows (weight and reason of a gate) comes from `before`."""
    item: dict[str, Any] = {name: fields[name] for name in PLAIN if fields.get(name) not in (None, "")}
    item |= {name: _in_order(fields, name, before) for name in ("functions", *LISTS)}
    item |= {name: [{"key": key, "text": text} for key, text in fields.get(name, [])] for name in PAIRS}
    if item.get("kind") == "maturity":
        item["levels"] = [
            {"text": fields.get(f"level_{n}_text", ""), "claim": fields.get(f"level_{n}_claim", "")}
            for n in range(LEVELS)
        ]
    item["allows_not_applicable"] = bool(fields.get("allows_not_applicable"))
    if fields.get("visible_if") or fields.get("visible_level"):
        item["visible_if"] = {"item": fields.get("visible_if"), "at_least": fields.get("visible_level")}
    known = before.gates if before else {}
    gates = {
        phase: {
            **known.get(phase, {"weight": 1.0}),
            "level": fields[f"gate_{phase}"],
            "title": fields.get(f"gate_{phase}_title", ""),
        }
        for phase in phases
        if fields.get(f"gate_{phase}")
    }
    return Entry(item, gates)


def _in_order(fields: Mapping[str, Any], name: str, before: Entry | None) -> list[str]:
    """The words of a list; where only their order differs from before, the order of before."""
    words, known = list(fields.get(name, [])), list(before.item.get(name, [])) if before else []
    return known if sorted(known) == sorted(words) else words


def read_pairs(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Lines "key: text" as pairs, and the lines that are none."""
    pairs, wrong = [], []
    for line in (line.strip() for line in text.splitlines()):
        key, colon, words = line.partition(":")
        if colon and key.strip() and words.strip():
            pairs.append((key.strip(), words.strip()))
        elif line:
            wrong.append(line)
    return pairs, wrong


def write_pairs(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{key}: {text}" for key, text in pairs)


def read_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
