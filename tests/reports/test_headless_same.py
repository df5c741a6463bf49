"""The same answers give the same figures and plan inputs from a sheet and from a round in an organization."""

from __future__ import annotations

from datetime import date

import pytest

from assessment import actions
from assessment.answer_values import AnswerContent
from assessment.invitees import Invitee
from assessment.queries import planning_inputs
from reports import headless_content as content
from reports.headless import score_sheet
from reports.headless_demo import demo_filling
from reports.headless_plan import plan_problem
from reports.headless_reading import read_workshop_sheet
from roadmap.problem_builder import build_problem
from roadmap.queries import ground_of
from roadmap.standard import default_capacity
from roadmap.wishes import PlanWishes
from tests.assessment.rounds import demo_round

WORKSHOP = content.FIXTURES / "demo" / "workshop.xlsx"


@pytest.mark.django_db
def test_a_sheet_and_a_round(cast):
    respondents, answers = demo_round(2)
    assessment = actions.create_assessment(cast.organization, title="Round 2", by=cast.frank)
    invitees = [Invitee(p.key, f"{p.key}@firm.example", p.function) for p in respondents]
    actions.invite_respondents(assessment, invitees, by=cast.frank)
    actions.open_round(assessment, by=cast.frank)
    people = {person.name: person for person in assessment.respondents.all()}
    for given in answers:
        kept = AnswerContent(given.state, given.level)
        actions.save_answer(people[given.respondent], given.item, kept, base_revision=0, by=None)
    actions.start_review(assessment, by=cast.frank)
    for item, level in demo_filling().agreed.items():
        actions.record_consensus(assessment, item, level=level, reason="Agreed in the room.", by=cast.frank)
    result = actions.close(assessment, by=cast.frank)

    sheet = read_workshop_sheet(WORKSHOP, content.questionnaires())
    from_sheet = score_sheet(sheet, target_phase=2).to_dict()
    assert {key: result.content[key] for key in from_sheet} == from_sheet
    inputs = planning_inputs(cast.organization)
    assert inputs is not None
    assert inputs.levels == from_sheet["current_levels"]
    assert list(inputs.unknown) == from_sheet["unknown_gates"]

    asked = PlanWishes(start=date(2026, 11, 23), target_phase=2, budget=450_000)
    on_page = build_problem(ground_of(cast.organization, result), asked, today=asked.start)
    scored = score_sheet(sheet, target_phase=2)
    catalogue = content.catalogue(sheet.questionnaire)
    headless = plan_problem(scored, catalogue, asked, capacity=default_capacity())
    assert on_page.input_hash == headless.input_hash
