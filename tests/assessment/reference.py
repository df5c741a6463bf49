"""A slow second scoring, written from the method with plain loops over answers, to hold the product against.

It shares no code with the product beyond the questionnaire and the answers themselves. Exact fractions.
"""

from __future__ import annotations

import hashlib
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np

HALF = Fraction(1, 2)


def rounded(value: Fraction | None) -> int | None:
    return None if value is None else math.floor(value + HALF)


def mean(values: list[Any]) -> Fraction:
    return Fraction(sum(values), len(values))


class Reference:
    """Scores of one named round."""

    def __init__(self, questionnaire, respondents, answers, consensus=None, target=None):
        self.q = questionnaire
        self.people = list(respondents)
        self.consensus = dict(consensus or {})
        self.answer = {(a.respondent, a.item): a for a in answers}
        self.items = [item for item in questionnaire.items.values() if item.kind == "maturity"]
        self.target = target

    def level(self, person, item) -> int | None:
        answer = self.answer.get((person.key, item))
        return answer.level if answer and answer.state == "level" else None

    def visible(self, person, item) -> bool:
        condition = item.visible_if
        if condition is None:
            return True
        parent = self.q.items[condition.item]
        level = self.level(person, condition.item)
        if level is not None and level < condition.at_least:
            return False
        return self.visible(person, parent)

    def has_started(self, person) -> bool:
        return person.started or any(
            key == person.key and answer.state != "open" for (key, _), answer in self.answer.items()
        )

    def routed(self, item):
        return [p for p in self.people if p.function in item.functions and self.visible(p, item)]

    def state(self, person, item) -> str:
        answer = self.answer.get((person.key, item.key))
        return answer.state if answer else "open"

    def function_levels(self, item) -> dict[str, Fraction]:
        found = {}
        for function in self.q.functions:
            levels = [self.level(p, item.key) for p in self.routed(item) if p.function == function]
            levels = [level for level in levels if level is not None]
            if levels:
                found[function] = mean(levels)
        return found

    def item_score(self, item, only=None) -> Fraction | None:
        levels = [v for f, v in self.function_levels(item).items() if only is None or f == only]
        return mean([level / 4 for level in levels]) * 100 if levels else None

    def dimension_score(self, dimension, only=None, floor=None) -> Fraction | None:
        top = bottom = Fraction(0)
        for item in self.items:
            if item.dimension != dimension.key:
                continue
            score = self.item_score(item, only)
            if floor and item.key in floor:
                score = max(score or Fraction(0), Fraction(25 * floor[item.key]))
            if score is not None:
                top += Fraction(str(item.weight)) * score
                bottom += Fraction(str(item.weight))
        return top / bottom if bottom else None

    def pillar_score(self, pillar, only=None) -> Fraction | None:
        top = bottom = Fraction(0)
        for key in self.q.pillars[pillar].dimensions:
            dimension = self.q.dimensions[key]
            score = self.dimension_score(dimension, only)
            if score is not None:
                top += Fraction(str(dimension.weight)) * score
                bottom += Fraction(str(dimension.weight))
        return top / bottom if bottom else None

    def coverage(self, items=None) -> tuple[int, int]:
        given = asked = 0
        for item in self.items if items is None else items:
            for person in self.routed(item):
                if self.has_started(person) and self.state(person, item) != "not_applicable":
                    asked += 1
                    given += self.state(person, item) == "level"
        return given, asked

    def alignment(self) -> Fraction | None:
        differences = []
        for item in self.items:
            levels = list(self.function_levels(item).values())
            pairs = [
                abs(levels[i] - levels[j]) for i in range(len(levels)) for j in range(i + 1, len(levels))
            ]
            if pairs:
                differences.append(mean(pairs))
        return 100 * (1 - mean(differences) / 4) if differences else None

    def gap_findings(self) -> list[tuple[str, str, Fraction]]:
        """(item, function, gap), in order."""
        found = []
        for item in self.items:
            levels = self.function_levels(item)
            best = None
            for function, level in levels.items():
                others = [v for f, v in levels.items() if f != function]
                gap = abs(level - mean(others)) if others else Fraction(0)
                lower = best is not None and gap == best[1] and level < levels[best[0]]
                if gap >= Fraction(3, 2) and (best is None or gap > best[1] or lower):
                    best = (function, gap)
            if best:
                found.append((-best[1] * Fraction(str(item.weight)), item.key, *best))
        return [(key, function, gap) for _, key, function, gap in sorted(found)]

    def r_wg(self, item) -> Fraction | None:
        levels = [self.level(p, item.key) for p in self.routed(item)]
        levels = [level for level in levels if level is not None]
        if len(levels) < 5:
            return None
        centre = mean(levels)
        variance = sum((level - centre) ** 2 for level in levels) / (len(levels) - 1)
        return max(Fraction(0), min(Fraction(1), 1 - variance / 2))

    def rule(self, item, level) -> bool | None:
        levels = self.function_levels(item)
        with_a_say = {p.function for p in self.routed(item)}
        if any(value < level - HALF for value in levels.values()):
            return False
        if not with_a_say or any(function not in levels for function in with_a_say):
            return None
        return True

    def gate(self, gate) -> bool | None:
        if gate.item in self.consensus:
            return self.consensus[gate.item] >= gate.level
        return self.rule(self.q.items[gate.item], gate.level)

    def last_phase(self) -> int:
        return max([1, *(gate.phase for gate in self.q.gates)])

    def phase(self, pillar) -> int:
        phase = 1
        while phase < self.last_phase():
            gates = [g for g in self.q.gates if g.pillar == pillar and g.phase == phase + 1]
            if not all(self.gate(gate) is True for gate in gates):
                break
            phase += 1
        return phase

    def radar_target(self, dimension, target) -> Fraction | None:
        floor: dict[str, int] = {}
        for gate in self.q.gates:
            if gate.phase <= target:
                floor[gate.item] = max(gate.level, floor.get(gate.item, 0))
        return self.dimension_score(dimension, floor=floor)

    def current_level(self, item) -> int:
        if item.key in self.consensus:
            return self.consensus[item.key]
        return max([0, *(level for level in (1, 2, 3, 4) if self.rule(item, level) is True)])

    def interval(self, dimension) -> list[int] | None:
        """One replicate after the other, one draw after the other; weights as floats at the very end."""
        items = [
            i
            for i in self.items
            if i.dimension == dimension.key and i.weight > 0 and self.item_score(i) is not None
        ]
        rows = []
        for person in self.people:
            levels = [
                level
                if person in self.routed(item) and (level := self.level(person, item.key)) is not None
                else -1
                for item in items
            ]
            if any(level >= 0 for level in levels):
                rows.append([person.function, levels])
        if len(rows) < 5:
            return None
        rows.sort()
        text = json.dumps([f"{self.q.id}:{self.q.version}", dimension.key, rows], separators=(",", ":"))
        words = np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
        size = {row[0]: sum(other[0] == row[0] for other in rows) for row in rows}
        large = [row for row in rows if size[row[0]] >= 3]
        small = [row for row in rows if size[row[0]] < 3]
        scores = [self._replicate(large, small, size, items, words) for _ in range(2000)]
        scores.sort()
        return [math.floor(round(_percentile(scores, p), 9) + 0.5) for p in (5, 95)]

    def _replicate(self, large, small, size, items, words) -> Fraction:
        drawn = []
        for row in large:
            stratum = [other for other in large if other[0] == row[0]]
            drawn.append(stratum[(int(words.random_raw()) >> 32) * len(stratum) >> 32])
        for _ in small:
            drawn.append(small[(int(words.random_raw()) >> 32) * len(small) >> 32])
        top = bottom = Fraction(0)
        for place, item in enumerate(items):
            voices = []
            for function in size:
                levels = [row[1][place] for row in drawn if row[0] == function and row[1][place] >= 0]
                if levels:
                    voices.append(mean(levels))
            if voices:
                top += Fraction(str(item.weight)) * mean(voices) * 25
                bottom += Fraction(str(item.weight))
        return top / bottom


def _percentile(ordered: list[Fraction], percent: int) -> float:
    place = Fraction(percent, 100) * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
