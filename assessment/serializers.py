"""What the API of rounds takes and gives."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api import StrictSerializer
from assessment.models import Answer, Assessment, Respondent, Result


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """A round."""

    unit = serializers.CharField(source="unit.name", read_only=True, default=None)
    questionnaire = serializers.CharField(source="questionnaire.key", read_only=True)
    questionnaire_version = serializers.IntegerField(source="questionnaire.version", read_only=True)

    class Meta:
        model = Assessment
        fields = (
            "id",
            "title",
            "unit",
            "questionnaire",
            "questionnaire_version",
            "visibility",
            "state",
            "target_phase",
            "target_date",
            "due_on",
            "created_at",
            "opened_at",
            "review_at",
            "closed_at",
        )
        read_only_fields = fields


class NewAssessment(StrictSerializer):
    """A round to create, on the newest published questionnaire."""

    title = serializers.CharField(max_length=120)
    unit = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    visibility = serializers.ChoiceField(choices=["named", "confidential"], default="named")
    target_phase = serializers.IntegerField(min_value=2, max_value=9, default=2)
    target_date = serializers.DateField(required=False, allow_null=True, default=None)
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class Reason(StrictSerializer):
    reason = serializers.CharField(max_length=1000)


class RespondentSerializer(serializers.ModelSerializer[Respondent]):
    """Somebody asked in a round."""

    assessment = serializers.UUIDField(source="assessment_id", read_only=True)
    state = serializers.ChoiceField(
        source="progress", choices=["not_invited", "invited", "started", "submitted"], read_only=True
    )

    class Meta:
        model = Respondent
        fields = (
            "id",
            "assessment",
            "name",
            "address",
            "function",
            "state",
            "invited_at",
            "reminded_at",
            "started_at",
            "submitted_at",
            "created_at",
        )
        read_only_fields = fields


class PersonToAsk(StrictSerializer):
    name = serializers.CharField(max_length=150, allow_blank=True, default="")
    address = serializers.EmailField()
    function = serializers.CharField(max_length=40)


class NewRespondents(StrictSerializer):
    """People to ask; all of them are added or, if one does not fit, none."""

    assessment = serializers.UUIDField()
    people = PersonToAsk(many=True, allow_empty=False)


class Correction(StrictSerializer):
    name = serializers.CharField(max_length=150, allow_blank=True)
    address = serializers.EmailField(allow_blank=True)
    function = serializers.CharField(max_length=40)


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    """One answer. A level belongs to state "level", a value to state "value"."""

    respondent = serializers.UUIDField(source="respondent_id", read_only=True)
    value = serializers.JSONField(read_only=True)

    class Meta:
        model = Answer
        fields = (
            "respondent",
            "item",
            "state",
            "level",
            "value",
            "confidence",
            "comment",
            "would_know",
            "link",
            "revision",
            "saved_at",
        )
        read_only_fields = fields


class NewAnswer(StrictSerializer):
    """One's own answer. ``base_revision`` is the newest that was seen; an older one is answered with 409."""

    respondent = serializers.UUIDField()
    item = serializers.CharField(max_length=120)
    choice = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=20)
    value = serializers.JSONField(required=False, allow_null=True)
    confidence = serializers.CharField(required=False, allow_blank=True, max_length=12)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    would_know = serializers.CharField(required=False, allow_blank=True, max_length=200)
    link = serializers.CharField(required=False, allow_blank=True, max_length=500)
    base_revision = serializers.IntegerField(min_value=0, max_value=10**9 - 1, default=0)
    client_time = serializers.CharField(required=False, allow_blank=True, max_length=40)


class ResultSerializer(serializers.ModelSerializer[Result]):
    """A frozen result; ``content`` holds scores, gates and findings."""

    assessment = serializers.UUIDField(source="assessment_id", read_only=True)
    content = serializers.JSONField(read_only=True)

    class Meta:
        model = Result
        fields: tuple[str, ...] = (
            "id",
            "assessment",
            "number",
            "inputs_hash",
            "result_hash",
            "engine_version",
            "created_at",
            "content",
        )
        read_only_fields: tuple[str, ...] = fields


class ResultHead(ResultSerializer):
    """A frozen result without its content."""

    class Meta(ResultSerializer.Meta):
        fields = ResultSerializer.Meta.fields[:-1]
        read_only_fields = fields
