"""What the pages of the editor show: a draft by dimension, problems with links, how two versions differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from assessment import editing
from assessment.editing import Content, DraftProblem, Entry
from assessment.editing_cells import to_fields
from assessment.editing_forms import KIND_NAMES, ItemForm
from assessment.models import QuestionnaireDraft
from assessment.question_bank import Questionnaire


@dataclass(frozen=True)
class ItemRow:
    """One item in the list of a draft or a version."""

    key: str
    text: str
    kind: str
    functions: str
    weight: Any
    gates: str
    state: str = ""
    problems: int = 0


@dataclass
class DimensionRows:
    code: str
    title: str
    weight: Any
    rows: list[ItemRow] = field(default_factory=list)


@dataclass(frozen=True)
class ProblemRow:
    """One problem with the question that it belongs to and a link to its field."""

    title: str
    field: str
    message: str
    url: str


def by_dimension(
    content: Content, *, published: Questionnaire | None = None, problems: Sequence[DraftProblem] = ()
) -> list[DimensionRows]:
    """The items in their dimensions; against `published` each says whether it is new or changed."""
    differs = editing.changes(published, content) if published else editing.Changes((), (), ())
    state = {**dict.fromkeys(differs.added, "New"), **dict.fromkeys(differs.changed, "Changed")}
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.item] = counts.get(problem.item, 0) + 1
    titles = {entry["key"]: entry["title"] for entry in content["functions"]}
    groups = {
        dimension["key"]: DimensionRows(dimension["code"], dimension["title"], dimension.get("weight", 1))
        for pillar in content["pillars"]
        for dimension in pillar["dimensions"]
    }
    for item in editing.items_of(content):
        key = item["key"]
        entry = editing.entry_of(content, key) or Entry(item)
        row = _row(entry, titles, state.get(key, ""), counts.get(key, 0))
        groups[key.rpartition(".")[0]].rows.append(row)
    return list(groups.values())


def _row(entry: Entry, titles: dict[str, str], state: str, problems: int) -> ItemRow:
    item = entry.item
    gates = (f"Phase {phase}: level {gate['level']}" for phase, gate in sorted(entry.gates.items()))
    return ItemRow(
        key=item["key"],
        text=item.get("text", "Not written yet"),
        kind=KIND_NAMES[item["kind"]] if item["kind"] != "maturity" else "",
        functions=", ".join(titles.get(key, key) for key in item.get("functions", [])),
        weight=item.get("weight", "") if item["kind"] == "maturity" else "",
        gates="; ".join(gates),
        state=state,
        problems=problems,
    )


def problem_rows(draft: QuestionnaireDraft, problems: Iterable[DraftProblem]) -> list[ProblemRow]:
    content: Content = draft.content
    titles = _titles(content)
    labels: dict[str, dict[str, str]] = {}
    rows = []
    for problem in problems:
        entry = editing.entry_of(content, problem.item)
        if entry is None:
            rows.append(ProblemRow(titles.get(problem.item, problem.item), "", problem.message, ""))
            continue
        if problem.item not in labels:
            labels[problem.item] = field_labels(ItemForm(content, entry))
        label = labels[problem.item].get(problem.field, "")
        url = reverse("questionnaires:item", args=[draft.pk, problem.item])
        anchor = f"#id_{problem.field}" if label else ""
        rows.append(ProblemRow(entry.item.get("text", problem.item), label, problem.message, url + anchor))
    return rows


def field_labels(form: ItemForm) -> dict[str, str]:
    return {bound.name: str(bound.label) for bound in form}


def _titles(content: Content) -> dict[str, str]:
    """Names for people of everything that has a key, other than items."""
    titles = {entry["key"]: f"Function {entry['title']}" for entry in content["functions"]}
    for pillar in content["pillars"]:
        titles[pillar["key"]] = f"Pillar {pillar['title']}"
        titles |= {dimension["key"]: dimension["title"] for dimension in pillar["dimensions"]}
    return {"": "The whole questionnaire", **titles}


@dataclass(frozen=True)
class Difference:
    """One field that two people left with different values."""

    label: str
    theirs: str
    mine: str


def differences(theirs: Entry, mine: Entry, labels: dict[str, str]) -> list[Difference]:
    """Where two versions of an item differ, field by field."""
    ours, others = to_fields(mine), to_fields(theirs)
    return [
        Difference(label, _words(others.get(name, "")), _words(ours.get(name, "")))
        for name, label in labels.items()
        if others.get(name, "") != ours.get(name, "")
    ]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return (
            "; ".join(": ".join(part) if isinstance(part, tuple) else str(part) for part in value)
            or "Nothing"
        )
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value) if value not in ("", None) else "Nothing"
