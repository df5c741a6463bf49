"""From a stored plan to the plain data of its roadmap report."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from accounts.models import Organization, User
from assessment import questionnaires
from assessment.question_bank import Questionnaire
from reports.roadmap import render_roadmap
from reports.roadmap_chapters import Surroundings
from reports.sentences import short_hash
from reports.subjects import Subject, as_uuid, maker, people
from reports.waivers_input import waivers_of
from roadmap.access import get_plan
from roadmap.models import Plan
from roadmap.plan_words import relaxation_words
from roadmap.poc_names import item_titles
from roadmap.queries import plans_of, progress_of
from roadmap.standard import role_names, standard_catalogue

SHOWN = ("draft", "published")


def find(user: User, pk: str, need: str) -> Subject:
    """A plan, through its door."""
    return _subject(get_plan(user, as_uuid(pk), need=need))


def offers(user: User, organization: Organization) -> list[Subject]:
    """The published plan and the drafts beside it, the published first."""
    rows = plans_of(organization).filter(state__in=SHOWN).exclude(kind=Plan.Kind.WHAT_IF)
    return [_subject(row) for row in sorted(rows, key=lambda row: row.state != Plan.State.PUBLISHED)]


def _subject(plan: Plan) -> Subject:
    return Subject(plan.organization, str(plan.pk), f"Plan {plan.number}, {plan.name}", plan.created_at, plan)


def inputs(subject: Subject) -> dict[str, Any]:
    """Everything that the report says."""
    plan: Plan = subject.object
    content = named_content(plan)
    questionnaire = questionnaires.of(plan.result.assessment)
    currency = subject.organization.currency
    roles = role_names()
    catalogue = standard_catalogue()
    titles = {entry.key: entry.title for entry in catalogue.initiatives}
    titles |= {key: entry["title"] for key, entry in plan.entries.items()}
    return {
        "plan": content,
        "around": {
            "currency": currency,
            "round_title": plan.result.assessment.title,
            "gates": {gate.key: gate.title for gate in questionnaire.gates if gate.title},
            "initiatives": titles,
            "done_when": {key: entry.get("done_when", "") for key, entry in plan.entries.items()},
            "codes": {key: dimension.code for key, dimension in questionnaire.dimensions.items()},
            "pillars": {key: pillar.title for key, pillar in questionnaire.pillars.items()},
            "roles": roles,
            "phases": {str(phase.phase): phase.title for phase in questionnaire.phases},
            "item_codes": _item_codes(plan, questionnaire),
            "problem": json.loads(plan.problem),
            "relaxations": [relaxation_words(content, row, currency, roles) for row in plan.relaxations],
        },
        "organization_name": subject.organization.name,
        "as_of": subject.day.isoformat(),
        "name": subject.name,
        "made_for": people(subject.organization, "owner"),
        "made_by": maker(plan.created_by, "planner"),
        "rests_on": [f"{plan.result.assessment.title}, result {short_hash(plan.result_hash)}"],
        "waivers": waivers_of(subject.organization),
    }


def named_content(plan: Plan) -> dict[str, Any]:
    """The plan with its POCs named as on its page: by their use case, or by number."""
    bound = {key: row.use_case for key, row in progress_of(plan.organization).items() if row.use_case}
    names = item_titles(plan.value.items, bound)
    content = plan.content
    return {**content, "items": [{**item, "title": names[item["key"]]} for item in content["items"]]}


def _item_codes(plan: Plan, questionnaire: Questionnaire) -> dict[str, str]:
    """The dimension that each initiative lifts first in its own pillar, by the key of the initiative."""
    found = {}
    for item in plan.value.items:
        lifted = [one["item"] for one in plan.entries.get(item.key, {}).get("lifts", [])]
        own = [name for name in lifted if name in questionnaire.items and name.startswith(f"{item.pillar}.")]
        if own:
            found[item.key] = questionnaire.dimensions[questionnaire.items[own[0]].dimension].code
    return found


def render(data: dict[str, Any], paper: str) -> bytes:
    """The inputs above as a PDF."""
    around = dict(data["around"])
    around["phases"] = {int(phase): title for phase, title in around["phases"].items()}
    named = {name: value for name, value in data.items() if name not in ("plan", "around", "as_of")}
    return render_roadmap(
        data["plan"],
        Surroundings(**around),
        as_of=date.fromisoformat(data["as_of"]),
        paper=paper,
        **named,
    )
