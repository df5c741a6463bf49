"""The findings of a readiness report as sentences, for none, one and many. Pure: from results as dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessment.result_words import first_lower, gates_title, has_scores, standing
from ui.words import counted, in_words, listed, sentence

Row = Mapping[str, Any]


def names(titles: Sequence[str]) -> str:
    """Pillars or dimensions as the subject of a sentence: "Team roles and data readiness"."""
    return sentence(listed([first_lower(title) for title in titles]))


def verb(titles: Sequence[str], one: str, many: str) -> str:
    """The verb that fits: "Culture holds", "Team roles hold", "Culture and team roles hold"."""
    return many if len(titles) != 1 or is_plural(titles[0]) else one


def is_plural(title: str) -> bool:
    """ "Team roles" is, "Data readiness" and "Culture" are not."""
    return title.endswith("s") and not title.endswith("ss")


def people_of(title: str) -> str:
    """A function's people in the middle of a sentence: "practitioners", "legal and security"."""
    plural = title if " and " in title or is_plural(title) else f"{title}s"
    return first_lower(plural)


def standing_lede(result: Row) -> str:
    """Which pillars are ahead, and what a phase is."""
    ahead = [pillar for pillar in result["pillars"] if pillar["phase"] > result["phase"]]
    rule = (
        "A pillar’s phase is what its gates allow, not its mean; the organization’s phase is that of its "
        "weakest pillar."
    )
    if not ahead:
        return rule
    reached = sorted({pillar["phase"] for pillar in ahead})
    parts = []
    for phase in reached:
        titles = [pillar["title"] for pillar in ahead if pillar["phase"] == phase]
        parts.append(f"{names(titles)} {verb(titles, 'has', 'have')} reached phase {phase}.")
    return f"{' '.join(parts)} {rule}"


def furthest_title(result: Row, behind: Sequence[Row]) -> str:
    """Which dimensions are furthest behind their target, and where most of them are."""
    if not behind:
        known = has_scores(result)
        return "No dimension is behind its target" if known else "Too few answers to compare with a target"
    names_of = {pillar["key"]: pillar["title"] for pillar in result["pillars"]}
    pillars: dict[str, int] = {}
    for row in behind:
        pillars[row["pillar"]] = pillars.get(row["pillar"], 0) + 1
    most = max(pillars, key=lambda key: pillars[key])
    title = f"{sentence(counted(len(behind), 'dimension is', 'dimensions are'))} furthest behind"
    if len(behind) > 1 and pillars[most] * 2 > len(behind):
        return f"{title}, {in_words(pillars[most])} of them in {first_lower(names_of[most])}"
    return title


def shortfall(dimension: Row) -> int:
    """Points that a dimension lacks to its target; 0 where it has no score or no target."""
    if dimension["score"] is None or dimension["target"] is None:
        return 0
    return max(0, int(dimension["target"]) - int(dimension["score"]))


def pillar_title(pillar: Row, gates: Sequence[Row], dimensions: Sequence[Row]) -> str:
    """A pillar's chapter: how many gates hold it, and where it is weakest."""
    title = pillar["title"]
    if pillar["score"] is None:
        return f"{title}: too few answers for a score"
    scored = [row for row in dimensions if row["score"] is not None]
    low = min(scored, key=lambda row: row["score"])
    if not gates:
        stands = verb([title], "stands", "stand")
        return f"{title} {stands} in phase {pillar['phase']}, lowest in {first_lower(low['title'])}"
    held = f"{verb([title], 'is', 'are')} held by {counted(len(gates), 'gate', 'gates')}"
    return f"{title} {held}, lowest in {first_lower(low['title'])}"


def pillar_lede(pillar: Row) -> str:
    """Score, interval, people and coverage in one sentence."""
    if pillar["score"] is None:
        return "Nobody who was asked gave a level here."
    text = f"{pillar['score']} of 100 from {counted(pillar['n'], 'person', 'people')}"
    if pillar["interval"]:
        text += f", {pillar['interval'][0]} to {pillar['interval'][1]} with other colleagues"
    text += f"; {coverage(pillar)} of what was asked is answered."
    return text + (" Below 70 % a score is provisional." if pillar["provisional"] else "")


def coverage(row: Row) -> str:
    """ "86 %", or "none" where nothing was asked."""
    share = row["coverage"]
    return "none" if share is None else f"{int(share * 100 + 0.5)} %"


def disagreement_title(result: Row) -> str:
    """How far people see the same, by the gaps between functions."""
    gaps = [row for row in result["findings"] if row["kind"] == "gap"]
    if result["alignment"] is None:
        asked = len(result["functions"])
        return f"Too few answers to compare functions ({asked} of {max(asked, 2)})"
    if not gaps:
        return (
            f"Functions see the same: alignment is {result['alignment']} of 100, and no function stands apart"
        )
    who = _apart_most(gaps)
    where = counted(len(gaps), "question", "questions")
    return f"On {where} one function stands apart{who}"


def _apart_most(gaps: Sequence[Row]) -> str:
    count: dict[str, int] = {}
    for gap in gaps:
        title = gap["sides"][0]["title"]
        count[title] = count.get(title, 0) + 1
    most = max(count, key=lambda title: count[title])
    return f", most often {people_of(most)}" if count[most] > 1 else ""


def report_title(result: Row, plan: Row | None) -> str:
    """The name of the report on its cover."""
    if plan and plan["target_week"] is not None:
        return f"Readiness for machine learning, and the plan to phase {plan['target_phase']}"
    return "Readiness for machine learning"


def cover_sentence(result: Row, organization: str) -> str:
    """The finding of the whole report in one or two short sentences."""
    if not has_scores(result):
        return f"{standing(result, organization)}."
    held = len(result["held_back_by"])
    gates = gates_title(result)
    return f"{standing(result, organization)}. {gates}." if held else f"{standing(result, organization)}."
