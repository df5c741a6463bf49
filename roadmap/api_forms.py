"""What the API of the roadmap takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api import StrictSerializer
from roadmap.catalogue import AUDIENCES, ROLES, ROUTES, initiative_to_dict
from roadmap.initiative_page import CatalogueRow
from roadmap.models import InitiativeChoice, ItemProgress, Plan, PlanRequest
from roadmap.plan_models import NAME_LENGTH
from roadmap.wishes import MOST_AT_ONCE, MOST_CAPACITY, MOST_MONEY, MOST_RATE, PlanWishes

MOST_KEYS = 200


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan in a few figures. Weeks count from `week_zero`; costs are whole currency units."""

    round = serializers.CharField(source="result.assessment.title", read_only=True)

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "id",
            "number",
            "name",
            "kind",
            "state",
            "status",
            "round",
            "result",
            "target_phase",
            "week_zero",
            "target_week",
            "poc_week",
            "cost_high",
            "initiatives",
            "input_hash",
            "plan_hash",
            "solver",
            "created_at",
            "published_at",
        )
        read_only_fields = fields


class PlanRequestSerializer(serializers.ModelSerializer[PlanRequest]):
    """How far a request is. `plan` is there once `state` is done."""

    state = serializers.CharField(source="job.state", read_only=True, default="")
    step = serializers.CharField(source="job.step", read_only=True, default="")
    message = serializers.CharField(source="job.message", read_only=True, default="")

    class Meta:
        model = PlanRequest
        fields = ("id", "kind", "name", "state", "step", "message", "plan", "created_at")
        read_only_fields = fields


def _whole(most: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=most)


class Figures(serializers.DictField):
    """Whole numbers by a known name."""

    def __init__(self, names: tuple[str, ...], most: int, **kwargs: Any) -> None:
        super().__init__(child=_whole(most), required=False, default=dict, **kwargs)
        self.names = names

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        given: dict[Any, Any] = super().to_internal_value(data)
        unknown = sorted(set(given) - set(self.names))
        if unknown:
            raise serializers.ValidationError(f"{unknown[0]!r} is not one of {', '.join(self.names)}.")
        return given


class WishesSerializer(StrictSerializer):
    """What a plan is asked for; everything but the start and the phase may be left out."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False, allow_blank=True, default="")
    start = serializers.DateField()
    target_phase = serializers.IntegerField(min_value=2, max_value=3)
    by = serializers.DateField(required=False, allow_null=True, default=None)
    budget = serializers.IntegerField(
        min_value=0, max_value=MOST_MONEY, required=False, allow_null=True, default=None
    )
    preferred_route = serializers.ChoiceField(choices=["", *ROUTES], required=False, default="")
    capacity = Figures(ROLES, MOST_CAPACITY, help_text="Hundredths of an FTE a week by role.")
    at_once = Figures(AUDIENCES, MOST_AT_ONCE)
    day_rates = Figures(ROLES, MOST_RATE)
    taken_in = serializers.ListField(
        child=serializers.CharField(max_length=120), max_length=MOST_KEYS, required=False, default=list
    )
    left_out = serializers.ListField(
        child=serializers.CharField(max_length=120), max_length=MOST_KEYS, required=False, default=list
    )

    def wishes(self) -> PlanWishes:
        """The wishes of valid data."""
        given = {name: value for name, value in self.validated_data.items() if name != "name"}
        for name in ("taken_in", "left_out"):
            given[name] = tuple(sorted(set(given[name])))
        return PlanWishes(**given)


class WhatIfSerializer(StrictSerializer):
    """What happens to which item."""

    change = serializers.ChoiceField(choices=["drop", "delay"])
    key = serializers.CharField(max_length=120)
    weeks = serializers.IntegerField(min_value=0, max_value=260, required=False, default=0)


class ProgressSerializer(StrictSerializer):
    """How far an initiative is. Days left out are today's; `seen` is the revision that was read."""

    state = serializers.ChoiceField(choices=ItemProgress.State.choices)
    started_on = serializers.DateField(required=False, allow_null=True, default=None)
    expected_on = serializers.DateField(required=False, allow_null=True, default=None)
    finished_on = serializers.DateField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    seen = serializers.IntegerField(min_value=0, max_value=10**6, required=False)


class ChoiceSerializer(StrictSerializer):
    """A choice by hand; an empty one takes it back."""

    choice = serializers.ChoiceField(choices=["", *InitiativeChoice.Choice.values])
    monday = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class InitiativeSerializer(serializers.Serializer[Any]):
    """An initiative with its state; `entry` is what the catalogue says."""

    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["free", "planned", "running", "done", "dropped"])
    own = serializers.BooleanField()
    choice = serializers.CharField()
    revision = serializers.IntegerField()
    entry = serializers.JSONField()


def initiative_data(row: CatalogueRow) -> dict[str, Any]:
    return {
        "key": row.initiative.key,
        "title": row.initiative.title,
        "state": row.state,
        "own": row.own,
        "choice": row.choice.choice if row.choice else "",
        "revision": row.progress.revision if row.progress else 0,
        "entry": initiative_to_dict(row.initiative),
    }
