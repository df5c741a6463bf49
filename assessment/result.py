"""The result of a round: exact values inside, canonical JSON outside.

`AssessmentResult.to_dict()` is what is stored, shown, printed and sent; it holds no exact fractions. Scores
are rounded half up to whole numbers there and nowhere else (`score`), beside the same figure to four decimals
(`value`) for axes and comparisons.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assessment.findings import Finding, Side
from assessment.gates import GateState
from assessment.pooling import Column
from assessment.question_bank import Questionnaire
from assessment.tally import Group, half_up

ENGINE_VERSION = "1"
PROVISIONAL_BELOW = Fraction(7, 10)
DECIMALS = 4


@dataclass(frozen=True)
class Coverage:
    """Levels given of the pairs that were asked."""

    given: int
    asked: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.given, self.asked) if self.asked else None

    @property
    def provisional(self) -> bool:
        return self.share is None or self.share < PROVISIONAL_BELOW


@dataclass(frozen=True)
class Figure:
    """A score with all that belongs beside it. `value` is exact, 0 to 100, or None."""

    value: Fraction | None
    n: int
    coverage: Coverage
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class HeatCell:
    """The score of one group alone, over `items` items with a level, from `n` people."""

    group: str
    value: Fraction | None
    items: int
    n: int


@dataclass(frozen=True)
class ItemResult:
    key: str
    value: Fraction | None
    weight: Fraction
    groups: tuple[Group, ...]
    r_wg: Fraction | None


@dataclass(frozen=True)
class DimensionResult:
    key: str
    code: str
    pillar: str
    figure: Figure
    target: Fraction | None
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class PillarResult:
    key: str
    figure: Figure
    phase: int
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class AssessmentResult:
    """Everything that follows from the answers of a round. Pillars stand weakest first."""

    questionnaire: Questionnaire
    inputs_hash: str
    visibility: str
    target_phase: int
    phase: int
    last_phase: int
    columns: tuple[Column, ...]
    pillars: tuple[PillarResult, ...]
    dimensions: tuple[DimensionResult, ...]
    items: tuple[ItemResult, ...]
    coverage: Coverage
    people: int
    alignment: Fraction | None
    alignment_items: int
    gates: tuple[GateState, ...]
    held_back_by: tuple[GateState, ...]
    findings: tuple[Finding, ...]
    current_levels: dict[str, int]
    engine_version: str = ENGINE_VERSION

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe and canonical: equal results give equal dictionaries, in the same order."""
        return {
            "engine_version": self.engine_version,
            "inputs_hash": self.inputs_hash,
            "questionnaire": {"id": self.questionnaire.id, "version": self.questionnaire.version},
            "visibility": self.visibility,
            "people": self.people,
            "functions": [_column(column) for column in self.columns],
            "phase": self.phase,
            "last_phase": self.last_phase,
            "target_phase": self.target_phase,
            **_coverage(self.coverage),
            "alignment": whole(self.alignment),
            "alignment_value": decimal(self.alignment),
            "alignment_items": self.alignment_items,
            "pillars": [self._pillar(pillar) for pillar in self.pillars],
            "dimensions": [self._dimension(dimension) for dimension in self.dimensions],
            "items": [self._item(item) for item in self.items],
            "gates": [self._gate(state) for state in self.gates],
            "held_back_by": [state.gate.key for state in self.held_back_by],
            "unknown_gates": [state.gate.key for state in self.gates if state.holds is None],
            "findings": [_finding(finding) for finding in self.findings],
            "current_levels": dict(self.current_levels),
        }

    def _pillar(self, pillar: PillarResult) -> dict[str, Any]:
        return {
            "key": pillar.key,
            "title": self.questionnaire.pillars[pillar.key].title,
            **_figure(pillar.figure),
            "phase": pillar.phase,
            "functions": [_cell(cell) for cell in pillar.cells],
        }

    def _dimension(self, dimension: DimensionResult) -> dict[str, Any]:
        return {
            "key": dimension.key,
            "code": dimension.code,
            "title": self.questionnaire.dimensions[dimension.key].title,
            "pillar": dimension.pillar,
            **_figure(dimension.figure),
            "target": whole(dimension.target),
            "target_value": decimal(dimension.target),
            "functions": [_cell(cell) for cell in dimension.cells],
        }

    def _item(self, item: ItemResult) -> dict[str, Any]:
        return {
            "key": item.key,
            "dimension": self.questionnaire.items[item.key].dimension,
            "score": whole(item.value),
            "value": decimal(item.value),
            "weight": float(item.weight),
            "n": sum(group.n for group in item.groups),
            "r_wg": decimal(item.r_wg),
            "functions": [_group(group) for group in item.groups],
        }

    def _gate(self, state: GateState) -> dict[str, Any]:
        gate = state.gate
        return {
            "key": gate.key,
            "pillar": gate.pillar,
            "phase": gate.phase,
            "item": gate.item,
            "level": gate.level,
            "title": gate.title,
            "weight": gate.weight,
            "holds": state.holds,
            "shortfall": decimal(state.shortfall),
            "decided_by": state.decided_by,
            "below": [_group(group) for group in state.below],
            "silent": [list(group.functions) for group in state.silent],
        }


def canonical_json(data: Any) -> str:
    """Sorted keys, no spaces, no NaN: the text that is hashed."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def whole(value: Fraction | None) -> int | None:
    """A score as it is shown."""
    return None if value is None else half_up(value)


def decimal(value: Fraction | None) -> float | None:
    """An exact value to four decimals, halves upward."""
    return None if value is None else half_up(value * 10**DECIMALS) / 10**DECIMALS


def edge(value: float) -> int:
    """Half up for a resampled figure, forgiving the last bits of floating point."""
    return math.floor(round(value, 9) + 0.5)


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "coverage": decimal(coverage.share),
        "levels_given": coverage.given,
        "levels_asked": coverage.asked,
        "provisional": coverage.provisional,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "score": whole(figure.value),
        "value": decimal(figure.value),
        "n": figure.n,
        **_coverage(figure.coverage),
        "interval": figure.interval and [edge(bound) for bound in figure.interval],
    }


def _cell(cell: HeatCell) -> dict[str, Any]:
    return {
        "function": cell.group,
        "score": whole(cell.value),
        "value": decimal(cell.value),
        "items": cell.items,
        "n": cell.n,
    }


def _group(group: Group) -> dict[str, Any]:
    return {"functions": list(group.functions), "level": decimal(group.level), "n": group.n}


def _column(column: Column) -> dict[str, Any]:
    return {
        "key": column.key,
        "title": column.title,
        "members": list(column.members),
        "people": column.people,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "item": finding.item,
        "weight": float(finding.weight),
        "sentence": finding.sentence,
        "functions": list(finding.functions),
        "sides": [_side(side) for side in finding.sides],
        "gap": decimal(finding.gap),
        "others_level": decimal(finding.others_level),
        "others_one_person": finding.others_one_person,
        "r_wg": decimal(finding.r_wg),
        "unknown": finding.unknown,
        "asked": finding.asked,
        "evidence": finding.evidence,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "functions": list(side.functions),
        "title": side.title,
        "level": decimal(side.level),
        "n": side.people,
        "one_person": side.one_person,
        "claim": side.claim,
    }


def weakest_first(pillars: Iterable[PillarResult]) -> tuple[PillarResult, ...]:
    """Lowest score first, then lowest phase, then the order of the questionnaire; without a score last."""
    return tuple(
        sorted(pillars, key=lambda p: (p.figure.value is None, p.figure.value or Fraction(0), p.phase))
    )
