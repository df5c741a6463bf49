"""What happened to a charter, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from charters.content import content
from charters.diff import Difference, Effect
from charters.document import to_date, to_decimal
from charters.fields import BY_NAME, FAMILIES, Spec
from charters.models import Charter, Revision, SignoffEvent
from charters.word_diff import ADDED, KEPT, REMOVED, Piece
from charters.word_diff import pieces as word_pieces
from ui import formats
from ui.words import counted, sentence

EVENT_WORDS = {
    "frozen": "Revision {number} was frozen",
    "sent": "Revision {number} was sent for signature",
    "reminded": "{person} was reminded",
    "signed": "{person} signed revision {number}",
    "declined": "{person} declined revision {number}",
    "in_force": "Revision {number} came into force",
    "withdrawn": "Revision {number} was withdrawn",
    "superseded": "Revision {number} was superseded",
    "changes_requested": "{person} asked for changes of revision {number}",
    "limits_refused": "{person} finds a limit of revision {number} not acceptable",
    "delegated": "{person}: who signs in this place was changed",
    "change_opened": "A change of revision {number} was requested",
    "change_dropped": "The change of revision {number} was dropped",
    "sealed": "The sign-off sheet of revision {number} was sealed",
    "cancelled": "Revision {number} was cancelled",
    "decided": "{person} decided on revision {number}",
}
# What stays the same between two changes of a long text is shown this far on either side.
BESIDE = 60
# Their sentences name the person already, or nobody did it.
BY_THEMSELVES = ("signed", "declined", "in_force", "changes_requested", "limits_refused", "decided", "sealed")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: when, a sentence, who did it, what was written, and its number in the audit chain."""

    at: Any
    sentence: str
    by: str
    words: str
    number: int


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One changed field as a table row: its texts, and both in one word by word."""

    what: str
    was: str
    now: str
    effect: str
    pieces: tuple[Piece, ...]


def revisions_of(charter: Charter) -> list[Revision]:
    """Revisions from the first on, with the number of signatures each has."""
    rows = Revision.objects.filter(charter=charter).select_related("frozen_by")
    return list(rows.annotate(signed=Count("rounds__signatures")).order_by("number"))


def history_of(charter: Charter) -> list[Happening]:
    """All events, latest first."""
    rows = SignoffEvent.objects.filter(charter=charter).select_related("revision", "signatory", "by", "audit")
    return [
        Happening(
            at=row.at,
            sentence=EVENT_WORDS[row.kind].format(
                number=row.revision.number, person=str(row.signatory) if row.signatory else "Somebody"
            ),
            by=row.by.get_full_name() if row.by and row.kind not in BY_THEMSELVES else "",
            words=row.words,
            number=row.audit.number,
        )
        for row in rows.order_by("-at", "-audit__number")
    ]


def changes_in_words(difference: Difference, before: Mapping[str, Any]) -> list[ChangeRow]:
    """Each change with the label of its field; the effect on a criterion stands with its first change."""
    effects: dict[str, list[str]] = {}
    for item in difference.effects:
        effects.setdefault(f"criterion.{item.key}", []).append(_effect_word(item.effect))
    rows = []
    for change in difference.changes:
        owner = ".".join(change.field.split(".")[:2])
        if change.field.startswith("data.") and change.field.endswith(".asset"):
            continue  # an id; the name of the asset changes with it
        effect = ", ".join(effects.pop(owner, []))
        spec = _spec(change.field)
        was, now = _words(change.was, spec), _words(change.now, spec)
        rows.append(ChangeRow(label_of(change.field, before), was, now, effect, _pieces(was, now, spec)))
    return rows


def _pieces(was: str, now: str, spec: Spec | None) -> tuple[Piece, ...]:
    """Texts word by word; figures, days and choices as a whole, since half a date says nothing."""
    if spec is not None and spec.kind in ("text", "line"):
        return tuple(_shortened(piece) for piece in word_pieces(was, now))
    whole = (Piece(REMOVED, was), Piece(ADDED, now))
    return tuple(piece for piece in whole if piece.text)


def _shortened(piece: Piece) -> Piece:
    if piece.kind != KEPT or len(piece.text) <= 2 * BESIDE + 20:
        return piece
    return Piece(KEPT, f"{piece.text[:BESIDE]} … {piece.text[-BESIDE:]}")


def moved_words(count: int) -> str:
    """How often the criteria moved since the first signature, as a sentence."""
    if not count:
        return "No criterion has changed since the first signature."
    changes = counted(count, "change of a criterion", "changes of criteria")
    return f"{sentence(changes)} since the first signature, counted step by step."


def _effect_word(effect: Effect) -> str:
    return {Effect.REDEFINED: "measured otherwise"}.get(effect, str(effect))


def label_of(name: str, document: Mapping[str, Any]) -> str:
    """The label of a flat field, such as "Criterion: Recall, target"."""
    if name in BY_NAME:
        return BY_NAME[name].label
    family, _, rest = name.partition(".")
    key, _, part = rest.rpartition(".")
    spec = next((item for item in FAMILIES[family].parts if item.name == part), None)
    if family == "clause":
        return _clause_label(key)
    if family == "seat":
        party = content().parties.get(key.partition(".")[0])
        return f"{party.name if party else key}: {spec.label.lower() if spec else part}"
    record = document.get(family, {}).get(key, {})
    who = record.get("name") or record.get("text") or key
    return f"{FAMILIES[family].label} “{who}”: {spec.label.lower() if spec else part}"


def _clause_label(key: str) -> str:
    for route in content().routes.values():
        for clause in route.clauses:
            if clause.id == key:
                return clause.label
    return key


def _spec(name: str) -> Spec | None:
    """The spec of a flat field; None for none that is known."""
    if name in BY_NAME:
        return BY_NAME[name]
    family, _, rest = name.partition(".")
    part = rest.rpartition(".")[2]
    return next((spec for spec in FAMILIES[family].parts if spec.name == part), None)


def _words(value: str | bool | None, spec: Spec | None) -> str:
    """A value as people read it; empty for one that is not there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    kind = spec.kind if spec else ""
    day, amount = to_date(value), to_decimal(value)
    if kind == "date" and day is not None:
        return formats.day(day)
    if kind == "number" and amount is not None:
        return formats.number(amount, max(0, -int(amount.normalize().as_tuple().exponent)))
    if kind == "choice" and spec is not None:
        return dict(spec.options).get(value, value)
    return value
