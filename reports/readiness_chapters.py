"""The chapters of the readiness report: where one stands, each pillar, disagreement, what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessment.question_bank import Questionnaire
from assessment.result_words import gates_title
from assessment.result_words import standing as standing_title
from reports import readiness_figures as figures
from reports import readiness_words as words
from reports.layout import Chapter, Section
from roadmap import plan_words
from ui.formats import day
from ui.words import counted, sentence

Row = Mapping[str, Any]

FURTHEST_BEHIND = 8
FIRST_FINDINGS = 7
FIRST_ITEMS = 8


def standing(
    result: Row, questionnaire: Questionnaire, organization: str, plan: Row | None, earlier: Row | None
) -> Chapter:
    """Pillars weakest first, the gates that hold back, and what is furthest behind."""
    behind = sorted(
        (row for row in result["dimensions"] if words.shortfall(row)),
        key=lambda row: (-words.shortfall(row), row["code"]),
    )[:FURTHEST_BEHIND]
    behind_title = words.furthest_title(result, behind)
    codes = [row["code"] for row in behind]
    return Chapter(
        name=f"Where {organization} stands",
        finding=standing_title(result, organization),
        lede=words.standing_lede(result),
        template="pdf/readiness_standing.html",
        sections=[
            Section("pillars", "Pillars, weakest first"),
            Section("gates", gates_title(result)),
            Section("behind", behind_title),
        ],
        data={
            "result": result,
            "pillar_rows": figures.pillar_rows(result, questionnaire, earlier),
            "gates": gate_rows(result, questionnaire, plan),
            "behind_rows": figures.behind_rows(result, questionnaire, codes, behind_title, earlier)
            if codes
            else None,
            "radar": figures.radar(result, questionnaire),
            "has_plan": plan is not None,
        },
    )


def gate_rows(
    result: Row, questionnaire: Questionnaire, plan: Row | None, pillar: str = ""
) -> list[dict[str, Any]]:
    """The gates that hold back, in order: where each stands, what it needs, who says so, what closes it."""
    by_key = {gate["key"]: gate for gate in result["gates"]}
    closing = _closing(plan)
    rows = []
    for rank, key in enumerate(result["held_back_by"], start=1):
        gate = by_key[key]
        if pillar and gate["pillar"] != pillar:
            continue
        item = questionnaire.items[gate["item"]]
        at = result["current_levels"][gate["item"]]
        rows.append(
            {
                "rank": rank,
                "title": gate["title"] or item.levels[gate["level"]].text,
                "code": questionnaire.dimensions[item.dimension].code,
                # A level that nobody can vouch for is no level to show.
                "known": gate["holds"] is not None,
                "at": "–" if gate["holds"] is None else at,
                "needs": gate["level"],
                "today": item.levels[at].text,
                "needed": item.levels[gate["level"]].text,
                "why": next((known.why for known in questionnaire.gates if known.key == key), ""),
                "who": _who_says_so(result, questionnaire, gate),
                "closes": closing.get((gate["item"], gate["level"]), ""),
            }
        )
    return rows


def _closing(plan: Row | None) -> dict[tuple[str, int], str]:
    if plan is None:
        return {}
    titles = {item["key"]: item["title"] for item in plan["items"]}
    return {
        (gate["item"], gate["level"]): titles[gate["closed_by"]]
        for gate in plan["gates"]
        if gate["closed_by"] in titles
    }


def _who_says_so(result: Row, questionnaire: Questionnaire, gate: Row) -> str:
    if gate["decided_by"] == "consensus":
        return "Agreed by the room"
    if gate["silent"] and not gate["below"]:
        silent = [title_of(result, questionnaire, members) for members in gate["silent"]]
        return f"{'; '.join(silent)}: nobody knows"
    item = next(row for row in result["items"] if row["key"] == gate["item"])
    levels = [row for row in item["functions"] if row["level"] is not None]
    if len(levels) > 1 and len({row["level"] for row in levels}) == 1:
        return "All functions agree"
    told = sorted(levels, key=lambda row: -row["level"])
    if len(told) > 2:
        told = [told[0], told[-1]]
    return ", ".join(
        f"{title_of(result, questionnaire, row['functions'])} {level_text(row['level'])}" for row in told
    )


def title_of(result: Row, questionnaire: Questionnaire, members: Sequence[str]) -> str:
    """A group's title: that of its column, or those of its functions."""
    for column in result["functions"]:
        if column["members"] == list(members):
            return str(column["title"])
    return ", ".join(questionnaire.functions[key].title for key in members)


