"""Bodies as tables, and tables against signatures: what fits is passed on, what does not is named."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.gateway import bodies
from deployments.gateway.bodies import Unfit, parse
from deployments.gateway.describing import document, row_schema
from deployments.gateway.fitting import Column, columns_of, fit

COLUMNS = [Column("age", "long"), Column("income", "double", required=False), Column("region", "string")]
GOOD = (["age", "income", "region"], [[30, 1.5, "north"]])


def told(error: pytest.ExceptionInfo[Unfit]) -> tuple[str, dict[str, list[str]]]:
    return error.value.message, dict(error.value.fields)


def ask(body: Any, columns: list[Column] | None = COLUMNS, kind: str = "application/json") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return fit(parse(content, kind), columns)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["age", "income", "region"], "data": [[30, 1.5, "north"]]}},
        {
            "dataframe_split": {
                "columns": ["region", "age", "income"],
                "index": [7],
                "data": [["north", 30, 1.5]],
            }
        },
        {"dataframe_split": {"data": [[30, 1.5, "north"]]}},
        {"dataframe_records": [{"region": "north", "age": 30, "income": 1.5}]},
        {"instances": [{"region": "north", "age": 30, "income": 1.5}]},
        {"inputs": [[30, 1.5, "north"]]},
        {"inputs": {"age": [30], "income": [1.5], "region": ["north"]}},
        {"inputs": {"age": 30, "income": 1.5, "region": "north"}},
        {"inputs": [{"region": "north", "age": 30.0, "income": 1.5}]},
    ],
)
def test_every_form_of_mlflow_gives_the_same_rows(body: Any) -> None:
    assert ask(body) == GOOD


def test_csv_is_read_by_the_types_of_the_signature() -> None:
    table = b'\xef\xbb\xbfregion,age,income\nnorth,30,1.5\n"so\nuth",31,\n'
    assert ask(table, kind="text/csv; charset=utf-8") == (GOOD[0], [*GOOD[1], [31, None, "so\nuth"]])
    with pytest.raises(Unfit) as error:
        ask(b"region,age\nnorth,old\n", kind="text/csv")
    assert "age: Row 1 has 'old' here" in told(error)[0]
    assert ask(b"a,b\n1,x\n2.5,\n", None, "text/csv") == (["a", "b"], [[1, "x"], [2.5, None]])


def test_single_values_are_rows_of_a_model_with_one_column() -> None:
    assert ask({"instances": ["a", "b"]}, [Column("text", "string")]) == (["text"], [["a"], ["b"]])


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", [True, False], [1, "true"]),
        ("integer", [0, -(2**31), 3.0], [2**31, 1.5, True, "1"]),
        ("long", [2**63 - 1], [2**63, 0.1, 1e300]),
        ("double", [1, -1.5], [True, "1", [1]]),
        ("float", [1, -1.5], ["x"]),
        ("string", ["", "ä"], [1, None, {}]),
        ("binary", ["aGk="], ["a", 1]),
        ("datetime", ["2026-03-31", "2026-03-31T12:00:00+02:00"], ["soon", 5]),
        ("array", [[1, 2]], ["x", {}]),
        ("object", [{"a": [1]}], [[1], "x"]),
        ("any", [1, "x", [1]], [2**70]),
    ],
)
def test_types_take_what_they_say(kind: str, good: list[Any], bad: list[Any]) -> None:
    column = Column("value", kind)
    for value in good:
        assert ask({"inputs": [[value]]}, [column])[1] == [[value]]
    for value in bad:
        with pytest.raises(Unfit) as error:
            ask({"inputs": [[value]]}, [column])
        message, fields = told(error)
        assert message.startswith("value: Row 1 ")
        assert column.allowed in fields["value"][0]


def test_all_columns_that_are_wrong_are_named_with_what_is_allowed() -> None:
    with pytest.raises(Unfit) as error:
        ask({"dataframe_records": [{"age": 1, "region": "n"}, {"age": "x", "income": True, "region": None}]})
    message, fields = told(error)
    assert set(fields) == {"age", "income", "region"}
    assert message.startswith("age: Row 2 has 'x' here: a whole number")
    assert fields["income"] == ["Row 2 has True here: a number, or null where it is missing."]
    assert fields["region"] == ["Row 2 has no value here: a text."]


def test_missing_and_strange_columns_are_named() -> None:
    with pytest.raises(Unfit) as error:
        ask({"dataframe_records": [{"age": 1, "wealth": 2}]})
    message, fields = told(error)
    assert message == "The columns do not fit this model. Missing: region; not known: wealth."
    assert set(fields) == {"region", "wealth"}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ([1], "JSON object"),
        ({}, "exactly one table"),
        ({"inputs": [[1]], "instances": [[1]]}, "exactly one table"),
        ({"inputs": [[1]], "params": {}}, "params is not known"),
        ({"dataframe_split": {"columns": ["a"]}}, "columns"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, "twice"),
        ({"dataframe_split": {"columns": [{}], "data": [[1]]}}, "list of names"),
        ({"dataframe_split": {"columns": ["a"], "data": [1]}}, "list of rows"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}, "Row 2 has 2 values, not 1"),
        ({"dataframe_records": [1]}, "list of objects"),
        ({"inputs": {"a": [1], "b": [1, 2]}}, "different lengths"),
        ({"inputs": [[1], {"a": 1}]}, "of one kind"),
        ({"inputs": []}, "no row"),
        ({"inputs": 5}, "list of rows"),
        ({"inputs": [[1]] * 10_001}, "10001 rows are too many"),
        ({"inputs": [[1] * 2_001]}, "2001 columns are too many"),
        ({"dataframe_records": [{str(at): 1} for at in range(2_000)]}, "too much at once"),
        ({"inputs": [["\ud800"]]}, "cannot be written"),
        (b'{"inputs": [[Infinity]]}', "Infinity is no number"),
        (b'{"inputs": [[' + b"9" * 5000 + b"]]}", "not JSON"),
    ],
)
def test_bodies_that_are_no_table_are_refused_with_words(body: Any, part: str) -> None:
    with pytest.raises(Unfit) as error:
        ask(body, None)
    assert part in told(error)[0]


@given(st.binary(max_size=200), st.sampled_from(["application/json", "text/csv", "text/html", ""]))
def test_any_bytes_get_an_answer(content: bytes, kind: str) -> None:
    try:
        names, rows = ask(content, None, kind)
    except Unfit:
        return
    assert all(len(row) == len(names) for row in rows)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(bodies.FORMS), VALUES, st.sampled_from([None, COLUMNS]))
def test_whatever_passes_is_a_full_table_of_finite_numbers(form: str, value: Any, columns: Any) -> None:
    try:
        names, rows = ask({form: value}, columns)
    except Unfit:
        return
    assert rows
    for row in rows:
        assert len(row) == len(names)
        assert all(not isinstance(cell, float) or math.isfinite(cell) for cell in row)
        if columns:
            age, income, region = row
            assert isinstance(age, int)
            assert income is None or isinstance(income, float)
            assert isinstance(region, str)


def test_tensors_are_tables_of_their_width() -> None:
    wide = {"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]}
    assert columns_of(wide) == [Column("0", "double"), Column("1", "double")]
    assert ask({"instances": [[1, 2.5]]}, columns_of(wide)) == (["0", "1"], [[1.0, 2.5]])
    open_ended = {"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]}
    assert columns_of(open_ended) is None
    assert columns_of({}) is None


def test_the_document_of_a_deployment_is_openapi_and_allows_what_fits() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    row = row_schema(COLUMNS)
    for value in ({"age": 1, "region": "n"}, {"age": 1, "income": None, "region": "n"}):
        jsonschema.validate(value, row)
    for value in ({"age": 1}, {"age": "x", "region": "n"}, {"age": 1, "region": "n", "wealth": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(value, row)
    signature = {"inputs": [{"name": "age", "type": "long"}], "outputs": [{"type": "string"}]}
    made = document(
        title="Flood", address="http://x/serve/p/flood", signature=signature, label="m/3", timeout=5
    )
    assert made["info"]["version"] == "3"
    success = made["paths"]["/invocations"]["post"]["responses"]["200"]
    predictions = success["content"]["application/json"]["schema"]["properties"]["predictions"]
    assert predictions["items"] == {"type": "string"}
    assert set(made["paths"]) == {"/invocations", "/explain", "/feedback"}
