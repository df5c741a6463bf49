"""Two texts word by word."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from charters.word_diff import ADDED, KEPT, REMOVED, Piece, pieces

WORDS = st.lists(
    st.sampled_from(["recall", "is", "at", "least", "0.75", "0.7", ",", " ", "\n", "é"]), max_size=30
)


def test_words_and_figures_are_told_apart() -> None:
    assert pieces("Recall is at least 0.75.", "Recall is at least 0.7 today.") == (
        Piece(KEPT, "Recall is at least "),
        Piece(REMOVED, "0.75"),
        Piece(ADDED, "0.7 today"),
        Piece(KEPT, "."),
    )


def test_neighboring_changes_are_one() -> None:
    found = pieces("Six weeks for two plants", "Eight months for two plants")
    assert found[:2] == (Piece(REMOVED, "Six weeks"), Piece(ADDED, "Eight months"))


def test_nothing_comes_of_nothing() -> None:
    assert pieces("", "") == ()
    assert pieces("", "new") == (Piece(ADDED, "new"),)
    assert pieces("old", "") == (Piece(REMOVED, "old"),)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_from_the_pieces(was: list[str], now: list[str]) -> None:
    old, new = "".join(was), "".join(now)
    found = pieces(old, new)
    assert "".join(piece.text for piece in found if piece.kind != ADDED) == old
    assert "".join(piece.text for piece in found if piece.kind != REMOVED) == new
    assert all(one.kind != other.kind for one, other in pairwise(found))
