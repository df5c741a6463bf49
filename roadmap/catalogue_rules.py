"""What a catalogue must be able to do: references that resolve, no cycle, every gate within reach.

All proofs start from level 0 everywhere and use nothing but the rules of a plan (phase entry, needs,
prerequisites), so that no organization can stand where the catalogue offers no way on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from roadmap.levels import reach, useful

if TYPE_CHECKING:
    from roadmap.catalogue import GateRow, Initiative

Finding = tuple[str, str]


def check_references(initiatives: Sequence[Initiative], items: Mapping[str, int] | None) -> Iterator[Finding]:
    """Names of initiatives and items that do not exist, as (initiative key, message)."""
    keys = {initiative.key for initiative in initiatives}
    for initiative in initiatives:
        for key in initiative.prerequisites:
            if key not in keys:
                yield initiative.key, f"prerequisites names {key!r}, which is not in the catalogue"
        if items is None:
            continue
        named = (*(lift.item for lift in initiative.lifts), *(need.item for need in initiative.needs))
        for item in named:
            if item not in items:
                yield initiative.key, f"names the item {item!r}, which the questionnaire does not have"
    yield from _lonely_variants(initiatives)


def _lonely_variants(initiatives: Sequence[Initiative]) -> Iterator[Finding]:
    groups: dict[str, list[str]] = {}
    for initiative in initiatives:
        if initiative.one_of:
            groups.setdefault(initiative.one_of, []).append(initiative.key)
    for name, keys in groups.items():
        if len(keys) == 1:
            yield keys[0], f"one_of {name!r} has no other member"


def find_cycle(initiatives: Sequence[Initiative]) -> list[str]:
    """A chain of prerequisites that ends where it began (first key repeated at the end), or []."""
    prerequisites = {initiative.key: initiative.prerequisites for initiative in initiatives}
    done: set[str] = set()
    for start in prerequisites:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(prerequisites[start]))]
        path.append(start)
        while stack:
            following = next(
                (name for name in stack[-1][1] if name in prerequisites and name not in done), None
            )
            if following is None:
                stack.pop()
                done.add(path.pop())
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                path.append(following)
                stack.append((following, iter(prerequisites[following])))
    return []


def prove_gates(initiatives: Sequence[Initiative], gates: Sequence[GateRow]) -> Iterator[Finding]:
    """Gates that initiatives of a lower phase and of their own pillar do not reach, and initiatives that can
    never start. The proof for phase p may use initiatives of phases up to p - 1 only, and an item may only be
    lifted by its own pillar."""
    for phase in sorted({gate.phase for gate in gates}):
        usable = [initiative for initiative in initiatives if initiative.phase < phase]
        own = {key.key: _own_lifts(key) for key in usable}
        levels = reach(usable, {}, gates, lifts=own).levels
        for gate in gates:
            if gate.phase == phase and levels.get(gate.item, 0) < gate.level:
                message = f"no chain of initiatives below phase {phase} lifts it to {gate.level} from level 0"
                yield gate.item, message
    doable = reach(initiatives, {}, gates).doable
    for initiative in initiatives:
        if initiative.key not in doable:
            yield initiative.key, "can never start: what it waits for is out of reach from level 0"


def _own_lifts(initiative: Initiative) -> tuple[str, ...]:
    return tuple(lift.item for lift in initiative.lifts if lift.item.split(".")[0] == initiative.pillar)


def wrong_tags(initiatives: Sequence[Initiative], gates: Sequence[GateRow]) -> Iterator[Finding]:
    """Tags that do not fit. `next` (last phase) and `own_choice` are for initiatives that serve no gate, and
    for all of them but POCs below the last phase, which serve by being tried."""
    last = max(initiative.phase for initiative in initiatives)
    usable = [
        initiative for initiative in initiatives if initiative.phase < max(gate.phase for gate in gates)
    ]
    serving = useful(usable, {}, gates, [(gate.item, gate.level) for gate in gates]).keys
    for initiative in initiatives:
        expected = "next" if initiative.phase == last else "own_choice"
        if initiative.key in serving or (initiative.is_poc and initiative.phase < last):
            expected = ""
        if initiative.tag != expected:
            yield initiative.key, _tag_message(initiative.tag, expected)


def _tag_message(tag: str, expected: str) -> str:
    if not expected:
        return f"is tagged {tag!r} but helps to reach a gate"
    return f"serves no gate; its tag must be {expected!r}"
