"""Differences of two texts and their effect on the criteria."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charters.criteria import Comparator, Criterion, EvaluationData, Kind, is_satisfied
from charters.diff import Change, Effect, compare, effects_on
from tests.charters.cases import document

BASE = Criterion(
    "c1",
    "Recall",
    Kind.TRACKED_METRIC,
    True,
    "recall",
    Comparator.AT_LEAST,
    Decimal("0.75"),
    "fraction",
    data=EvaluationData(threshold=Decimal("0.5")),
)


def test_equal_texts_do_not_differ() -> None:
    difference = compare(document(), document())
    assert (difference.changes, difference.effects, difference.weeks, difference.external) == (
        (),
        (),
        0,
        Decimal(0),
    )


def test_a_change_is_named_field_by_field() -> None:
    after = document(
        criterion__c1={"target": "0.7"}, time_end="2027-01-01", budget_external="96000", fallback=None
    )
    difference = compare(document(), after)
    assert Change("criterion.c1.target", "0.75", "0.7") in difference.changes
    assert Change("fallback", "The fixed interval of 300 days.", None) in difference.changes
    assert difference.weeks == 2
    assert difference.external == Decimal(26000)
    assert [(item.key, item.effect) for item in difference.effects] == [("c1", Effect.LOOSENED)]


def test_creep_is_counted() -> None:
    after = document(
        criterion__c9={"name": "New", "kind": "guard_rail"}, deliverable__2={"text": "A chatbot"}
    )
    difference = compare(document(), after)
    assert (difference.added, difference.dropped) == (2, 0)
    back = compare(after, document())
    assert (back.added, back.dropped) == (0, 2)


@pytest.mark.parametrize(
    ("change", "effects"),
    [
        ({"target": Decimal("0.70")}, [Effect.LOOSENED]),
        ({"target": Decimal("0.80")}, [Effect.TIGHTENED]),
        ({"comparator": Comparator.MORE_THAN}, [Effect.TIGHTENED]),
        ({"comparator": Comparator.AT_MOST}, [Effect.LOOSENED, Effect.TIGHTENED]),
        ({"comparator": Comparator.EQUALS}, [Effect.TIGHTENED]),
        ({"must": False}, [Effect.LOOSENED]),
        ({"target": None}, [Effect.LOOSENED]),
        ({"metric_key": "precision"}, [Effect.REDEFINED]),
        ({"slice": "plant = Bergen"}, [Effect.REDEFINED]),
        # Another column, class or threshold measures otherwise; which is harder to meet nobody can say.
        ({"data": replace(BASE.data, truth_column="late")}, [Effect.REDEFINED]),
        ({"data": replace(BASE.data, positive_class="0")}, [Effect.REDEFINED]),
        ({"data": replace(BASE.data, threshold=Decimal("0.6"))}, [Effect.REDEFINED]),
        ({"data": replace(BASE.data, threshold=Decimal("0.50"))}, []),
        ({"data": replace(BASE.data, threshold=None)}, [Effect.REDEFINED]),
        ({"data": replace(BASE.data, threshold=None, own_answers=True)}, [Effect.REDEFINED]),
        ({"name": "Share of failures found"}, []),
    ],
)
def test_effect_on_a_criterion(change: dict[str, object], effects: list[Effect]) -> None:
    assert effects_on(BASE, replace(BASE, **change)) == effects


_criteria = st.builds(
    lambda comparator, target, tolerance: replace(
        BASE, comparator=comparator, target=Decimal(target), tolerance=Decimal(tolerance)
    ),
    st.sampled_from(Comparator),
    st.integers(-3, 3),
    st.integers(0, 2),
)


@given(_criteria, _criteria)
def test_effects_are_what_the_words_say(old: Criterion, new: Criterion) -> None:
    figures = [Decimal(n) / 2 for n in range(-14, 15)]

    def meets(criterion: Criterion, figure: Decimal) -> bool:
        assert criterion.comparator is not None
        assert criterion.target is not None
        return is_satisfied(criterion.comparator, figure, criterion.target, criterion.tolerance)

    loosened = any(meets(new, figure) and not meets(old, figure) for figure in figures)
    tightened = any(meets(old, figure) and not meets(new, figure) for figure in figures)
    expected = [
        effect for effect, holds in ((Effect.LOOSENED, loosened), (Effect.TIGHTENED, tightened)) if holds
    ]
    assert effects_on(old, new) == expected
