"""The text of a charter as a reader sees it: sections of blocks, the same on pages and in the PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from charters.content import Content, journey_names, role_names
from charters.criteria import KIND_WORDS, Criterion, Kind, figure
from charters.criteria_text import Part, sentence_parts
from charters.document import CharterText, Seat, read, to_date, to_decimal
from charters.fields import BY_NAME, FUNCTIONS, ORDERS, OUTCOMES, TABLES
from charters.sections import SECTIONS

DayText = Callable[[date], str]
MoneyText = Callable[[Decimal, str], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; `second` is its smaller second line."""

    text: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class CriterionView:
    """A criterion as it reads: number, whether it is a must, the sentence in parts, and its terms below."""

    key: str
    number: int
    must: bool
    kind: str
    parts: tuple[Part, ...]
    terms: str


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a section. `kind`: text (label, text), list, pairs (rows of two), table, criteria."""

    kind: str
    label: str = ""
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    items: tuple[str, ...] = ()
    criteria: tuple[CriterionView, ...] = ()

    @property
    def labeled_rows(self) -> list[list[tuple[str, Cell]]]:
        """The rows with the head of its column beside each cell, for narrow screens."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class View:
    """A section with its blocks; one without any is shown as open in a draft and left out of a revision."""

    key: str
    number: int
    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)


def present(document: Mapping[str, Any], content: Content, *, day: DayText, money: MoneyText) -> list[View]:
    """All sections in their order. `day` and `money` write dates and amounts in the organization's way."""
    text = read(document)
    writer = _Writer(text, content, str(document.get("currency", "")), day, money)
    return [
        View(section.key, number, section.title, tuple(writer.blocks(section.key, section.fields)))
        for number, section in enumerate(SECTIONS, start=1)
    ]


def criterion_views(criteria: Sequence[Criterion], day: DayText) -> tuple[CriterionView, ...]:
    return tuple(
        CriterionView(
            key=criterion.key,
            number=number,
            must=criterion.must,
            kind=KIND_WORDS[criterion.kind],
            parts=sentence_parts(criterion, day),
            terms=_terms(criterion, day),
        )
        for number, criterion in enumerate(criteria, start=1)
    )


def _terms(criterion: Criterion, day: DayText) -> str:
    """The small line below a criterion: what its sentence leaves unsaid, so that nobody signs it unseen."""
    bits = [criterion.name] if criterion.is_question and criterion.name else []
    if criterion.kind is Kind.BUSINESS_FIGURE and criterion.metric_key:
        bits.append(f"Logged as {criterion.metric_key}")
    bits += _data_bits(criterion)
    baseline, method = criterion.baseline.value, criterion.baseline.method
    if baseline is not None:
        bits.append(f"Today {figure(baseline, criterion.unit)}" + (f", by {method}" if method else ""))
    elif method:
        bits.append(f"Today’s figure: {method}")
    if criterion.is_question and criterion.evidence:
        bits.append(f"Proof: {criterion.evidence}")
    person = criterion.answered_by or criterion.measured_by
    due = f" by {day(criterion.by)}" if criterion.by else ""
    if person:
        bits.append(f"{'Answered' if criterion.is_question else 'Measured'} by {person}{due}")
    return ". ".join(bits) + ("." if bits else "")


def _data_bits(criterion: Criterion) -> list[str]:
    """The file with its marks, where a figure comes from, and the data asset behind a file."""
    data, bits = criterion.data, []
    file = f"{data.file} of {data.asset}" if data.file and data.asset else data.name
    marks = [
        *([f"SHA-256 beginning {data.sha256[:12]}"] if data.sha256 else []),
        *([f"MLflow digest {data.digest}"] if data.digest else []),
    ]
    if marks:
        bits.append(", ".join([file or "Evaluation file", *marks]))
    elif criterion.kind is Kind.BUSINESS_FIGURE and data.name != data.source:
        bits.append(f"Counted in {file}")
    if data.source and not (marks and data.name == data.source):
        bits.append(f"From {data.source}")
    if data.file and data.asset and file not in "".join(bits):
        bits.append(f"The file is of {data.asset}")
    return bits


