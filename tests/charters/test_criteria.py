"""Criteria: sentence, evaluation, combination and the checks at writing time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charters.criteria import (
    Baseline,
    Comparator,
    Criterion,
    EvaluationData,
    Kind,
    Outcome,
    Reading,
    Verdict,
    combine,
    evaluate,
    figure,
    judge,
)
from charters.criteria_text import flaws, sentence

SHA = "a" * 64
RECALL = Criterion(
    key="c1",
    name="Failures announced 14 days ahead",
    kind=Kind.TRACKED_METRIC,
    must=True,
    metric_key="recall_score",
    comparator=Comparator.AT_LEAST,
    target=Decimal("0.75"),
    unit="fraction",
    baseline=Baseline(Decimal("0.36"), "Service interval"),
    data=EvaluationData(file="holdout.csv", sha256=SHA, digest="1f2e3d4c"),
    slice="plant = Bergen",
    measured_by="Priya",
    by=date(2026, 12, 11),
)
READ = Reading(
    value=0.75,
    unit="fraction",
    metric_key="recall_score",
    taken_on=date(2026, 12, 10),
    data_name="holdout.csv",
    data_sha256=SHA,
    data_digest="1f2e3d4c",
    slice="plant = Bergen",
    candidate="7",
)
QUESTION = Criterion(
    key="q",
    name="Why",
    kind=Kind.LEARNING_QUESTION,
    question="Can five say why?",
    evidence="Notes",
    by=date(2026, 12, 4),
)


@pytest.mark.parametrize(
    ("comparator", "value", "outcome"),
    [
        (Comparator.AT_LEAST, 0.75, Outcome.MET),
        (Comparator.AT_LEAST, 0.7499999, Outcome.MISSED),
        (Comparator.MORE_THAN, 0.75, Outcome.MISSED),
        (Comparator.MORE_THAN, 0.7500001, Outcome.MET),
        (Comparator.AT_MOST, 0.75, Outcome.MET),
        (Comparator.AT_MOST, 0.7500001, Outcome.MISSED),
        (Comparator.LESS_THAN, 0.75, Outcome.MISSED),
        (Comparator.EQUALS, 0.75, Outcome.MET),
        (Comparator.EQUALS, 0.74, Outcome.MISSED),
    ],
)
def test_comparison_is_exact(comparator: Comparator, value: float, outcome: Outcome) -> None:
    assert evaluate(replace(RECALL, comparator=comparator), replace(READ, value=value)).outcome is outcome


def test_tolerance_widens_equals_alone() -> None:
    near = replace(READ, value=0.74)
    assert (
        evaluate(replace(RECALL, comparator=Comparator.EQUALS, tolerance=Decimal("0.01")), near).outcome
        is Outcome.MET
    )
    assert evaluate(replace(RECALL, tolerance=Decimal("0.01")), near).outcome is Outcome.MISSED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": float("nan")}, "not a number"),
        ({"value": float("inf")}, "not a number"),
        ({"value": None}, "not a number"),
        ({"metric_key": "training_recall_score"}, "training data"),
        ({"metric_key": "precision_score"}, "charter names recall_score"),
        ({"unit": "percent", "value": 80.0}, "charter asks in fraction"),
        ({"data_name": "bench.csv"}, "charter names holdout.csv"),
        ({"data_sha256": "b" * 64}, "SHA-256 differs"),
        ({"data_digest": "00000000"}, "another digest"),
        ({"slice": ""}, "all cases"),
        ({"taken_on": date(2026, 12, 12)}, "until 2026-12-11"),
    ],
)
def test_a_reading_of_something_else_does_not_count(change: dict[str, object], why: str) -> None:
    verdict = evaluate(RECALL, replace(READ, **change))
    assert verdict.outcome is Outcome.DOES_NOT_COUNT
    assert why in verdict.why


def test_a_name_alone_does_not_prove_the_file() -> None:
    bare = replace(READ, data_sha256="", data_digest="")
    only_sha = replace(RECALL, data=EvaluationData(file="holdout.csv", sha256=SHA))
    assert evaluate(only_sha, bare).outcome is Outcome.DOES_NOT_COUNT


def test_guard_rails_hold_beyond_their_date() -> None:
    late = replace(READ, taken_on=date(2027, 2, 1), value=0.5)
    assert evaluate(replace(RECALL, kind=Kind.GUARD_RAIL), late).outcome is Outcome.MISSED


def test_no_reading_is_not_yet() -> None:
    assert evaluate(RECALL, None).outcome is Outcome.NOT_YET


def test_learning_question_needs_answer_and_proof() -> None:
    assert evaluate(QUESTION, Reading(answer="Yes, four of five.", proof="Notes")).outcome is Outcome.MET
    assert evaluate(QUESTION, Reading(answer="Yes.")).outcome is Outcome.DOES_NOT_COUNT
    assert evaluate(QUESTION, Reading(proof="Notes")).outcome is Outcome.DOES_NOT_COUNT


def test_the_charter_follows_its_musts() -> None:
    should = replace(RECALL, key="c2", must=False, name="Should")
    met, missed = Verdict(Outcome.MET, ""), Verdict(Outcome.MISSED, "")
    waiting, other = Verdict(Outcome.NOT_YET, ""), Verdict(Outcome.DOES_NOT_COUNT, "")
    second = replace(RECALL, key="c3", name="Second")
    assert combine([(RECALL, met), (should, missed)]).outcome is Outcome.MET
    assert combine([(RECALL, missed), (second, waiting)]).outcome is Outcome.MISSED
    assert combine([(RECALL, met), (second, waiting)]).outcome is Outcome.NOT_YET
    assert combine([(RECALL, other), (second, waiting)]).outcome is Outcome.NOT_YET
    assert combine([(RECALL, met), (second, other)]).outcome is Outcome.DOES_NOT_COUNT
    assert combine([(should, met)]).outcome is Outcome.DOES_NOT_COUNT


def test_the_last_reading_of_the_candidate_decides() -> None:
    readings = {
        "c1": [replace(READ, value=0.9), replace(READ, value=0.5), replace(READ, value=0.99, candidate="8")]
    }
    assert judge([RECALL], readings, "7")[0][1].outcome is Outcome.MISSED
    assert judge([RECALL], readings, "8")[0][1].outcome is Outcome.MET
    assert judge([RECALL], readings, "9")[0][1].outcome is Outcome.NOT_YET


def test_what_the_product_measured_outranks_what_is_reported() -> None:
    verified = replace(READ, value=0.5, verified=True)
    for readings in ([verified, replace(READ, value=0.9)], [replace(READ, value=0.9), verified]):
        assert judge([RECALL], {"c1": readings}, "7")[0][1].outcome is Outcome.MISSED
    other_data = replace(verified, data_name="other.csv")
    readings = [replace(READ, value=0.9), other_data, replace(READ, value=0.95)]
    assert judge([RECALL], {"c1": readings}, "7")[0][1].outcome is Outcome.MET
    assert judge([RECALL], {"c1": [replace(verified, candidate="8")]}, "7")[0][1].outcome is Outcome.NOT_YET


def test_business_figures_have_no_candidate() -> None:
    stops = Criterion(
        "c4",
        "Stops",
        Kind.BUSINESS_FIGURE,
        metric_key="stops",
        comparator=Comparator.AT_MOST,
        target=Decimal(17),
        unit="count",
    )
    reading = Reading(value=16, unit="count", metric_key="stops")
    assert judge([stops], {"c4": [reading]}, "7")[0][1].outcome is Outcome.MET


def test_sentences() -> None:
    assert sentence(RECALL) == (
        "Failures announced 14 days ahead (recall_score) is at least 0.75"
        " on holdout.csv, where plant = Bergen."
    )
    business = replace(
        RECALL,
        kind=Kind.BUSINESS_FIGURE,
        name="Stops",
        comparator=Comparator.AT_MOST,
        target=Decimal(17),
        unit="count",
        baseline=Baseline(Decimal(20), "Mean"),
    )
    assert sentence(business) == "Stops goes from 20 to at most 17 by 2026-12-11, where plant = Bergen."
    assert "stands in the column" not in sentence(business)
    assert sentence(QUESTION) == "By 2026-12-04 we can answer: Can five say why?"
    assert sentence(Criterion("c", "", Kind.TRACKED_METRIC)) == "… is … …."
    assert figure(Decimal("10.0"), "percent") == "10 %"


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"truth_column": "fails"}, "; the truth stands in the column fails."),
        ({"positive_class": "late"}, "; yes is “late”."),
        ({"positive_class": "1", "threshold": Decimal("0.550")}, "; yes is “1” from a chance of 0.55 on."),
        ({"threshold": Decimal("0.5")}, "; yes is a chance from 0.5 on."),
        (
            {"truth_column": "fails", "positive_class": "1", "own_answers": True},
            "; the truth stands in the column fails, yes is “1”,"
            " the model’s own answers count, without a threshold.",
        ),
    ],
)
def test_a_sentence_says_what_the_charter_fixes(fixed: dict[str, Any], words: str) -> None:
    said = sentence(replace(RECALL, data=replace(RECALL.data, **fixed)))
    assert said == sentence(RECALL).removesuffix(".") + words


def _codes(criterion: Criterion, **known: frozenset[str]) -> set[str]:
    return {flaw.code for flaw in flaws(criterion, **known)}


def test_flaws() -> None:
    assert flaws(RECALL) == []
    assert _codes(replace(RECALL, target=Decimal(99))) == {"fraction"}
    assert _codes(replace(RECALL, baseline=Baseline(Decimal(36), ""))) == {"fraction"}
    percent = replace(RECALL, unit="percent")
    assert _codes(percent, known_keys=frozenset({"recall_score"})) == {"percent"}
    assert _codes(percent) == set()
    assert _codes(replace(RECALL, unit="count")) == {"count"}
    assert _codes(replace(RECALL, tolerance=Decimal("0.1"))) == {"tolerance"}
    assert _codes(replace(RECALL, target=Decimal("NaN"))) == {"not_a_number"}
    assert _codes(replace(RECALL, metric_key="training_recall")) == {"training"}
    assert _codes(replace(RECALL, baseline=Baseline())) == {"baseline"}
    assert _codes(replace(RECALL, baseline=Baseline(None, "Counted in week 1"))) == set()
    assert _codes(replace(RECALL, measured_by="")) == {"measurer"}
    assert _codes(Criterion("c", "Satisfied", Kind.BUSINESS_FIGURE)) == {"missing", "baseline", "measurer"}


@given(
    value=st.floats(allow_nan=False, allow_infinity=False, width=32),
    target=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1000, max_value=1000),
)
def test_opposite_comparisons_never_agree(value: float, target: Decimal) -> None:
    def outcome(comparator: Comparator) -> Outcome:
        return evaluate(
            replace(RECALL, comparator=comparator, target=target), replace(READ, value=value)
        ).outcome

    assert outcome(Comparator.AT_LEAST) is not outcome(Comparator.LESS_THAN)
    assert outcome(Comparator.AT_MOST) is not outcome(Comparator.MORE_THAN)
