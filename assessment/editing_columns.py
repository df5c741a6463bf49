"""The columns of a questionnaire's sheet: one row an item, and which field each cell belongs to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessment.question_bank import KINDS
from assessment.question_schema import LEVELS

YES = "x"


@dataclass(frozen=True)
class Column:
    """`field` is the name by which `editing.problems` speaks of it; `kind` says how a cell is read."""

    title: str
    field: str
    kind: str
    allowed: str
    width: int = 24


def columns(content: Mapping[str, Any]) -> list[Column]:
    """The columns for this content: one for each of its functions and for each phase that has gates."""
    functions = [(entry["key"], entry["title"]) for entry in content["functions"]]
    titles = "; ".join(title for _, title in functions)
    return [
        Column("Key", "key", "text", "pillar.dimension.word, in lower case", 34),
        Column("Earlier key", "was", "text", "the key that the item had before, or empty", 16),
        Column("Kind", "kind", "text", ", ".join(KINDS), 14),
        Column("Question", "text", "text", "at most 300 characters", 44),
        Column("Help", "help", "text", "at most 400 characters, or empty", 30),
        Column("Why it is asked", "why", "text", "at most 400 characters, or empty", 30),
        *(
            Column(f"Asks {title}", f"function {key}", "flag", f"{YES} or empty", 12)
            for key, title in functions
        ),
        Column("Weight", "weight", "number", "a number above 0, at most 100; maturity items only", 9),
        *_levels(),
        Column("Not applicable allowed", "allows_not_applicable", "flag", f"{YES} or empty", 12),
        Column("Shown only if item", "visible_if", "text", "the key of an earlier item, or empty", 24),
        Column("has at least level", "visible_level", "whole", "1 to 4, with the item before it", 10),
        *_gates(content),
        Column("Should know", "should_know", "functions", f"some of: {titles}", 24),
        Column("Finding if they do not", "dont_know", "text", "at most 200 characters, with Should know", 30),
        Column("Choices", "options", "pairs", "one a line: key: text", 30),
        Column("Rows", "rows", "pairs", "one a line: key: text", 30),
        Column("Unit", "unit", "text", "of a number", 10),
        Column("Lowest", "minimum", "number", "a number, with Highest", 9),
        Column("Highest", "maximum", "number", "a number, with Lowest", 9),
        Column("Read by", "read_by", "lines", "one a line, for items that do not score", 30),
        Column("Sources", "sources", "words", "such as S2-17, parted by spaces", 14),
    ]


def _levels() -> list[Column]:
    sentence = "the sentence to choose, at most 200 characters; maturity items only"
    claim = "the same for findings, at most 300 characters; maturity items only"
    return [
        column
        for level in range(LEVELS)
        for column in (
            Column(f"Level {level}", f"level_{level}_text", "text", sentence, 34),
            Column(f"Level {level}, claim", f"level_{level}_claim", "text", claim, 34),
        )
    ]


def _gates(content: Mapping[str, Any]) -> list[Column]:
    return [
        column
        for phase in gate_phases(content)
        for column in (
            Column(f"Gate of phase {phase}", f"gate_{phase}", "whole", "1 to 4, or empty", 10),
            Column(
                f"Gate of phase {phase}, sentence",
                f"gate_{phase}_title",
                "text",
                "what holds then, at most 200 characters",
                30,
            ),
        )
    ]


def gate_phases(content: Mapping[str, Any]) -> list[int]:
    """The phases that gates open: all but the first."""
    return [phase["phase"] for phase in content["phases"] if phase["phase"] > 1]
