"""Which rows the writing form of a section has, for the charter at hand."""

from __future__ import annotations

from dataclasses import replace

from charters.content import content, role_names
from charters.document import natural, read
from charters.fields import BY_NAME, FAMILIES, OUTCOMES, Spec, Value
from charters.forms import Row, asset_options, clause_spec, family_rows
from charters.models import Charter
from charters.queries import draft_document, required_seats
from charters.sections import Section

EMPTY_PARTS = frozenset({"reason", "filled_by", "filled_until", "accepted_by"})


def rows_of(charter: Charter, section: Section, values: dict[str, Value]) -> list[Row]:
    """The rows of a section's form: single fields first, then a row for each record."""
    rows = [Row("", parts=tuple(BY_NAME[name] for name in section.fields))] if section.fields else []
    for family in section.families:
        rows += _FAMILY_ROWS[family](charter, values)
    return rows


def _clauses(charter: Charter, values: dict[str, Value]) -> list[Row]:
    route = content().routes.get(str(values.get("route", "")))
    return [
        Row(f"clause.{clause.id}", parts=(clause_spec(clause),))
        for clause in (route.clauses if route else ())
    ]


def _seats(charter: Charter, values: dict[str, Value]) -> list[Row]:
    """Required seats open and first, seats that are taken next, the rest folded."""
    document = draft_document(charter)
    required = set(required_seats(charter, read(document), document))
    held = [name.partition(".")[2] for name, value in values.items() if name.startswith("seat.") and value]
    rows: list[Row] = []
    for party in content().parties.values():
        keys = sorted({party.id, *(key for key in held if key.partition(".")[0] == party.id)}, key=natural)
        rows += [_seat(key, party.id in required, key in held) for key in keys]
    return sorted(rows, key=lambda row: not row.open)


def _seat(key: str, is_required: bool, is_held: bool) -> Row:
    party = content().parties[key.partition(".")[0]]
    parts = tuple(
        replace(part, help=f"Step {party.step} unless you choose another.") if part.name == "step" else part
        for part in FAMILIES["seat"].parts
    )
    title = party.name if is_required else f"{party.name} (not required here)"
    return Row(
        f"seat.{key}",
        title,
        f"{party.sentence} Ask: “{party.asks}”",
        parts,
        is_required or is_held,
        EMPTY_PARTS,
    )


def _data(charter: Charter, values: dict[str, Value]) -> list[Row]:
    options = asset_options(charter.organization)
    rows = family_rows("data", values, blank=1, noun="Data need")
    return [
        replace(
            row,
            parts=tuple(
                replace(part, kind="choice", options=options, help="From the register; or name it below.")
                if part.name == "asset"
                else part
                for part in row.parts
            ),
        )
        for row in rows
    ]


def _team(charter: Charter, values: dict[str, Value]) -> list[Row]:
    """The seven roles by name; one that somebody wrote in words of their own can be kept."""
    rows = family_rows("team", values, blank=2, noun="Person")
    return [
        replace(row, parts=tuple(_role(part, values.get(row.name)) for part in row.parts)) for row in rows
    ]


def _role(part: Spec, held: Value | None) -> Spec:
    if part.name != "role":
        return part
    own = str(held.get("role", "")) if isinstance(held, dict) else ""
    names = role_names() | ({own: own} if own and own not in role_names() else {})
    return replace(part, kind="choice", options=tuple(names.items()))


def _pathway(charter: Charter, values: dict[str, Value]) -> list[Row]:
    return [Row(f"pathway.{key}", label, parts=FAMILIES["pathway"].parts) for key, label in OUTCOMES]


_FAMILY_ROWS = {
    "clause": _clauses,
    "seat": _seats,
    "team": _team,
    "deliverable": lambda charter, values: family_rows("deliverable", values, blank=1, noun="Deliverable"),
    "data": _data,
    "pathway": _pathway,
}
