"""The fields of a charter: what each holds, where it stands in the form, and how a typed text is checked.

A field has a flat name. Single fields are named as in `FIELDS`; members of a family are named
``family.key`` (``criterion.c1``, ``seat.legal``, ``clause.vendor_expertise``) and hold a record of texts.
Every value is a text, a truth value or a record of these, so that one canonical form exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from charters.canonical import decimal_text
from charters.criterion_parts import of_kind, why_refused

Scalar = str | bool
Record = dict[str, Scalar]
Value = str | bool | Record

MAX_TEXT = 5000
MAX_LINE = 300
_KEY = re.compile(r"[a-z0-9_]{1,40}(\.[0-9]{1,2})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class FieldError(ValueError):
    """A typed value that a field cannot hold; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One field: its label, its kind (a key of the cleaners below, or yes), a help text and its options."""

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Fields that come in any number, each a record of the same parts."""

    name: str
    label: str
    parts: tuple[Spec, ...]
    most: int = 40


ROUTES = (("vendor", "Vendor"), ("internal", "Internal"), ("collaborative", "Collaborative"))
RISK_CLASSES = (
    ("minimal", "Minimal"),
    ("limited", "Limited"),
    ("high", "High"),
    ("prohibited", "Prohibited"),
)
OUTCOMES = (("scale", "Scale"), ("iterate", "Iterate"), ("stop", "Stop"))
KINDS = (
    ("tracked_metric", "Model metric"),
    ("business_figure", "Business figure"),
    ("learning_question", "Learning question"),
    ("guard_rail", "Guard rail"),
)
COMPARATORS = (
    ("at_least", "at least"),
    ("at_most", "at most"),
    ("more_than", "more than"),
    ("less_than", "less than"),
    ("equals", "equal to"),
)
DELIVERABLE_KINDS = tuple(
    (kind, kind.capitalize()) for kind in ("code", "software", "data", "model", "note", "training", "report")
)
FUNCTIONS = (
    ("sponsor", "Sponsor"),
    ("business_lead", "Business lead"),
    ("data_owner", "Data owner"),
    ("technical_lead", "Technical lead"),
    ("practitioner", "Practitioner"),
    ("legal_security", "Legal and security"),
    ("people_finance", "People and finance"),
    ("outside", "From outside"),
)
TABLES = (("steering", "Steering"), ("working", "Working"), ("informed", "Informed"))
STEPS = (("1", "First"), ("2", "Second"), ("3", "Third"))
ORDERS = (("parallel", "All at once"), ("in_order", "One after the other"))
WEEKDAYS = tuple((day.lower(), day) for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))

FIELDS: tuple[Spec, ...] = (
    Spec("title", "Title", "line"),
    Spec("problem", "Problem", help="What hurts today, whom, and how much."),
    Spec("why_ml", "Why ML", help="What has been tried without ML, and what it misses."),
    Spec("intended_use", "What the answers are for", help="Reads on: “It will …”."),
    Spec("users", "Who works with the answers", "line"),
    Spec("excluded_use", "What the answers must not be used for", help="Reads on: “It will not …”."),
    Spec(
        "route",
        "Route",
        "choice",
        help="Its clauses appear below and are settled before signing. Another route keeps what was typed.",
        options=ROUTES,
    ),
    Spec("time_start", "First day", "date"),
    Spec("time_end", "Last day", "date", help="With the week of the decision."),
    Spec("decision_on", "Decision by", "date"),
    Spec("budget_external", "External spend", "number", help="In the organization’s currency, high end."),
    Spec("internal_weeks", "Own effort in person-weeks", "number"),
    Spec("funded_by", "Released by", "line", help="Who releases the money and from where."),
    Spec("funded_until", "Released until", "date"),
    Spec("data_until", "Data may be used until", "date"),
    Spec("data_leaves", "Data leaves its system of record, or a cloud service takes part", "yes"),
    Spec("fallback", "Fallback", help="What people or the system do when an answer is missing or wrong."),
    Spec(
        "changing_data", "When the data changes", help="Which changes are expected and how one would notice."
    ),
    Spec("known_failures", "Cases in which it will probably fail"),
    Spec("cost_of_wrong", "What one wrong answer costs", "line"),
    Spec("bearer", "Who bears that cost", "line"),
    Spec("accepted_share", "Share of wrong answers that is accepted", "line"),
    Spec(
        "explanation", "What users are told about an answer", help="Reasons, how sure it is, when it fails."
    ),
    Spec("single_answers", "People act on single answers", "yes"),
    Spec("users_see", "Users see answers during the POC", "yes"),
    Spec("deployment_in_scope", "Deployment is in scope", "yes"),
    Spec("to_production", "The scale step leads to production", "yes"),
    Spec("deployment", "Deployment and stack", help="Where it would run and with which tools."),
    Spec("integration", "Integration", help="Which of today’s systems it meets."),
    Spec(
        "risk_class",
        "Risk class",
        "choice",
        help="Prohibited: for instance social scoring, or reading emotions at work; it must not be built. "
        "High: it bears on work, credit, schooling, health, safety or basic services of people. "
        "Limited: people talk with it or see what it made, and must be told. Minimal: everything else.",
        options=RISK_CLASSES,
    ),
    Spec("risk_scheme", "By which scheme", "line", help="EU AI Act, or the organization’s own."),
    Spec("risk_reason", "Why this class"),
    Spec(
        "impact",
        "Impact on people",
        help="Who is better or worse off by an answer, and how one would notice.",
    ),
    Spec("human_oversight", "Human oversight", help="Who can strike, change or stop an answer."),
    Spec("human_cases", "Cases in which a person has the last word"),
    Spec("work_changes", "Steps of people’s work that change"),
    Spec("told_by", "Who has told those concerned", "line"),
    Spec("told_on", "Told on", "date"),
    Spec("update_day", "Weekly update on", "choice", options=WEEKDAYS),
    Spec("recipients", "To whom", "line"),
    Spec("reply_days", "Working days to an answer", "whole"),
    Spec(
        "informs_journey",
        "What the result will inform",
        help="An item of the questionnaire or an initiative.",
    ),
    Spec("owner_after", "Owner after the POC", "line"),
    Spec("switch_off_on", "Switched off on, if nobody takes it", "date"),
    Spec("order_1", "Those of the first step sign", "choice", options=ORDERS),
    Spec("order_2", "Those of the second step sign", "choice", options=ORDERS),
    Spec("order_3", "Those of the third step sign", "choice", options=ORDERS),
)

