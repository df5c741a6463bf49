"""Typed values: what a field takes and refuses; document and fields are two forms of one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charters.canonical import digest
from charters.document import assemble, fields_of
from charters.fields import FieldError, clean
from tests.charters.cases import HEAD, USE_CASE, complete_fields


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("budget_external", "70 000.50", "70000.5"),
        ("budget_external", 70000, "70000"),
        ("time_start", "2026-10-05", "2026-10-05"),
        ("users_see", "on", True),
        ("users_see", None, False),
        ("route", "", ""),
        ("title", "  Two\n words ", "Two words"),
        ("clause.vendor_expertise", "Named people", {"text": "Named people"}),
        ("criterion.c1", {"target": 0.75, "must": True, "name": ""}, {"target": "0.75", "must": True}),
        ("criterion.c1", {"threshold": "0.50", "own_answers": ""}, {"threshold": "0.5"}),
        ("criterion.c1", {"own_answers": "on", "truth_column": ""}, {"own_answers": True}),
        ("criterion.c1", {"kind": "business_figure", "threshold": "0.5"}, {"kind": "business_figure"}),
        ("seat.legal", {"email": "A@B.example"}, {"email": "a@b.example"}),
    ],
)
def test_accepted(name: str, value: object, stored: object) -> None:
    assert clean(name, value) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_external", "NaN"),
        ("budget_external", "Infinity"),
        ("budget_external", float("nan")),
        ("budget_external", "1e400"),
        ("budget_external", "1e-400"),
        ("budget_external", "seventy"),
        ("time_start", "05.10.2026"),
        ("time_start", "9999-01-01"),
        ("route", "by mule"),
        ("users_see", "perhaps"),
        ("title", "x" * 301),
        ("title", "a\x00b"),
        ("title", ["a"]),
        ("no_such_field", "x"),
        ("criterion.", {}),
        ("criterion.C 1", {}),
        ("criterion.c1", "text"),
        ("criterion.c1", {"hope": "1"}),
        ("criterion.c1", {"tolerance": "0.1", "comparator": "at_least"}),
        ("criterion.c1", {"tolerance": "-1", "comparator": "equals"}),
        ("criterion.c1", {"metric_key": "training_score"}),
        ("criterion.c1", {"unit": "count", "target": "1.5"}),
        ("criterion.c1", {"sha256": "abc"}),
        ("criterion.c1", {"threshold": "0"}),
        ("criterion.c1", {"threshold": "1"}),
        ("criterion.c1", {"threshold": "55"}),
        ("criterion.c1", {"threshold": "-0.5"}),
        ("criterion.c1", {"threshold": "half"}),
        ("criterion.c1", {"threshold": "0.5", "own_answers": "on"}),
        ("seat.legal", {"email": "nobody"}),
    ],
)
def test_refused(name: str, value: object) -> None:
    with pytest.raises(FieldError):
        clean(name, value)


@given(
    st.sampled_from(
        ["title", "route", "time_start", "budget_external", "users_see", "reply_days", "criterion.c1"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    ),
)
def test_any_value_is_stored_or_refused_with_a_sentence(name: str, value: object) -> None:
    try:
        stored = clean(name, value)
    except FieldError:
        return
    assert clean(name, stored) == stored
    digest({"value": stored})


def test_document_and_fields_are_two_forms_of_one_thing() -> None:
    fields = complete_fields()
    document = assemble(fields, head=HEAD, use_case=USE_CASE)
    again = assemble(fields_of(document), head=HEAD, use_case=USE_CASE)
    assert digest(again) == digest(document)


def test_an_emptied_field_and_one_never_touched_read_alike() -> None:
    fields = complete_fields()
    emptied = {**fields, "known_failures": "", "data_leaves": False, "criterion.c9": {}}
    assert digest(assemble(emptied, head=HEAD, use_case=USE_CASE)) == digest(
        assemble(fields, head=HEAD, use_case=USE_CASE)
    )


# A text as it was signed before criteria could fix how answers are held against the truth, and its hash.
SIGNED = {
    "name": "Failures announced",
    "kind": "tracked_metric",
    "must": True,
    "metric_key": "recall_score",
    "comparator": "at_least",
    "target": "0.75",
    "unit": "fraction",
    "file": "holdout.csv",
    "sha256": "ab" * 32,
    "slice": "plant = Bergen",
}
SIGNED_HASH = "b9a60e2a04be5834b585338047a76ae6c8667cb312f70a6e77b91dacc6486385"


def test_what_a_criterion_does_not_fix_leaves_its_signed_hash_as_it_was() -> None:
    def hash_of(**more: object) -> str:
        fields = {"title": "Bearing", "criterion.c1": clean("criterion.c1", SIGNED | more)}
        return digest(assemble(fields, head={"code": "HP-03", "revision": 1}, use_case={}))

    assert hash_of() == SIGNED_HASH
    empty = {"truth_column": "", "positive_class": " ", "threshold": "", "own_answers": ""}
    assert hash_of(**empty) == SIGNED_HASH
    fixed = [{"truth_column": "fails"}, {"positive_class": "1"}, {"threshold": "0.5"}, {"own_answers": "on"}]
    assert len({SIGNED_HASH, *(hash_of(**one) for one in fixed)}) == 5
