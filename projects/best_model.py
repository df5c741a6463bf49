"""What a leader asks of the model: trained on what, how, by whom, what it scores against what was signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charters.criteria import Comparator
from charters.keeping import Judged, Standing, lived_revision, standing_of
from charters.kept_page import verdict_rows
from charters.verdicts import OF_A_MODEL
from projects.models import Candidate, Project
from projects.tracking import evaluation, records
from projects.tracking.evaluation import TRAINING
from projects.tracking.records import RunDetail, TrackingIsAway

PARAMETERS = 6
LOWER_IS_BETTER = (Comparator.AT_MOST, Comparator.LESS_THAN)


@dataclass(frozen=True, slots=True)
class Score:
    """A signed criterion of a model: its verdict for the candidate, or the figure of a run that is none."""

    name: str
    kind: str
    word: str
    why: str


@dataclass(frozen=True, slots=True)
class BestModel:
    """The nominated version, or while there is none the run that is best by the first must.

    `detail` is None where its run was deleted or not said. `away` is true where tracking does not answer.
    """

    title: str = ""
    candidate: Candidate | None = None
    detail: RunDetail | None = None
    scores: tuple[Score, ...] = ()
    away: bool = False

    @property
    def by(self) -> str:
        return self.detail.run.by if self.detail else ""

    @property
    def trained_on(self) -> list[str]:
        """The data that the run says it learned from."""
        return self._data(training=True)

    @property
    def measured_on(self) -> list[str]:
        return self._data(training=False)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return list(self.detail.run.params.items())[:PARAMETERS] if self.detail else []

    def _data(self, *, training: bool) -> list[str]:
        inputs = self.detail.inputs if self.detail else ()
        return list(dict.fromkeys(one.name for one in inputs if (one.context in TRAINING) is training))


def best_model(project: Project) -> BestModel | None:
    """None where no charter says what good is, or no run says how good."""
    revision = lived_revision(project.charter) if project.charter is not None else None
    if revision is None:
        return None
    candidate = project.candidates.select_related("nominated_by").first()
    found = standing_of(revision, candidate=candidate.label if candidate else None)
    judged = [item for item in found.judged if item.criterion.kind in OF_A_MODEL]
    try:
        if candidate is None:
            return _best_run(project, judged)
        detail = records.run_detail(project.slug, candidate.run) if candidate.run else None
    except TrackingIsAway:
        if candidate is None:
            return None
        return BestModel(str(candidate), candidate, scores=_verdicts(judged, found), away=True)
    return BestModel(str(candidate), candidate, detail, _verdicts(judged, found))


def _verdicts(judged: Sequence[Judged], standing: Standing) -> tuple[Score, ...]:
    keys = {item.criterion.key for item in judged}
    rows = zip(verdict_rows(standing), standing.judged, strict=True)
    return tuple(
        Score(row.name, row.kind, row.word, row.why) for row, item in rows if item.criterion.key in keys
    )


def _best_run(project: Project, judged: Sequence[Judged]) -> BestModel | None:
    """The run with the best figure for the first must; it is information and never a verdict."""
    asked = [item.criterion for item in judged if item.criterion.must and item.criterion.metric_key]
    if not asked:
        return None
    first = asked[0]
    found = evaluation.best_run(
        project.slug,
        first.metric_key,
        data_name=first.data.name,
        lowest=first.comparator in LOWER_IS_BETTER,
    )
    detail = records.run_detail(project.slug, found) if found else None
    if detail is None:
        return None
    value = f"{first.metric_key} {detail.run.metrics[first.metric_key]:.6g}"
    return BestModel(detail.run.name, None, detail, (Score(first.name, "open", "No verdict", value),))
