"""The tables of the roadmap."""

from __future__ import annotations

from roadmap.initiative_models import InitiativeChoice, ItemProgress, NextStep, OwnInitiative
from roadmap.plan_models import Plan, PlanRequest
from roadmap.use_case_models import UseCase

__all__ = ["InitiativeChoice", "ItemProgress", "NextStep", "OwnInitiative", "Plan", "PlanRequest", "UseCase"]
