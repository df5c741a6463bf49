"""What a replica says of an answer is read with care: it runs the code of others."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from deployments.use.explained import MOST_PARTS, explained

TOLD: dict[str, Any] = {
    "of": "chance of 1",
    "method_words": "Shapley values.",
    "confidence": 0.83,
    "contributions": [
        {"feature": "heat", "value": 4.25, "typical": -1, "contribution": 0.31},
        {"feature": "plant", "value": "Moss", "typical": "Oslo", "contribution": -0.02},
    ],
    "rest": 0.004,
    "flip": {"feature": "heat", "from": 4.25, "to": 2.5, "prediction": 0},
    "failures": ["plant = Moss"],
}


def test_an_explanation_reads_as_sentences() -> None:
    found = explained({"explanations": [TOLD]})
    assert found is not None
    page = " ".join(render_to_string("deployments/_explained.html", {"explained": found}).split())
    assert "a chance of 83 %" in page
    assert '<td data-term="Here" dir="auto">4.25</td><td data-term="Usually" dir="auto">−1</td>' in page
    assert "+0.31" in page
    assert "−0.02" in page
    assert "An evaluation saw more errors where plant = Moss." in page
    assert "With heat at 2.5 instead of 4.25 the answer would be 0." in page
    assert "Shapley values." in page


@pytest.mark.parametrize(
    "body", [{}, {"explanations": None}, {"explanations": []}, {"explanations": ["x"]}, {"explanations": {}}]
)
def test_nothing_is_nothing(body: dict[str, Any]) -> None:
    assert explained(body) is None


def test_what_a_hostile_replica_says_is_cut() -> None:
    part = {"feature": "x" * 10_000, "value": ["<script>"], "typical": None, "contribution": 1}
    told = {
        "contributions": [part] * 500 + [{"contribution": "much"}, 7],
        "confidence": 1e999,
        "rest": "NaN",
        "flip": [1],
        "failures": "all",
        "of": {"a": 1},
    }
    found = explained({"explanations": [told]})
    assert found is not None
    assert (len(found.parts), len(found.parts[0].feature)) == (MOST_PARTS, 200)
    assert (found.confidence, found.rest, found.flip, found.failures) == (None, 0.0, "", ())
    page = render_to_string("deployments/_explained.html", {"explained": found})
    assert "<script>" not in page
    odd = explained({"explanations": [{"contributions": {"a": 1}, "confidence": True}]})
    assert odd is not None
    assert (odd.parts, odd.confidence) == ((), None)
