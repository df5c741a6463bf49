"""Findings: what a reader should know first, as data and as one sentence each.

Kinds: `gap` (a function stands apart), `agreement` (people see different things), `dont_know` (those who
should know do not), `evidence` (what is shown differs from what is said), in this order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from assessment.alignment import AGREEMENT_LIMIT, Gap, r_wg, widest_gap
from assessment.pooling import SMALLEST_GROUP, Columns, joined_title
from assessment.question_bank import Item, Questionnaire
from assessment.responses import Sheet
from assessment.tally import Group, Tally, half_up, item_level, weight_of

Kind = Literal["gap", "agreement", "dont_know", "evidence"]

EVIDENCE_DIFFERS = Fraction(1)


@dataclass(frozen=True)
class EvidenceClaim:
    """What a register, a profile or an observation shows about an item: a level, or only words.

    `differs` decides when there is no level: whoever recorded it says whether it contradicts the answers.
    """

    item: str
    sentence: str
    level: int | None = None
    differs: bool = False


@dataclass(frozen=True)
class Side:
    """A group in a finding: its mean level, how many people, and the claim of the nearest level."""

    functions: tuple[str, ...]
    title: str
    level: Fraction
    people: int | None
    claim: str

    @property
    def one_person(self) -> bool:
        return self.people == 1


@dataclass(frozen=True)
class Finding:
    """`size` is the gap, 1 - r_wg, the share who do not know, or the distance from evidence; it ranks."""

    kind: Kind
    item: str
    weight: Fraction
    sentence: str
    size: Fraction
    sides: tuple[Side, ...] = ()
    functions: tuple[str, ...] = ()
    gap: Fraction | None = None
    others_level: Fraction | None = None
    others_one_person: bool = False
    r_wg: Fraction | None = None
    unknown: int | None = None
    asked: int | None = None
    evidence: str = ""


def all_findings(
    questionnaire: Questionnaire,
    counts: Tally,
    columns: Columns,
    sheet: Sheet,
    evidence: Iterable[EvidenceClaim],
    *,
    confidential: bool,
) -> tuple[Finding, ...]:
    """Every finding of a round, each kind ranked by its size x weight, ties by key."""
    items = questionnaire.maturity_items
    telling = Telling(columns, exact=not confidential)
    gaps = [_gap(telling, item, gap) for item in items if (gap := widest_gap(counts[item.key]))]
    agreements = [found for item in items if (found := _agreement(telling, item, counts[item.key]))]
    unknowns = _dont_know(questionnaire, sheet, confidential=confidential)
    shown = [
        found
        for claim in evidence
        if (found := _evidence(telling, questionnaire.items[claim.item], claim, counts))
    ]
    return (
        *sorted(gaps, key=lambda found: (-found.size * found.weight, found.item)),
        *sorted(agreements, key=lambda found: (-found.size, found.item)),
        *sorted(unknowns, key=lambda found: (-found.size * found.weight, found.item)),
        *sorted(shown, key=lambda found: (-found.size * found.weight, found.item)),
    )


@dataclass(frozen=True)
class Telling:
    """Puts groups into words. `exact`: whether numbers of people in a group may be told."""

    columns: Columns
    exact: bool

    def side(self, item: Item, group: Group) -> Side:
        level = group.level or Fraction(0)
        return Side(
            group.functions,
            self.columns.title(group.members),
            level,
            group.n if self.exact else None,
            item.levels[half_up(level)].claim,
        )

    def says(self, side: Side, group: Group) -> str:
        """ "The sponsor (one person) says that ...", "On average, practitioners say that ..."."""
        if side.one_person:
            return f"{_singular(side.title)} (one person) {side.claim}"
        unanimous = self.exact and group.squares * group.n == group.total**2
        subject = _plural(side.title)
        claim = f"say{side.claim[4:]}" if side.claim.startswith("says") else side.claim
        return f"{subject} {claim}" if unanimous else f"On average, {_lower(subject)} {claim}"


def _gap(telling: Telling, item: Item, gap: Gap) -> Finding:
    apart, far = telling.side(item, gap.group), telling.side(item, gap.farthest)
    rest = tuple(telling.side(item, group) for group in gap.others if group is not gap.farthest)
    return Finding(
        kind="gap",
        item=item.key,
        weight=weight_of(item.weight),
        sentence=f"{telling.says(apart, gap.group)}. {telling.says(far, gap.farthest)}.",
        size=gap.size,
        sides=(apart, far, *rest),
        functions=apart.functions,
        gap=gap.size,
        others_level=gap.others_level,
        others_one_person=telling.exact and sum(group.n for group in gap.others) == 1,
    )


def _agreement(telling: Telling, item: Item, groups: tuple[Group, ...]) -> Finding | None:
    agreement = r_wg(groups)
    if agreement is None or agreement >= AGREEMENT_LIMIT:
        return None
    sides = tuple(telling.side(item, group) for group in groups if group.level is not None)
    return Finding(
        kind="agreement",
        item=item.key,
        weight=weight_of(item.weight),
        sentence=f"People in the same place see different things when asked: {item.text}",
        size=1 - agreement,
        sides=sides,
        functions=tuple(member for side in sides for member in side.functions),
        r_wg=agreement,
    )


def _dont_know(questionnaire: Questionnaire, sheet: Sheet, *, confidential: bool) -> list[Finding]:
    """One finding per item, counted over the functions in which somebody who should know does not.

    A confidential round counts over all who should know, from three people on, and tells no number: which
    functions it was would point at people.
    """
    found = []
    for column, item in enumerate(sheet.items):
        people = [(row, person.function) for row, person in enumerate(sheet.people)]
        named = {function for row, function in people if sheet.unknown[row, column]}
        should = set(item.should_know) if confidential else named.intersection(item.should_know)
        rows = [row for row, function in people if function in should]
        asked = int(sheet.asked[rows, column].sum())
        unknown = int(sheet.unknown[rows, column].sum())
        if not unknown or (confidential and asked < SMALLEST_GROUP):
            continue
        functions = tuple(key for key in questionnaire.functions if key in should)
        found.append(
            Finding(
                kind="dont_know",
                item=item.key,
                weight=weight_of(item.weight),
                sentence=_dont_know_sentence(
                    item,
                    "" if confidential else f"{unknown} of {asked}",
                    joined_title([questionnaire.functions[key].title for key in functions]),
                ),
                size=Fraction(unknown, asked),
                functions=functions,
                unknown=None if confidential else unknown,
                asked=None if confidential else asked,
            )
        )
    return found


def _dont_know_sentence(item: Item, share: str, who: str) -> str:
    title = (item.dont_know or f"Those who should know do not: {item.text}").rstrip(".")
    return f"{title} ({share}: {_lower(who)})." if share else f"{title}."


def _evidence(telling: Telling, item: Item, claim: EvidenceClaim, counts: Tally) -> Finding | None:
    groups = tuple(group for group in counts.get(item.key, ()) if group.level is not None)
    mean = item_level(groups)
    if mean is None or (claim.level is None and not claim.differs):
        return None
    shown = mean if claim.level is None else Fraction(claim.level)
    far = max(groups, key=lambda group: abs((group.level or Fraction(0)) - shown))
    distance = EVIDENCE_DIFFERS if claim.level is None else abs((far.level or Fraction(0)) - shown)
    if distance < EVIDENCE_DIFFERS:
        return None
    side = telling.side(item, far)
    return Finding(
        kind="evidence",
        item=item.key,
        weight=weight_of(item.weight),
        sentence=f"{telling.says(side, far)}. {claim.sentence}",
        size=distance,
        sides=(side,),
        functions=side.functions,
        evidence=claim.sentence,
    )


def _singular(title: str) -> str:
    return title if " and " in title else f"The {_lower(title)}"


def _plural(title: str) -> str:
    return title if " and " in title or title.endswith("s") else f"{title}s"


def _lower(title: str) -> str:
    """Sentence case inside a sentence; abbreviations such as IT keep their capitals."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
