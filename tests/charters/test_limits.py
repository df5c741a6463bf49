"""Honest limits: four sentences in the words of the text, those of the role, and nothing made up."""

from __future__ import annotations

import pytest

from charters.document import CharterText, read
from charters.limits import FOR_ALL, TITLES, limits_of, missing, worded
from tests.charters.cases import document

FILLED = {
    "intended_use": "Propose service visits.",
    "users": "the planners",
    "excluded_use": "rate technicians",
    "known_failures": "Pumps without a sensor.",
}


def words_of(text: CharterText, *parties: str) -> dict[str, str]:
    return {limit.key: limit.text for limit in limits_of(text, parties)}


def test_the_four_speak_the_words_of_the_text() -> None:
    said = words_of(read(document(**FILLED)))
    assert tuple(said) == FOR_ALL
    assert (
        said["what_it_will_do"] == "It will propose service visits for the planners; nothing else is agreed."
    )
    assert said["what_it_will_not_do"].startswith("It will not rate technicians, and nobody")
    assert said["wrong_answers"].endswith("It will probably fail in these cases: pumps without a sensor.")
    assert said["cost_of_wrong"] == (
        "One wrong answer costs about 380 for a visit in vain. Who bears it: Service. Accepted share of "
        "wrong answers: one in four. When an answer is missing or wrong: The fixed interval of 300 days."
    )


def test_a_text_that_says_nothing_is_not_made_to_say_something() -> None:
    said = words_of(CharterText(plain={"title": "Bearings"}), "operator", "outcome_owner")
    assert said["what_it_will_do"] == "It is tried for “Bearings”; nothing else is agreed."
    assert "costs is open" in said["cost_of_wrong"]
    assert "Nobody is named who bears it" in said["cost_of_wrong"]
    # Statements with a gap are not asked; the check of the draft names the field.
    assert not {"when_it_fails", "after_the_poc", "pathway"} & set(said)
    assert all("{" not in text for text in said.values())


@pytest.mark.parametrize(
    ("party", "own"),
    [("legal", "who_bears"), ("data_owner", "data_changes"), ("outcome_owner", "criteria_fixed")],
)
def test_a_role_confirms_its_own_statements_too(party: str, own: str) -> None:
    text = read(document(**FILLED))
    assert own in words_of(text, party)
    assert own not in words_of(text)
    assert set(words_of(text, party, "operator")) >= {*FOR_ALL, own}


def test_names_are_not_written_small_and_days_in_the_organizations_way() -> None:
    text = read(document(**FILLED))
    said = {
        item.key: item.text for item in limits_of(text, ["outcome_owner", "legal"], day=lambda day: "18 Dec")
    }
    assert said["who_bears"].startswith("Service answers")
    assert "decide by 18 Dec." in said["pathway"]


def test_learning_counts_on_the_internal_route_only() -> None:
    assert "learning_counts" not in words_of(read(document(**FILLED)), "project_lead")
    assert "learning_counts" in words_of(read(document(**FILLED, route="internal")), "project_lead")


def test_what_is_not_accepted_is_named_in_order() -> None:
    limits = limits_of(read(document(**FILLED)))
    assert [item.key for item in missing(limits, {"wrong_answers", "cost_of_wrong"})] == list(FOR_ALL[:2])
    assert missing(limits, set(TITLES)) == ()
    assert [entry["key"] for entry in worded(limits)] == list(FOR_ALL)
