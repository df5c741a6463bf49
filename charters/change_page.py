"""What the page of a change request shows: its effect on criteria, time, cost and people, then every word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from charters.change_rules import missing_roles
from charters.content import content
from charters.criteria import Criterion
from charters.criteria_text import sentence_parts
from charters.diff import Difference, Effect, compare
from charters.document import read
from charters.history import changes_in_words
from charters.models import ChangeRequest, Charter
from charters.queries import criteria_changes_until, document_of, draft_document
from charters.shown import STATE_KINDS, state_word
from charters.signoff import State
from charters.word_diff import Piece
from charters.word_diff import pieces as word_pieces
from ui import formats
from ui.words import counted, in_words, listed, plural, sentence

EFFECT_WORDS = {
    Effect.ADDED: "Added",
    Effect.DROPPED: "Dropped",
    Effect.LOOSENED: "Loosened",
    Effect.TIGHTENED: "Tightened",
    Effect.REDEFINED: "Measured otherwise",
}
CHANGE_KINDS = {"open": "open", "in_force": "good", "dropped": "neutral"}


@dataclass(frozen=True, slots=True)
class CriterionChange:
    """One criterion before and after, as it reads, and both in one word by word."""

    effects: str
    was: str
    now: str
    pieces: tuple[Piece, ...]


def text_of(change: ChangeRequest, charter: Charter) -> tuple[dict[str, Any], str]:
    """The text that the change asks for, and what it is: the draft, or a frozen revision."""
    if change.state == ChangeRequest.State.OPEN and charter.is_draft:
        return draft_document(charter), f"the draft of revision {charter.next_number}"
    if change.revision is not None:
        return document_of(change.revision), f"revision {change.revision.number}"
    return document_of(change.base), "a text that was never frozen"


def change_context(change: ChangeRequest, charter: Charter) -> dict[str, Any]:
    """Everything on the page of one change request."""
    before = document_of(change.base)
    after, what = text_of(change, charter)
    difference = compare(before, after)
    return {
        "change": change,
        "charter": charter,
        "base": change.base,
        "what": what,
        "title": finding(change, difference),
        "facts": _facts(change, difference, charter),
        "criteria": criterion_changes(difference, before, after),
        "people": people_rows(difference),
        "rows": changes_in_words(difference, before),
        "missing": _missing(before, after),
        "roles": [seat["role"] for step in before["sign_off"] for seat in step["seats"]],
        "in_all": criteria_changes_until(charter, after),
    }


def finding(change: ChangeRequest, difference: Difference) -> str:
    """The title: what the change does, the criteria first."""
    moved = [
        (difference.count(effect), word)
        for effect, word in (
            (Effect.LOOSENED, "loosened"),
            (Effect.TIGHTENED, "tightened"),
            (Effect.ADDED, "added"),
            (Effect.DROPPED, "dropped"),
            (Effect.REDEFINED, "measured otherwise"),
        )
        if difference.count(effect)
    ]
    if moved:
        (first, word), *others = moved
        bits = [f"{counted(first, 'criterion', 'criteria')} {word}"]
        bits += [f"{in_words(count)} {word}" for count, word in others]
        return f"Change {change.number}: {listed(bits)}"
    if difference.changes:
        fields = counted(len(difference.changes), "field changes", "fields change")
        return f"Change {change.number}: {fields}, no criterion"
    return f"Change {change.number}: nothing written yet"


def _facts(change: ChangeRequest, difference: Difference, charter: Charter) -> list[dict[str, str]]:
    state = {"term": "Change request", "value": change.get_state_display()}
    state["state"] = CHANGE_KINDS[change.state]
    if change.state == ChangeRequest.State.OPEN:
        state["value"] = f"Open, {state_word(charter.state).lower()}"
        state["state"] = STATE_KINDS.get(State(charter.state), "open")
    currency = charter.organization.currency
    return [
        state,
        {"term": "Time box", "value": _weeks(difference.weeks)},
        {"term": "External spend", "value": _money(difference.external, currency)},
        {"term": "Own effort", "value": _effort(difference.person_weeks)},
        {"term": "People", "value": _people(difference)},
    ]


def _weeks(weeks: int) -> str:
    return f"{formats.signed(weeks)} {'week' if abs(weeks) == 1 else 'weeks'}" if weeks else "As before"


def _money(amount: Decimal, currency: str) -> str:
    if not amount:
        return "As before"
    return f"{'+' if amount > 0 else '−'}{formats.money(abs(amount), currency)}"


def _effort(weeks: Decimal) -> str:
    if not weeks:
        return "As before"
    sign = "+" if weeks > 0 else "−"
    return f"{sign}{formats.number(abs(weeks), 0 if weeks % 1 == 0 else 1)} person-weeks"


def _people(difference: Difference) -> str:
    count = len(people_rows(difference))
    return sentence(plural(count, "change", "changes")) if count else "As before"


def people_rows(difference: Difference) -> list[tuple[str, str]]:
    """Who joins, leaves, has another share, or takes a seat, as (name, sentence)."""
    rows = [(change.name, _share(change.was, change.now)) for change in difference.people]
    for seat in difference.seats:
        party = content().name_of(seat.party.partition(".")[0])
        if seat.was and seat.now:
            rows.append((seat.now, f"takes the seat {party} from {seat.was}"))
        elif seat.now:
            rows.append((seat.now, f"joins the table: {party}"))
        else:
            rows.append((seat.was, f"leaves the table: {party}"))
    return rows


def _share(was: int | None, now: int | None) -> str:
    if was is None:
        return f"joins the team with {now} % of a week"
    if now is None:
        return f"leaves the team, was in it with {was} %"
    return f"{now} % of a week instead of {was} %"


def criterion_changes(
    difference: Difference, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[CriterionChange]:
    """Each criterion that the change touches, with its sentence then and now."""
    old = {item.key: _sentence(item) for item in read(before).criteria}
    new = {item.key: _sentence(item) for item in read(after).criteria}
    effects: dict[str, list[str]] = {}
    for item in difference.effects:
        effects.setdefault(item.key, []).append(EFFECT_WORDS[item.effect])
    return [
        CriterionChange(
            effects=" and ".join([words[0], *(word.lower() for word in words[1:])]),
            was=old.get(key, ""),
            now=new.get(key, ""),
            pieces=word_pieces(old.get(key, ""), new.get(key, "")),
        )
        for key, words in effects.items()
    ]


def _sentence(criterion: Criterion) -> str:
    must = "Must" if criterion.must else "Should"
    return f"{must}: {''.join(part.text for part in sentence_parts(criterion, formats.day))}"


def _missing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    planned = after.get("sign_off")
    if planned is None:
        seats = [
            {"seat": seat.key, "role": content().name_of(seat.party)}
            for seat in read(after).seats
            if seat.is_filled
        ]
        planned = [{"seats": seats}]
    return missing_roles(before["sign_off"], planned)
