"""Changing a questionnaire's content, and its sheet: every change is one, and every bad cell is named."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

from assessment import editing, editing_sheet
from assessment.editing import Entry
from assessment.editing_cells import from_fields, to_fields
from assessment.editing_columns import columns, gate_phases
from assessment.editing_sheet import SheetError
from assessment.question_bank import Questionnaire
from tests.assessment.rounds import STANDARD

DRAFT = editing.next_version(STANDARD)
GATED = "team.production_ownership.on_call"
UNGATED = next(
    item.key for item in STANDARD.maturity_items if all(g.item != item.key for g in STANDARD.gates)
)


def entry(key: str, content: editing.Content = DRAFT) -> Entry:
    found = editing.entry_of(content, key)
    assert found is not None
    return found


def changed(key: str, **fields: Any) -> editing.Content:
    return editing.put_entry(DRAFT, Entry({**entry(key).item, **fields}, entry(key).gates))


def test_a_new_draft_is_the_published_content_under_the_next_number() -> None:
    assert DRAFT["version"] == STANDARD.version + 1
    assert editing.problems(DRAFT, STANDARD) == []
    assert not editing.changes(STANDARD, DRAFT)


def test_an_item_put_back_as_it_is_changes_nothing() -> None:
    for key in STANDARD.items:
        assert editing.put_entry(DRAFT, entry(key)) == DRAFT
        flat = from_fields(to_fields(entry(key)), gate_phases(DRAFT), entry(key))
        assert flat.mark == entry(key).mark


def test_a_changed_text_is_the_only_change() -> None:
    new = changed(UNGATED, text="Another question?")
    assert editing.changes(STANDARD, new) == editing.Changes((), (), (UNGATED,))
    assert editing.problems(new, STANDARD) == []
    assert entry(UNGATED, DRAFT).item["text"] != "Another question?"


def test_a_dropped_item_is_retired_and_takes_its_gates_along() -> None:
    new = editing.drop(DRAFT, GATED, STANDARD)
    assert new["retired"] == [GATED]
    assert all(gate["item"] != GATED for gate in new["gates"])
    assert editing.changes(STANDARD, new).dropped == (GATED,)
    assert Questionnaire.from_dict(new).version == STANDARD.version + 1


def test_an_item_that_was_never_published_is_dropped_without_a_trace() -> None:
    key = editing.key_for(DRAFT, "strategy.portfolio", "Shared lessons")
    added = editing.put_entry(DRAFT, Entry(editing.blank_item(key, "maturity")))
    assert editing.drop(added, key, STANDARD) == DRAFT


def test_a_new_item_stands_behind_its_dimension_and_says_what_it_lacks() -> None:
    key = editing.key_for(DRAFT, "strategy.portfolio", "Shared lessons, 2nd try")
    assert key == "strategy.portfolio.shared_lessons_2nd_try"
    new = editing.put_entry(DRAFT, Entry(editing.blank_item(key, "maturity")))
    keys = [item["key"] for item in new["items"]]
    assert keys[keys.index(key) - 1].startswith("strategy.portfolio.")
    found = {problem.field for problem in editing.problems(new, STANDARD)}
    assert {"text", "functions", "level_0_text", "level_4_claim"} <= found
    assert {problem.item for problem in editing.problems(new, STANDARD)} == {key}


def test_keys_are_new_words() -> None:
    taken = STANDARD.maturity_items[0]
    assert editing.key_for(DRAFT, taken.dimension, taken.key.rpartition(".")[2]) == f"{taken.key}_2"
    assert editing.key_for(DRAFT, taken.dimension, "?!") == ""
    dropped = editing.drop(DRAFT, taken.key, STANDARD)
    assert editing.key_for(dropped, taken.dimension, taken.key.rpartition(".")[2]) == f"{taken.key}_2"


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"text": STANDARD.maturity_items[0].text}, "text", "asks the same"),
        ({"text": "x" * 301}, "text", "300"),
        ({"weight": 0.0}, "weight", "weight 0"),
        ({"functions": []}, "functions", "missing"),
        (
            {"should_know": ["sponsor"], "functions": ["practitioner"], "dont_know": "X"},
            "should_know",
            "not asked",
        ),
        ({"visible_if": {"item": "no.such.item", "at_least": 2}}, "visible_if", "no maturity item"),
        ({"unit": "days"}, "", "levels only"),
    ],
)
def test_problems_name_item_and_field(fields: dict[str, Any], field: str, says: str) -> None:
    found = editing.problems(changed(UNGATED, **fields), STANDARD)
    assert [(problem.item, problem.field) for problem in found if says in problem.message] == [
        (UNGATED, field)
    ]


def test_problems_of_levels_and_gates_name_their_fields() -> None:
    levels = [dict(level) for level in entry(GATED).item["levels"]]
    levels[1]["text"] = "Ownership is mature."
    levels[3]["claim"] = levels[2]["claim"]
    gates = {**entry(GATED).gates, 3: {"level": 1, "title": "Lower than phase 2", "weight": 1.0}}
    new = editing.put_entry(DRAFT, Entry({**entry(GATED).item, "levels": levels}, gates))
    found = {problem.field: problem.message for problem in editing.problems(new, STANDARD)}
    assert "mature" in found["level_1_text"]
    assert "level 2" in found["level_3_claim"]
    assert "less than the gate of phase 2" in found["gate_3"]


def test_a_pillar_without_gate_and_a_share_that_grew_too_long_are_named() -> None:
    new = DRAFT
    for gate in STANDARD.gates_of("team"):
        new = editing.put_entry(new, Entry(entry(gate.item, new).item, {}))
    for item in STANDARD.maturity_items:
        new = editing.put_entry(
            new, Entry({**entry(item.key, new).item, "functions": list(STANDARD.functions)})
        )
    found = {problem.item: problem.message for problem in editing.problems(new, STANDARD)}
    assert "no gate" in found["team"]
    assert "minutes" in found["sponsor"]


def test_the_frame_has_a_title_a_lede_and_weights() -> None:
    new = editing.put_frame(DRAFT, title="Ours", lede="For us.", weights={"strategy.portfolio": 3.0})
    assert editing.dimension_weights(new)["strategy.portfolio"] == 3.0
    assert editing.frame_mark(new) != editing.frame_mark(DRAFT)
    assert editing.problems(new, STANDARD) == []


def sheet(content: editing.Content = DRAFT) -> Any:
    return load_workbook(io.BytesIO(editing_sheet.write(content, revision=7)))


def saved(book: Any) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def cell_of(field: str, row: int) -> str:
    place = [column.field for column in columns(DRAFT)].index(field) + 1
    return f"{get_column_letter(place)}{row}"


def test_a_sheet_read_back_is_the_same_content() -> None:
    found = editing_sheet.read(editing_sheet.write(DRAFT, revision=7), DRAFT, STANDARD)
    assert found.revision == 7
    assert not editing.changes(STANDARD, found.content)
    assert editing.problems(found.content, STANDARD) == []
    assert Questionnaire.from_dict(found.content).to_dict() == DRAFT


def test_rows_are_changed_moved_added_and_dropped() -> None:
    book = sheet()
    page = book["Items"]
    page[cell_of("text", 2)] = "Asked otherwise?"
    page.delete_rows(3)
    last = page.max_row + 1
    for column in page.iter_cols(min_row=2, max_row=2):
        page.cell(last, column[0].column, column[0].value)
    page[cell_of("key", last)] = "team.skills.added"
    page[cell_of("text", last)] = "Asked for the first time?"
    page[cell_of("gate_2", last)] = page[cell_of("gate_3", last)] = None
    page[cell_of("gate_2_title", last)] = page[cell_of("gate_3_title", last)] = None
    found = editing_sheet.read(saved(book), DRAFT, STANDARD)
    keys = list(STANDARD.items)
    assert editing.changes(STANDARD, found.content) == editing.Changes(
        ("team.skills.added",), (keys[1],), (keys[0],)
    )
    assert found.content["retired"] == [keys[1]]


def test_every_bad_cell_is_named_at_once() -> None:
    book = sheet()
    page = book["Items"]
    bad = {
        cell_of("kind", 2): "essay",
        cell_of("weight", 3): "heavy",
        cell_of("function sponsor", 4): "yes",
        cell_of("text", 5): "x" * 301,
        cell_of("level_2_text", 6): None,
        cell_of("level_3_claim", 7): "says that ownership is mature",
        cell_of("gate_2", 8): 9,
        cell_of("should_know", 9): "Janitor",
        cell_of("key", 10): page[cell_of("key", 11)].value,
        cell_of("key", 13): None,
        cell_of("key", 14): "Not a key",
        cell_of("text", 14): "x" * 301,
        cell_of("visible_level", 12): 2,
    }
    for cell, value in bad.items():
        page[cell] = value
    with pytest.raises(SheetError) as refused:
        editing_sheet.read(saved(book), DRAFT, STANDARD)
    named = {problem.cell for problem in refused.value.problems}
    expected = (set(bad) - {cell_of("key", 10), cell_of("visible_level", 12)}) | {cell_of("key", 11)}
    assert expected <= named
    assert {cell_of("visible_if", 12), cell_of("visible_level", 12)} & named
    assert all(problem.sheet == "Items" for problem in refused.value.problems)


def test_columns_must_be_there_and_known() -> None:
    book = sheet()
    book["Items"]["A1"] = "Schlüssel"
    with pytest.raises(SheetError, match="'Schlüssel'") as refused:
        editing_sheet.read(saved(book), DRAFT, STANDARD)
    assert "'Key' is missing" in str(refused.value)


def test_a_formula_stays_a_text() -> None:
    new = changed(UNGATED, text="=1+1")
    page = sheet(new)["Items"]
    row = [item["key"] for item in new["items"]].index(UNGATED) + 2
    assert page[cell_of("text", row)].data_type == "s"
    assert page[cell_of("text", row)].value == "=1+1"


@pytest.mark.parametrize("source", [b"", b"no zip", b"PK\x03\x04 broken", b"x" * 2_000_001])
def test_what_is_no_sheet_is_refused_in_a_sentence(source: bytes) -> None:
    with pytest.raises(SheetError, match="File: "):
        editing_sheet.read(source, DRAFT, STANDARD)


def test_a_sheet_without_items_is_refused() -> None:
    book = sheet()
    book["Items"].title = "Other"
    with pytest.raises(SheetError, match="no sheet of this name"):
        editing_sheet.read(saved(book), DRAFT, STANDARD)


CELLS = st.one_of(st.none(), st.text(max_size=20), st.integers(-9, 9), st.floats(), st.booleans())


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(1, 8), st.integers(1, 45)), CELLS, max_size=6))
def test_no_cell_value_ends_in_anything_but_a_reading_or_a_refusal(cells: dict[tuple[int, int], Any]) -> None:
    book = sheet()
    for (row, column), value in cells.items():
        try:
            book["Items"].cell(row, column, value)
        except (ValueError, IllegalCharacterError):
            continue  # the library itself takes none of these
    try:
        found = editing_sheet.read(saved(book), DRAFT, STANDARD)
    except SheetError:
        return
    assert Questionnaire.from_dict(found.content).version == STANDARD.version + 1
