"""Data assets and the roster as an API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer, unit_by_name
from accounts.idempotency import idempotent
from accounts.models import Organization
from assessment.evidence import actions
from assessment.evidence.access import get_asset, get_roster_person
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.register import status_of


class DataAssetSerializer(serializers.ModelSerializer[DataAsset]):
    """A data asset with its status and next step."""

    unit = serializers.CharField(source="unit.name", read_only=True, default=None)
    status = serializers.SerializerMethodField()
    next_step = serializers.SerializerMethodField()

    class Meta:
        model = DataAsset
        fields = (
            "id",
            "name",
            "owner",
            "unit",
            "place",
            "labeled",
            "in_one_repository",
            "access",
            "days_to_access",
            "legal_basis",
            "refresh",
            "note",
            "status",
            "next_step",
            "revision",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["not_usable_yet", "acceptable", "better", "best"]))
    def get_status(self, asset: DataAsset) -> str:
        return status_of(asset).key

    def get_next_step(self, asset: DataAsset) -> str:
        return status_of(asset).next_step


class GivenAsset(StrictSerializer):
    """A data asset as it is sent. ``base_revision``: the revision that was read; an older one gets 409."""

    name = serializers.CharField(max_length=120)
    owner = serializers.CharField(max_length=150, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    place = serializers.CharField(max_length=200, required=False, allow_blank=True)
    labeled = serializers.BooleanField(required=False)
    in_one_repository = serializers.BooleanField(required=False)
    access = serializers.ChoiceField(choices=DataAsset.Access.choices, required=False)
    days_to_access = serializers.IntegerField(min_value=0, max_value=3650, required=False, allow_null=True)
    legal_basis = serializers.CharField(max_length=200, required=False, allow_blank=True)
    refresh = serializers.CharField(max_length=80, required=False, allow_blank=True)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    base_revision = serializers.IntegerField(min_value=1, max_value=10**9, required=False)


@extend_schema_view(
    list=extend_schema(summary="Data assets"), retrieve=extend_schema(summary="One data asset")
)
class DataAssetViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[DataAsset]):
    """The register of data assets."""

    scope = "evidence"
    serializer_class = DataAssetSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = DataAsset.objects.none()

    def get_queryset(self) -> QuerySet[DataAsset]:
        organization = current_membership(self.request).organization
        return DataAsset.objects.filter(organization=organization, archived_at=None).select_related("unit")

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_asset(request.user, pk)).data)

    @extend_schema(summary="Add a data asset", request=GivenAsset, responses={201: DataAssetSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "edit").organization
        values, _ = _asset_values(request, organization, partial=False)
        asset = actions.save_asset(organization, values, by=person(request))
        return Response(self.get_serializer(asset).data, status=201)

    @extend_schema(summary="Change a data asset", request=GivenAsset)
    def partial_update(self, request: Request, pk: str) -> Response:
        asset = get_asset(request.user, pk, need="edit")
        values, base = _asset_values(request, asset.organization, partial=True)
        changed = actions.save_asset(
            asset.organization, values, by=person(request), asset=asset, base_revision=base
        )
        return Response(self.get_serializer(changed).data)

    @extend_schema(summary="Archive a data asset")
    def destroy(self, request: Request, pk: str) -> Response:
        actions.archive_asset(get_asset(request.user, pk, need="edit"), by=person(request))
        return Response(status=204)


def _asset_values(
    request: Request, organization: Organization, *, partial: bool
) -> tuple[dict[str, Any], int | None]:
    given = GivenAsset(data=request.data, partial=partial)
    given.is_valid(raise_exception=True)
    values = dict(given.validated_data)
    if "unit" in values:
        values["unit"] = unit_by_name(organization, values["unit"])
    return values, values.pop("base_revision", None)


class RosterSerializer(serializers.ModelSerializer[RosterPerson]):
    """Somebody on the roster. ``skills`` is there for facilitators and owners only."""

    unit = serializers.CharField(source="unit.name", read_only=True, default=None)
    projects = serializers.ListField(child=serializers.CharField(), read_only=True)
    shares = serializers.SerializerMethodField()
    skills = serializers.SerializerMethodField()

    class Meta:
        model = RosterPerson
        fields = (
            "id",
            "name",
            "kind",
            "partner",
            "until",
            "unit",
            "projects",
            "shares",
            "skills",
            "revision",
            "created_at",
        )
        read_only_fields = fields

    def get_shares(self, found: RosterPerson) -> dict[str, float]:
        return {share.role: float(share.share) for share in found.shares.all()}

    def get_skills(self, found: RosterPerson) -> dict[str, int] | None:
        if not self.context.get("sees_skills"):
            return None
        return {skill.skill: skill.level for skill in found.skills.all()}


class GivenPerson(StrictSerializer):
    """A roster entry as it is sent: shares sum to at most 1, skill levels are 0 to 3."""

    name = serializers.CharField(max_length=150)
    kind = serializers.ChoiceField(choices=RosterPerson.Kind.choices, default="in_house")
    partner = serializers.CharField(max_length=120, allow_blank=True, default="")
    until = serializers.DateField(required=False, allow_null=True, default=None)
    unit = serializers.CharField(max_length=120, allow_blank=True, default="")
    projects = serializers.ListField(child=serializers.CharField(max_length=120), max_length=50, default=list)
    shares = serializers.DictField(
        child=serializers.DecimalField(
            max_digits=3, decimal_places=2, min_value=Decimal(0), max_value=Decimal(1)
        ),
        default=dict,
    )
    skills = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=3), default=dict)
    base_revision = serializers.IntegerField(min_value=1, max_value=10**9, required=False)


@extend_schema_view(list=extend_schema(summary="The roster"), retrieve=extend_schema(summary="One entry"))
class RosterViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[RosterPerson]):
    """The roster; changed by facilitators and owners."""

    scope = "evidence"
    serializer_class = RosterSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = RosterPerson.objects.none()

    def get_queryset(self) -> QuerySet[RosterPerson]:
        organization = current_membership(self.request).organization
        people = RosterPerson.objects.filter(organization=organization, archived_at=None)
        return people.select_related("unit").prefetch_related("shares", "skills")

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        role = current_membership(self.request).role
        return {**context, "sees_skills": role in ("owner", "facilitator")}

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_roster_person(request.user, pk)).data)

    @extend_schema(summary="Add to the roster", request=GivenPerson, responses={201: RosterSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "manage").organization
        entry, _ = _entry(request, organization)
        added = actions.save_person(organization, entry, by=person(request))
        return Response(self.get_serializer(added).data, status=201)

    @extend_schema(summary="Replace an entry of the roster", request=GivenPerson)
    def update(self, request: Request, pk: str) -> Response:
        found = get_roster_person(request.user, pk, need="manage")
        entry, base = _entry(request, found.organization)
        changed = actions.save_person(
            found.organization, entry, by=person(request), person=found, base_revision=base
        )
        return Response(self.get_serializer(changed).data)

    @extend_schema(summary="Archive an entry of the roster")
    def destroy(self, request: Request, pk: str) -> Response:
        actions.archive_person(get_roster_person(request.user, pk, need="manage"), by=person(request))
        return Response(status=204)


def _entry(request: Request, organization: Organization) -> tuple[actions.RosterEntry, int | None]:
    given = GivenPerson(data=request.data)
    given.is_valid(raise_exception=True)
    values = dict(given.validated_data)
    base = values.pop("base_revision", None)
    values["unit"] = unit_by_name(organization, values["unit"])
    return actions.RosterEntry(**values), base