def level_text(level: float) -> str:
    """A mean level with one decimal, without it where it is whole: "3", "1.5"."""
    rounded = int(level * 10 + 0.5) / 10
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


def pillars(result: Row, questionnaire: Questionnaire, earlier: Row | None) -> list[Chapter]:
    """One chapter per pillar, weakest first."""
    return [_pillar(result, questionnaire, pillar, earlier) for pillar in result["pillars"]]


def _pillar(result: Row, questionnaire: Questionnaire, pillar: Row, earlier: Row | None) -> Chapter:
    dimensions = [row for row in result["dimensions"] if row["pillar"] == pillar["key"]]
    gates = gate_rows(result, questionnaire, None, pillar["key"])
    weakest_first = sorted(dimensions, key=lambda row: (row["score"] is None, row["value"] or 0, row["code"]))
    return Chapter(
        name=pillar["title"],
        finding=words.pillar_title(pillar, gates, dimensions),
        lede=words.pillar_lede(pillar),
        template="pdf/readiness_pillar.html",
        brief=True,
        sections=[
            Section("dimensions", "Dimensions, weakest first"),
            Section("open", "What the open gates ask for") if gates else Section("open", "All gates hold"),
        ],
        data={
            "result": result,
            "pillar": pillar,
            "intro": questionnaire.pillars[pillar["key"]].intro,
            "figure": figures.pillar_dimensions(
                result, questionnaire, pillar, _lowest(weakest_first), earlier
            ),
            "gates": gates,
        },
    )


def _lowest(weakest_first: Sequence[Row]) -> str:
    """The finding of a pillar's figure: its lowest and its highest dimension."""
    scored = [row for row in weakest_first if row["score"] is not None]
    if not scored:
        return "No dimension has a score yet"
    low, high = scored[0], scored[-1]
    if len(scored) == 1 or low["score"] == high["score"]:
        return f"{low['title']} stands at {low['score']}"
    return f"From {low['title']}, {low['score']}, to {high['title']}, {high['score']}"


def item_rows(result: Row, questionnaire: Questionnaire, dimensions: Sequence[Row]) -> list[dict[str, Any]]:
    """The questions of these dimensions with the level of each function."""
    by_key = {row["key"]: row for row in result["items"]}
    rows: list[dict[str, Any]] = []
    for dimension in dimensions:
        own = [by_key[key] for key in questionnaire.dimensions[dimension["key"]].items if key in by_key]
        rows += [
            {
                "code": dimension["code"],
                "text": questionnaire.items[item["key"]].text,
                "score": item["score"],
                "n": item["n"],
                "levels": _levels(result, questionnaire, item),
            }
            for item in own
        ]
    return rows


def _levels(result: Row, questionnaire: Questionnaire, item: Row) -> str:
    """The level of each function that gave one, highest first: "Sponsor 3, Technical lead 1.5"."""
    given = [row for row in item["functions"] if row["level"] is not None]
    given.sort(key=lambda row: -row["level"])
    told = [
        f"{title_of(result, questionnaire, row['functions'])} {level_text(row['level'])}" for row in given
    ]
    return ", ".join(told)


