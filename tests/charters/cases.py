"""A complete charter as fields, for tests to change one thing at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

from charters.document import assemble
from charters.fields import Value, clean
from charters.rule_facts import AssetFacts, Surroundings

HEAD: dict[str, Any] = {"code": "HP-03", "organization": "Halvorsen Pumps", "currency": "EUR", "revision": 1}
USE_CASE: dict[str, Any] = {
    "key": "bearing",
    "title": "Bearing failure warning",
    "problem_type": "classification",
    "data_origin": "own",
    "touches": ["customers", "staff"],
    "beyond_rules": 4,
}
PEOPLE = {
    "decision_maker": ("Solveig Aasgaard", "sponsor", "3"),
    "outcome_owner": ("Rolf Tennfjord", "business_lead", "2"),
    "domain_expert": ("Gunhild Strand", "practitioner", "1"),
    "data_owner": ("Lotte Brenninck", "data_owner", "1"),
    "legal": ("Yusuf Adebayo", "legal_security", "1"),
    "security": ("Hanneke Voss", "legal_security", "1"),
    "affected_staff": ("Dagny Moe", "practitioner", "1"),
    "vendor": ("Elena Marinova", "outside", "1"),
    "project_lead": ("Priya Nandakumar", "technical_lead", "1"),
    "operator": ("Eirik Sundvoll", "technical_lead", "1"),
}


def complete_fields() -> dict[str, Value]:
    """Fields of a charter on which no rule has anything to say."""
    raw: dict[str, Any] = {
        "title": "Bearing failure warning for H-series pumps",
        "problem": "Every six weeks about 20 pumps stop without warning; a line stands for nine hours.",
        "why_ml": "The fixed interval finds 36 % of failures.",
        "route": "collaborative",
        "time_start": "2026-10-05",
        "time_end": "2026-12-18",
        "decision_on": "2026-12-18",
        "budget_external": "70000",
        "funded_by": "Service, cost center 4100",
        "funded_until": "2026-12-31",
        "fallback": "The fixed interval of 300 days.",
        "changing_data": "A missing sensor takes the pump off the list.",
        "explanation": "Three reasons a line.",
        "deployment": "On our own server.",
        "integration": "One file a night.",
        "single_answers": True,
        "users_see": True,
        "deployment_in_scope": True,
        "to_production": True,
        "risk_class": "minimal",
        "cost_of_wrong": "380 for a visit in vain",
        "bearer": "Service",
        "accepted_share": "one in four",
        "told_by": "Rolf Tennfjord",
        "told_on": "2026-09-28",
        "update_day": "monday",
        "recipients": "All at the table",
        "reply_days": "2",
        "informs_journey": "strategy.path_to_production.first_to_live",
        "owner_after": "Rolf Tennfjord",
        "clause.collab_team": "Priya and Tomasz with Viktor of Marinova.",
        "clause.collab_mode": "dedicated",
        "clause.collab_time_box": "11",
        "clause.collab_ownership": "Code and models are ours.",
        "clause.collab_transfer": "Retrain the model: Tomasz.",
        "deliverable.1": {"text": "A model with code and tests", "kind": "code", "receiver": "Tomasz"},
        "team.1": {"role": "data_scientist", "name": "Priya Nandakumar", "share": "60"},
        "data.1": {"asset": "a1", "name": "Vibration Fredrikstad", "purpose": "training and holdout"},
        "criterion.c1": {
            "name": "Failures announced 14 days ahead",
            "kind": "tracked_metric",
            "must": True,
            "metric_key": "recall_score",
            "comparator": "at_least",
            "target": "0.75",
            "unit": "fraction",
            "baseline": "0.36",
            "baseline_method": "Service interval",
            "file": "holdout.csv",
            "measured_by": "Priya Nandakumar",
            "by": "2026-12-11",
        },
        "criterion.c2": {
            "name": "Unplanned stops in six weeks",
            "kind": "business_figure",
            "metric_key": "unplanned_stops_6w",
            "comparator": "at_most",
            "target": "17",
            "unit": "count",
            "baseline": "20",
            "measured_by": "Rolf Tennfjord",
            "by": "2026-12-18",
        },
        "criterion.c3": {
            "name": "Largest drift of an input",
            "kind": "guard_rail",
            "metric_key": "psi_max",
            "comparator": "at_most",
            "target": "0.2",
            "unit": "none",
            "baseline": "0.04",
            "measured_by": "Eirik Sundvoll",
            "by": "2026-12-18",
        },
        "pathway.scale": {
            "condition": "All musts met",
            "owner": "Rolf Tennfjord",
            "on": "2026-12-18",
            "reserved": "60,000 and Eirik at 20 %",
        },
        "pathway.iterate": {
            "condition": "Recall of 0.65 or more",
            "owner": "Rolf Tennfjord",
            "on": "2026-12-18",
        },
        "pathway.stop": {"condition": "Anything else", "owner": "Rolf Tennfjord", "on": "2026-12-18"},
    }
    for party, (name, function, step) in PEOPLE.items():
        email = f"{name.split()[0].lower()}@halvorsen.example"
        raw[f"seat.{party}"] = {"name": name, "email": email, "function": function, "step": step}
    return {name: clean(name, value) for name, value in raw.items()}


def document(**changes: Any) -> dict[str, Any]:
    """The complete charter with a changed `use_case` or fields (dots written as `__`; None drops)."""
    fields = complete_fields()
    use_case = USE_CASE | changes.pop("use_case", {})
    for name, value in changes.items():
        flat = name.replace("__", ".")
        if value is None:
            fields.pop(flat)
        elif isinstance(value, dict) and flat in fields:
            fields[flat] = clean(flat, {**fields[flat], **value})  # type: ignore[dict-item]
        else:
            fields[flat] = clean(flat, value)
    return assemble(fields, head=HEAD, use_case=use_case)


def surroundings(**changes: Any) -> Surroundings:
    base: dict[str, Any] = {
        "today": date(2026, 9, 20),
        "assets": {"a1": AssetFacts("Vibration Fredrikstad", "better", 6)},
        "owner_touched_criteria": True,
    }
    return Surroundings(**(base | changes))
