"""How a text reads without an erased person."""

import pytest

from accounts.erased_words import Erased

SOLVEIG = Erased("Solveig  Aasgaard", ["Solveig@Firm.example"])


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("solveig aasgaard", "Erased person"),
        (" Solveig@firm.example ", ""),
        ("Ask Solveig Aasgaard (solveig@firm.example).", "Ask Erased person (erased address)."),
        ("xsolveig@firm.example stays", "xsolveig@firm.example stays"),
        ("Solveig Aasgaardsen stays", "Solveig Aasgaardsen stays"),
        ("Nothing here", "Nothing here"),
    ],
)
def test_names_and_addresses_go_and_others_stay(written, left):
    assert SOLVEIG.text(written) == left


def test_a_single_word_goes_only_where_it_stands_alone():
    will = Erased("Will", ["will@firm.example"])
    assert will.text("Will") == "Erased person"
    assert will.text("It will rain") == "It will rain"


def test_nobody_changes_nothing():
    assert Erased("", []).text("Any text, any@firm.example") == "Any text, any@firm.example"


def test_records_and_lists_keep_their_form():
    seat = {"name": "Solveig Aasgaard", "email": "solveig@firm.example", "steps": ["1", True, None]}
    assert SOLVEIG.value(seat) == {"name": "Erased person", "email": "", "steps": ["1", True, None]}
