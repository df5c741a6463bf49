"""What the pages of a plan show, put together from queries, words and figures."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse

from assessment import questionnaires
from roadmap import charts
from roadmap import plan_words as words
from roadmap.advice import advice_for
from roadmap.models import Plan
from roadmap.plan import Plan as PlanValue
from roadmap.plan import plan_from_dict
from roadmap.plan_view import PlanView
from roadmap.queries import choices_of, next_steps_of, open_requests, progress_of, scenarios_beside, today_of
from roadmap.standard import role_names, route_names
from roadmap.standing import late_items, standing_of
from ui.formats import day, money, signed
from ui.words import plural


def view_of(plan: Plan, value: PlanValue | None = None) -> PlanView:
    """A plan with the real state of its items, read now; `value` stands in for what the planner said."""
    organization = plan.organization
    today = today_of(organization)
    progress = progress_of(organization)
    followed = plan.state == Plan.State.PUBLISHED
    late = {row.key: row.days for row in late_items(plan, progress, today)} if followed else {}
    gates = plan.result.content["gates"]
    return PlanView(
        plan=plan,
        value=value or plan.value,
        questionnaire=questionnaires.of(plan.result.assessment),
        today=today,
        gate_titles={(gate["item"], gate["level"]): gate["title"] for gate in gates},
        progress=progress,
        choices=choices_of(organization),
        late=late,
    )


def plan_context(plan: Plan, *, item: str = "") -> dict[str, Any]:
    """Everything of the plan page."""
    view = view_of(plan)
    currency = plan.organization.currency
    standing = standing_of(plan) if plan.state != Plan.State.REPLACED else None
    chosen = view.chosen(item)
    return {
        "plan": plan,
        "view": view,
        "kind": kind_of(plan),
        "title": words.finding(view.data, currency),
        "lede": words.lede(view.data),
        "facts": facts_of(view),
        "status": words.status_words(view.data),
        "objectives": words.objective_rows(view.data, currency),
        "standing": standing,
        "late": sorted((one for one in view.items if one.days_late), key=lambda one: -one.days_late),
        "advice": [(row, view.by_key.get(row.ref)) for row in advice_for(plan, view.progress)],
        "chosen": chosen,
        "dimension": view.dimension_of(chosen) if chosen else "",
        "wishes": wish_rows(view),
        "offers": offers_of(plan, view),
        "requests": open_requests(plan.organization),
        "next_steps": next_steps_of(plan.organization),
        **_figures(view, chosen.key if chosen else ""),
        **_scenarios(plan),
    }


def _figures(view: PlanView, chosen: str) -> dict[str, Any]:
    return {
        "gantt": charts.gantt(view, chosen),
        "attention": charts.attention(view),
        "hours": charts.hours(view),
    }


def _scenarios(plan: Plan) -> dict[str, Any]:
    rows = scenarios_beside(plan)
    return {"scenarios": [scenario(row, plan) for row in rows] if len(rows) > 1 else []}


def kind_of(plan: Plan) -> str:
    """The line above the title: which plan, from which round, in which state."""
    state = {"draft": "draft", "published": "published", "replaced": "replaced"}[plan.state]
    if plan.archived_at:
        state = "put aside"
    return f"Roadmap, plan {plan.number} · {plan.name} · from {plan.result.assessment.title} · {state}"


def facts_of(view: PlanView) -> list[dict[str, Any]]:
    """Up to five facts: state, POC, cost, effort, how sure."""
    value, plan = view.value, view.plan
    currency = plan.organization.currency
    poc = words.poc_day(view.data)
    done = sum(item.state == "done" for item in view.items)
    running = sum(item.state == "running" for item in view.items)
    proven = value.objectives and all(o.proven for o in value.objectives[:2])
    return [
        {"term": "State", "value": _state_of(plan)},
        {
            "term": "First POC decided",
            "value": day(poc) if poc else "Decided already" if value.items else "–",
        },
        {"term": "External spend", "value": words.cost_range(value.cost_low, value.cost_high, currency)},
        {"term": "Effort", "value": view.effort_total},
        {"term": "Done and running", "value": f"{done} done, {running} running of {len(view.items)}"}
        if done or running
        else {"term": "How sure", "value": "Dates proven best" if proven else "Dates not proven best"},
    ]


def _state_of(plan: Plan) -> str:
    if plan.state == Plan.State.PUBLISHED and plan.published_at:
        return f"Published {day(plan.published_at)}"
    if plan.state == Plan.State.REPLACED and plan.replaced_at:
        return f"Replaced {day(plan.replaced_at)}"
    return f"Draft of {day(plan.created_at)}"


def wish_rows(view: PlanView) -> list[tuple[str, str]]:
    """What was asked for, as term and value."""
    wishes, value = view.wishes, view.value
    currency = view.plan.organization.currency
    limits = [
        f"{words.AUDIENCES[name]} {wishes.limit(name)}" for name in ("leaders", "technical", "business")
    ]
    hours = [f"{name} {view.capacity.get(role, 0) / 100:g}" for role, name in role_names().items()]
    rows = [
        ("Start", f"{day(wishes.start)}; week 0 begins on {day(view.zero)}"),
        ("Target", f"Phase {value.target_phase} by {day(words.by_day(view.data))}"),
        ("Budget", "No limit" if wishes.budget is None else money(wishes.budget, currency)),
        ("Preferred route", route_names().get(wishes.preferred_route, "None")),
        ("At once", "; ".join(limits)),
        ("FTE by role", "; ".join(hours)),
    ]
    if wishes.day_rates:
        rates = [
            f"{role_names().get(role, role)} {money(r, currency)}" for role, r in wishes.day_rates.items()
        ]
        rows.append(("Day rates", "; ".join(rates)))
    if wishes.dropped:
        gates = [view.gate_titles.get(point, point[0]) for point in wishes.dropped]
        rows.append(("Gates set aside", "; ".join(gates)))
    if wishes.assumed:
        gates = [view.gate_titles.get(point, point[0]) for point in wishes.assumed]
        rows.append(("Gates taken as holding", "; ".join(gates)))
    return rows


def offers_of(plan: Plan, view: PlanView) -> list[dict[str, Any]]:
    """Each change that makes a plan possible, in words, with the address that plans with it."""
    currency, roles = plan.organization.currency, role_names()
    return [
        {
            "number": number,
            "kind": OFFER_NAMES[relaxation["kind"]],
            "sentence": words.relaxation_words(view.data, relaxation, currency, roles),
            "proven": relaxation["proven"],
            "url": reverse("roadmap:relax", args=[plan.pk, number]),
        }
        for number, relaxation in enumerate(plan.relaxations)
    ]


OFFER_NAMES = {
    "date": "A later date",
    "budget": "More money",
    "role": "More hours",
    "audience": "More at once",
    "gates": "Fewer gates",
    "choices": "Fewer choices by hand",
    "combination": "A bit of each",
}


def scenario(row: Plan, current: Plan | None = None) -> dict[str, Any]:
    """One scenario in a few lines, from the columns of its row alone."""
    data = {
        "week_zero": row.week_zero.isoformat(),
        "target_week": row.target_week,
        "poc_week": row.poc_week,
        "target_phase": row.target_phase,
        "status": row.status,
        "by_week": 0,
    }
    poc = words.poc_day(data)
    wishes = row.wishes
    return {
        "plan": row,
        "is_current": current is not None and row.pk == current.pk,
        "title": words.title(data),
        "cost": words.thousands(row.cost_high, current.organization.currency if current else ""),
        "over": row.cost_high - current.cost_high if current else 0,
        "poc": day(poc) if poc else "",
        "initiatives": plural(row.initiatives, "initiative", "initiatives"),
        "at_once": sum(
            wishes.get("at_once", {}).get(name, 2) for name in ("leaders", "technical", "business")
        ),
        "compare_url": f"{reverse('roadmap:compare')}?a={current.pk}&b={row.pk}" if current else "",
    }


def compare_context(left: PlanView, right: PlanView) -> dict[str, Any]:
    """Two plans line by line: what each reaches, and where their initiatives differ."""
    keys = sorted({*left.by_key, *right.by_key}, key=lambda key: _place(left, right, key))
    rows = [_pair(left, right, key) for key in keys]
    changed = [row for row in rows if row["change"]]
    return {
        "first": left.plan,
        "second": right.plan,
        "title": _compare_title(left, right),
        "figures": _figure_rows(left, right),
        "rows": changed,
        "same": len(rows) - len(changed),
        "wishes": [
            (term, a, b)
            for (term, a), (_, b) in zip(_padded(left, right), _padded(right, left), strict=True)
            if a != b
        ],
    }


def _padded(view: PlanView, other: PlanView) -> list[tuple[str, str]]:
    """The wishes of a view with a dash for what only the other one has."""
    own, others = dict(wish_rows(view)), dict(wish_rows(other))
    return [(term, own.get(term, "–")) for term in sorted({*own, *others}, key=[*own, *others].index)]


def _place(left: PlanView, right: PlanView, key: str) -> tuple[Any, ...]:
    item = left.by_key.get(key) or right.by_key[key]
    return (item.item.phase, item.start, key)


def _pair(left: PlanView, right: PlanView, key: str) -> dict[str, Any]:
    a, b = left.by_key.get(key), right.by_key.get(key)
    item = a or b
    change = "Only in the second" if a is None else "Only in the first" if b is None else ""
    if a is not None and b is not None and a.start != b.start:
        weeks = (b.start - a.start).days // 7
        change = f"{plural(abs(weeks), 'week', 'weeks')} {'later' if weeks > 0 else 'earlier'}"
    return {"item": item, "first": a, "second": b, "change": change}


def _figure_rows(left: PlanView, right: PlanView) -> list[tuple[str, str, str, str]]:
    """Term, first, second, and the difference in words."""
    currency = left.plan.organization.currency
    rows = []
    for term, read in (("Target phase reached", words.target_day), ("First POC decided", words.poc_day)):
        a, b = read(left.data), read(right.data)
        gap = "" if a is None or b is None or a == b else _later((b - a).days // 7)
        rows.append((term, day(a) if a else "–", day(b) if b else "–", gap))
    low, high = left.value.cost_high, right.value.cost_high
    gap = _money_gap(high - low, currency) if high != low else ""
    rows.append(("External spend, high end", money(low, currency), money(high, currency), gap))
    more = sum(right.value.effort.values()) - sum(left.value.effort.values())
    gap = f"{words.person_weeks(abs(more))} {'more' if more > 0 else 'less'}" if more else ""
    rows.append(("Effort", left.effort_total, right.effort_total, gap))
    count = len(right.items) - len(left.items)
    rows.append(("Initiatives", str(len(left.items)), str(len(right.items)), signed(count) if count else ""))
    return rows


def _later(weeks: int) -> str:
    return f"{plural(abs(weeks), 'week', 'weeks')} {'later' if weeks > 0 else 'earlier'}"


def _compare_title(left: PlanView, right: PlanView) -> str:
    """Which of the two is sooner, and which is cheaper."""
    a, b = words.target_day(left.data), words.target_day(right.data)
    money_gap = right.value.cost_high - left.value.cost_high
    currency = left.plan.organization.currency
    time = "as soon as" if a == b or a is None or b is None else f"{_later((b - a).days // 7)} than"
    cost = (
        "for the same money"
        if not money_gap
        else (f"for {words.thousands(abs(money_gap), currency)} {'more' if money_gap > 0 else 'less'}")
    )
    return f"{right.plan.name} gets there {time} {left.plan.name}, {cost}"


def answer_context(plan: Plan) -> dict[str, Any]:
    """The answer to a what-if: the sentence, the figures, and what moves."""
    said = plan.what_if
    view = view_of(plan)
    currency = plan.organization.currency
    base = plan.based_on
    baseline = _baseline(plan)
    return {
        "plan": plan,
        "base": base,
        "moved_on": _moved_on(base, baseline) if base and baseline else "",
        "view": view,
        "title": _answer_title(plan, currency),
        "kind": f"What if · plan {base.number if base else ''}",
        "said": said,
        "offers": offers_of(plan, view),
        "facts": [
            {"term": "First POC decision", "value": _weeks_gap(said["poc_weeks"]) or "Decided already"},
            {"term": "Target phase", "value": _weeks_gap(said["target_weeks"]) or "–"},
            {"term": "External spend", "value": _money_gap(said["cost"], currency)},
        ]
        if said["possible"]
        else [],
        "comparison": compare_context(view_of(base, baseline), view) if base and plan.found else None,
    }


def _baseline(plan: Plan) -> PlanValue | None:
    """The plan without the change as it would be made today; None while the plan itself is that."""
    stored = plan.what_if.get("baseline")
    return plan_from_dict(stored) if stored else None


def _moved_on(base: Plan, baseline: PlanValue) -> str:
    """What time has done to the plan that was asked about, where that shows in its end."""
    then, now = words.target_day(base.content), words.target_day(baseline.to_dict())
    if then is None or now is None or then == now:
        return ""
    return (
        f"Made today, plan {base.number} would reach its phase by {day(now)} instead of {day(then)}; "
        "the change is measured from there."
    )


def _answer_title(plan: Plan, currency: str) -> str:
    said = plan.what_if
    if not said["possible"]:
        return f"{plan.name}: phase {plan.target_phase} is out of reach"
    parts = []
    if said["target_weeks"]:
        parts.append(f"phase {plan.target_phase} comes {_later(said['target_weeks'])}")
    if said["poc_weeks"]:
        parts.append(f"the first POC decision {_later(said['poc_weeks'])}")
    if said["cost"]:
        more = "more" if said["cost"] > 0 else "less"
        parts.append(f"it costs {words.thousands(abs(said['cost']), currency)} {more}")
    return f"{plan.name}: {', '.join(parts) if parts else 'dates and cost stay as they are'}"


def _weeks_gap(weeks: int | None) -> str:
    return "" if weeks is None else "No change" if weeks == 0 else _later(weeks)


def _money_gap(amount: int | None, currency: str) -> str:
    if amount is None:
        return "–"
    return (
        "No change" if amount == 0 else f"{money(abs(amount), currency)} {'more' if amount > 0 else 'less'}"
    )


def report_url() -> str:
    """Where a report of the plan is made; the page lives in an app above and is known by name only."""
    try:
        return reverse("reports:list")
    except NoReverseMatch:
        return ""
