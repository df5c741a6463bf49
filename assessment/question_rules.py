"""The rules that a questionnaire must keep beyond the form of its fields (`docs/content.md` lists them)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from assessment.content_yaml import ContentError, Problem, Problems
from assessment.question_schema import LEVELS, Gate, Item, Option

if TYPE_CHECKING:
    from assessment.question_bank import Questionnaire

HIGHEST_MINUTES = 15
READERS = ("roadmap", "charter", "roster", "findings", "facilitator")

_BANNED = re.compile(
    r"\b(good|adequate(ly)?|effective(ly)?|matur(e|ely|ity)|robust(ly)?|regularly)\b", re.IGNORECASE
)
_CODE = re.compile(r"[A-Z][1-9][0-9]?")
_SOURCE = re.compile(r"S[0-9]-[1-9][0-9]?")

# A finding: the entry it belongs to (a key of the line table) and what is wrong and allowed.
Complaints = Iterator[tuple[str, str]]


def check_rules(questionnaire: Questionnaire, problems: Problems, lines: Mapping[str, int]) -> None:
    """Adds a problem for every rule that is broken. `lines` maps entries to their lines in the file."""
    rules: tuple[Callable[[Questionnaire], Complaints], ...] = (
        _structure, _items, _levels, _conditions, _gates, _shares, _words,
    )  # fmt: skip
    for rule in rules:
        for where, message in rule(questionnaire):
            problems.add(lines.get(where, lines.get("", 0)), where, message)


def rule_problems(questionnaire: Questionnaire, *, name: str = "questionnaire") -> tuple[Problem, ...]:
    """The broken rules of a questionnaire that was built in the browser, without lines."""
    problems = Problems(name)
    check_rules(questionnaire, problems, {})
    return tuple(problems.found)


def check_succession(old: Questionnaire, new: Questionnaire, *, name: str = "questionnaire") -> None:
    """Raises ContentError unless `new` may follow the published `old`.

    A published version never changes, and every published item lives on: under its key, under a new key
    that names the old one (`was`), or in the list `retired`. A key never changes its kind of answer.
    """
    problems = Problems(name)
    for where, message in _succession(old, new):
        problems.add(0, where, message)
    if problems.found:
        raise ContentError(problems.found)


def _succession(old: Questionnaire, new: Questionnaire) -> Complaints:
    if new.id != old.id:
        yield "", f"has the id {new.id!r}; a version of {old.id!r} must keep that id"
        return
    if new.version == old.version:
        if new.content_hash != old.content_hash:
            yield "", f"version {old.version} is published and cannot change; use version {old.version + 1}"
        return
    if new.version < old.version:
        yield "", f"version {new.version} is older than the published version {old.version}"
    yield from _heirs(old, new)
    for kind in ("functions", "pillars"):
        for key in getattr(old, kind):
            if key not in getattr(new, kind):
                yield key, f"is published under {kind} and must stay"


def _heirs(old: Questionnaire, new: Questionnaire) -> Complaints:
    heirs = {item.was: item for item in new.items.values() if item.was}
    for key, item in old.items.items():
        heir = new.items.get(key) or heirs.get(key)
        if heir is None and key not in new.retired:
            yield key, "is published but gone; keep it, or name it in `was` of its successor or in `retired`"
        elif heir is not None and key in new.retired:
            yield key, "is both retired and in use"
        elif heir is not None and heir.kind != item.kind:
            yield key, f"was published as {item.kind}, now {heir.kind}; give the new item a new key"
    for was, item in heirs.items():
        if was not in old.items:
            yield item.key, f"names {was!r} in `was`, but version {old.version} has no such item"


def _structure(questionnaire: Questionnaire) -> Complaints:
    codes: dict[str, str] = {}
    for dimension in questionnaire.dimensions.values():
        if not dimension.key.startswith(f"{dimension.pillar}."):
            yield dimension.key, f"must start with the key of its pillar, {dimension.pillar!r}, and a dot"
        if not _CODE.fullmatch(dimension.code):
            yield dimension.key, f"code {dimension.code!r} must be a capital letter and a number, like D2"
        if codes.setdefault(dimension.code, dimension.key) != dimension.key:
            yield dimension.key, f"code {dimension.code!r} already belongs to {codes[dimension.code]}"
        if not any(questionnaire.items[key].kind == "maturity" for key in dimension.items):
            yield dimension.key, "has no maturity item, so it can never have a score"
        if dimension.weight == 0:
            yield dimension.key, "weight 0: its items would change no score; use a weight above 0"
    numbers = [phase.phase for phase in questionnaire.phases]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "", f"phases are {numbers}; they must be 1, 2, 3 and so on"
    for where, source in _sources(questionnaire):
        if not _SOURCE.fullmatch(source):
            yield where, f"source {source!r} must be a checklist number like S2-17"


def _sources(questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    yield from (("", source) for source in questionnaire.sources)
    yield from (("", source) for phase in questionnaire.phases for source in phase.sources)
    for pillar in questionnaire.pillars.values():
        yield from ((pillar.key, source) for source in pillar.sources)
    for item in questionnaire.items.values():
        yield from ((item.key, source) for source in item.sources)


def _items(questionnaire: Questionnaire) -> Complaints:
    for item in questionnaire.items.values():
        if item.dimension not in questionnaire.dimensions:
            yield item.key, f"must start with the key of a dimension; there is no {item.dimension!r}"
        for function in item.functions:
            if function not in questionnaire.functions:
                allowed = ", ".join(questionnaire.functions)
                yield item.key, f"function {function!r} is not one of {allowed}"
        for function in item.should_know:
            if function not in item.functions:
                yield item.key, f"should_know names {function!r}, which is not asked"
        if bool(item.should_know) != bool(item.dont_know):
            yield item.key, "needs should_know and dont_know together, or neither"
        yield from ((item.key, message) for message in _kind_problems(item))


def _kind_problems(item: Item) -> Iterator[str]:
    if item.kind == "maturity":
        if item.weight == 0:
            yield "weight 0: the item would change no score; use a weight above 0"
        if item.options or item.rows or item.unit or item.minimum is not None:
            yield "a maturity item has levels only; options, rows, unit and bounds belong to other kinds"
        return
    if item.levels or item.weight:
        yield f"levels and a weight belong to maturity items; a {item.kind} item does not score"
    if not item.read_by:
        yield f"a {item.kind} item does not score, so read_by must name what reads it"
    for reader in item.read_by:
        if reader.partition(":")[0] not in READERS or not reader.partition(": ")[2]:
            yield f"read_by {reader!r} must be one of {', '.join(READERS)}, a colon and what it does"
    choices = item.kind in ("single_choice", "multiple_choice", "matrix")
    yield from _option_problems("options", item.options, 2 if choices else 0, choices)
    yield from _option_problems("rows", item.rows, 1 if item.kind == "matrix" else 0, item.kind == "matrix")
    if item.kind == "number" and not item.unit:
        yield "a number needs its unit"
    if item.minimum is not None and item.maximum is not None and item.minimum >= item.maximum:
        yield "minimum must be below maximum"
    if item.kind != "number" and (item.unit or item.minimum is not None):
        yield f"unit and bounds belong to numbers, not to a {item.kind} item"


def _option_problems(name: str, options: tuple[Option, ...], least: int, wanted: bool) -> Iterator[str]:
    if wanted and len(options) < least:
        yield f"{name}: at least {least} needed"
    if options and not wanted:
        yield f"{name} do not belong to this kind of item"
    for attribute in ("key", "text"):
        values = [getattr(option, attribute) for option in options]
        for value in sorted({value for value in values if values.count(value) > 1}):
            yield f"{name}: {value!r} stands there twice"


def _levels(questionnaire: Questionnaire) -> Complaints:
    for item in questionnaire.maturity_items:
        if len(item.levels) != LEVELS:
            yield item.key, f"has {len(item.levels)} levels; five are needed, 0 to 4"
        seen: dict[str, int] = {}
        for number, level in enumerate(item.levels):
            where = f"{item.key} level {number}"
            for name, text in (("text", level.text), ("claim", level.claim)):
                banned = _BANNED.search(text)
                if banned:
                    yield where, f"{name} says {banned[0]!r}; tell what a visitor could see instead"
                first = seen.setdefault(f"{name} {_plain(text)}", number)
                if first != number:
                    yield where, f"{name} is the same as that of level {first}"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _conditions(questionnaire: Questionnaire) -> Complaints:
    order = list(questionnaire.items)
    for item in questionnaire.items.values():
        if item.visible_if is None:
            continue
        other = questionnaire.items.get(item.visible_if.item)
        if other is None or other.kind != "maturity":
            yield item.key, f"visible_if names {item.visible_if.item!r}, which is no maturity item"
            continue
        if _in_cycle(questionnaire, item.key):
            yield item.key, "visible_if leads back to the item itself"
        elif order.index(other.key) > order.index(item.key):
            yield item.key, f"visible_if names {other.key}, which is asked later; it must be asked before"
        unasked = [function for function in item.functions if function not in other.functions]
        if unasked:
            yield item.key, f"visible_if names {other.key}, which is not asked of {', '.join(unasked)}"


def _in_cycle(questionnaire: Questionnaire, start: str) -> bool:
    seen: set[str] = set()
    key = start
    while key in questionnaire.items and (condition := questionnaire.items[key].visible_if):
        key = condition.item
        if key == start:
            return True
        if key in seen:
            return False
        seen.add(key)
    return False


def _gates(questionnaire: Questionnaire) -> Complaints:
    highest = len(questionnaire.phases)
    phases: dict[str, Gate] = {}
    for number, gate in enumerate(questionnaire.gates, start=1):
        where = f"gate {number}"
        item = questionnaire.items.get(gate.item)
        if item is None or item.kind != "maturity":
            yield where, f"{gate.item!r} is no maturity item; only those carry gates"
        elif item.visible_if is not None:
            yield where, f"{gate.item} has visible_if; a gate must rest on an item that everybody asked sees"
        if gate.phase > highest:
            yield where, f"phase {gate.phase} does not exist; phases are 1 to {highest}"
        if phases.setdefault(gate.key, gate) is not gate:
            yield where, f"{gate.key} is already a gate"
        for other in questionnaire.gates:
            if other.item == gate.item and other.phase < gate.phase and other.level > gate.level:
                yield where, f"asks for less than the gate of phase {other.phase} on the same item"
    for pillar in questionnaire.pillars:
        for phase in range(2, highest + 1):
            if not any(gate.pillar == pillar and gate.phase == phase for gate in questionnaire.gates):
                yield pillar, f"has no gate for phase {phase}, so that phase would hold by itself"


def _shares(questionnaire: Questionnaire) -> Complaints:
    for function in questionnaire.functions:
        if not questionnaire.items_for(function):
            yield function, "is asked nothing; route at least one item to it"
        minutes = questionnaire.minutes_for(function)
        if minutes > HIGHEST_MINUTES:
            yield function, f"its share takes {minutes:.1f} minutes; at most {HIGHEST_MINUTES} are allowed"


def _words(questionnaire: Questionnaire) -> Complaints:
    """Nothing is asked twice in the same words."""
    seen: dict[str, str] = {}
    for item in questionnaire.items.values():
        first = seen.setdefault(_plain(item.text), item.key)
        if first != item.key:
            yield item.key, f"asks the same as {first}"
