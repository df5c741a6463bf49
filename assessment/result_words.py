"""What a result says, as sentences for none, one and many. Pure: from `AssessmentResult.to_dict()`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ui.words import counted, in_words, listed, sentence

Row = Mapping[str, Any]


def first_lower(title: str) -> str:
    """A title inside a sentence: "team roles"; "ML strategy" keeps its capitals."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def held_words(phases: Sequence[int]) -> str:
    """How many gates hold, by the phases they belong to: "16 gates of phase 2 and two of phase 3 hold"."""
    count = Counter(phases)
    first, *others = sorted(count) or [2]
    told = [f"{counted(count[first], 'gate', 'gates')} of phase {first}"]
    told += [f"{in_words(count[phase])} of phase {phase}" for phase in others]
    return sentence(f"{listed(told)} {'holds' if len(phases) == 1 else 'hold'} already")


def _subject(titles: Sequence[str]) -> str:
    return sentence(listed([first_lower(title) for title in titles]))


def _verb(titles: Sequence[str], one: str, many: str) -> str:
    # "Team roles hold", but "Data readiness holds".
    plural = titles[0].endswith("s") and not titles[0].endswith("ss")
    return many if len(titles) != 1 or plural else one


def has_scores(result: Row) -> bool:
    return any(pillar["score"] is not None for pillar in result["pillars"])


def standing(result: Row, name: str) -> str:
    """The title of a result: which pillars hold the organization in which phase."""
    if not has_scores(result):
        return f"Too few answers to say where {name} stands"
    phase, last = result["phase"], result["last_phase"]
    if phase >= last:
        return f"{name} has reached phase {phase}, the last one"
    holding = [pillar["title"] for pillar in result["pillars"] if pillar["phase"] == phase]
    if len(holding) == len(result["pillars"]) > 1:
        return f"All {in_words(len(holding))} pillars of {name} are in phase {phase}"
    return f"{_subject(holding)} {_verb(holding, 'holds', 'hold')} {name} in phase {phase}"


def lede(result: Row) -> str:
    """Which pillars are ahead, and how many gates stand in the way of the target."""
    parts = []
    ahead = [pillar for pillar in result["pillars"] if pillar["phase"] > result["phase"]]
    for phase in sorted({pillar["phase"] for pillar in ahead}):
        titles = [pillar["title"] for pillar in ahead if pillar["phase"] == phase]
        parts.append(f"{_subject(titles)} {_verb(titles, 'has', 'have')} reached phase {phase}.")
    total = len([gate for gate in result["gates"] if gate["phase"] <= result["target_phase"]])
    still = len(result["held_back_by"])
    verb = "does not hold" if still == 1 else "do not hold"
    first = f"{sentence(in_words(still))} of {in_words(total)} gates {verb}"
    open_part = f"{first} yet on the way to phase {result['target_phase']}"
    unknown = len(set(result["unknown_gates"]) & set(result["held_back_by"]))
    if unknown:
        who = "one of them" if unknown == 1 else f"{in_words(unknown)} of them"
        open_part += f", {who} because nobody who was asked knows"
    return " ".join([*parts, f"{open_part}."])


def gates_title(result: Row) -> str:
    still, target = len(result["held_back_by"]), result["target_phase"]
    if not still:
        return f"Every gate up to phase {target} holds"
    return f"{sentence(counted(still, 'gate stands', 'gates stand'))} between today and phase {target}"


def radar_title(result: Row, *, far: int = 20) -> str:
    """How many dimensions fall `far` points or more short of the target."""
    short = [d for d in result["dimensions"] if _missing(d) >= far]
    if not has_scores(result):
        return "Too few answers to draw a profile"
    if not short:
        return f"No dimension falls {far} points or more short of its target"
    return sentence(
        counted(
            len(short),
            f"dimension falls {far} points or more short of its target",
            f"dimensions fall {far} points or more short of their targets",
        )
    )


def _missing(dimension: Row) -> float:
    if dimension["value"] is None or dimension["target_value"] is None:
        return 0.0
    return float(dimension["target_value"]) - float(dimension["value"])


def rows_title(result: Row) -> str:
    """Where two functions stand furthest apart."""
    titles = {column["key"]: column["title"] for column in result["functions"]}
    widest: tuple[float, str, str, str] | None = None
    for dimension in result["dimensions"]:
        cells = [cell for cell in dimension["functions"] if cell["value"] is not None]
        if len(cells) < 2:
            continue
        high = max(cells, key=lambda cell: cell["value"])
        low = min(cells, key=lambda cell: cell["value"])
        gap = high["value"] - low["value"]
        if widest is None or gap > widest[0]:
            widest = (gap, dimension["title"], titles[high["function"]], titles[low["function"]])
    if widest is None:
        return "Too few answers to compare functions"
    gap, dimension_title, high_title, low_title = widest
    if gap < 1:
        return "All functions see every dimension alike"
    return (
        f"Functions stand furthest apart on {first_lower(dimension_title)}: "
        f"{first_lower(high_title)} above {first_lower(low_title)}"
    )


def alignment_words(result: Row, earlier: Row | None) -> str:
    """The alignment of 0 to 100, beside that of the round before."""
    if result["alignment"] is None:
        return "Not known: fewer than two functions answered"
    text = f"{result['alignment']} of 100"
    before = earlier["alignment"] if earlier else None
    if before is None:
        return text
    if before == result["alignment"]:
        return f"{text}, as in {earlier['round']['title'] if earlier else ''}"
    word = "higher" if result["alignment_value"] > (earlier or {})["alignment_value"] else "lower"
    return f"{text}, {word} than in {(earlier or {})['round']['title']} ({before})"
