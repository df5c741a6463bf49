"""Whatever is part of the signed text can be read on the page: nobody signs a value unseen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from charters.content import content, journey_names, role_names
from charters.criteria_text import sentence
from charters.document import assemble, flatten, to_criterion
from charters.fields import BY_NAME, FAMILIES, Value, clean
from charters.presentation import View, present
from tests.charters.cases import HEAD, USE_CASE, complete_fields

EMPTY_SEAT = {
    "reason": "No offer yet",
    "filled_by": "Sara Sale",
    "filled_until": "2026-12-01",
    "accepted_by": "Rolf Tennfjord",
    "function": "sponsor",
    "table": "steering",
}
MODEL = {
    "kind": "tracked_metric",
    "name": "Closeness",
    "must": True,
    "metric_key": "ratio",
    "comparator": "equals",
    "target": "0.5",
    "tolerance": "0.02",
    "unit": "fraction",
    "baseline": "0.3",
    "baseline_method": "by hand",
    "file": "holdout.csv",
    "asset": "Vibration",
    "sha256": "ab" * 32,
    "digest": "d1g35t",
    "slice": "plant = B",
    "truth_column": "stops_soon",
    "positive_class": "halts",
    "threshold": "0.45",
    "measured_by": "Priya",
    "by": "2026-12-01",
}
OWN_ANSWERS = {**MODEL, "threshold": "", "own_answers": True}
BUSINESS = {
    "kind": "business_figure",
    "name": "Stops",
    "metric_key": "stops_6w",
    "comparator": "equals",
    "target": "4",
    "tolerance": "1",
    "unit": "hours",
    "baseline": "9",
    "baseline_method": "last year",
    "asset": "Tickets",
    "source": "Service system",
    "slice": "plant = B",
    "measured_by": "Rolf",
    "by": "2026-12-02",
}
QUESTION = {
    "kind": "learning_question",
    "name": "Trust",
    "question": "Do five users act on it?",
    "evidence": "Notes",
    "answered_by": "Gunhild",
    "by": "2026-12-03",
}
# Said by a number alone: a fraction runs from 0 to 1, a count is a whole number.
BARE = {"fraction", "count", "none"}


def everything() -> dict[str, Any]:
    fields = dict(complete_fields())
    for name, spec in BY_NAME.items():
        if spec.kind in ("text", "line") and name != "informs_journey":
            fields.setdefault(name, f"Words of {name}")
    fields |= {"seat.sales": EMPTY_SEAT, "order_1": "in_order"}
    fields |= {"criterion.c7": MODEL, "criterion.c8": BUSINESS, "criterion.c9": QUESTION}
    fields |= {"criterion.c10": OWN_ANSWERS}
    return assemble({n: clean(n, v) for n, v in fields.items()}, head=HEAD, use_case=USE_CASE)


def words_of(views: list[View]) -> str:
    found: list[str] = []
    for block in (block for view in views for block in view.blocks):
        found += [block.label, block.text, *block.items]
        found += [text for row in block.rows for cell in row for text in (cell.text, cell.second)]
        for shown in block.criteria:
            found += ["".join(part.text for part in shown.parts), shown.terms, shown.kind]
            found.append("Must" if shown.must else "Should")
    return "\n".join(found)


def shown_as(name: str, value: Value) -> str:
    """The words in which a value stands on the page."""
    family, part, text = name.partition(".")[0], name.rpartition(".")[2], str(value)
    clauses = {clause.id: dict(clause.options) for r in content().routes.values() for clause in r.clauses}
    if family == "clause":
        return clauses[name.split(".")[1]].get(text, text)
    if family == "team" and part == "role":
        return role_names()[text]
    if part == "informs_journey":
        return journey_names().get(text, text)
    if part == "sha256":
        return text[:12]
    if part == "own_answers":
        return "the model’s own answers count"
    if part == "step":
        return f"Step\u00a0{text}"
    if part == "comparator":
        return {"at_least": "at least", "at_most": "at most", "equals": "equal"}.get(
            text, text.replace("_", " ")
        )
    spec = BY_NAME.get(name) or next(one for one in FAMILIES[family].parts if one.name == part)
    return (
        "Yes"
        if value is True and part != "must"
        else "Must"
        if value is True
        else dict(spec.options).get(text, text)
    )


def test_every_value_of_the_text_is_read_somewhere() -> None:
    document = everything()
    views = present(document, content(), day=date.isoformat, money=lambda amount, _: str(amount))
    page = words_of(views)
    unseen = [
        name
        for name, value in flatten(document).items()
        if shown_as(name, value) not in page
        and value not in BARE
        and name != "title"
        # The key of a data asset; its name stands there.
        and not (name.startswith("data.") and name.endswith(".asset"))
    ]
    assert unseen == []


@pytest.mark.parametrize(
    ("record", "part"),
    [
        *[(MODEL, part) for part in ("tolerance", "truth_column", "positive_class", "threshold")],
        (BUSINESS, "tolerance"),
        (BUSINESS, "slice"),
    ],
)
def test_a_sentence_says_all_that_decides(record: dict[str, Any], part: str) -> None:
    said = sentence(to_criterion("c1", record))
    without = sentence(to_criterion("c1", {**record, part: ""}))
    assert str(record[part]) in said
    assert said != without
