"""Gates and phases: what must hold for a pillar to be in a phase, decided by three values.

A gate is an item and a level. True, False and None (not known) are kept apart everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from assessment.question_bank import Gate, Questionnaire
from assessment.tally import HIGHEST_LEVEL, Group, Tally, levels_of

TOLERANCE = Fraction(1, 2)
FIRST_PHASE = 1


@dataclass(frozen=True)
class GateState:
    """How a gate stands.

    shortfall  levels missing at the lowest function or the consensus; 0 when it holds, None when not known
    below      groups that stand below the gate's level - 0.5
    silent     groups with a say and without a level
    """

    gate: Gate
    holds: bool | None
    shortfall: Fraction | None
    decided_by: Literal["consensus", "answers"]
    below: tuple[Group, ...] = ()
    silent: tuple[Group, ...] = ()


def rule(groups: Iterable[Group], level: int) -> bool | None:
    """Whether answers put an item at a level, over the groups that have a say.

    Any group below level - 0.5: False; else any group without a level, or no group at all: None; else True.
    """
    groups = tuple(groups)
    if any(known < level - TOLERANCE for known in levels_of(groups)):
        return False
    if not groups or any(group.level is None for group in groups):
        return None
    return True


def decide(gate: Gate, groups: tuple[Group, ...], consensus: int | None) -> GateState:
    """The state of a gate. A recorded consensus alone decides it."""
    if consensus is not None:
        missing = Fraction(max(0, gate.level - consensus))
        return GateState(gate, consensus >= gate.level, missing, "consensus")
    holds = rule(groups, gate.level)
    if holds is None:
        shortfall = None
    elif holds:
        shortfall = Fraction(0)
    else:
        shortfall = gate.level - min(levels_of(groups))
    return GateState(
        gate,
        holds,
        shortfall,
        "answers",
        tuple(g for g in groups if g.level is not None and g.level < gate.level - TOLERANCE),
        tuple(g for g in groups if g.level is None),
    )


def decide_all(
    questionnaire: Questionnaire, counts: Tally, consensus: Mapping[str, int]
) -> tuple[GateState, ...]:
    """Every gate, in the order of the questionnaire."""
    return tuple(
        decide(gate, counts.get(gate.item, ()), consensus.get(gate.item)) for gate in questionnaire.gates
    )


def last_phase(questionnaire: Questionnaire) -> int:
    """The highest phase that any gate leads to."""
    return max((gate.phase for gate in questionnaire.gates), default=FIRST_PHASE)


def pillar_phase(pillar: str, states: Iterable[GateState], last: int) -> int:
    """The largest p up to `last` such that all gates of the phases 2 to p of the pillar hold."""
    open_phases = [s.gate.phase for s in states if s.gate.pillar == pillar and s.holds is not True]
    return min([last, *(phase - 1 for phase in open_phases)])


def held_back_by(
    states: Iterable[GateState], weakest_first: Sequence[str], target_phase: int
) -> tuple[GateState, ...]:
    """The gates up to the target phase that do not hold or are not known.

    Weakest pillar first, then smallest shortfall, then key; within a pillar those not known come last.
    """
    still_open = [s for s in states if s.gate.phase <= target_phase and s.holds is not True]

    def place(state: GateState) -> tuple[int, bool, Fraction, str]:
        missing = state.shortfall
        return (
            weakest_first.index(state.gate.pillar),
            missing is None,
            missing or Fraction(0),
            state.gate.key,
        )

    return tuple(sorted(still_open, key=place))


def current_levels(
    questionnaire: Questionnaire, counts: Tally, consensus: Mapping[str, int]
) -> dict[str, int]:
    """Where the roadmap starts: an item's consensus, else the highest level whose rule holds, else 0."""
    return {
        item.key: consensus.get(item.key, _highest(counts.get(item.key, ())))
        for item in questionnaire.maturity_items
    }


def _highest(groups: tuple[Group, ...]) -> int:
    return max((level for level in range(1, HIGHEST_LEVEL + 1) if rule(groups, level)), default=0)
