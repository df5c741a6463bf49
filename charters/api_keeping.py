"""The API of a charter in force: changes, readings, verdicts, learning. Deciding needs a person at a page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person, require
from accounts.api import StrictSerializer
from accounts.idempotency import idempotent
from charters import actions
from charters.access import get_charter, get_charter_and_membership
from charters.change_page import text_of
from charters.diff import compare
from charters.document import read
from charters.keeping import (
    Standing,
    decision_of,
    learnings_of,
    lived_revision,
    may_report,
    readings_of,
    standing_of,
)
from charters.models import ChangeRequest, Charter, Decision, Learning, Reading, Revision
from charters.queries import document_of, revision_in_force
from ui.errors import Conflict, NotAllowed

OUTCOMES = ["met", "missed", "not_yet", "does_not_count"]


class EffectSerializer(serializers.Serializer[Any]):
    """What a change does to one criterion."""

    key = serializers.CharField()
    name = serializers.CharField()
    effect = serializers.ChoiceField(choices=["added", "dropped", "loosened", "tightened", "redefined"])


class FieldDifference(serializers.Serializer[Any]):
    """One value that differs by its dotted name; null where it was not there or is no longer there."""

    name = serializers.CharField()
    was = serializers.JSONField(allow_null=True)
    now = serializers.JSONField(allow_null=True)


class ChangeSerializer(serializers.ModelSerializer[ChangeRequest]):
    """A change request with its effects on criteria, time and cost."""

    base = serializers.IntegerField(source="base.number")
    revision = serializers.IntegerField(source="revision.number", allow_null=True, default=None)
    weeks = serializers.IntegerField()
    external = serializers.DecimalField(max_digits=20, decimal_places=9)
    person_weeks = serializers.DecimalField(max_digits=20, decimal_places=9)
    effects = EffectSerializer(many=True)
    changes = FieldDifference(many=True)

    class Meta:
        model = ChangeRequest
        fields = (
            "number", "kind", "state", "reason", "base", "revision", "opened_at", "closed_at",
            "weeks", "external", "person_weeks", "effects", "changes",
        )  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: ChangeRequest) -> dict[str, Any]:
        charter: Charter = self.context["charter"]
        difference = compare(document_of(instance.base), text_of(instance, charter)[0])
        return {
            "number": instance.number,
            "kind": instance.kind,
            "state": instance.state,
            "reason": instance.reason,
            "base": instance.base.number,
            "revision": instance.revision.number if instance.revision else None,
            "opened_at": instance.opened_at,
            "closed_at": instance.closed_at,
            "weeks": difference.weeks,
            "external": f"{difference.external:f}",
            "person_weeks": f"{difference.person_weeks:f}",
            "effects": [EffectSerializer(item).data for item in difference.effects],
            "changes": [
                {"name": item.field, "was": item.was, "now": item.now} for item in difference.changes
            ],
        }


class ChangeReason(StrictSerializer):
    """Why a change is given up."""

    reason = serializers.CharField(max_length=2000)


READING_FIELDS = (
    "criterion", "candidate", "value", "unit", "metric_key", "taken_on", "data_name", "data_sha256",
    "data_digest", "slice", "run", "answer", "proof",
)  # fmt: skip


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    """A reading as it was handed in; it never changes."""

    revision = serializers.IntegerField(source="revision.number", read_only=True)
    number = serializers.IntegerField(source="audit.number", read_only=True)

    class Meta:
        model = Reading
        fields = (*READING_FIELDS, "chosen", "revision", "source", "by_name", "noted_at", "number")
        read_only_fields = fields


class NewReading(StrictSerializer):
    """A figure for a criterion, or an answer with its proof, for the text in force."""

    criterion = serializers.CharField(max_length=44)
    taken_on = serializers.DateField()
    value = serializers.FloatField(required=False, allow_null=True, default=None)
    candidate = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    unit = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    metric_key = serializers.CharField(required=False, allow_blank=True, default="", max_length=250)
    data_name = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    data_sha256 = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    data_digest = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    slice = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    run = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    answer = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)
    proof = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class CriterionVerdict(serializers.Serializer[Any]):
    """The verdict of one criterion."""

    key = serializers.CharField()
    name = serializers.CharField()
    must = serializers.BooleanField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    why = serializers.CharField()


class VerdictSerializer(serializers.Serializer[Standing]):
    """How the text in force stands, and what that calls for on the agreed pathway."""

    revision = serializers.IntegerField(source="revision.number")
    candidate = serializers.CharField()
    outcome = serializers.ChoiceField(source="verdict.outcome", choices=OUTCOMES)
    why = serializers.CharField(source="verdict.why")
    calls_for = serializers.ListField(child=serializers.CharField())
    criteria = CriterionVerdict(many=True)

    def to_representation(self, instance: Standing) -> dict[str, Any]:
        return {
            "revision": instance.revision.number,
            "candidate": instance.candidate,
            "calls_for": sorted(instance.called_for),
            **instance.as_json(),
        }


class LearningSerializer(serializers.ModelSerializer[Learning]):
    """What was learned, and what it informs."""

    class Meta:
        model = Learning
        fields = ("id", "learned", "evidence", "criterion", "item", "initiative", "by_name", "at")
        read_only_fields = fields


class NewLearning(StrictSerializer):
    """A learning record, tied to an item of the questionnaire or to an initiative by key."""

    learned = serializers.CharField(max_length=2000)
    evidence = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    criterion = serializers.CharField(required=False, allow_blank=True, default="", max_length=44)
    item = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    initiative = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What the outcome owner decided."""

    revision = serializers.IntegerField(source="revision.number", read_only=True)

    class Meta:
        model = Decision
        fields = (
            "revision", "outcome", "reason", "as_agreed", "verdict", "next_action", "next_owner", "next_on",
            "plan_item", "by_name", "decided_at",
        )  # fmt: skip
        read_only_fields = fields


