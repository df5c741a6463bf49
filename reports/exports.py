"""Answers as CSV, written row by row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from assessment import questionnaires
from assessment.models import Answer, Assessment
from assessment.queries import compute, result_of
from assessment.question_bank import Item, Questionnaire
from ui.errors import Conflict

BYTE_ORDER_MARK = "\ufeff"
ROWS_AT_ONCE = 500
# What makes a spreadsheet read a text as a formula, also in full width.
FORMULA_STARTS = tuple("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20")

HEAD = (
    "person",
    "address",
    "function",
    "unit",
    "dimension",
    "item",
    "question",
    "state",
    "level",
    "sentence",
    "value",
    "confidence",
    "comment",
    "saved",
)
GROUP_HEAD = ("dimension", "item", "question", "functions", "people", "mean level", "score of the question")


class _Line:
    """Hands the csv writer's text back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def safe(value: object) -> str:
    """A text that no spreadsheet runs: an apostrophe goes before what would start a formula."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def csv_lines(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A CSV in pieces; texts in ``rows`` went through ``safe`` before."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + writer.writerow(head)
    batch: list[str] = []
    for row in rows:
        batch.append(writer.writerow(row))
        if len(batch) >= ROWS_AT_ONCE:
            yield "".join(batch)
            batch.clear()
    yield "".join(batch)


def answer_lines(assessment: Assessment) -> Iterator[str]:
    """One row per person and answer of a named round, in the order of people and questions."""
    return csv_lines(HEAD, _answer_rows(assessment, questionnaires.of(assessment)))


def _answer_rows(assessment: Assessment, questionnaire: Questionnaire) -> Iterator[list[Any]]:
    fixed = {key: _fixed(item, questionnaire) for key, item in questionnaire.items.items()}
    sentences = {
        key: [safe(level.text) for level in item.levels] for key, item in questionnaire.items.items()
    }
    rows = (
        Answer.objects.filter(respondent__assessment=assessment)
        .order_by("respondent__function", "respondent__name", "respondent__address", "respondent_id", "item")
        .values_list(
            "respondent__name",
            "respondent__address",
            "respondent__function",
            "respondent__unit__name",
            "item",
            "state",
            "level",
            "value",
            "confidence",
            "comment",
            "saved_at",
        )
    )
    for name, address, function, unit, item, state, level, value, confidence, comment, saved in rows.iterator(
        chunk_size=2000
    ):
        if item not in fixed:
            continue
        yield [
            safe(name),
            safe(address),
            function,
            safe(unit or ""),
            *fixed[item],
            state,
            "" if level is None else level,
            "" if level is None else sentences[item][level],
            "" if value is None else safe(value),
            confidence,
            safe(comment),
            f"{saved:%Y-%m-%dT%H:%M:%SZ}",
        ]


def _fixed(item: Item, questionnaire: Questionnaire) -> list[str]:
    return [questionnaire.dimensions[item.dimension].code, item.key, safe(item.text)]


def group_lines(assessment: Assessment) -> Iterator[str]:
    """One row per question and group: all that a confidential round may give away, and no person.

    Raises Conflict while answers still come in: two exports, one before and one after an answer, would give
    that answer away.
    """
    if assessment.state not in ("review", "closed"):
        raise Conflict("Figures of a confidential round can be exported once its answers are locked.")
    frozen = result_of(assessment) if assessment.state == "closed" else None
    result = frozen.content if frozen else compute(assessment).to_dict()
    return csv_lines(GROUP_HEAD, _group_rows(result, questionnaires.of(assessment)))


def _group_rows(result: dict[str, Any], questionnaire: Questionnaire) -> Iterator[list[Any]]:
    for row in result["items"]:
        fixed = _fixed(questionnaire.items[row["key"]], questionnaire)
        for group in row["functions"]:
            titles = ", ".join(questionnaire.functions[key].title for key in group["functions"])
            level = "" if group["level"] is None else group["level"]
            yield [*fixed, safe(titles), group["n"], level, "" if row["score"] is None else row["score"]]
