"""The canonical form: the same text gives the same hash, another text another."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charters.canonical import NotCanonical, canonical, digest

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_keys = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(_keys, _values, max_size=5))
def test_key_order_and_normal_form_do_not_matter(document: dict[str, object]) -> None:
    shuffled = dict(reversed(list(document.items())))
    assert canonical(document) == canonical(_decomposed(shuffled))


def _decomposed(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFD", value)
    if isinstance(value, dict):
        return {key: _decomposed(item) for key, item in value.items()}
    return [_decomposed(item) for item in value] if isinstance(value, list) else value


def test_instants_are_written_in_utc() -> None:
    oslo = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    forms: list[object] = [
        moment,
        moment.astimezone(oslo),
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T12:00:00Z",
    ]
    assert len({digest({"frozen_at": form}) for form in forms}) == 1


def test_the_bytes_are_as_documented() -> None:
    document = {"b": Decimal("0.90"), "a": {"day": date(2026, 12, 18), "ok": True}, "c": ["é", None]}
    assert canonical(document) == '{"a":{"day":"2026-12-18","ok":true},"b":"0.9","c":["é",null]}'.encode()


@pytest.mark.parametrize(
    "document",
    [
        {"a": 0.5},
        {"a_at": "2026-11-20T12:00:00"},
        {"a": datetime(2026, 1, 1)},
        {"a": Decimal("NaN")},
        {"é": 1, "e\u0301": 2},
        {1: "a"},
        {"a": "\ud800"},
        {"a": {1, 2}},
    ],
)
def test_what_has_no_one_form_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(NotCanonical):
        canonical(document)


def test_every_changed_value_changes_the_hash() -> None:
    document = {"fields": {"title": "Bearing", "must": True}, "criterion": {"c1": {"target": "0.75"}}}
    changed = [
        {"fields": {"title": "Bearings", "must": True}, "criterion": {"c1": {"target": "0.75"}}},
        {"fields": {"title": "Bearing", "must": False}, "criterion": {"c1": {"target": "0.75"}}},
        {"fields": {"title": "Bearing", "must": True}, "criterion": {"c1": {"target": "0.74"}}},
        {"fields": {"title": "Bearing", "must": True}, "criterion": {"c2": {"target": "0.75"}}},
    ]
    assert len({digest(item) for item in [document, *changed]}) == 5
