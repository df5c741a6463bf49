"""Why an item is in a plan, why it starts when it starts, and what keeps the plan from being shorter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from roadmap.catalogue import AUDIENCES, ROLES, people_of
from roadmap.levels import entry_gates, prerequisite_points
from roadmap.plan import Departure, Limit, PlanItem, Reason
from roadmap.problem import PlanProblem
from roadmap.timeline import Load, Spans, Timeline, waits
from ui import words

EARLY_WIN_WEEKS = 26
BIG_BET_PERCENT = 40
CHAIN = ("chain", "")
AUDIENCE_NAMES = {"leaders": "leaders", "technical": "the technical staff", "business": "the business side"}


def why(problem: PlanProblem, line: Timeline, spans: Spans, key: str) -> tuple[Reason, ...]:
    """What the item is in the plan for, gates first."""
    initiative = problem.catalogue.by_key[key]
    reasons = [
        Reason(
            "gate",
            row.item,
            f"Brings {name_of(problem, row.item)} to level {row.level}, a gate of phase {row.phase}.",
            row.level,
            line.weeks[(row.item, row.level)],
        )
        for row in problem.open_gates
        if line.by.get((row.item, row.level)) == key
    ]
    for other in sorted(spans, key=lambda name: (spans[name], name)):
        if other != key and spans[other][0] >= spans[key][1]:
            reasons += _uses(problem, line, spans, key, other)
    if initiative.is_poc and problem.poc_required:
        reasons.append(Reason("poc", key, "It is a POC and ends with a decision.", week=spans[key][1] - 1))
    if key in problem.pins or key in problem.forced_in:
        reasons.append(Reason("wish", key, "It was taken in by hand."))
    return tuple(reasons)


def _uses(problem: PlanProblem, line: Timeline, spans: Spans, key: str, other: str) -> list[Reason]:
    """How `other`, which starts later, relies on the item."""
    user = problem.catalogue.by_key[other]
    found = []
    if key in user.prerequisites:
        found.append(Reason("prerequisite", other, f"{user.title} comes after it.", week=spans[other][0]))
    for skipped in user.prerequisites:
        if skipped == key or (skipped in spans and spans[skipped][1] <= spans[other][0]):
            continue
        if any(line.by.get(point) == key for point in prerequisite_points(problem.catalogue.by_key[skipped])):
            title = problem.catalogue.by_key[skipped].title
            found.append(Reason("need", other, f"{user.title} needs what it brings instead of: {title}."))
    points = [(need.item, need.level) for need in user.needs]
    points += [(x.item, x.from_level) for x in user.lifts if (other, x.item) not in line.without_effect]
    for item, level in sorted(set(points)):
        if line.by.get((item, level)) == key:
            sentence = f"{user.title} needs {name_of(problem, item)} at level {level}."
            found.append(Reason("need", other, sentence, level, spans[other][0]))
    for row in entry_gates(user, problem.counted_gates):
        if line.by.get((row.item, row.level)) == key and row not in problem.open_gates:
            sentence = f"{user.title} may start once phase {row.phase} is reached there."
            found.append(Reason("entry", other, sentence, row.level, spans[other][0]))
    return found


def why_now(problem: PlanProblem, line: Timeline, spans: Spans, key: str) -> tuple[Reason, ...]:
    """Everything that ends exactly when the item starts and without which it could start earlier."""
    start = spans[key][0]
    if key in problem.pins:
        return (Reason("pin", key, "Its week was set by hand.", week=start),)
    if start <= problem.not_before:
        return (Reason("start", key, "It can start at once.", week=start),)
    reasons = []
    if problem.at_least.get(key) == start:
        reasons.append(Reason("not_before", key, "It was asked not to start earlier.", week=start))
    seen = set()
    for kind, ref, level, week in waits(problem, line, spans, key):
        if week == start and (kind, ref, level) not in seen:
            seen.add((kind, ref, level))
            reasons.append(Reason(kind, ref, _wait_sentence(problem, line, kind, ref, level), level, week))
    reasons += _resources(problem, spans, key) if not reasons else []
    return tuple(reasons) or (Reason("kept", key, "It keeps its week from the plan before.", week=start),)


def _wait_sentence(problem: PlanProblem, line: Timeline, kind: str, ref: str, level: int | None) -> str:
    if kind == "prerequisite":
        return f"{problem.catalogue.by_key[ref].title} ends just before."
    by = line.by.get((ref, level or 0), "")
    source = f", by {problem.catalogue.by_key[by].title}" if by else ""
    if kind == "entry":
        return f"Its phase is open to it now that {name_of(problem, ref)} stands at level {level}{source}."
    return f"It needs {name_of(problem, ref)} at level {level}{source}."


def _resources(problem: PlanProblem, spans: Spans, key: str) -> list[Reason]:
    """Roles and audiences that have no room one week earlier."""
    start, end = spans[key]
    load = Load(problem, {other: span for other, span in spans.items() if other != key})
    reasons = []
    for kind, name in load.over(key, (start - 1, end - 1)):
        if kind == "role":
            sentence = f"Until then {people_of(name)} have no room for it."
        else:
            at_once = words.counted(problem.limit(name), "initiative", "initiatives")
            sentence = f"Until then {AUDIENCE_NAMES[name]} have {at_once} at once."
        reasons.append(Reason(kind, name, sentence, week=start))
    return reasons


def limits(problem: PlanProblem, items: Sequence[PlanItem], spans: Spans, last: int) -> tuple[Limit, ...]:
    """Follows the items that set the target week back to the start, and counts by what each of them waited.

    `last` is the target week. The share says how much of a role or audience is used until then.
    """
    by_key = {item.key: item for item in items}
    load = Load(problem, spans)
    resources = [*(("role", role) for role in ROLES), *(("audience", name) for name in AUDIENCES)]
    share = {resource: _share(problem, load, *resource, last) for resource in resources}
    weeks: Counter[tuple[str, str]] = Counter()
    current = next((key for key in sorted(spans) if spans[key][1] == last), None)
    while current is not None:
        cause, following = _cause(problem, by_key, spans, current, share)
        weeks[cause] += spans[following][1] - spans[following][0] if following else 0
        weeks[CHAIN] += spans[current][1] - spans[current][0] if spans[current][1] == last else 0
        current = following
    found = [
        Limit(*resource, count, share.get(resource, 1.0), _limit_sentence(*resource, count))
        for resource, count in weeks.items()
        if count
    ]
    return tuple(sorted(found, key=lambda limit: (-limit.weeks, limit.kind, limit.ref)))


def _cause(
    problem: PlanProblem,
    by_key: Mapping[str, PlanItem],
    spans: Spans,
    key: str,
    share: Mapping[tuple[str, str], float],
) -> tuple[tuple[str, str], str | None]:
    """What the item waited for and the item that ended when it could start. Of several resources that were
    full, the one that is used most counts."""
    start = spans[key][0]
    before = [other for other in sorted(spans) if spans[other][1] == start and other != key]
    for reason in by_key[key].why_now:
        if reason.kind == "prerequisite" and reason.ref in before:
            return CHAIN, reason.ref
        if reason.kind in ("need", "entry"):
            for other in before:
                if any(x.item == reason.ref for x in problem.catalogue.by_key[other].lifts):
                    return CHAIN, other
    full = [
        (reason.kind, reason.ref) for reason in by_key[key].why_now if reason.kind in ("audience", "role")
    ]
    for kind, ref in sorted(full, key=lambda resource: (-share[resource], resource)):
        for other in before:
            initiative = problem.catalogue.by_key[other]
            if ref in initiative.audiences or ref in dict(initiative.effort):
                return (kind, ref), other
    return CHAIN, None


def _share(problem: PlanProblem, load: Load, kind: str, ref: str, last: int) -> float:
    weeks = last - problem.not_before
    if weeks <= 0:
        return 0.0
    used = sum(load.used[(kind, ref)][week] for week in range(problem.not_before, last))
    return round(used / max(1, load.limit((kind, ref)) * weeks), 3)


def _limit_sentence(kind: str, ref: str, weeks: int) -> str:
    follow = f"{words.sentence(words.counted(weeks, 'week follows', 'weeks follow'))} from"
    if kind == "chain":
        return f"{follow} one thing having to come after another."
    if kind == "role":
        return f"{follow} the hours of {people_of(ref)}."
    return f"{follow} how much {AUDIENCE_NAMES[ref]} can take up at once."


def departures(
    problem: PlanProblem, items: Sequence[PlanItem], poc_week: int | None
) -> tuple[Departure, ...]:
    """Where the plan departs from an early win and several small bets."""
    found = []
    if poc_week is not None and poc_week - problem.not_before > EARLY_WIN_WEEKS:
        sentence = (
            f"The first decision comes in week {poc_week}; momentum needs one within {EARLY_WIN_WEEKS} weeks."
        )
        found.append(Departure("no_early_win", sentence))
    pocs = [item for item in items if item.kind == "poc"]
    if len(pocs) == 1:
        found.append(
            Departure("single_bet", f"{pocs[0].title} is the only POC; several small bets teach more.")
        )
    for name, amounts in (
        ("spend", {item.title: item.cost_high for item in items}),
        ("effort", {item.title: sum(item.effort.values()) for item in items}),
    ):
        total = sum(amounts.values())
        for title, amount in amounts.items():
            if len(amounts) > 1 and amount * 100 > BIG_BET_PERCENT * total > 0:
                percent = round(100 * amount / total)
                found.append(Departure("one_big_bet", f"{title} holds {percent} % of the {name}."))
    return tuple(found)


def name_of(problem: PlanProblem, item: str) -> str:
    """How a sentence names an item: its title, or its key in words."""
    return problem.titles.get(item) or item.split(".")[-1].replace("_", " ")