class _Writer:
    """Writes the blocks of one charter."""

    def __init__(
        self, text: CharterText, content: Content, currency: str, day: DayText, money: MoneyText
    ) -> None:
        self.text, self.content, self.currency = text, content, currency
        self.day, self.money = day, money

    def blocks(self, key: str, fields: Sequence[str]) -> list[Block]:
        shown = [name for name in fields if not name.startswith("order_") and name != "title"]
        blocks = [block for name in shown if (block := self._field(name))]
        special = {
            "route": self._clauses,
            "parties": self._seats,
            "team": self._team,
            "deliverables": self._deliverables,
            "data": self._data,
            "criteria": self._criteria,
            "next": self._pathway,
        }
        facts = tuple(row for block in blocks if block.kind == "pairs" for row in block.rows)
        texts = [block for block in blocks if block.kind == "text"]
        merged = [*texts, Block("pairs", rows=facts)] if facts else texts
        return [*merged, *special[key]()] if key in special else merged

    def _field(self, name: str) -> Block | None:
        spec, value = BY_NAME[name], self.text.plain.get(name, "")
        if value in ("", False):
            return None
        if spec.kind == "text":
            return Block("text", spec.label, self._words(name, value))
        return Block("pairs", rows=((Cell(spec.label), Cell(self._words(name, value))),))

    def _words(self, name: str, value: str | bool) -> str:
        spec = BY_NAME[name]
        if value is True:
            return "Yes"
        text = str(value)
        if spec.kind == "date" and (day := to_date(text)):
            return self.day(day)
        if spec.kind == "choice":
            return dict(spec.options).get(text, text)
        if name == "informs_journey":
            return journey_names().get(text, text)
        amount = to_decimal(text)
        if name == "budget_external" and amount is not None:
            return self.money(amount, self.currency)
        return text

    def _clauses(self) -> list[Block]:
        route = self.content.routes.get(self.text.text("route"))
        if route is None:
            return []
        blocks = []
        for clause in route.clauses:
            given = self.text.clauses.get(clause.id, "")
            if given:
                blocks.append(Block("text", clause.label, dict(clause.options).get(given, given)))
        return blocks

    def _seats(self) -> list[Block]:
        order = list(self.content.parties)
        seats = sorted(
            self.text.seats, key=lambda seat: order.index(seat.party) if seat.party in order else len(order)
        )
        if not seats:
            return []
        rows = tuple(self._seat(seat) for seat in seats)
        return [Block("table", head=("Party", "Who", "Table", "Signs"), rows=rows)]

    def _seat(self, seat: Seat) -> tuple[Cell, ...]:
        function = dict(FUNCTIONS).get(seat.function, "")
        party = Cell(self.content.name_of(seat.party), function)
        table = Cell(dict(TABLES).get(seat.table, "–"))
        if not seat.is_filled:
            until = f" until {self.day(seat.filled_until)}" if seat.filled_until else ""
            taker = f" {seat.filled_by} is to take it." if seat.filled_by else ""
            risk = f"{seat.accepted_by} accepts the risk{until}." if seat.accepted_by else ""
            return (
                party,
                Cell("Empty seat", f"{seat.reason}{taker} {risk}".strip()),
                table,
                Cell("–"),
            )
        step = self.content.step_of(seat.party, seat.step)
        order = dict(ORDERS)["in_order"] if self.text.text(f"order_{step}") == "in_order" else ""
        return (party, Cell(seat.name, seat.email), table, Cell(f"Step\u00a0{step}", order))

    def _team(self) -> list[Block]:
        rows = tuple(
            (
                Cell(member.name or "–"),
                Cell(role_names().get(member.role, member.role.replace("_", " ").capitalize())),
                Cell(f"{member.share} %" if member.share is not None else "–"),
            )
            for member in self.text.team
        )
        return [Block("table", head=("Who", "Role", "Share of a week"), rows=rows)] if rows else []

    def _deliverables(self) -> list[Block]:
        rows = tuple(
            (Cell(item.text), Cell(item.kind.capitalize() or "–"), Cell(item.receiver or "–"))
            for item in self.text.deliverables
        )
        return [Block("table", head=("What", "Kind", "Received by"), rows=rows)] if rows else []

    def _data(self) -> list[Block]:
        rows = tuple((Cell(need.name, need.note), Cell(need.purpose or "–")) for need in self.text.data)
        return [Block("table", head=("Data asset", "For"), rows=rows)] if rows else []

    def _criteria(self) -> list[Block]:
        views = criterion_views(self.text.criteria, self.day)
        return [Block("criteria", criteria=views)] if views else []

    def _pathway(self) -> list[Block]:
        rows = []
        for key, label in OUTCOMES:
            step = self.text.pathway.get(key)
            if step is None:
                continue
            when = self.day(step.on) if step.on else "–"
            rows.append(
                (
                    Cell(label, step.condition),
                    Cell(step.action or "–", step.reserved),
                    Cell(step.owner or "–"),
                    Cell(when),
                )
            )
        return [Block("table", head=("If", "Then", "Owner", "By"), rows=tuple(rows))] if rows else []
