"""The parts of a questionnaire as values, and how each is read from one entry of a content file.

`docs/content.md` shows the same fields as a table for people who write questionnaires.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assessment.content_yaml import Fields

KINDS = ("maturity", "single_choice", "multiple_choice", "number", "matrix", "text")
LEVELS = 5
HIGHEST_WEIGHT = 100.0

WORD = re.compile(r"[a-z][a-z0-9_]*")
_DIMENSION = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
ITEM_KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Function:
    """The hat one answers with."""

    key: str
    title: str
    description: str


@dataclass(frozen=True)
class Level:
    """`text` is what a respondent chooses; "The sponsor " + `claim` is the same statement in a finding."""

    text: str
    claim: str


@dataclass(frozen=True)
class Condition:
    """The item that carries it is hidden from a person who put `item` below `at_least`."""

    item: str
    at_least: int


@dataclass(frozen=True)
class Option:
    """A choice, or a row or column of a matrix (a matrix has its columns in `Item.options`)."""

    key: str
    text: str


@dataclass(frozen=True)
class Item:
    key: str
    pillar: str
    dimension: str
    kind: str
    text: str
    help: str
    why: str
    functions: tuple[str, ...]
    weight: float
    levels: tuple[Level, ...] = ()
    allows_not_applicable: bool = False
    visible_if: Condition | None = None
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    read_by: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    should_know: tuple[str, ...] = ()
    dont_know: str = ""
    was: str = ""

    @property
    def words(self) -> int:
        """Words that a respondent reads: question, help and all that can be chosen."""
        choices = [level.text for level in self.levels]
        choices += [option.text for option in (*self.options, *self.rows)]
        return sum(len(text.split()) for text in (self.text, self.help, *choices))


@dataclass(frozen=True)
class Dimension:
    key: str
    code: str
    title: str
    description: str
    pillar: str
    items: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Pillar:
    key: str
    title: str
    intro: str
    dimensions: tuple[str, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """What must hold for a pillar to be in a phase: an item at a level or higher."""

    pillar: str
    phase: int
    item: str
    level: int
    weight: float = 1.0
    title: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        return f"{self.item}:{self.level}"


@dataclass(frozen=True)
class Term:
    term: str
    meaning: str


@dataclass(frozen=True)
class Notice:
    """The first page of a questionnaire: who will see what."""

    title: str
    lede: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    phase: int
    title: str
    description: str
    sources: tuple[str, ...] = ()


def read_function(fields: Fields) -> Function:
    function = Function(
        key=fields.key("key", WORD, "data_owner"),
        title=fields.text("title", limit=60),
        description=fields.text("description"),
    )
    fields.finish()
    return function


def read_term(fields: Fields) -> Term:
    term = Term(fields.text("term", limit=80), fields.text("meaning"))
    fields.finish()
    return term


def read_phase(fields: Fields) -> Phase:
    phase = Phase(
        phase=fields.integer("phase", low=1, high=9),
        title=fields.text("title", limit=80),
        description=fields.text("description"),
        sources=fields.strings("sources", required=False),
    )
    fields.finish()
    return phase


def read_notices(top: Fields) -> dict[str, Notice]:
    both = top.entry("notices")
    notices: dict[str, Notice] = {}
    for kind in ("named", "confidential") if both else ():
        fields = both.entry(kind) if both else None
        if fields:
            notices[kind] = Notice(
                fields.text("title", limit=120), fields.text("lede"), fields.strings("lines")
            )
            fields.finish()
    if both:
        both.finish()
    return notices


def read_pillar(fields: Fields) -> tuple[Pillar, list[Dimension]]:
    key = fields.key("key", WORD, "strategy")
    dimensions = [
        replace(dimension, pillar=key) for dimension in fields.each("dimensions", _dimension, most=40)
    ]
    pillar = Pillar(
        key=key,
        title=fields.text("title", limit=80),
        intro=fields.text("intro"),
        dimensions=tuple(dimension.key for dimension in dimensions),
        sources=fields.strings("sources", required=False),
    )
    fields.finish()
    return pillar, dimensions


def _dimension(fields: Fields) -> Dimension:
    dimension = Dimension(
        key=fields.key("key", _DIMENSION, "strategy.portfolio"),
        code=fields.text("code", limit=3),
        title=fields.text("title", limit=80),
        description=fields.text("description"),
        pillar="",
        items=(),
        weight=fields.number("weight", low=0, high=HIGHEST_WEIGHT, default=1),
    )
    fields.finish()
    return dimension


def read_item(fields: Fields) -> Item:
    key = fields.key("key", ITEM_KEY, "strategy.portfolio.size_of_bets")
    dimension = key.rpartition(".")[0]
    has_bounds = fields.has("minimum") or fields.has("maximum")
    item = Item(
        key=key,
        pillar=dimension.partition(".")[0],
        dimension=dimension,
        kind=fields.choice("kind", KINDS),
        text=fields.text("text", limit=300),
        help=fields.text("help", required=False),
        why=fields.text("why", required=False),
        functions=fields.strings("functions"),
        weight=fields.number("weight", low=0, high=HIGHEST_WEIGHT, default=0),
        levels=tuple(fields.each("levels", _level, required=False, most=40)),
        allows_not_applicable=fields.flag("allows_not_applicable"),
        visible_if=_condition(fields),
        options=tuple(fields.each("options", _option, required=False, most=40)),
        rows=tuple(fields.each("rows", _option, required=False, most=40)),
        unit=fields.text("unit", limit=40, required=False),
        minimum=fields.number("minimum", low=-1e12, high=1e12) if has_bounds else None,
        maximum=fields.number("maximum", low=-1e12, high=1e12) if has_bounds else None,
        read_by=fields.strings("read_by", required=False),
        sources=fields.strings("sources", required=False),
        should_know=fields.strings("should_know", required=False),
        dont_know=fields.text("dont_know", limit=200, required=False),
        was=fields.text("was", limit=120, required=False),
    )
    fields.known |= {"minimum", "maximum"}
    fields.finish()
    return item


def _level(fields: Fields) -> Level:
    level = Level(fields.text("text", limit=200), fields.text("claim", limit=300))
    fields.finish()
    return level


def _option(fields: Fields) -> Option:
    option = Option(fields.key("key", WORD, "vendor"), fields.text("text", limit=200))
    fields.finish()
    return option


def _condition(item: Fields) -> Condition | None:
    fields = item.entry("visible_if", required=False)
    if fields is None:
        return None
    condition = Condition(fields.text("item", limit=120), fields.integer("at_least", low=1, high=LEVELS - 1))
    fields.finish()
    return condition


def read_gate(fields: Fields) -> Gate:
    item = fields.text("item", limit=120)
    gate = Gate(
        pillar=item.partition(".")[0],
        phase=fields.integer("phase", low=2, high=9),
        item=item,
        level=fields.integer("level", low=1, high=LEVELS - 1),
        weight=fields.number("weight", low=0, high=HIGHEST_WEIGHT, default=1),
        title=fields.text("title", limit=200),
        why=fields.text("why", required=False),
    )
    fields.finish()
    return gate
