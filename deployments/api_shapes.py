"""What the API shows of deployments and takes for them."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api import StrictSerializer
from deployments.access import LARGEST_VERSION
from deployments.models import Deployment, Environment, Release, Waiver


class EnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """A place where models answer, with its rules."""

    class Meta:
        model = Environment
        fields = (
            "id", "slug", "name", "purpose", "driver", "policy", "wants_verified", "deployers", "replicas",
            "memory_mb", "at_once", "timeout_ms", "keeps_samples", "sample_days",
        )  # fmt: skip
        read_only_fields = fields


class DeploymentSerializer(serializers.ModelSerializer[Deployment]):
    """An endpoint; `kind` external runs elsewhere and is only noted here."""

    project = serializers.CharField(source="project.slug", default=None, read_only=True, allow_null=True)
    environment = serializers.CharField(source="environment.slug", read_only=True)
    fallback_value = serializers.JSONField(read_only=True)

    class Meta:
        model = Deployment
        fields = (
            "id", "kind", "project", "environment", "name", "title", "owner_name", "deputy_name", "endpoint",
            "vendor", "external_version", "since", "note", "fallback", "fallback_value", "fallback_words",
            "rehearsed_on", "wanted", "made_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """One version at a deployment; `gate` is the list as it stood when it was asked for."""

    gate = serializers.JSONField(read_only=True)
    guard = serializers.JSONField(read_only=True)
    waiver = serializers.UUIDField(source="waiver_id", read_only=True, allow_null=True)

    class Meta:
        model = Release
        fields = (
            "id", "number", "kind", "model", "version", "state", "weight", "begin_weight", "guard", "step",
            "message", "cancel_requested", "gate", "waiver", "why", "asked_name", "asked_at", "live_at",
            "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class WaiverSerializer(serializers.ModelSerializer[Waiver]):
    """Checks that two people let pass. Waivers are signed at the page, after a fresh sign-in."""

    project = serializers.CharField(source="project.slug", read_only=True)
    environment = serializers.CharField(source="environment.slug", read_only=True)
    checks = serializers.JSONField(read_only=True)

    class Meta:
        model = Waiver
        fields = (
            "id", "project", "environment", "model", "version", "checks", "reason", "ends_on", "asked_name",
            "asked_at", "owner_name", "owner_signed_at", "second_name", "second_signed_at", "withdrawn_at",
        )  # fmt: skip
        read_only_fields = fields


class GateCheck(serializers.Serializer[object]):
    """One check of the gate."""

    key = serializers.CharField()
    words = serializers.CharField()
    holds = serializers.BooleanField()
    why = serializers.CharField()
    waived = serializers.BooleanField()


class GateAnswer(serializers.Serializer[object]):
    """The six checks in order, and what follows: open, warned, noted or shut."""

    stance = serializers.ChoiceField(choices=["open", "warned", "noted", "shut"])
    checks = GateCheck(many=True)


class Words(StrictSerializer):
    """Why."""

    why = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class RollBack(Words):
    """Why, and the number of an earlier release; without one the last good version."""

    to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_VERSION)


class Guard(StrictSerializer):
    """What takes a canary back: share of errors (0 to 1), 95th percentile, from so many requests on."""

    error_share = serializers.FloatField(required=False, min_value=0, max_value=1)
    p95_ms = serializers.FloatField(required=False, min_value=1, max_value=600_000)
    min_requests = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)


class NewRelease(Words):
    """A registered version. A gate that warns wants `why`."""

    model = serializers.CharField(max_length=250)
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_VERSION)
    begin_weight = serializers.IntegerField(required=False, min_value=1, max_value=100, default=100)
    guard = Guard(required=False)


class NewWeight(Words):
    """The share of the requests in percent."""

    weight = serializers.IntegerField(min_value=1, max_value=99)


class _Kept(StrictSerializer):
    title = serializers.CharField(max_length=300)
    environment = serializers.SlugField(max_length=40)
    owner_name = serializers.CharField(required=False, allow_blank=True, max_length=300)
    deputy_name = serializers.CharField(required=False, allow_blank=True, max_length=300)
    fallback_words = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class NewDeployment(_Kept):
    """A new endpoint of a project."""

    project = serializers.SlugField(max_length=40)
    name = serializers.SlugField(max_length=40)
    fallback = serializers.ChoiceField(choices=Deployment.Fallback.choices, required=False)
    fallback_value = serializers.JSONField(required=False, allow_null=True)


class NewExternal(_Kept):
    """What runs elsewhere."""

    project = serializers.SlugField(max_length=40, required=False, allow_null=True)
    endpoint = serializers.URLField(required=False, allow_blank=True, max_length=500)
    vendor = serializers.CharField(required=False, allow_blank=True, max_length=300)
    external_version = serializers.CharField(required=False, allow_blank=True, max_length=60)
    since = serializers.DateField(required=False, allow_null=True)
