"""Names what a charter lacks before anybody is asked to sign.

Each rule of `fixtures/rules.yaml` in the scope `charter` is one function here, by its stable id; its words
and its severity are content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from charters import rules_criteria, rules_people, rules_terms
from charters.content import SEVERITIES, Content
from charters.document import CharterText
from charters.rule_facts import Rule, Surroundings

RULES: Mapping[str, Rule] = {
    "charter.clause_missing": rules_terms.clause_missing,
    "charter.criterion_without_target": rules_criteria.criterion_without_target,
    "charter.criterion_without_baseline": rules_criteria.criterion_without_baseline,
    "charter.criterion_without_measurer": rules_criteria.criterion_without_measurer,
    "charter.percent_against_fraction": rules_criteria.percent_against_fraction,
    "charter.unit_mismatch": rules_criteria.unit_mismatch,
    "charter.target_not_above_baseline": rules_criteria.target_not_above_baseline,
    "charter.no_must": rules_criteria.no_must,
    "charter.too_many_musts": rules_criteria.too_many_musts,
    "charter.no_business_figure": rules_criteria.no_business_figure,
    "charter.no_learning_question": rules_criteria.no_learning_question,
    "charter.no_outcome_owner": rules_people.no_outcome_owner,
    "charter.criteria_set_without_owner": rules_people.criteria_set_without_owner,
    "charter.seat_missing": rules_people.seat_missing,
    "charter.seat_without_address": rules_people.seat_without_address,
    "charter.executives_only": rules_people.executives_only,
    "charter.experts_only": rules_people.experts_only,
    "charter.late_party": rules_people.late_party,
    "charter.no_pathway": rules_terms.no_pathway,
    "charter.tick_box": rules_terms.tick_box,
    "charter.no_owner_after": rules_terms.no_owner_after,
    "charter.no_fallback": rules_terms.no_fallback,
    "charter.no_robustness": rules_criteria.no_robustness,
    "charter.no_explanation": rules_terms.no_explanation,
    "charter.no_stack": rules_terms.no_stack,
    "charter.no_time_box": rules_terms.no_time_box,
    "charter.time_box_too_long": rules_terms.time_box_too_long,
    "charter.time_box_over_funding": rules_terms.time_box_over_funding,
    "charter.people_over_capacity": rules_people.people_over_capacity,
    "charter.too_many_projects": rules_people.too_many_projects,
    "charter.data_not_usable": rules_terms.data_not_usable,
    "charter.data_not_better": rules_terms.data_not_better,
    "charter.data_wait": rules_terms.data_wait,
    "charter.no_profile": rules_terms.no_profile,
    "charter.stand_in_data": rules_terms.stand_in_data,
    "charter.no_tolerance": rules_terms.no_tolerance,
    "charter.promise": rules_criteria.promise,
    "charter.no_risk_class": rules_terms.no_risk_class,
    "charter.prohibited_use": rules_terms.prohibited_use,
    "charter.high_risk_without_legal": rules_people.high_risk_without_legal,
    "charter.high_risk_without_oversight": rules_terms.high_risk_without_oversight,
    "charter.solution_before_problem": rules_criteria.solution_before_problem,
    "charter.rules_would_do": rules_criteria.rules_would_do,
    "charter.report_as_deliverable": rules_criteria.report_as_deliverable,
    "charter.creep": rules_criteria.creep,
    "charter.no_communication": rules_terms.no_communication,
    "charter.staff_not_told": rules_terms.staff_not_told,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is missing or odd: the rule's id, its severity, a sentence, and the field to mend."""

    id: str
    severity: str
    sentence: str
    field: str

    @property
    def blocks(self) -> bool:
        return self.severity == "block"


def check(
    text: CharterText,
    around: Surroundings,
    content: Content,
    *,
    severities: Mapping[str, str] | None = None,
) -> list[Problem]:
    """All problems, blocking ones first, otherwise in the order of `RULES`.

    `severities` are an organization's choices by rule id; one below the rule's floor counts as the floor.
    """
    problems = [
        Problem(
            rule_id,
            severity_of(rule_id, content, severities or {}),
            _capitalized(content.rules[rule_id].sentence.format_map(_in_words(spot.values))),
            spot.place,
        )
        for rule_id, rule in RULES.items()
        for spot in rule(text, around, content)
    ]
    return sorted(problems, key=lambda problem: -SEVERITIES.index(problem.severity))


def _in_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """Days as people write them: 4 Dec 2026."""
    return {
        name: f"{value.day} {value:%b %Y}" if isinstance(value, date) else value
        for name, value in values.items()
    }


def severity_of(rule_id: str, content: Content, severities: Mapping[str, str]) -> str:
    rule = content.rules[rule_id]
    chosen = severities.get(rule_id, rule.severity)
    return max(chosen, rule.floor, key=SEVERITIES.index)


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