_CRITERION = (
    Spec("name", "Name", "line", help="What is measured, in the words of the business."),
    Spec("kind", "Kind", "choice", options=KINDS),
    Spec("must", "A must", "yes"),
    Spec("metric_key", "Metric key", "line", help="The name under which the figure is logged."),
    Spec("comparator", "Comparison", "choice", options=COMPARATORS),
    Spec("target", "Target", "number"),
    Spec("unit", "Unit", "line", help="fraction (0 to 1), percent, count, ms, hours, currency, none …"),
    Spec("tolerance", "Tolerance", "number", help="With “equal to” only."),
    Spec("baseline", "Figure of today", "number"),
    Spec("baseline_method", "How today’s figure was measured", "line"),
    Spec("asset", "Data asset", "line"),
    Spec("file", "Evaluation file", "line"),
    Spec("sha256", "SHA-256 of the file", "sha256"),
    Spec("digest", "MLflow digest", "line"),
    Spec("source", "Other source", "line", help="For figures that a system of the business holds."),
    Spec("slice", "Slice", "line", help="For instance: plant = Bergen. Empty: all cases."),
    Spec("truth_column", "Column with the truth", "line", help="Empty: who has it measured chooses."),
    Spec("positive_class", "Positive class", "line", help="Which answer counts as yes, such as 1 or late."),
    Spec("threshold", "Threshold", "number", help="From which chance on it is yes. For two classes only."),
    Spec("own_answers", "The model’s own answers count, without a threshold", "yes"),
    Spec("measured_by", "Who measures", "line"),
    Spec("by", "By", "date"),
    Spec("question", "Question", "text"),
    Spec("answered_by", "Who writes the answer", "line"),
    Spec("evidence", "What would prove the answer", "line"),
)
_SEAT = (
    Spec("name", "Name", "line"),
    Spec("email", "E-mail address", "address"),
    Spec("function", "Function", "choice", options=FUNCTIONS),
    Spec("table", "Table", "choice", options=TABLES),
    Spec("step", "Signs in step", "choice", options=STEPS),
    Spec("reason", "Why the seat is empty", "line"),
    Spec("filled_by", "Who will take it", "line"),
    Spec("filled_until", "By when", "date"),
    Spec("accepted_by", "Who accepts the risk", "line"),
)

_FAMILIES = (
    Family("clause", "Clause of the route", (Spec("text", "Text", "text"),)),
    Family("seat", "Seat at the table", _SEAT),
    Family("criterion", "Success criterion", _CRITERION),
    Family(
        "team",
        "Team member",
        (Spec("role", "Role", "line"), Spec("name", "Name", "line"), Spec("share", "Share, %", "whole")),
    ),
    Family(
        "deliverable",
        "Deliverable",
        (
            Spec("text", "What", "line"),
            Spec("kind", "Kind", "choice", options=DELIVERABLE_KINDS),
            Spec("receiver", "Who receives it", "line"),
        ),
    ),
    Family(
        "data",
        "Data need",
        (
            Spec("asset", "Asset", "line"),
            Spec("name", "Name", "line"),
            Spec("purpose", "For", "line"),
            Spec("note", "Note", "line"),
        ),
    ),
    Family(
        "pathway",
        "Next step",
        (
            Spec("condition", "If", "text"),
            Spec("action", "Then", "text"),
            Spec("owner", "Owner", "line"),
            Spec("on", "By", "date"),
            Spec("reserved", "Money and people kept for it", "line"),
        ),
        most=3,
    ),
)
BY_NAME: Mapping[str, Spec] = {spec.name: spec for spec in FIELDS}
FAMILIES: Mapping[str, Family] = {family.name: family for family in _FAMILIES}
# No record may stand where no page shows it.
_FIXED_KEYS: Mapping[str, frozenset[str]] = {"pathway": frozenset(key for key, _ in OUTCOMES)}


