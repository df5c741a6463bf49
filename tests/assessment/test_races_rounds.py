"""Saves against each other and against the review: nothing acknowledged is lost or added later."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from assessment import actions, questionnaires
from assessment.models import Answer, AnswerHistory, Assessment, Respondent
from tests.assessment.cast import level, make_cast, make_round, respondent_of
from ui.errors import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ON_CALL = "team.production_ownership.on_call"


def together(*runs: Callable[[], None]) -> None:
    """Runs all at the same time, each with a connection of its own; raises what one of them raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(runs))

    def one(run: Callable[[], None]) -> None:
        try:
            barrier.wait()
            run()
        except BaseException as error:  # raised again below, in the thread of the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_of_many_first_saves_one_wins_and_the_others_are_told() -> None:
    respondent = respondent_of(make_round(make_cast()))
    outcomes: list[int | None] = []
    told: list[Answer | None] = []

    def saver(number: int) -> Callable[[], None]:
        def save() -> None:
            try:
                actions.save_answer(respondent, ON_CALL, level(number), base_revision=0, by=None)
                outcomes.append(number)
            except actions.StaleAnswer as error:
                told.append(error.current)
                outcomes.append(None)

        return save

    together(*(saver(number) for number in range(5)))
    winners = [number for number in outcomes if number is not None]
    assert len(winners) == 1
    assert [answer.level for answer in told if answer] == winners * 4
    assert Answer.objects.get().level == winners[0]
    assert AnswerHistory.objects.count() == 1


def test_saves_against_the_review() -> None:
    cast = make_cast()
    assessment = make_round(cast)
    keys = [item.key for item in questionnaires.of(assessment).maturity_items]
    accepted: list[tuple[object, str]] = []

    def saver(respondent: Respondent) -> Callable[[], None]:
        def save() -> None:
            for key in keys[:25]:
                try:
                    actions.save_answer(respondent, key, level(2), base_revision=0, by=None)
                    accepted.append((respondent.pk, key))
                except Conflict:
                    return

        return save

    seen: set[tuple[object, str]] = set()

    def review() -> None:
        actions.start_review(Assessment.objects.get(pk=assessment.pk), by=cast.fay)
        seen.update(Answer.objects.values_list("respondent_id", "item"))

    people = list(assessment.respondents.select_related("assessment__organization"))[:4]
    together(*(saver(person) for person in people), review)
    kept = set(Answer.objects.values_list("respondent_id", "item"))
    # All that was acknowledged is there, and nothing came in after the review had begun.
    assert set(accepted) == kept
    assert kept == seen
