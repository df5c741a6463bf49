"""What the result page shows, read from a frozen result alone; no query depends on how many answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from assessment import charts, questionnaires
from assessment import result_words as words
from assessment.models import Result
from assessment.question_bank import Questionnaire
from ui import formats
from ui.words import counted, listed, plural

Row = Mapping[str, Any]
FIRST_GAPS = 3
FIRST_OTHERS = 1
KINDS = {
    "gap": "Functions see different things",
    "agreement": "People in the same place see different things",
    "dont_know": "Those who should know do not",
    "evidence": "What is shown differs from what is said",
}


@dataclass(frozen=True)
class GroupLevel:
    """The mean level of a group on an item."""

    title: str
    level: float | None
    n: int | None
    claim: str = ""


@dataclass(frozen=True)
class GateRow:
    key: str
    number: int
    code: str
    item: str
    title: str
    is_at: str
    needs: int
    who: str
    decided_by: str
    why: str
    groups: tuple[GroupLevel, ...]


@dataclass(frozen=True)
class FindingRow:
    kind: str
    item: str
    code: str
    sentence: str
    figure: str
    question: str
    groups: tuple[GroupLevel, ...]
    rule: str


@dataclass(frozen=True)
class ResultView:
    """A result as it is shown: the finding, the lede and everything below them as HTML."""

    title: str
    lede: str
    body: SafeString


def result_view(result: Result, earlier: Result | None, *, why_urls: bool) -> ResultView:
    """What the page of a result shows. `why_urls`: members also get links to the answers behind each figure.

    A frozen result never changes, so its body is drawn once per process and kept for the last few results.
    """
    return _drawn(
        result,
        earlier,
        why_urls,
        result.assessment.organization.name,
        formats.current(),
        timezone.get_current_timezone_name(),
    )


@lru_cache(maxsize=24)
def _drawn(
    result: Result,
    earlier: Result | None,
    why_urls: bool,
    organization: str,
    written: formats.Formats,
    zone: str,
) -> ResultView:
    # Results are equal by id; name, formats and zone are in the key because the body shows them.
    context = result_context(result, questionnaires.of(result.assessment), earlier)
    context |= {"assessment": result.assessment, "why_urls": why_urls}
    if why_urls:
        context |= _figure_urls(result)
    body = SafeString(render_to_string("assessment/_result.html", context))
    return ResultView(context["title"], context["lede"], body)


def forget() -> None:
    """Drop what is kept, so that the next page is drawn anew."""
    _drawn.cache_clear()


def _figure_urls(result: Result) -> dict[str, str]:
    return {
        f"{name}_{key}": reverse(f"assessment:chart_{name}", args=[result.assessment_id, key])
        for name in ("csv", "live")
        for key in ("pillars", "radar", "dimensions")
    }


def result_context(result: Result, questionnaire: Questionnaire, earlier: Result | None) -> dict[str, Any]:
    """Everything on the page but who looks at it."""
    content = result.content
    before = earlier.content if earlier else None
    reader = Reader(content, questionnaire)
    findings = [reader.finding(found) for found in content["findings"]]
    first, rest = _first(findings)
    return {
        "result": result,
        "content": content,
        "questionnaire": questionnaire,
        "title": words.standing(content, result.assessment.organization.name),
        "lede": words.lede(content) if words.has_scores(content) else "",
        "facts": _facts(result, content, before),
        "pillar_chart": charts.pillar_rows(content, questionnaire, before),
        "radar_chart": charts.radar(content, questionnaire),
        "dimension_chart": charts.dimension_rows(content, questionnaire),
        "gates_title": words.gates_title(content),
        "gates": reader.gates(),
        "gates_holding": [gate for gate in content["gates"] if gate["holds"]],
        "gates_held": words.held_words([gate["phase"] for gate in content["gates"] if gate["holds"]]),
        "findings": first,
        "more_findings": rest,
        "earlier": earlier,
    }


def _first(findings: list[FindingRow]) -> tuple[list[FindingRow], list[FindingRow]]:
    first: list[FindingRow] = []
    rest: list[FindingRow] = []
    seen: dict[str, int] = {}
    for found in findings:
        seen[found.kind] = seen.get(found.kind, 0) + 1
        most = FIRST_GAPS if found.kind == "gap" else FIRST_OTHERS
        (first if seen[found.kind] <= most else rest).append(found)
    return first, rest


def _facts(result: Result, content: Row, before: Row | None) -> list[dict[str, str]]:
    coverage = content["coverage"]
    share = "nothing was asked" if coverage is None else f"{int(coverage * 100 + 0.5)} % of what was asked"
    functions = plural(len(content["functions"]), "group", "groups")
    if content["visibility"] == "named":
        functions = plural(len(content["functions"]), "function", "functions")
    return [
        {
            "term": "Answered",
            "value": f"{content['people']} of {content['round']['invited']} people, {functions}",
        },
        {"term": "Coverage", "value": f"{share}{', provisional' if content['provisional'] else ''}"},
        {"term": "Alignment", "value": words.alignment_words(content, before)},
        {"term": "Questionnaire", "value": f"Version {content['questionnaire']['version']}"},
        {"term": "Result", "value": f"Frozen, {result.short_hash}", "url": "#how"},
    ]


class Reader:
    """Looks things up in one frozen result."""

    def __init__(self, content: Row, questionnaire: Questionnaire) -> None:
        self.content = content
        self.questionnaire = questionnaire
        self.titles = {column["key"]: column["title"] for column in content["functions"]}
        self.items = {item["key"]: item for item in content["items"]}
        self.exact = content["visibility"] == "named"

    def code(self, item: str) -> str:
        return self.questionnaire.dimensions[self.questionnaire.items[item].dimension].code

    def groups(self, item: str) -> tuple[GroupLevel, ...]:
        """Every group with a say on an item, with the claim of its nearest level."""
        known = self.questionnaire.items[item]
        rows = []
        for group in self.items[item]["functions"]:
            level = group["level"]
            rows.append(
                GroupLevel(
                    " and ".join(self.titles.get(key, key) for key in group["functions"]),
                    level,
                    group["n"] if self.exact or group["n"] >= 3 else None,
                    known.levels[int(level + 0.5)].text if level is not None else "",
                )
            )
        return tuple(rows)

    def gates(self) -> list[GateRow]:
        """The gates that hold back, in the order of the result."""
        by_key = {gate["key"]: gate for gate in self.content["gates"]}
        agreed = {row["item"]: row for row in self.content["round"]["consensus"]}
        return [
            self._gate(number, by_key[key], agreed.get(by_key[key]["item"]))
            for number, key in enumerate(self.content["held_back_by"], start=1)
        ]

    def _gate(self, number: int, gate: Row, agreed: Row | None) -> GateRow:
        groups = self.groups(gate["item"])
        why = next((found.why for found in self.questionnaire.gates if found.key == gate["key"]), "")
        if agreed:
            at, who = str(agreed["level"]), "Agreed in the review"
        elif gate["holds"] is None:
            silent = [title for group in gate["silent"] for title in self._names(group)]
            at = "Not known"
            who = f"{_group_names(silent)} gave no level" if silent else "Nobody was asked"
        else:
            lowest = min(row.level for row in groups if row.level is not None)
            at = f"{lowest:.1f}".removesuffix(".0")
            names = [title for below in gate["below"] for title in self._names(below["functions"])]
            who = f"{_group_names(names)} below"
        return GateRow(
            gate["key"], number, self.code(gate["item"]), gate["item"], gate["title"], at, gate["level"], who,
            gate["decided_by"], why, groups,
        )  # fmt: skip

    def _names(self, functions: list[str]) -> list[str]:
        return [self.titles.get(key, key) for key in functions]

    def finding(self, found: Row) -> FindingRow:
        return FindingRow(
            kind=KINDS[found["kind"]] if found["kind"] != "gap" else "gap",
            item=found["item"],
            code=self.code(found["item"]),
            sentence=found["sentence"],
            figure=self._figure(found),
            question=self.questionnaire.items[found["item"]].text,
            groups=self.groups(found["item"]),
            rule=_RULES[found["kind"]],
        )

    def _figure(self, found: Row) -> str:
        if found["kind"] == "gap":
            text = f"Gap {found['gap']:.1f} levels against the mean of the others"
            return f"{text}, who are one person" if found["others_one_person"] else text
        if found["kind"] == "agreement":
            return format_html("Agreement {} of 1 (r<sub>wg</sub>), below 0.50", f"{found['r_wg']:.2f}")
        if found["kind"] == "dont_know":
            if found["unknown"] is None:
                return "By those who should know; counts are not shown in a confidential round"
            return f"{found['unknown']} of {counted(found['asked'], 'person', 'people')} who should know"
        return "Claimed and shown differ by a level or more"


def _group_names(titles: list[str]) -> str:
    return listed([title if not place else words.first_lower(title) for place, title in enumerate(titles)])


_RULES = {
    "gap": "A function whose level is 1.5 or more from the mean of the other functions is a finding.",
    "agreement": "From five people on, an agreement below 0.50 is a finding; 1 is full, 0 is chance.",
    "dont_know": "“I don’t know” is a finding when it comes from who should know. It lowers no score.",
    "evidence": "The register of data assets is held against what people say.",
}