class KeepingMixin(viewsets.GenericViewSet[Charter]):
    """What the API offers on a charter in force."""

    @extend_schema(summary="Change requests", responses=ChangeSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def changes(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk)
        rows = ChangeRequest.objects.filter(charter=charter).select_related("base", "revision")
        serializer = ChangeSerializer(rows.order_by("number"), many=True, context={"charter": charter})
        return Response(serializer.data)

    @extend_schema(summary="Drop the open change request", request=ChangeReason, responses={204: None})
    @action(detail=True, methods=["post"], url_path="changes/drop")
    def drop_change(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        actions.drop_change(charter, by=person(request), **_given(ChangeReason, request))
        return Response(status=204)

    @extend_schema(summary="The verdict of the text in force", responses=VerdictSerializer)
    @action(detail=True)
    def verdict(self, request: Request, pk: str) -> Response:
        revision = lived_revision(get_charter(request.user, pk))
        if revision is None:
            raise Conflict("No text of this charter was ever in force, so nothing is judged.")
        return Response(VerdictSerializer(standing_of(revision)).data)

    @extend_schema(summary="Readings", responses=ReadingSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def readings(self, request: Request, pk: str) -> Response:
        rows = readings_of(get_charter(request.user, pk))
        return Response(ReadingSerializer(rows, many=True).data)

    @extend_schema(summary="Hand in a reading", request=NewReading, responses={201: ReadingSerializer})
    @readings.mapping.post
    @idempotent
    def hand_in(self, request: Request, pk: str) -> Response:
        charter, revision = _reporting(request, pk)
        if revision_in_force(charter) is None:
            raise Conflict("No text of this charter is in force; no reading can be added.")
        values = _given(NewReading, request)
        key = values.pop("criterion")
        reading = actions.record_reading(revision, key, by=person(request), **values)
        return Response(ReadingSerializer(reading).data, status=201)

    @extend_schema(summary="Learning records", responses=LearningSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def learnings(self, request: Request, pk: str) -> Response:
        rows = learnings_of(get_charter(request.user, pk))
        return Response(LearningSerializer(rows, many=True).data)

    @extend_schema(
        summary="Record what was learned", request=NewLearning, responses={201: LearningSerializer}
    )
    @learnings.mapping.post
    @idempotent
    def learn(self, request: Request, pk: str) -> Response:
        charter, _ = _reporting(request, pk)
        row = actions.record_learning(charter, by=person(request), **_given(NewLearning, request))
        return Response(LearningSerializer(row).data, status=201)

    @extend_schema(summary="The decision", responses=DecisionSerializer)
    @action(detail=True)
    def decision(self, request: Request, pk: str) -> Response:
        taken = decision_of(get_charter(request.user, pk))
        if taken is None:
            raise Conflict("This charter has not been decided yet.")
        return Response(DecisionSerializer(taken).data)


def _reporting(request: Request, pk: str) -> tuple[Charter, Revision]:
    """The charter and the text that readings are for, for somebody who may report on it."""
    charter, membership = get_charter_and_membership(request.user, pk, need="edit")
    revision = lived_revision(charter)
    if revision is None:
        require(request.user, charter.organization, "manage")
        raise Conflict("No text of this charter was ever in force.")
    if not may_report(person(request), membership, read(document_of(revision))):
        raise NotAllowed("This is for those whom the charter names, and for facilitators.")
    return charter, revision


def _given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
