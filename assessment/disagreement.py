"""Where people differ on items, from the answers as they stand: for the review and behind figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import Function
from assessment import questionnaires
from assessment.alignment import AGREEMENT_LIMIT, r_wg, widest_gap
from assessment.models import Answer, Assessment, Consensus
from assessment.pooling import Columns, columns, pool_items
from assessment.question_bank import Item, Questionnaire
from assessment.responses import AnswerValue, read_sheet
from assessment.responses import Respondent as Person
from assessment.tally import Group, Tally, tally
from ui.charts.canvas import num

SHAPES = frozenset(Function.values)
TRACK = 400


@dataclass(frozen=True)
class Counts:
    """The groups of a round and their counts by item, joined where the round is confidential."""

    questionnaire: Questionnaire
    columns: Columns
    tally: Tally


def counts_of(assessment: Assessment) -> Counts:
    """Three reads and some counting; no bootstrap, so that a review page does not wait for intervals."""
    questionnaire = questionnaires.of(assessment)
    people = [
        Person(str(pk), function, started is not None)
        for pk, function, started in assessment.respondents.values_list("pk", "function", "started_at")
    ]
    answers = (
        AnswerValue(str(pk), item, level, state if state != "value" else "open")
        for pk, item, state, level in Answer.objects.filter(respondent__assessment=assessment).values_list(
            "respondent_id", "item", "state", "level"
        )
    )
    sheet = read_sheet(questionnaire, people, answers)
    grouping = columns(questionnaire, sheet, confidential=assessment.is_confidential)
    found = tally(sheet, grouping.labels, grouping.order)
    if assessment.is_confidential:
        found = pool_items(found, grouping.order)
    return Counts(questionnaire, grouping, found)


@dataclass(frozen=True)
class Mark:
    """One group on the track of an item."""

    title: str
    level: float
    x: str
    shape: str
    n: int


@dataclass(frozen=True)
class Split:
    """An item that splits the room."""

    item: Item
    code: str
    gap: float
    agreement: float | None
    marks: tuple[Mark, ...]
    low: str
    high: str
    consensus: Consensus | None
    is_gate: bool


def splits_of(counts: Counts, agreed: dict[str, Consensus]) -> list[Split]:
    """Items with a gap of 1.5 or an agreement below 0.5, and those with a consensus; widest gap first."""
    gated = {gate.item for gate in counts.questionnaire.gates}
    found = []
    for item in counts.questionnaire.maturity_items:
        groups = counts.tally.get(item.key, ())
        gap, agreement = widest_gap(groups), r_wg(groups)
        if gap is None and (agreement is None or agreement >= AGREEMENT_LIMIT) and item.key not in agreed:
            continue
        marks = marks_of(counts, groups)
        levels = [mark.level for mark in marks] or [0.0]
        found.append(
            Split(
                item=item,
                code=counts.questionnaire.dimensions[item.dimension].code,
                gap=float(gap.size) if gap else max(levels) - min(levels),
                agreement=None if agreement is None else float(agreement),
                marks=marks,
                low=num(min(levels) / 4 * TRACK),
                high=num(max(levels) / 4 * TRACK),
                consensus=agreed.get(item.key),
                is_gate=item.key in gated,
            )
        )
    return sorted(found, key=lambda split: (-split.gap, split.item.key))


def marks_of(counts: Counts, groups: Sequence[Group]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            counts.columns.title(group.members),
            float(group.level),
            num(float(group.level) / 4 * TRACK),
            _shape(group.members),
            group.n,
        )
        for group in groups
        if group.level is not None
    )


def _shape(members: tuple[str, ...]) -> str:
    first = members[0].split("+")[0] if members else ""
    return first if first in SHAPES else "data_owner"


@dataclass(frozen=True)
class Cell:
    """The dots of one group at one level."""

    head: str
    dots: range
    mark: bool
    emphasis: bool


@dataclass(frozen=True)
class Dots:
    """The room on one item: sentences from level 4 down, and who does not know."""

    heads: tuple[tuple[str, int], ...]
    rows: tuple[tuple[int, str, tuple[Cell, ...]], ...]
    unknown: tuple[Cell, ...]
    means: tuple[float | None, ...]
    n: int
    unknown_n: int
    agreement: float | None
    gap: float | None


def dots_of(counts: Counts, item: Item, rows: Sequence[Any], *, confidential: bool) -> Dots:
    """One dot a person by function; in a confidential round one mark a group, at its nearest level.

    `rows` are (function, state, level) of routed people.
    """
    groups = counts.tally.get(item.key, ())
    gap, agreement = widest_gap(groups), r_wg(groups)
    apart = set(gap.group.members) if gap else set()
    far = set(gap.farthest.members) if gap else set()
    strong = apart | far

    def cells(level: int | None) -> tuple[Cell, ...]:
        return tuple(
            _cell(
                counts.columns.title(group.members),
                group,
                rows,
                level,
                bool(strong & set(group.members)),
                confidential,
            )
            for group in groups
        )

    return Dots(
        heads=tuple((counts.columns.title(group.members), group.n) for group in groups),
        rows=tuple((level, item.levels[level].text, cells(level)) for level in (4, 3, 2, 1, 0)),
        unknown=cells(None),
        means=tuple(None if group.level is None else float(group.level) for group in groups),
        n=sum(group.n for group in groups),
        unknown_n=sum(group.unknown for group in groups),
        agreement=None if agreement is None else float(agreement),
        gap=float(gap.size) if gap else None,
    )


def _cell(
    head: str, group: Group, rows: Sequence[Any], level: int | None, strong: bool, confidential: bool
) -> Cell:
    if confidential:
        nearest = None if group.level is None else int(float(group.level) + 0.5)
        return Cell(head, range(0), level is not None and nearest == level, strong)
    functions = {part for member in group.members for part in member.split("+")}
    wanted = "dont_know" if level is None else "level"
    count = sum(
        function in functions and state == wanted and (level is None or given == level)
        for function, state, given in rows
    )
    return Cell(head, range(count), False, strong)


def people_on(assessment: Assessment, item: Item) -> list[Answer]:
    """Every answer to an item with its person, by function."""
    return list(
        Answer.objects.select_related("respondent")
        .filter(respondent__assessment=assessment, item=item.key)
        .exclude(state="open")
        .order_by("respondent__function", "respondent__name")
    )
