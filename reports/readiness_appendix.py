"""The appendix of the readiness report: how it is computed, every figure as a table, what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessment.charts import pillar_letter
from assessment.question_bank import Questionnaire
from reports.layout import Chapter, Section
from reports.readiness_chapters import item_rows
from reports.readiness_words import coverage

Row = Mapping[str, Any]

INTERVAL_FROM = 5


def method(result: Row, questionnaire: Questionnaire) -> Chapter:
    """How the figures come about, in words that a reader can check."""
    return Chapter(
        name="How it is scored",
        finding="How it is scored",
        lede="Every figure follows from the answers by fixed rules; nobody weighs or adjusts it afterward.",
        template="pdf/readiness_method.html",
        data={
            "confidential": result["visibility"] == "confidential",
            "notes": METHOD,
            "functions": [
                {
                    "title": column["title"],
                    "people": column["people"],
                    "joined": len(column["members"]) > 1,
                }
                for column in result["functions"]
            ],
            "phases": [
                {"phase": phase.phase, "title": phase.title, "description": phase.description}
                for phase in questionnaire.phases
            ],
        },
        sections=[
            Section("rules", "The rules"),
            Section("phases", "The phases"),
            Section("asked", "Who answered"),
        ],
    )


METHOD: Sequence[tuple[str, str]] = (
    (
        "Score",
        "People choose one of five sentences, level 0 to 4. A function’s level is the mean of its "
        "people; the score of a question is the mean of its functions, each one voice, so that ten "
        "engineers do not drown one sponsor. Dimensions are weighted means of questions, pillars of "
        "dimensions, from 0 to 100, rounded once.",
    ),
    (
        "Coverage",
        "Levels given, of all pairs of a person and a question that was asked of that person and "
        "shown. Below 70 % a score is provisional. \u201cI don\u2019t know\u201d lowers coverage and "
        "is left out of the mean.",
    ),
    (
        "Interval",
        "How far a score moves with other colleagues, not an error margin: people are drawn anew 2,000 times "
        "within their function, and the middle 90 % of the scores is shown. From five people on, else none.",
    ),
    (
        "Gate",
        "A question that must stand at a level. It does not hold when a function is more than half a "
        "level below; it is not known when a function that was asked gave no level; else it holds. "
        "What the room agreed on in the review decides a gate and never a score.",
    ),
    (
        "Phase",
        "A pillar is in the highest phase whose gates, and those of all phases before, hold. The "
        "organization is in the phase of its weakest pillar. There is no single headline score.",
    ),
    (
        "Target",
        "The score that a dimension would have if each of its gates of the target phase stood at its level.",
    ),
    (
        "Alignment",
        "100 less the mean distance between two functions on the same question, in percent of the "
        "five levels. A function stands apart when it is 1.5 levels or more from the mean of the "
        "others.",
    ),
    (
        "Agreement",
        "r(wg) of James, Demaree, and Wolf (1984): 1 less the variance over that of answers spread "
        "evenly over five levels. Shown from five people on where it is below 0.5.",
    ),
    (
        "No benchmark",
        "There is no comparison with other firms. An organization compares its own rounds and units.",
    ),
)


def figures(result: Row, questionnaire: Questionnaire) -> Chapter:
    """Every figure of the report as tables: pillars and dimensions, functions, questions, gates."""
    pillars = [
        {**row, "letter": pillar_letter(questionnaire, row["key"]), "share": coverage(row)}
        for row in result["pillars"]
    ]
    dimensions = [{**row, "letter": row["code"][:1], "share": coverage(row)} for row in result["dimensions"]]
    return Chapter(
        name="All figures",
        finding="All figures",
        lede="The numbers behind the figures of this report, in the order of the questionnaire.",
        template="pdf/readiness_figures.html",
        data={
            "result": result,
            "pillars": pillars,
            "dimensions": dimensions,
            "columns": result["functions"],
            "by_function": [
                {
                    "code": row["code"],
                    "title": row["title"],
                    "cells": [cell["score"] for cell in row["functions"]],
                }
                for row in result["dimensions"]
            ],
            "items": item_rows(result, questionnaire, result["dimensions"]),
            "gates": [_gate(row, questionnaire) for row in result["gates"]],
        },
        sections=[
            Section("scores", "Scores"),
            Section("functions", "Dimensions by function"),
            Section("questions", "Questions by function"),
            Section("gates", "Gates"),
        ],
    )


def _gate(row: Row, questionnaire: Questionnaire) -> dict[str, Any]:
    item = questionnaire.items[row["item"]]
    return {
        "code": questionnaire.dimensions[item.dimension].code,
        "phase": row["phase"],
        "title": row["title"] or item.levels[row["level"]].text,
        "level": row["level"],
        "holds": row["holds"],
        "shortfall": row["shortfall"],
        "decided_by": "the room" if row["decided_by"] == "consensus" else "answers",
    }


def sources(result: Row, questionnaire: Questionnaire, result_hash: str, plan: Row | None) -> Chapter:
    """What the report rests on, by hash and version, and the literature of its method."""
    facts = [
        ("Questionnaire", f"{questionnaire.title}, {questionnaire.id}, version {questionnaire.version}"),
        ("Content of the questionnaire", questionnaire.content_hash),
        ("Answers", result["inputs_hash"]),
        ("Result", result_hash),
        ("Scoring engine", f"version {result['engine_version']}"),
    ]
    if plan is not None:
        facts += [("Inputs of the plan", plan["input_hash"]), ("Solver of the plan", plan["solver"])]
    return Chapter(
        name="Sources",
        finding="What this report rests on",
        lede="The same answers give the same hashes, and the same hashes the same report, byte for byte.",
        template="pdf/readiness_sources.html",
        data={"facts": [(term, value) for term, value in facts if value], "literature": LITERATURE},
        sections=[],
    )


LITERATURE: Sequence[str] = (
    "James, L. R., Demaree, R. G., and Wolf, G. (1984). Estimating within-group interrater "
    "reliability with and without response bias. Journal of Applied Psychology 69, 85\u201398.",
    "Efron, B., and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman and Hall. "
    "Percentile intervals, chapter 13.",
)
