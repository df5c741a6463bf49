"""The forms of plans and initiatives."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from roadmap.catalogue import AUDIENCES, ROLES
from roadmap.models import InitiativeChoice, ItemProgress
from roadmap.plan_models import NAME_LENGTH
from roadmap.plan_words import AUDIENCES as AUDIENCE_NAMES
from roadmap.problem import DEFAULT_AT_ONCE
from roadmap.standard import role_names, route_names
from roadmap.wishes import MOST_AT_ONCE, MOST_CAPACITY, MOST_MONEY, MOST_RATE, PlanWishes
from ui.errors import Invalid
from ui.forms import DateInput, PlainForm, Segments, ShortNumberInput, TextLines

PHASES = [("1", "Phase 1"), ("2", "Phase 2"), ("3", "Phase 3")]
PILLAR_NAMES = {
    "strategy": "ML strategy",
    "data": "Data readiness",
    "culture": "Culture",
    "team": "Team roles",
}
# Where an action names a value of several fields, the first of them shows what it says.
FIRST_FIELD = {
    "capacity": f"capacity_{ROLES[0]}",
    "at_once": f"at_once_{AUDIENCES[0]}",
    "day_rates": f"rate_{ROLES[0]}",
}


def show_invalid(form: forms.Form, error: Invalid) -> None:
    """Puts what an action refused beside the fields that it names."""
    if not error.fields:
        form.add_error(None, error.message)
    for name, messages in error.fields.items():
        field = FIRST_FIELD.get(name, name)
        for message in messages:
            form.add_error(field if field in form.fields else None, message)


class WishesForm(PlainForm):
    """What a plan is asked for. Fields left empty take the default that stands beside them."""

    name = forms.CharField(
        label="Name of this scenario",
        max_length=NAME_LENGTH,
        required=False,
        help_text="For instance: Lean. Scenarios can be held side by side.",
    )
    start = forms.DateField(
        label="Start", widget=DateInput, help_text="Week 0 begins on the first Monday from here on."
    )
    target_phase = forms.ChoiceField(label="Target phase", choices=PHASES[1:], widget=Segments)
    by = forms.DateField(
        label="By date",
        widget=DateInput,
        required=False,
        help_text="Last day for the target phase. Empty: 104 weeks.",
    )
    budget = forms.IntegerField(
        label="Budget", required=False, min_value=0, max_value=MOST_MONEY, widget=ShortNumberInput
    )
    preferred_route = forms.ChoiceField(label="Preferred route of a POC", required=False)

    def __init__(
        self,
        *args: Any,
        wishes: PlanWishes,
        capacity: Mapping[str, int],
        from_roster: bool,
        currency: str,
        last_phase: int = 3,
        name: str = "",
        **kwargs: Any,
    ) -> None:
        self.wishes, self.base_capacity = wishes, capacity
        super().__init__(*args, initial={**_initial(wishes, capacity), "name": name}, **kwargs)
        self.from_roster = from_roster
        budget = self.fields["budget"]
        budget.label = f"Budget, {currency}"
        budget.help_text = "External spend, high end. Empty: no limit. 0: only what costs nothing."
        phase, route = self.fields["target_phase"], self.fields["preferred_route"]
        if isinstance(phase, forms.ChoiceField):
            phase.choices = [choice for choice in PHASES[1:] if int(choice[0]) <= max(last_phase, 2)]
        if isinstance(route, forms.ChoiceField):
            route.choices = [("", "No preference"), *route_names().items()]
        self._add_figures(capacity, from_roster)

    def _add_figures(self, capacity: Mapping[str, int], from_roster: bool) -> None:
        names, source = role_names(), "roster" if from_roster else "default"
        for audience in AUDIENCES:
            self.fields[f"at_once_{audience}"] = forms.IntegerField(
                label=AUDIENCE_NAMES[audience], min_value=0, max_value=MOST_AT_ONCE, widget=ShortNumberInput
            )
        for role in ROLES:
            self.fields[f"capacity_{role}"] = forms.DecimalField(
                label=names.get(role, role),
                min_value=0,
                max_value=MOST_CAPACITY // 100,
                decimal_places=2,
                required=True,
                widget=ShortNumberInput(attrs={"step": "0.05"}),
                help_text=f"FTE; {source}: {capacity.get(role, 0) / 100:g}",
            )
            self.fields[f"rate_{role}"] = forms.IntegerField(
                label=names.get(role, role),
                min_value=0,
                max_value=MOST_RATE,
                required=False,
                widget=ShortNumberInput,
            )

    def _bound(self, prefix: str, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[f"{prefix}_{name}"] for name in names]

    @property
    def limits(self) -> list[forms.BoundField]:
        return self._bound("at_once", AUDIENCES)

    @property
    def hours(self) -> list[forms.BoundField]:
        return self._bound("capacity", ROLES)

    @property
    def rates(self) -> list[forms.BoundField]:
        return self._bound("rate", ROLES)

    def asked(self) -> PlanWishes:
        """The wishes of a valid form; what the form does not ask stays as it was."""
        given = self.cleaned_data
        hours = {role: given.get(f"capacity_{role}") for role in ROLES}
        capacity = {
            role: _hundredths(value)
            for role, value in hours.items()
            if value is not None and _hundredths(value) != self.base_capacity.get(role, 0)
        }
        return self.wishes.with_changes(
            start=given["start"],
            target_phase=int(given["target_phase"]),
            by=given["by"],
            budget=given["budget"],
            preferred_route=given["preferred_route"],
            at_once={
                name: given[f"at_once_{name}"]
                for name in AUDIENCES
                if given[f"at_once_{name}"] != DEFAULT_AT_ONCE
            },
            capacity=capacity,
            day_rates={role: given[f"rate_{role}"] for role in ROLES if given[f"rate_{role}"]},
        )


def _hundredths(value: Decimal) -> int:
    return int((value * 100).to_integral_value())


def _initial(wishes: PlanWishes, capacity: Mapping[str, int]) -> dict[str, Any]:
    return {
        "start": wishes.start,
        "target_phase": str(wishes.target_phase),
        "by": wishes.by,
        "budget": wishes.budget,
        "preferred_route": wishes.preferred_route,
        **{f"at_once_{name}": wishes.limit(name) for name in AUDIENCES},
        **{f"capacity_{role}": wishes.capacity.get(role, capacity.get(role, 0)) / 100 for role in ROLES},
        **{f"rate_{role}": wishes.day_rates.get(role) for role in ROLES},
    }


class WhatIfForm(PlainForm):
    """Dropping or delaying one item of a plan."""

    item = forms.ChoiceField(label="Initiative")
    change = forms.ChoiceField(
        label="What happens to it",
        choices=[("drop", "It is left out"), ("delay", "It comes later")],
        widget=Segments,
    )
    weeks = forms.IntegerField(
        label="Weeks later",
        required=False,
        min_value=1,
        max_value=260,
        widget=ShortNumberInput,
        help_text="Only where it comes later.",
    )

    def __init__(self, *args: Any, items: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = self.fields["item"]
        if isinstance(item, forms.ChoiceField):
            item.choices = items

    def clean(self) -> dict[str, Any]:
        given = dict(super().clean() or {})
        if given.get("change") == "delay" and not given.get("weeks") and "weeks" not in self.errors:
            self.add_error("weeks", "Say by how many weeks.")
        return given


class ProgressForm(PlainForm):
    """How far an initiative is."""

    state = forms.ChoiceField(label="State", choices=ItemProgress.State.choices, widget=Segments)
    started_on = forms.DateField(
        label="Began on", widget=DateInput, required=False, help_text="Empty: today."
    )
    expected_on = forms.DateField(
        label="Expected end", widget=DateInput, required=False, help_text="While it runs. Empty: as planned."
    )
    finished_on = forms.DateField(
        label="Ended on", widget=DateInput, required=False, help_text="Empty: today."
    )
    note = forms.CharField(label="Note", max_length=500, required=False, widget=TextLines(rows=2))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    @classmethod
    def of(cls, row: ItemProgress | None) -> ProgressForm:
        names = ("state", "started_on", "expected_on", "finished_on", "note")
        initial: dict[str, Any] = (
            {name: getattr(row, name) for name in names} if row else {"state": "planned"}
        )
        return cls(initial={**initial, "seen": row.revision if row else 0})


class ChoiceForm(PlainForm):
    """Taking an initiative in, leaving it out, or setting its week."""

    choice = forms.ChoiceField(
        label="In the next plan",
        choices=[("", "As the planner sees fit"), *InitiativeChoice.Choice.choices],
        widget=Segments,
        required=False,
    )
    monday = forms.DateField(
        label="Week", widget=DateInput, required=False, help_text="Any day of the week in which it starts."
    )
    reason = forms.CharField(label="Reason", max_length=300, required=False)

    @classmethod
    def of(cls, row: InitiativeChoice | None) -> ChoiceForm:
        names = ("choice", "monday", "reason")
        return cls(initial={name: getattr(row, name) for name in names} if row else {"choice": ""})


class BindingForm(PlainForm):
    """Which use case a POC is about."""

    use_case = forms.ChoiceField(label="Use case", required=False)

    def __init__(self, *args: Any, cases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["use_case"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Not said yet"), *cases]


def default_wishes(today: datetime.date, *, target_phase: int, route: str) -> PlanWishes:
    """What the form begins with: the first Monday from today, no limits but the usual ones."""
    known = route if route in route_names() else ""
    return PlanWishes(start=today, target_phase=target_phase, preferred_route=known)
