"""What the pages of initiatives show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import Organization
from assessment import questionnaires
from assessment.queries import latest_result
from roadmap import plan_words as words
from roadmap.actions.initiatives import known_items
from roadmap.catalogue import Initiative, initiative_to_dict
from roadmap.forms import PILLAR_NAMES, BindingForm, ChoiceForm, ProgressForm
from roadmap.models import InitiativeChoice, ItemProgress, NextStep, Plan
from roadmap.plan_page import view_of
from roadmap.queries import (
    bindable,
    catalogue_of,
    choices_of,
    latest_plan,
    own_initiatives,
    progress_of,
)
from roadmap.standard import role_names, route_names


@dataclass(frozen=True)
class CatalogueRow:
    """An initiative as the list shows it."""

    initiative: Initiative
    pillar: str
    code: str
    audience: str
    in_plan: bool
    own: bool
    progress: ItemProgress | None
    choice: InitiativeChoice | None

    @property
    def state(self) -> str:
        """done, running, dropped, planned (in the plan) or free."""
        if self.progress is not None and self.progress.state != ItemProgress.State.PLANNED:
            return self.progress.state
        return "planned" if self.in_plan else "free"


def rows_of(
    organization: Organization, *, pillar: str = "", phase: str = "", state: str = "", find: str = ""
) -> list[CatalogueRow]:
    """Initiatives by phase, pillar and title, narrowed down by what was asked for."""
    plan = latest_plan(organization)
    planned = set(plan.value.by_key) if plan else set()
    progress, choices, own = (
        progress_of(organization),
        choices_of(organization),
        own_initiatives(organization),
    )
    found = []
    for initiative in catalogue_of(organization).initiatives:
        row = CatalogueRow(
            initiative=initiative,
            pillar=PILLAR_NAMES[initiative.pillar],
            code=words.PILLAR_CODES[initiative.pillar],
            audience=words.AUDIENCES[initiative.audience],
            in_plan=initiative.key in planned,
            own=initiative.key in own,
            progress=progress.get(initiative.key),
            choice=choices.get(initiative.key),
        )
        fits = (
            (not pillar or initiative.pillar == pillar)
            and (not phase or str(initiative.phase) == phase)
            and (not state or row.state == state)
            and (not find or find.lower() in initiative.title.lower())
        )
        if fits:
            found.append(row)
    order = list(PILLAR_NAMES)
    return sorted(
        found,
        key=lambda row: (
            row.initiative.phase,
            order.index(row.initiative.pillar),
            row.initiative.title.lower(),
        ),
    )


def initiative_context(
    organization: Organization, initiative: Initiative, plan: Plan | None
) -> dict[str, Any]:
    """One initiative with its place in a plan."""
    view = view_of(plan) if plan else None
    item = view.by_key.get(initiative.key) if view else None
    progress = progress_of(organization).get(initiative.key)
    choice = choices_of(organization).get(initiative.key)
    own = own_initiatives(organization)
    return {
        "initiative": initiative,
        "entry": initiative_to_dict(initiative),
        "title": item.title if item else initiative.title,
        "plan": plan,
        "view": view,
        "item": item,
        "progress": progress,
        "choice": choice,
        "own": initiative.key in own,
        "pillar": PILLAR_NAMES[initiative.pillar],
        "code": words.PILLAR_CODES[initiative.pillar],
        "audience": words.AUDIENCES[initiative.audience],
        "route": route_names().get(initiative.route, ""),
        "efforts": [(role_names().get(role, role), words.person_weeks(n)) for role, n in initiative.effort],
        "cost": words.cost_range(initiative.cost_low, initiative.cost_high, organization.currency),
        "lifts": _lifts(organization, initiative),
        "needs": _needs(organization, initiative),
        "facts": _facts(initiative, progress, choice),
        "progress_form": ProgressForm.of(progress),
        "choice_form": ChoiceForm.of(choice),
        "binding_form": _binding(organization, initiative, progress),
        "next_step": NextStep.objects.filter(organization=organization, key=initiative.key).first(),
        "charter_url": "",
    }


def _facts(
    initiative: Initiative, progress: ItemProgress | None, choice: InitiativeChoice | None
) -> list[dict[str, Any]]:
    return [
        {"term": "State", "value": progress.get_state_display() if progress else "Not started"},
        {"term": "Choice", "value": choice.get_choice_display() if choice else "As the planner sees fit"},
        {"term": "Done while in", "value": f"Phase {initiative.phase}"},
        {"term": "Asks for", "value": words.AUDIENCES[initiative.audience]},
        {"term": "Takes", "value": f"{initiative.duration_weeks} weeks"},
    ]


def _lifts(organization: Organization, initiative: Initiative) -> list[tuple[str, int, str, str]]:
    """Question, the level it leads to, and the sentences of the level before and after."""
    result = latest_result(organization)
    questionnaire = questionnaires.of(result.assessment) if result else questionnaires.standard()[0]
    found = []
    for lift in initiative.lifts:
        item = questionnaire.items.get(lift.item)
        if item is not None:
            before, after = item.levels[lift.from_level].text, item.levels[lift.to_level].text
            found.append((item.text, lift.to_level, before, after))
    return found


def _needs(organization: Organization, initiative: Initiative) -> list[str]:
    """What has to stand or to be done before it can start."""
    items, by_key = known_items(organization), catalogue_of(organization).by_key
    first = [by_key[key].title for key in initiative.prerequisites if key in by_key]
    return [*first, *(f"{items.get(n.item, n.item)} At level {n.level} or higher." for n in initiative.needs)]


def _binding(
    organization: Organization, initiative: Initiative, progress: ItemProgress | None
) -> BindingForm | None:
    """Use cases to choose from, best first; None for what is no POC."""
    if not initiative.is_poc:
        return None
    cases = [
        (str(case.pk), f"{number}. {case.title}")
        for number, (case, _) in enumerate(bindable(organization), 1)
    ]
    bound = str(progress.use_case_id) if progress and progress.use_case_id else ""
    return BindingForm(cases=cases, initial={"use_case": bound})
