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
