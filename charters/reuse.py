"""What of a charter serves the next: a template keeps no person, day or own figure; a copy drops days."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from charters.content import Clause, Content
from charters.criterion_parts import MODEL_PARTS
from charters.fields import BY_NAME, FAMILIES, Record, Value

# Texts and figures that belong to one charter: its name, its money, and those who stand for it.
OWN_FIELDS = frozenset(
    {"title", "budget_external", "internal_weeks", "funded_by", "bearer", "cost_of_wrong", "accepted_share"}
    | {"told_by", "recipients", "owner_after", "informs_journey"}
)
# Parts of a record that a template keeps; a family that is not named here is left out.
KEPT_PARTS: Mapping[str, frozenset[str]] = {
    "seat": frozenset({"function", "table", "step"}),
    "criterion": frozenset(
        {"name", "kind", "must", "metric_key", "comparator", "target", "unit", "tolerance", "slice"}
        | {"question", "evidence"}
        | MODEL_PARTS
    ),
    "team": frozenset({"role", "share"}),
    "deliverable": frozenset({"text", "kind"}),
    "pathway": frozenset({"condition", "action"}),
}
# Kinds of clauses that hold no person and no day.
KEPT_CLAUSES = frozenset({"text", "list", "choice", "weeks"})


def template_fields(fields: Mapping[str, Value], content: Content) -> dict[str, Value]:
    """The fields of a template: texts, choices and the shape of criteria, seats and next steps."""
    clauses = {clause.id: clause for route in content.routes.values() for clause in route.clauses}
    return _kept(fields, lambda name, value: _for_template(name, value, clauses))


def copy_fields(fields: Mapping[str, Value]) -> dict[str, Value]:
    """The fields of a copy: everything but days, which were agreed for another time."""
    return _kept(fields, _without_days)


def _kept(fields: Mapping[str, Value], keep: Callable[[str, Value], Value]) -> dict[str, Value]:
    return {name: kept for name, value in fields.items() if (kept := keep(name, value))}


def _for_template(name: str, value: Value, clauses: Mapping[str, Clause]) -> Value:
    if name in BY_NAME:
        return "" if name in OWN_FIELDS or BY_NAME[name].kind == "date" else value
    family, _, key = name.partition(".")
    if family == "clause":
        clause = clauses.get(key)
        return value if clause and clause.kind in KEPT_CLAUSES else {}
    parts = KEPT_PARTS.get(family)
    return _parts(value, parts) if parts and isinstance(value, dict) else {}


def _parts(value: Record, parts: frozenset[str]) -> Record:
    return {part: text for part, text in value.items() if part in parts}


def _without_days(name: str, value: Value) -> Value:
    if name in BY_NAME:
        return "" if BY_NAME[name].kind == "date" else value
    family = name.partition(".")[0]
    days = {spec.name for spec in FAMILIES[family].parts if spec.kind == "date"}
    if not isinstance(value, dict):
        return value
    return {part: text for part, text in value.items() if part not in days}
