"""The verdict of a charter, what it calls for on the agreed pathway, and which readings still count.

The musts alone decide. One rule is added for the internal route, where success is learning: **an internal
POC succeeds on learning alone** when every learning question of its charter is answered with its proof and
at least one learning record is tied to an item of the questionnaire or to an initiative. It then succeeds
although a model missed its bar or was never measured. A guard rail that is a must and was missed is never
outweighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from charters.criteria import Criterion, Kind, Outcome, Reading, Verdict, combine
from charters.diff import Effect, effects_on

INTERNAL = "internal"
SCALE, ITERATE, STOP = "scale", "iterate", "stop"
# What a verdict calls for on the pathway. A miss leaves two ways open; their conditions say which.
_CALLED_FOR = {Outcome.MET: frozenset({SCALE}), Outcome.MISSED: frozenset({ITERATE, STOP})}
# What is evaluated for one version of a model; figures of the business and answers have none.
OF_A_MODEL = (Kind.TRACKED_METRIC, Kind.GUARD_RAIL)


def verdict_of(pairs: Sequence[tuple[Criterion, Verdict]], *, route: str, tied_records: int) -> Verdict:
    """The verdict of a charter by its musts; on the internal route also by learning alone."""
    by_musts = combine(pairs)
    if route != INTERNAL or _by_more_than_questions(pairs, by_musts):
        return by_musts
    questions = [verdict for criterion, verdict in pairs if criterion.is_question]
    answered = bool(questions) and all(verdict.outcome is Outcome.MET for verdict in questions)
    if not answered or _broken_guard_rail(pairs):
        return by_musts
    many = (
        "The learning question is" if len(questions) == 1 else f"All {len(questions)} learning questions are"
    )
    if not tied_records:
        missing = f"{many} answered; a learning record tied to an item or an initiative is missing."
        return Verdict(Outcome.NOT_YET, missing) if by_musts.outcome is Outcome.MET else by_musts
    records = "one learning record is" if tied_records == 1 else f"{tied_records} learning records are"
    beside = "" if by_musts.outcome is Outcome.MET else f" By its musts: {by_musts.why}"
    return Verdict(
        Outcome.MET,
        f"Succeeds on learning alone: {many[:1].lower()}{many[1:]} answered, and {records} tied to an item "
        f"or an initiative.{beside}",
    )


def _by_more_than_questions(pairs: Iterable[tuple[Criterion, Verdict]], by_musts: Verdict) -> bool:
    measured = any(criterion.must and not criterion.is_question for criterion, _ in pairs)
    return by_musts.outcome is Outcome.MET and measured


def _broken_guard_rail(pairs: Iterable[tuple[Criterion, Verdict]]) -> bool:
    return any(
        criterion.must and criterion.kind is Kind.GUARD_RAIL and verdict.outcome is Outcome.MISSED
        for criterion, verdict in pairs
    )


def called_for(verdict: Verdict) -> frozenset[str]:
    """The outcomes of the pathway that a verdict calls for; none while it is open or does not count."""
    return _CALLED_FOR.get(verdict.outcome, frozenset())


def candidate_of(readings: Iterable[tuple[Criterion, Reading]]) -> str:
    """The version that is judged where nobody nominated one: that of the last reading of a model.

    Readings are in the order in which they were taken. All figures of a model are read for one version, so
    that no verdict is put together from the best of several.
    """
    named = [reading.candidate for criterion, reading in readings if criterion.kind in OF_A_MODEL]
    return named[-1] if named else ""


def still_counts(then: Criterion, now: Criterion) -> bool:
    """Whether a reading for an earlier wording of a criterion is one for this wording: same thing measured.

    The bar may have moved; the reading is then held against the new one.
    """
    return Effect.REDEFINED not in effects_on(then, now)
