"""The arithmetic of the audit chain."""

import datetime as dt
import json
import unicodedata
import uuid
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import chain
from accounts.chain_reading import Columns, Prover, quick_digest

KEY, OTHER = b"k" * 32, b"o" * 32
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_order_unicode_form_and_zone_do_not_count():
    noon = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    there = noon.astimezone(dt.timezone(dt.timedelta(hours=9)))
    one = {"a": 1, "b": unicodedata.normalize("NFC", "Åsa"), "t": noon}
    two = {"t": there, "b": unicodedata.normalize("NFD", "Åsa"), "a": 1.0}
    assert chain.canonical(one) == chain.canonical(two)


def test_plain_keeps_what_json_can_keep():
    assert chain.plain({"n": Decimal("1.50"), "d": dt.date(2026, 1, 2), "s": {3, 1}, "u": UUID(int=1)}) == {
        "n": "1.50",
        "d": "2026-01-02",
        "s": [1, 3],
        "u": "00000000-0000-0000-0000-000000000001",
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_number_that_is_none(value):
    with pytest.raises(ValueError):
        chain.plain({"x": value})


def test_unknown_kinds_are_refused():
    with pytest.raises(TypeError):
        chain.plain(object())


@given(VALUES)
def test_plain_is_settled_after_one_step(value):
    assert chain.plain(chain.plain(value)) == chain.plain(value)


@given(VALUES, VALUES)
def test_marks_differ_where_values_differ(one, two):
    same = chain.canonical(one) == chain.canonical(two)
    assert (chain.field_mark(KEY, "e", "f", one) == chain.field_mark(KEY, "e", "f", two)) is same


def test_marks_are_bound_to_key_entry_and_field():
    marks = {
        chain.field_mark(KEY, "e", "f", 1),
        chain.field_mark(OTHER, "e", "f", 1),
        chain.field_mark(KEY, "e2", "f", 1),
        chain.field_mark(KEY, "e", "f2", 1),
        chain.field_mark(KEY, "e", "f", "1"),
    }
    assert len(marks) == 5


def test_seals_are_bound_to_the_one_before():
    marks = {"a": "1", "b": "2"}
    assert chain.seal(KEY, "x", marks) == chain.seal(KEY, "x", dict(reversed(marks.items())))
    assert chain.seal(KEY, "x", marks) != chain.seal(KEY, "y", marks)
    assert chain.seal(KEY, "x", marks) != chain.seal(KEY, "x", {"a": "1"})


def test_anchors_are_found_in_any_text():
    line = chain.anchor_text("installation", 12, "a" * 64)
    assert chain.find_anchors(f"kept: {line}\n and again {line}") == [("installation", 12, "a" * 64)]
    assert chain.find_anchors("throughline-chain:x:1:short") == []


def columns(key, fields, entry, previous="p" * 64, *, hyphens=True, kept=json.dumps):
    """The columns of a sealed entry as a database hands them out."""
    data, personal = fields["data"], fields["personal"]
    sealed = {name: value for name, value in fields.items() if name not in ("data", "personal")}
    sealed |= {f"data.{name}": value for name, value in data.items()}
    sealed |= {f"personal.{name}": value for name, value in personal.items()}
    marks = chain.field_marks(key, str(entry), sealed)
    actor, at = fields["actor"], fields["created_at"]
    return Columns(
        pk=str(entry) if hyphens else entry.hex,
        number=fields["number"],
        actor=actor and (str(actor) if hyphens else actor.hex),
        event=fields["event"],
        subject_type=fields["subject_type"],
        subject_id=fields["subject_id"],
        created_at=str(at) if hyphens else str(at.replace(tzinfo=None)),
        data=kept(chain.plain(data)),
        personal=kept(personal),
        key_mark=chain.key_mark(key),
        field_marks=kept(marks),
        previous=previous,
        seal=chain.seal(key, previous, marks),
    )


def by_length(value):
    """As PostgreSQL keeps an object."""
    return json.dumps(dict(sorted(value.items(), key=lambda pair: (len(pair[0]), pair[0]))))


def entry_fields(data, **more):
    return {
        "chain": "c",
        "number": 3,
        "actor": None,
        "event": "x.y",
        "subject_type": "a.b",
        "subject_id": "7",
        "created_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "data": data,
        "personal": {},
    } | more


@given(
    st.dictionaries(st.text(st.characters(max_codepoint=126), max_size=12), VALUES, max_size=6),
    st.text(max_size=12),
    st.none() | st.uuids(),
    st.uuids(),
    st.datetimes(min_value=dt.datetime(1000, 1, 1), timezones=st.just(dt.UTC)),
    st.booleans(),
    st.sampled_from([json.dumps, by_length]),
)
def test_the_quick_way_proves_what_was_sealed_and_nothing_else(data, text, actor, entry, at, hyphens, kept):
    personal = {"name": chain.digest("salt", text)}
    fields = entry_fields(data, actor=actor, subject_id=text, created_at=at, personal=personal)
    row = columns(KEY, fields, entry, hyphens=hyphens, kept=kept)
    prover = Prover(KEY, "c")
    assert prover.proves(row) == personal
    assert quick_digest("salt", text) == personal["name"]
    marks = json.loads(row.field_marks)
    changed = {
        "number": 4,
        "actor": str(uuid.uuid4()),
        "event": "x.z",
        "subject_type": "",
        "subject_id": text + "x",
        "created_at": str(at.replace(year=2000 if at.year != 2000 else 2001)),
        "data": json.dumps({**chain.plain(data), "more": 1}),
        "personal": "{}",
        "field_marks": json.dumps({**marks, "more": "0" * 32}),
        "previous": "q" * 64,
        "seal": "0" * 64,
        "pk": str(uuid.uuid4()),
    }
    for name, value in changed.items():
        assert prover.proves(row._replace(**{name: value})) is None, name
    swapped = json.dumps({**marks, "number": "0" * 32})
    assert prover.proves(row._replace(field_marks=swapped)) is None
    assert Prover(OTHER, "c").proves(row) is None
    assert Prover(KEY, "d").proves(row) is None


@pytest.mark.parametrize("data", ['{"a": 1e999}', '{"a": "\\ud800"}', "[1]", "null", "{", '{"\u00e9": 1}'])
def test_the_quick_way_leaves_what_it_cannot_read_to_a_closer_look(data):
    row = columns(KEY, entry_fields({"a": 1}), uuid.uuid4())
    assert Prover(KEY, "c").proves(row) is not None
    assert Prover(KEY, "c").proves(row._replace(data=data)) is None


def test_a_long_key_is_hashed_first():
    key = b"k" * 100
    assert Prover(key, "c").proves(columns(key, entry_fields({"a": 1}), uuid.uuid4())) == {}