def disagreement(result: Row, questionnaire: Questionnaire) -> Chapter:
    """Where people see different things, with both sides' claims."""
    found = {
        kind: [finding_row(row, questionnaire) for row in result["findings"] if row["kind"] == kind]
        for kind in ("gap", "agreement", "dont_know", "evidence")
    }
    titles = {
        "gap": "One function stands apart",
        "agreement": "People in the same place see different things",
        "dont_know": "Those who should know do not",
        "evidence": "What is shown differs from what is said",
    }
    return Chapter(
        name="Where people see different things",
        finding=words.disagreement_title(result),
        lede=_disagreement_lede(result),
        template="pdf/readiness_disagreement.html",
        sections=[Section(kind, titles[kind]) for kind in titles if found[kind]],
        data={
            "result": result,
            "first": found["gap"][:FIRST_FINDINGS],
            "more": found["gap"][FIRST_FINDINGS:],
            "agreement": found["agreement"],
            "dont_know": found["dont_know"],
            "evidence": found["evidence"],
            "titles": titles,
            "consensus": [
                {**row, "text": questionnaire.items[row["item"]].text}
                for row in result.get("round", {}).get("consensus", [])
            ],
        },
    )


def _disagreement_lede(result: Row) -> str:
    if result["alignment"] is None:
        return "Two functions must answer the same question before they can be compared."
    questions = counted(result["alignment_items"], "question", "questions")
    return (
        f"Alignment is {result['alignment']} of 100 over the {questions} that two functions or more "
        "answered. Projects fail where people were never aligned, so these differences come before any plan."
    )


def finding_row(row: Row, questionnaire: Questionnaire) -> dict[str, Any]:
    """A finding with its question, code and levels in words."""
    item = questionnaire.items[row["item"]]
    return {
        **row,
        "text": item.text,
        "why": item.why,
        "code": questionnaire.dimensions[item.dimension].code,
        "sides": [
            {**side, "level_text": level_text(side["level"]), "claim_text": _claim(side)}
            for side in row["sides"]
        ],
        "gap_text": level_text(row["gap"]) if row["gap"] is not None else "",
        "others_text": level_text(row["others_level"]) if row["others_level"] is not None else "",
    }


def _claim(side: Row) -> str:
    claim = side["claim"]
    if not side["one_person"] and claim.startswith("says"):
        claim = f"say{claim[4:]}"
    return f"{sentence(claim)}."


def _reason(item: Row) -> str:
    if item["why"]:
        return str(item["why"][0]["sentence"])
    return "Under way before this plan." if item["state"] == "running" else ""


def next_steps(result: Row, plan: Row | None, currency: str) -> Chapter:
    """What to do next: the plan in short, or how to come to one."""
    if plan is None:
        return Chapter(
            name="What to do next",
            finding="Talk about the differences first, then plan",
            lede="There is no plan for this result yet. It can be made from these gates in a few minutes.",
            template="pdf/readiness_next.html",
            data={"plan": None, "result": result},
        )
    ahead = [item for item in plan["items"] if item["state"] != "done"]
    first = sorted(ahead, key=lambda item: (item["start_week"], item["end_week"], item["key"]))
    rows = [
        {**item, "start": start, "end": end, "reason": _reason(item)}
        for item in first[:FIRST_ITEMS]
        for start, end in [plan_words.period(plan, item)]
    ]
    return Chapter(
        name="What to do next",
        finding=plan_words.finding(plan, currency),
        lede=plan_words.lede(plan),
        template="pdf/readiness_next.html",
        sections=[Section("first", "What begins first")] if rows else [],
        data={
            "plan": plan,
            "result": result,
            "rows": rows,
            "more": max(0, len(first) - len(rows)),
            "status": plan_words.status_words(plan),
            "limits": plan["limits"],
            "poc_day": day(poc) if (poc := plan_words.poc_day(plan)) else "",
            "count": sentence(counted(len(plan["items"]), "initiative", "initiatives")),
        },
    )
