"""Scores of a round: from answers to pillars, phases, gates and findings. Pure; see docs/scoring.md.

`score` is the only entrance; pages, reports, the headless command and the API all call it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from assessment import alignment, bootstrap, gates
from assessment.findings import EvidenceClaim, all_findings
from assessment.pooling import SMALLEST_GROUP, Columns, columns, pool_items
from assessment.question_bank import Dimension, Item, Questionnaire
from assessment.responses import AnswerValue, Respondent, Sheet, inputs_record, read_sheet
from assessment.result import (
    ENGINE_VERSION,
    AssessmentResult,
    Coverage,
    DimensionResult,
    Figure,
    HeatCell,
    ItemResult,
    PillarResult,
    canonical_json,
    digest,
    weakest_first,
)
from assessment.tally import (
    HIGHEST_LEVEL,
    Tally,
    item_level,
    levels_alone,
    tally,
    weight_of,
    weighted_mean,
)

__all__ = [
    "ENGINE_VERSION",
    "AnswerValue",
    "AssessmentResult",
    "EvidenceClaim",
    "Respondent",
    "canonical_json",
    "digest",
    "score",
]

VISIBILITIES = ("named", "confidential")
_SHARE = Fraction(100, HIGHEST_LEVEL)


def score(
    questionnaire: Questionnaire,
    respondents: Sequence[Respondent],
    answers: Iterable[AnswerValue],
    *,
    visibility: str = "named",
    consensus: Mapping[str, int] | None = None,
    target_phase: int | None = None,
    evidence: Sequence[EvidenceClaim] = (),
) -> AssessmentResult:
    """The result of a round.

    consensus     item key to level 0 to 4; decides gates and current levels, never scores
    target_phase  for radar targets and the gates that hold back; default: the phase after today's
    evidence      claims to hold against the answers

    Raises ValueError for answers that do not fit the questionnaire (see `read_sheet`), an unknown visibility,
    a consensus for an unknown item or outside 0 to 4, and a target phase that no gate leads to.
    """
    agreed = dict(sorted((consensus or {}).items()))
    _check(questionnaire, visibility, agreed, evidence)
    sheet = read_sheet(questionnaire, respondents, answers)
    work = _Work.prepare(questionnaire, sheet, confidential=visibility == "confidential")
    states = gates.decide_all(questionnaire, work.counts, agreed)
    last = gates.last_phase(questionnaire)
    pillars = weakest_first(work.pillar(key, states, last) for key in questionnaire.pillars)
    phase = min((pillar.phase for pillar in pillars), default=gates.FIRST_PHASE)
    target = _target(target_phase, phase, last)
    return AssessmentResult(
        questionnaire=questionnaire,
        inputs_hash=_inputs_hash(questionnaire, sheet, visibility, agreed, target, evidence),
        visibility=visibility,
        target_phase=target,
        phase=phase,
        last_phase=last,
        columns=work.columns.groups,
        pillars=pillars,
        dimensions=tuple(work.dimension(d, target) for d in questionnaire.dimensions.values()),
        items=tuple(work.item(item) for item in sheet.items),
        coverage=work.coverage(sheet.items),
        people=int(sheet.asked.any(axis=1).sum()),
        alignment=alignment.alignment(work.counts),
        alignment_items=alignment.compared_items(work.counts),
        gates=states,
        held_back_by=gates.held_back_by(states, [pillar.key for pillar in pillars], target),
        findings=all_findings(
            questionnaire, work.counts, work.columns, sheet, evidence, confidential=work.confidential
        ),
        current_levels=gates.current_levels(questionnaire, work.counts, agreed),
    )


def _check(
    questionnaire: Questionnaire,
    visibility: str,
    consensus: Mapping[str, int],
    evidence: Sequence[EvidenceClaim],
) -> None:
    if visibility not in VISIBILITIES:
        raise ValueError(f"Visibility must be one of {', '.join(VISIBILITIES)}, not {visibility!r}.")
    scoring = {item.key for item in questionnaire.maturity_items}
    for key in (*consensus, *(claim.item for claim in evidence)):
        if key not in scoring:
            raise ValueError(f"There is no scoring item {key!r}.")
    for key, level in consensus.items():
        if not 0 <= level <= HIGHEST_LEVEL:
            raise ValueError(f"The consensus on {key!r} must be 0 to 4, not {level!r}.")


def _target(wanted: int | None, phase: int, last: int) -> int:
    if wanted is None:
        return min(last, phase + 1)
    if not gates.FIRST_PHASE <= wanted <= last:
        raise ValueError(f"The target phase must be 1 to {last}, not {wanted}.")
    return wanted


def _inputs_hash(
    questionnaire: Questionnaire,
    sheet: Sheet,
    visibility: str,
    consensus: Mapping[str, int],
    target: int,
    evidence: Sequence[EvidenceClaim],
) -> str:
    claims = sorted([c.item, c.sentence, -1 if c.level is None else c.level, c.differs] for c in evidence)
    return digest(
        inputs_record(
            questionnaire,
            sheet,
            consensus,
            visibility=visibility,
            target_phase=target,
            evidence=claims,
            engine=ENGINE_VERSION,
        )
    )


@dataclass(frozen=True)
class _Work:
    """What every figure of one round is made from."""

    questionnaire: Questionnaire
    sheet: Sheet
    columns: Columns
    counts: Tally
    levels: dict[str, Fraction | None]
    alone: dict[str, dict[str, Fraction | None]]
    shown: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    position: dict[str, int]
    confidential: bool

    @classmethod
    def prepare(cls, questionnaire: Questionnaire, sheet: Sheet, *, confidential: bool) -> _Work:
        grouping = columns(questionnaire, sheet, confidential=confidential)
        counts = tally(sheet, grouping.labels, grouping.order)
        covered = np.ones(len(sheet.items), dtype=bool)
        if confidential:
            counts = pool_items(counts, grouping.order)
            covered = sheet.asked.sum(axis=0) >= SMALLEST_GROUP
        scored = np.array([bool(counts[item.key]) for item in sheet.items], dtype=bool)
        return cls(
            questionnaire,
            sheet,
            grouping,
            counts,
            {item: item_level(groups) for item, groups in counts.items()},
            {group: levels_alone(counts, group) for group in grouping.order},
            sheet.given & scored,
            covered,
            {item.key: column for column, item in enumerate(sheet.items)},
            confidential,
        )

    def scoring_items(self, dimension: Dimension) -> tuple[Item, ...]:
        return tuple(self.questionnaire.items[key] for key in dimension.items if key in self.position)

    def item(self, item: Item) -> ItemResult:
        level = self.levels[item.key]
        groups = self.counts[item.key]
        return ItemResult(
            item.key,
            None if level is None else level * _SHARE,
            weight_of(item.weight),
            groups,
            alignment.r_wg(groups),
        )

    def value(self, dimension: Dimension, levels: Mapping[str, Fraction | None]) -> Fraction | None:
        """The score of a dimension, 0 to 100, from the levels of its items."""
        mean = weighted_mean(
            (weight_of(item.weight), levels[item.key]) for item in self.scoring_items(dimension)
        )
        return None if mean is None else mean * _SHARE

    def dimension(self, dimension: Dimension, target: int) -> DimensionResult:
        return DimensionResult(
            dimension.key,
            dimension.code,
            dimension.pillar,
            self.figure(dimension.key, (dimension,), self.value(dimension, self.levels)),
            self.value(dimension, self._at_target(target)),
            tuple(self._cell((dimension,), group) for group in self.columns.order),
        )

    def pillar(self, key: str, states: Sequence[gates.GateState], last: int) -> PillarResult:
        dimensions = tuple(
            self.questionnaire.dimensions[d] for d in self.questionnaire.pillars[key].dimensions
        )
        return PillarResult(
            key,
            self.figure(key, dimensions, self._over(dimensions, self.levels)),
            gates.pillar_phase(key, states, last),
            tuple(self._cell(dimensions, group) for group in self.columns.order),
        )

    def _over(
        self, dimensions: Sequence[Dimension], levels: Mapping[str, Fraction | None]
    ) -> Fraction | None:
        return weighted_mean((weight_of(d.weight), self.value(d, levels)) for d in dimensions)

    def _at_target(self, target: int) -> dict[str, Fraction | None]:
        """Item levels with every gate item up to the target phase at its gate's level or higher."""
        levels = dict(self.levels)
        for gate in self.questionnaire.gates:
            if gate.phase <= target:
                levels[gate.item] = max(levels[gate.item] or Fraction(0), Fraction(gate.level))
        return levels

    def _cell(self, dimensions: Sequence[Dimension], group: str) -> HeatCell:
        alone = self.alone[group]
        own = [item for d in dimensions for item in self.scoring_items(d) if alone[item.key] is not None]
        rows = np.array([label == group for label in self.columns.labels], dtype=bool)
        given = self.shown[rows][:, [self.position[item.key] for item in own]]
        return HeatCell(group, self._over(dimensions, alone), len(own), int(given.any(axis=1).sum()))

    def coverage(self, items: Iterable[Item]) -> Coverage:
        places = [place for item in items if self.covered[place := self.position[item.key]]]
        return Coverage(int(self.sheet.given[:, places].sum()), int(self.sheet.asked[:, places].sum()))

    def figure(self, key: str, dimensions: Sequence[Dimension], value: Fraction | None) -> Figure:
        items = [item for dimension in dimensions for item in self.scoring_items(dimension)]
        places = [self.position[item.key] for item in items]
        return Figure(
            value,
            int(self.shown[:, places].any(axis=1).sum()),
            self.coverage(items),
            self._interval(key, dimensions),
        )

    def _interval(self, key: str, dimensions: Sequence[Dimension]) -> tuple[float, float] | None:
        parts = [
            (index, item)
            for index, dimension in enumerate(dimensions)
            if dimension.weight or len(dimensions) == 1
            for item in self.scoring_items(dimension)
            if item.weight and self.levels[item.key] is not None
        ]
        if not parts:
            return None
        places = [self.position[item.key] for _, item in parts]
        part = bootstrap.Part(
            tuple(
                (index, item.weight, tuple(group.members for group in self.counts[item.key]))
                for index, item in parts
            ),
            tuple(dimension.weight for dimension in dimensions),
        )
        return bootstrap.interval(
            self.columns.labels,
            np.where(self.shown, self.sheet.levels, -1)[:, places].astype(np.int8),
            part,
            version=f"{self.questionnaire.id}:{self.questionnaire.version}",
            key=key,
        )
