"""Completeness rules about time, money, data, risk, pathway and the clauses of the route."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from charters.content import Clause, Content
from charters.document import CharterText, NextStep
from charters.fields import OUTCOMES
from charters.rule_facts import Found, Surroundings, found, scale_to_production

MOST_WEEKS = 12
PROFILE_AGE = timedelta(days=365)


def no_time_box(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.weeks is None:
        yield found("time_start")


def no_risk_class(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if not text.text("risk_class"):
        yield found("risk_class")


def prohibited_use(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.text("risk_class") == "prohibited":
        yield found("risk_class")


def high_risk_without_oversight(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.text("risk_class") != "high":
        return
    fields = (("impact", "the impact on people"), ("human_oversight", "the human oversight"))
    open_fields = [(name, words) for name, words in fields if not text.text(name)]
    if open_fields:
        yield found(open_fields[0][0], missing=" and ".join(words for _, words in open_fields))


def clause_missing(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    route = content.routes.get(text.text("route"))
    if route is None:
        yield found(
            "route", label="A route", why="Vendor, internal or collaborative decides what must be settled."
        )
    for name, label, why in _BASICS:
        given = text.text(name) if name != "deliverable" else text.deliverables
        if not given:
            yield found(name, label=label, why=why)
    for clause in route.clauses if route else ():
        if _is_required(clause, text) and not text.clauses.get(clause.id, "").strip():
            yield found(f"clause.{clause.id}", label=clause.label, why=clause.why)


_BASICS = (
    ("problem", "The problem", "What is written down can be solved or given up."),
    ("why_ml", "Why ML", "A rule may do; say what it misses."),
    ("deliverable", "Deliverables", "What was agreed can be asked for."),
)


def _is_required(clause: Clause, text: CharterText) -> bool:
    if clause.id == "internal_learning":
        return False  # its content is the learning questions, which have a rule of their own
    if clause.required_when.startswith("collab_mode is "):
        return text.clauses.get("collab_mode", "") == clause.required_when.removeprefix("collab_mode is ")
    return clause.required


def no_pathway(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for key, label in OUTCOMES:
        step = text.pathway.get(key, NextStep(key))
        missing = [
            word
            for word, given in (("condition", step.condition), ("owner", step.owner), ("date", step.on))
            if not given
        ]
        if missing:
            yield found(f"pathway.{key}", outcome=label.lower(), missing=", ".join(missing))


def tick_box(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    conditions = [step.condition.casefold() for step in text.pathway.values() if step.condition]
    all_equal = len(conditions) == len(OUTCOMES) and len(set(conditions)) == 1
    scale = text.pathway.get("scale")
    if all_equal or scale is None or not scale.reserved or not text.text("informs_journey"):
        yield found("pathway.scale")


def no_owner_after(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if not text.text("owner_after") and text.day("switch_off_on") is None:
        yield found("owner_after")


def no_fallback(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    in_use = text.yes("deployment_in_scope") or text.yes("users_see")
    if in_use and not text.text("fallback"):
        yield found("fallback")


def no_explanation(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.yes("single_answers") and not text.text("explanation"):
        yield found("explanation")


def no_stack(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if scale_to_production(text) and not (text.text("deployment") and text.text("integration")):
        yield found("deployment")


def time_box_too_long(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.weeks is not None and text.weeks > MOST_WEEKS:
        yield found("time_end", n=text.weeks)


def time_box_over_funding(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    end, funded = text.day("time_end"), text.day("funded_until")
    if end is None:
        return
    if funded is not None and end > funded:
        yield found("funded_until", person="the release", date=funded, end=end)
    for member in text.team:
        facts = around.people.get(member.name)
        if facts and facts.released_until and end > facts.released_until:
            yield found(f"team.{member.key}", person=member.name, date=facts.released_until, end=end)


def data_not_usable(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for need in text.data:
        facts = around.assets.get(need.asset)
        if facts and facts.status == "not_usable_yet":
            yield found(f"data.{need.key}", asset=facts.name)


def data_not_better(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for need in text.data:
        facts = around.assets.get(need.asset)
        if facts and facts.status == "acceptable":
            yield found(f"data.{need.key}", asset=facts.name)


def data_wait(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    known = [
        (facts.days_to_access, facts.name, need.key)
        for need in text.data
        if (facts := around.assets.get(need.asset)) and facts.days_to_access is not None
    ]
    if not known or text.weeks is None:
        return
    days, name, key = max(known)
    if days > text.weeks * 7 / 4:
        yield found(f"data.{key}", asset=name, days=days, weeks=text.weeks)


def no_profile(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if not around.profiles_known or not text.data:
        return
    dates = [around.assets[need.asset].profiled_on for need in text.data if need.asset in around.assets]
    if not any(day is not None and day >= around.today - PROFILE_AGE for day in dates):
        yield found("data")


def stand_in_data(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.use_case.data_origin in ("public", "simulated"):
        yield found("data")


def no_tolerance(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    open_fields = [name for name in ("cost_of_wrong", "bearer", "accepted_share") if not text.text(name)]
    if open_fields:
        yield found(open_fields[0])


def no_communication(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    open_fields = [name for name in ("update_day", "recipients", "reply_days") if not text.text(name)]
    if open_fields:
        yield found(open_fields[0])


def staff_not_told(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if "staff" in text.use_case.touches and not (text.text("told_by") and text.day("told_on")):
        yield found("told_by")
