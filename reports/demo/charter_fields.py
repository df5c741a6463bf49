"""The story's charters as the fields that a charter's draft holds. Knows no tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from charters.criterion_parts import MODEL_PARTS
from reports.demo import bearing
from reports.demo.story import Entry, Story

OUTCOMES = ("scale", "iterate", "stop")
TEXTS = {
    "problem": "problem",
    "why_ml": "why_ml",
    "fallback": "fallback",
    "robustness": "changing_data",
    "explanation": "explanation",
    "deployment": "deployment",
    "integration": "integration",
    "impact": "impact",
    "human_oversight": "human_oversight",
    "informs_journey": "informs_journey",
    "route": "route",
}
LIMITS = (
    "intended_use", "users", "excluded_use", "cost_of_wrong", "bearer", "accepted_share",
    "owner_after", "known_failures", "work_changes", "told_by", "human_cases",
)  # fmt: skip
LIMIT_DAYS = {
    "switch_off_day": "switch_off_on",
    "decision_day": "decision_on",
    "data_until_day": "data_until",
    "told_on_day": "told_on",
}


class Writer:
    """Turns one charter of the story's file into fields; `assets` are ids in the register by key."""

    def __init__(self, entry: Entry, story: Story, assets: dict[str, str], names: dict[str, str]) -> None:
        self.entry = entry
        self.story = story
        self.assets = assets
        self.asset_names = names

    def fields(self) -> dict[str, Any]:
        """All fields by flat name; what the file leaves open is left out."""
        return {
            **self._plain(),
            **{f"clause.{key}": {"text": text} for key, text in self.entry["clauses"].items()},
            **{f"seat.{party['party']}": self.seat(party) for party in self.entry["parties"]},
            **self._numbered("team", (self._member(one) for one in self.entry["team"])),
            **self._numbered("deliverable", (self._deliverable(one) for one in self.entry["deliverables"])),
            **self._numbered("data", (self._need(one) for one in self.entry["data_needs"])),
            **{f"pathway.{name}": step for name in OUTCOMES if (step := self._next_step(name))},
        }

    def criteria(self) -> dict[str, Any]:
        """The success criteria, which the outcome owner writes."""
        return self._numbered(
            "criterion", (self._criterion(one) for one in self.entry["criteria"]), prefix="c"
        )

    def _plain(self) -> dict[str, Any]:
        entry, day = self.entry, self.story.optional_date
        limits, budget = entry.get("limits", {}), entry["budget"]
        talk, risk = entry.get("communication", {}), entry["risk_class"]
        plain: dict[str, Any] = {field: entry.get(name) for name, field in TEXTS.items()}
        plain |= {name: limits.get(name) for name in LIMITS}
        plain |= {field: day(limits.get(name)) for name, field in LIMIT_DAYS.items()}
        plain |= entry["facts"]
        plain |= {
            "title": entry["title"],
            "time_start": day(entry["time_box"]["start_day"]),
            "time_end": day(entry["time_box"]["end_day"]),
            "budget_external": budget["external"],
            "internal_weeks": budget["internal_person_weeks"],
            "funded_by": budget["funded_by"],
            "funded_until": day(budget.get("funded_until_day")),
            "risk_scheme": risk["scheme"],
            "risk_class": risk["class"],
            "risk_reason": risk["reason"],
            "update_day": talk.get("update_day"),
            "recipients": talk.get("recipients"),
            "reply_days": talk.get("reply_days"),
        }
        return {name: value for name, value in plain.items() if value is not None}

    def seat(self, party: Entry) -> dict[str, Any]:
        """A seat with its person and the step in which the person signs, or an empty seat."""
        empty = party.get("empty_seat")
        if empty:
            return {
                "reason": empty["reason"],
                "filled_by": self.story.name(empty["filled_by"]),
                "filled_until": self.story.date(empty["filled_until_day"]),
                "accepted_by": self.story.name(empty["accepted_by"]),
            }
        person = self.story.person(party["person"])
        return _given(
            name=person["name"],
            email=person["mail"],
            function=person["function"] or "outside",
            table=party.get("table"),
            step=self._step(party["person"]),
        )

    def _step(self, person: str) -> int | None:
        steps = self.entry.get("sign_off", {}).get("steps", ())
        return next((step["step"] for step in steps if person in step["signers"]), None)

    def _numbered(self, family: str, records: Iterable[Any], prefix: str = "") -> dict[str, Any]:
        return {f"{family}.{prefix}{number}": record for number, record in enumerate(records, start=1)}

    def _member(self, one: Entry) -> dict[str, Any]:
        return {"role": one["role"], "name": self.story.name(one["person"]), "share": one["share"]}

    def _deliverable(self, one: Entry) -> dict[str, Any]:
        return _given(kind=one["kind"], text=one["text"], receiver=self._name(one["receiver"]))

    def _need(self, one: Entry) -> dict[str, Any]:
        key = one["asset"]
        return _given(
            asset=self.assets[key], name=self.asset_names[key], purpose=one["for"], note=one.get("note")
        )

    def _next_step(self, name: str) -> dict[str, Any]:
        step = self.entry["next_steps"].get(name) or {}
        return _given(
            condition=step.get("condition"),
            action=step.get("action"),
            owner=self._name(step.get("owner")),
            on=self.story.optional_date(step.get("decide_day")),
            reserved=step.get("reserved"),
        )

    def _criterion(self, one: Entry) -> dict[str, Any]:
        data, baseline = one.get("data") or {}, one.get("baseline") or {}
        file = data.get("file") or ""
        return _given(
            name=one["name"],
            kind=one["kind"],
            must=one["must"],
            metric_key=one.get("metric_key"),
            comparator=one.get("comparator"),
            target=one.get("target"),
            unit=one.get("unit"),
            baseline=baseline.get("value"),
            baseline_method=baseline.get("method"),
            asset=self.asset_names.get(data.get("asset", "")),
            file=file,
            sha256=bearing.sha256(file),
            source=data.get("source"),
            **{part: data.get(part) for part in sorted(MODEL_PARTS)},
            slice=one.get("slice"),
            measured_by=self._name(one.get("measured_by")),
            by=self.story.optional_date(one.get("by_day")),
            question=one.get("question"),
            answered_by=self._name(one.get("answered_by")),
            evidence=one.get("evidence"),
        )

    def _name(self, person: str | None) -> str | None:
        return self.story.name(person) if person else None


def _given(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value not in (None, "")}
