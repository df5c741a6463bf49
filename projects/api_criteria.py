"""The signed criteria of a project with their present verdicts, as programs read them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from charters.api_keeping import OUTCOMES
from charters.criteria import Comparator, Kind
from charters.criteria_text import sentence
from charters.keeping import Judged, Standing, lived_revision, standing_of
from charters.models import Reading
from projects.models import Project


class SignedCharter(serializers.Serializer[Any]):
    """The signed text that the criteria come from."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    revision = serializers.IntegerField()
    sha256 = serializers.CharField()


class KeptReading(serializers.Serializer[Any]):
    """The reading behind a verdict. `value` is null where an answer in words was asked for.

    `chosen` is what the charter leaves open and `by` chose when the product measured it.
    """

    value = serializers.FloatField(allow_null=True)
    run = serializers.CharField()
    taken_on = serializers.DateField()
    data_name = serializers.CharField()
    data_digest = serializers.CharField()
    chosen = serializers.CharField()
    by = serializers.CharField()
    source = serializers.ChoiceField(choices=Reading.Source.choices)  # type: ignore[assignment]  # a field


class SignedCriterion(serializers.Serializer[Any]):
    """A signed criterion in one sentence and in its parts, with the present verdict.

    `target` is a decimal number as text, in `unit`; null for a question, which has no target. So is
    `threshold`, the chance from which on an answer is `positive_class`; null where none is signed.
    """

    key = serializers.CharField()
    name = serializers.CharField()
    sentence = serializers.CharField()
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    must = serializers.BooleanField()
    metric_key = serializers.CharField()
    comparator = serializers.ChoiceField(choices=[str(one) for one in Comparator], allow_null=True)
    target = serializers.CharField(allow_null=True)
    unit = serializers.CharField()
    data_name = serializers.CharField()
    data_digest = serializers.CharField()
    data_sha256 = serializers.CharField()
    slice = serializers.CharField()
    truth_column = serializers.CharField()
    positive_class = serializers.CharField()
    threshold = serializers.CharField(allow_null=True)
    own_answers = serializers.BooleanField()
    by = serializers.DateField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    why = serializers.CharField()
    reading = KeptReading(allow_null=True)


class ProjectVerdict(serializers.Serializer[Any]):
    """The verdict of the charter as a whole."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)
    why = serializers.CharField()
    calls_for = serializers.ListField(child=serializers.CharField())


class ProjectCriteria(serializers.Serializer[Any]):
    """What was signed and how it stands. Without a charter `charter` and `verdict` are null.

    `candidate` is the nominated version as `model/version`, empty while there is none.
    """

    project = serializers.CharField()
    name = serializers.CharField()
    charter = SignedCharter(allow_null=True)
    candidate = serializers.CharField(allow_blank=True)
    verdict = ProjectVerdict(allow_null=True)
    criteria = SignedCriterion(many=True)


def criteria_of(project: Project) -> dict[str, Any]:
    """The values of `ProjectCriteria`: the same verdicts as on the page."""
    nominated = project.candidates.first()
    revision = lived_revision(project.charter) if project.charter is not None else None
    found: dict[str, Any] = {
        "project": project.slug,
        "name": project.name,
        "charter": None,
        "candidate": nominated.label if nominated else "",
        "verdict": None,
        "criteria": [],
    }
    if revision is None:
        return found
    standing = standing_of(revision, candidate=found["candidate"] or None)
    return found | _of_standing(standing)


def _of_standing(standing: Standing) -> dict[str, Any]:
    revision = standing.revision
    charter = revision.charter
    return {
        "charter": {
            "id": charter.pk,
            "code": charter.code,
            "title": charter.title,
            "revision": revision.number,
            "sha256": revision.sha256,
        },
        "verdict": {
            "outcome": str(standing.verdict.outcome),
            "why": standing.verdict.why,
            "calls_for": sorted(standing.called_for),
        },
        "criteria": [_criterion(item) for item in standing.judged],
    }


def _criterion(item: Judged) -> dict[str, Any]:
    criterion = item.criterion
    return {
        "key": criterion.key,
        "name": criterion.name or criterion.question,
        "sentence": sentence(criterion),
        "kind": str(criterion.kind),
        "must": criterion.must,
        "metric_key": criterion.metric_key,
        "comparator": str(criterion.comparator) if criterion.comparator else None,
        "target": f"{criterion.target:f}" if criterion.target is not None else None,
        "unit": criterion.unit,
        "data_name": criterion.data.name,
        "data_digest": criterion.data.digest,
        "data_sha256": criterion.data.sha256,
        "slice": criterion.slice,
        "truth_column": criterion.data.truth_column,
        "positive_class": criterion.data.positive_class,
        "threshold": f"{criterion.data.threshold:f}" if criterion.data.threshold is not None else None,
        "own_answers": criterion.data.own_answers,
        "by": criterion.by,
        "outcome": str(item.verdict.outcome),
        "why": item.verdict.why,
        "reading": _reading(item.row) if item.row else None,
    }


def _reading(row: Reading) -> dict[str, Any]:
    return {
        "value": row.value,
        "run": row.run,
        "taken_on": row.taken_on,
        "data_name": row.data_name,
        "data_digest": row.data_digest,
        "chosen": row.chosen,
        "by": row.by_name,
        "source": row.source,
    }
