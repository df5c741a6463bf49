"""The sections of a charter: which fields stand where, in the form and in the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One section; `families` are kinds of records that it lists after its single fields."""

    key: str
    title: str
    lede: str
    fields: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


SECTIONS: tuple[Section, ...] = (
    Section(
        "problem",
        "Problem, and why ML",
        "What hurts today, what has been tried without ML, and what the answers are for.",
        ("title", "problem", "why_ml", "intended_use", "users", "excluded_use"),
    ),
    Section(
        "route",
        "Route and clauses",
        "Each route to a POC calls for clauses of its own. They are settled now or fought over later.",
        ("route",),
        ("clause",),
    ),
    Section(
        "parties",
        "Parties at the table",
        "All from day one. Each seat has a person, or a reason why it is empty, a date, and somebody who "
        "accepts the risk.",
        ("order_1", "order_2", "order_3"),
        ("seat",),
    ),
    Section(
        "team",
        "Team by role",
        "Who does the work, with the share of a full week that is agreed.",
        (),
        ("team",),
    ),
    Section(
        "deliverables",
        "Deliverables",
        "What was agreed can be asked for; what was not can be declined.",
        (),
        ("deliverable",),
    ),
    Section(
        "time",
        "Time box and budget",
        "An end date makes the team choose.",
        (
            "time_start",
            "time_end",
            "decision_on",
            "budget_external",
            "internal_weeks",
            "funded_by",
            "funded_until",
        ),
    ),
    Section(
        "data",
        "Data needs",
        "Which data, for what, and until when it may be used.",
        ("data_until", "data_leaves"),
        ("data",),
    ),
    Section(
        "criteria",
        "Success criteria",
        "Each reads as one sentence and is measured by one function.",
        (),
        ("criterion",),
    ),
    Section(
        "errors",
        "Wrong answers and fallback",
        "Every model is wrong at times. What it costs, who bears it, and what happens then.",
        ("cost_of_wrong", "bearer", "accepted_share", "known_failures", "fallback", "changing_data"),
    ),
    Section(
        "use",
        "Explanation and deployment",
        "What users see, and where it would run.",
        (
            "users_see",
            "single_answers",
            "explanation",
            "deployment_in_scope",
            "to_production",
            "deployment",
            "integration",
        ),
    ),
    Section(
        "risk",
        "Risk, people and oversight",
        "Whom it touches, how risky that is, and who has the last word.",
        (
            "risk_class",
            "risk_scheme",
            "risk_reason",
            "impact",
            "human_oversight",
            "human_cases",
            "work_changes",
            "told_by",
            "told_on",
        ),
    ),
    Section(
        "next",
        "Agreed next steps",
        "What follows from each result, written before it is known.",
        ("informs_journey", "owner_after", "switch_off_on"),
        ("pathway",),
    ),
    Section(
        "communication",
        "Communication",
        "Projects die of waiting more often than of mathematics.",
        ("update_day", "recipients", "reply_days"),
    ),
)
BY_KEY: Mapping[str, Section] = {section.key: section for section in SECTIONS}
_OF_FIELD = {name: section.key for section in SECTIONS for name in (*section.fields, *section.families)}


def section_of(field: str) -> str:
    """The key of the section in which a field stands, by its flat name or its family."""
    return _OF_FIELD.get(field) or _OF_FIELD.get(field.partition(".")[0], SECTIONS[0].key)
