"""An organization's own initiatives: from plain values to an entry of the catalogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from assessment.content_yaml import Fields, Problems, as_node
from roadmap.catalogue import GateRow, Initiative, initiative_to_dict, read_initiative
from roadmap.catalogue_rules import check_references, find_cycle
from roadmap.levels import reach

PREFIX = "own_"
# What the loader tells a writer of content, in the words of a form.
PLAIN = {
    "missing": "This field is required.",
    "empty": "This field is required.",
    "empty; at least one entry is needed": "Choose at least one item that it raises.",
    "is above cost_high": "Must not be above the cost at most.",
    "must be above from": "Must be above the level that it starts from.",
    "missing; a POC names vendor, internal or collaborative": "A POC needs a route.",
    "only a POC has a route and a time box": "Only a POC has a route.",
    "must be the time box and one week for the decision": "Must be the time box and the decision’s week.",
    "waits for itself": "It would wait for itself.",
}
_WORD = re.compile(r"[a-z_]+|[0-9]+")
_NOT_KEY = re.compile(r"[^a-z0-9]+")


class OwnInitiativeError(ValueError):
    """The initiative cannot be used; `problems` name field and reason."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__("Some fields need another value.")
        self.problems = problems


def initiative_from_dict(content: Mapping[str, Any]) -> Initiative:
    """Reads what `initiative_to_dict` wrote. Raises ContentError where the form is wrong."""
    problems = Problems("own initiative")
    fields = Fields(as_node(content), "", problems)
    initiative = read_initiative(fields, 1)
    problems.raise_if_any()
    return initiative


def checked(
    content: Mapping[str, Any],
    others: Collection[Initiative],
    items: Mapping[str, int],
    gates: Sequence[GateRow] = (),
) -> dict[str, Any]:
    """The entry in the one form that is stored, proven to fit beside the others.

    items: item key to its highest level. Raises OwnInitiativeError with the problems by place: a field, or
    "lifts.2.to" for one of a list.
    """
    problems = Problems("own initiative")
    fields = Fields(as_node(content), "", problems)
    initiative = read_initiative(fields, 1)
    found: dict[str, list[str]] = {}
    for problem in problems.found:
        message = PLAIN.get(problem.message, problem.message)
        found.setdefault(_place(problem.where), []).append(message)
    if not found:
        rest = [other for other in others if other.key != initiative.key]
        for key, message in check_references([*rest, initiative], items):
            if key == initiative.key:
                found.setdefault(_named(initiative, message), []).append(f"It {message}.")
        cycle = find_cycle([*rest, initiative])
        if cycle:
            found["prerequisites"] = [_circle(cycle, [*rest, initiative])]
    if not found:
        found = _out_of_reach(initiative, rest, gates)
    if found:
        raise OwnInitiativeError(found)
    return initiative_to_dict(initiative)


def _place(where: str) -> str:
    """A place as the loader names it, "lifts 2, to", as a path: "lifts.2.to"."""
    return ".".join(_WORD.findall(where))


def _named(initiative: Initiative, message: str) -> str:
    """The place of the name that a finding quotes."""
    lists = {
        "lifts": [lift.item for lift in initiative.lifts],
        "needs": [need.item for need in initiative.needs],
        "prerequisites": initiative.prerequisites,
    }
    for name, values in lists.items():
        for number, value in enumerate(values, 1):
            if repr(value) in message:
                return f"{name}.{number}"
    return "one_of"


def _circle(cycle: Sequence[str], initiatives: Collection[Initiative]) -> str:
    titles = {initiative.key: initiative.title for initiative in initiatives}
    return f"It would wait for itself: {' waits for '.join(titles[key] for key in cycle)}."


def _out_of_reach(
    initiative: Initiative, others: Sequence[Initiative], gates: Sequence[GateRow]
) -> dict[str, list[str]]:
    """What it waits for and no chain of initiatives reaches from level 0, as the loader proves it."""
    reached = reach(others, {}, gates)
    found: dict[str, list[str]] = {}
    for number, need in enumerate(initiative.needs, 1):
        highest = reached.levels.get(need.item, 0)
        if highest < need.level:
            found[f"needs.{number}.level"] = [
                f"No initiative raises it above level {highest}, so this one could never begin."
            ]
    for number, key in enumerate(initiative.prerequisites, 1):
        if key not in reached.doable:
            found[f"prerequisites.{number}"] = ["It can never begin itself."]
    return found


def free_key(title: str, taken: Collection[str]) -> str:
    """A key made from a title that no other initiative has."""
    base = PREFIX + (_NOT_KEY.sub("_", title.lower()).strip("_")[:60] or "initiative")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key