def family_of(name: str) -> Family | None:
    """The family of a flat name, None for a single field. Raises `FieldError` for a name that is no field."""
    if name in BY_NAME:
        return None
    prefix, _, key = name.partition(".")
    fixed = _FIXED_KEYS.get(prefix)
    if prefix not in FAMILIES or not _KEY.fullmatch(key) or (fixed and key not in fixed):
        raise FieldError(f"{name[:80]} is not a field of a charter.")
    return FAMILIES[prefix]


def clean(name: str, value: object) -> Value:
    """The value as it is stored, or `FieldError` with what is allowed. An empty record means: not there."""
    family = family_of(name)
    if family is None:
        return clean_scalar(BY_NAME[name], value)
    if family.name == "clause" and isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, Mapping):
        raise FieldError(f"{family.label}: a record of {', '.join(part.name for part in family.parts)}.")
    known = {part.name: part for part in family.parts}
    unknown = sorted(str(key)[:40] for key in value if key not in known)
    if unknown:
        raise FieldError(f"{family.label} has no {', '.join(unknown)}.")
    record = {part: clean_scalar(known[part], given) for part, given in value.items()}
    kept = {part: text for part, text in record.items() if text not in ("", False)}
    if family.name == "criterion":
        kept = of_kind(kept)
        if refused := why_refused(kept):
            raise FieldError(refused)
    return kept


def clean_scalar(spec: Spec, value: object) -> Scalar:
    """One typed value of a spec's kind. Blank texts are "", numbers plain decimal texts, days ISO days."""
    if spec.kind == "yes":
        if isinstance(value, bool):
            return value
        if value in ("", "on", "yes", "no", "true", "false", None):
            return value in ("on", "yes", "true")
        raise FieldError(f"{spec.label}: yes or no.")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
        raise FieldError(f"{spec.label}: a text.")
    text = str(value).replace("\r\n", "\n").strip()
    if _UNWRITABLE.search(text):
        raise FieldError(f"{spec.label}: a character that cannot be written.")
    return _CLEANERS.get(spec.kind, _line)(spec, text) if text else ""


def _line(spec: Spec, text: str) -> str:
    if len(text) > MAX_LINE:
        raise FieldError(f"{spec.label}: at most {MAX_LINE} characters.")
    return " ".join(text.split())


def _long(spec: Spec, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise FieldError(f"{spec.label}: at most {MAX_TEXT} characters.")
    return text


def _date(spec: Spec, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldError(f"{spec.label}: a day as 2026-12-18.") from None
    if not 2000 <= day.year <= 2199:
        raise FieldError(f"{spec.label}: a day between 2000 and 2199.")
    return day.isoformat()


def _number(spec: Spec, text: str) -> str:
    try:
        number = Decimal(text.replace(" ", "").replace("\u00a0", ""))
    except InvalidOperation:
        raise FieldError(f"{spec.label}: a number such as 0.75.") from None
    if not number.is_finite():
        raise FieldError(f"{spec.label}: a number such as 0.75.")
    if abs(number) >= Decimal("1e15") or number != round(number, 9):
        raise FieldError(f"{spec.label}: a number below 1e15 with at most nine decimals.")
    return decimal_text(number)


def _whole(spec: Spec, text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise FieldError(f"{spec.label}: a whole number.")
    return str(int(text))


def _choice(spec: Spec, text: str) -> str:
    if text not in {key for key, _ in spec.options}:
        raise FieldError(f"{spec.label}: one of {', '.join(key for key, _ in spec.options)}.")
    return text


def _address(spec: Spec, text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise FieldError(f"{spec.label}: an address such as name@firm.com.")
    return text.lower()


def _sha256(spec: Spec, text: str) -> str:
    if not _SHA256.fullmatch(text.lower()):
        raise FieldError(f"{spec.label}: 64 hexadecimal digits.")
    return text.lower()


_CLEANERS = {
    "text": _long,
    "line": _line,
    "date": _date,
    "number": _number,
    "whole": _whole,
    "choice": _choice,
    "address": _address,
    "sha256": _sha256,
}
