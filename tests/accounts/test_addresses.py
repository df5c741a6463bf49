"""Reading pasted and uploaded lists of people."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import Entry, decode, parse

FUNCTIONS = {"sponsor", "data owner"}


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("Mia@Firm.example", Entry(1, "mia@firm.example")),
        ("Mia Berg <mia@firm.example>", Entry(1, "mia@firm.example", "Mia Berg")),
        ('"Berg, Mia" <mia@firm.example>', None),
        ("Mia Berg; mia@firm.example; Data owner", Entry(1, "mia@firm.example", "Mia Berg", "Data owner")),
        (
            "mia@firm.example\tMia Berg\tsponsor\tBergen",
            Entry(1, "mia@firm.example", "Mia Berg", "sponsor", "Bergen"),
        ),
        ("mia@firm.example, Sponsor", Entry(1, "mia@firm.example", "", "Sponsor")),
    ],
)
def test_one_person_a_line(line, entry):
    entries, problems = parse(line, FUNCTIONS)
    assert (entries == [entry]) if entry else (len(entries) == 1)
    assert not problems


def test_several_people_on_one_line():
    entries, _ = parse("a@x.example, B <b@x.example>; c@x.example".replace(";", ","))
    assert [entry.address for entry in entries] == ["a@x.example", "b@x.example", "c@x.example"]


def test_a_head_row_names_the_columns_in_any_order():
    entries, problems = parse("Unit;Function;E-mail;Name\nBergen;sponsor;a@x.example;Ann\n;;;\n")
    assert entries == [Entry(2, "a@x.example", "Ann", "sponsor", "Bergen")]
    assert [problem.line for problem in problems] == [3]


def test_an_address_counts_once():
    entries, _ = parse("a@x.example\nA@X.example\n")
    assert entries == [Entry(1, "a@x.example")]


@pytest.mark.parametrize(
    "line", ["nonsense", "a@b", "@x.example", "a b@x.example", "a@x..", "x" * 300 + "@x.example"]
)
def test_what_is_no_address_is_named_with_its_line(line):
    entries, problems = parse(f"ok@x.example\n{line}")
    assert [entry.address for entry in entries] == ["ok@x.example"]
    assert [problem.line for problem in problems] == [2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_any_office(encoding):
    assert decode("Åse <ase@x.example>".encode(encoding)) == "Åse <ase@x.example>"


@given(st.text())
def test_any_text_is_read_without_an_accident(text):
    entries, problems = parse(text)
    assert all("@" in entry.address for entry in entries)
    assert all(problem.line >= 1 for problem in problems)


def test_a_line_of_any_length_is_answered_at_once() -> None:
    begun = time.monotonic()
    entries, problems = parse("mia@firm.example\na@" + " " * 400_000 + "b\nnils@firm.example")
    assert [entry.address for entry in entries] == ["mia@firm.example", "nils@firm.example"]
    assert [(problem.line, problem.says) for problem in problems] == [(2, "longer than 600 characters")]
    assert time.monotonic() - begun < 2
