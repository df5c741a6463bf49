"""Organizations, members, invitations and the audit log as an API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts import actions, queries
from accounts.access import (
    current_membership,
    get_invitation,
    get_member,
    get_organization,
    memberships_of,
    person,
    require,
)
from accounts.forms import time_zones
from accounts.idempotency import idempotent
from accounts.models import AuditEvent, Function, Invitation, Membership, Organization, Role, Unit
from ui.api import Pagination
from ui.errors import Invalid

UUID_PATTERN = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


class ByNumber(Pagination):
    """Entries of a chain, newest first."""

    ordering = ("-number", "pk")


class StrictSerializer(serializers.Serializer[Any]):
    """Names fields that it does not know instead of dropping them in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """An organization as members see it."""

    state = serializers.ChoiceField(choices=["active", "archived"], read_only=True)

    class Meta:
        model = Organization
        fields = (
            "id",
            "name",
            "slug",
            "currency",
            "time_zone",
            "date_format",
            "clock",
            "number_format",
            "language",
            "state",
            "created_at",
        )
        read_only_fields = ("slug", "created_at")

    def validate_time_zone(self, value: str) -> str:
        if value not in dict(time_zones()):
            raise serializers.ValidationError("This time zone does not exist.")
        return value

    def validate_currency(self, value: str) -> str:
        if len(value) != 3 or not value.isascii() or not value.isupper():
            raise serializers.ValidationError("A currency has three capital letters, such as EUR.")
        return value


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A member; the address only for those who manage the organization."""

    name = serializers.CharField(source="user.get_full_name", read_only=True)
    email = serializers.SerializerMethodField()
    functions = serializers.ListField(child=serializers.ChoiceField(choices=Function.choices), read_only=True)
    unit = serializers.CharField(source="unit.name", read_only=True, default="")

    class Meta:
        model = Membership
        fields = ("id", "name", "email", "role", "functions", "unit", "created_at")
        read_only_fields = fields

    def get_email(self, row: Membership) -> str:
        return row.user.email if self.context.get("manages") else ""


class MemberChange(StrictSerializer):
    """What may be corrected on a member without a fresh sign-in."""

    functions = serializers.ListField(child=serializers.ChoiceField(choices=Function.choices), max_length=7)
    unit = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation and its state."""

    functions = serializers.ListField(child=serializers.ChoiceField(choices=Function.choices), read_only=True)
    state = serializers.ChoiceField(choices=["open", "accepted", "revoked", "expired"], read_only=True)

    class Meta:
        model = Invitation
        fields = ("id", "email", "name", "role", "functions", "state", "created_at", "expires_at")
        read_only_fields = fields


class NewInvitation(StrictSerializer):
    """One person to invite. Owners are made on the page only, after a fresh sign-in."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(required=False, allow_blank=True, max_length=150, default="")
    role = serializers.ChoiceField(
        choices=[choice for choice in Role.choices if choice[0] != Role.OWNER], default=Role.MEMBER.value
    )
    functions = serializers.ListField(
        child=serializers.ChoiceField(choices=Function.choices), required=False, default=list, max_length=7
    )
    unit = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")


class AuditSerializer(serializers.ModelSerializer[AuditEvent]):
    """One entry of the audit log. Personal fields are digests; their clear text is on the page."""

    actor = serializers.UUIDField(source="actor_id", read_only=True, allow_null=True)
    data = serializers.JSONField(read_only=True)  # type: ignore[assignment]  # a field, not the parsed data
    personal = serializers.JSONField(read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "number",
            "created_at",
            "actor",
            "event",
            "subject_type",
            "subject_id",
            "data",
            "personal",
            "previous",
            "seal",
        )
        read_only_fields = fields


def unit_by_name(organization: Organization, name: str) -> Unit | None:
    """The unit with this name; raises Invalid when there is none."""
    if not name:
        return None
    unit = Unit.objects.filter(organization=organization, name__iexact=name, archived_at=None).first()
    if unit is None:
        raise Invalid(f"There is no unit {name}.", fields={"unit": ["Use the name of a unit in settings."]})
    return unit


@extend_schema_view(
    list=extend_schema(summary="Organizations that you belong to"),
    retrieve=extend_schema(summary="One organization"),
    partial_update=extend_schema(summary="Change settings of an organization"),
)
class OrganizationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Organization]):
    """A token sees the one organization that it was made for."""

    scope = "organization"
    serializer_class = OrganizationSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Organization.objects.none()

    def get_queryset(self) -> QuerySet[Organization]:
        mine = memberships_of(self.request.user)
        return Organization.objects.filter(pk__in=mine.order_by().values("organization_id"))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self._get(request, pk, "view")).data)

    def partial_update(self, request: Request, pk: str) -> Response:
        organization = self._get(request, pk, "manage")
        serializer = self.get_serializer(organization, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = actions.update_organization(organization, by=person(request), **serializer.validated_data)
        return Response(self.get_serializer(changed).data)

    def _get(self, request: Request, pk: str, need: str) -> Organization:
        return get_organization(request.user, pk, need=need)


@extend_schema_view(
    list=extend_schema(summary="Members of the organization"),
    retrieve=extend_schema(summary="One member"),
)
class MemberViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Membership]):
    """Members. Roles are changed on the page, after a fresh sign-in."""

    scope = "organization"
    serializer_class = MemberSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        organization = current_membership(self.request).organization
        return Membership.objects.filter(organization=organization).select_related("user", "unit")

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        mine = current_membership(self.request)
        return {**context, "manages": mine.role in (Role.OWNER, Role.FACILITATOR)}

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self._get(request, pk)).data)

    @extend_schema(
        summary="Correct functions and unit of a member", request=MemberChange, responses=MemberSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        row = self._get(request, pk, "manage")
        given = MemberChange(data=request.data)
        given.is_valid(raise_exception=True)
        unit = unit_by_name(row.organization, given.validated_data["unit"])
        changed = actions.change_functions(
            row, by=person(request), functions=given.validated_data["functions"], unit=unit
        )
        return Response(self.get_serializer(changed).data)

    @extend_schema(summary="Remove a member")
    def destroy(self, request: Request, pk: str) -> Response:
        row = self._get(request, pk)
        if row.user_id != person(request).pk:
            require(request.user, row.organization, "manage")
        actions.remove_member(row, by=person(request))
        return Response(status=204)

    def _get(self, request: Request, pk: str, need: str = "view") -> Membership:
        return get_member(request.user, pk, need=need)


@extend_schema_view(
    list=extend_schema(summary="Invitations of the organization"),
    retrieve=extend_schema(summary="One invitation"),
)
class InvitationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Invitation]):
    """Invitations, for those who manage the organization."""

    scope = "organization"
    serializer_class = InvitationSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Invitation.objects.none()

    def get_queryset(self) -> QuerySet[Invitation]:
        organization = current_membership(self.request, "oversee").organization
        return Invitation.objects.filter(organization=organization)

    def retrieve(self, request: Request, pk: str) -> Response:
        row = get_invitation(request.user, pk)
        return Response(self.get_serializer(row).data)

    @extend_schema(
        summary="Invite a person",
        request=NewInvitation,
        responses={201: InvitationSerializer, 200: InvitationSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "manage").organization
        given = NewInvitation(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        unit = unit_by_name(organization, values.pop("unit"))
        person_to_invite = actions.Invitee(**values, unit=unit)
        invited = actions.invite(organization, by=person(request), people=[person_to_invite])
        if invited:
            return Response(self.get_serializer(invited[0]).data, status=201)
        raise Invalid(
            "This person is a member or invited already.", fields={"email": ["Use another address."]}
        )

    @extend_schema(summary="Withdraw an invitation")
    def destroy(self, request: Request, pk: str) -> Response:
        row = get_invitation(request.user, pk)
        actions.revoke_invitation(row, by=person(request))
        return Response(status=204)


@extend_schema_view(
    list=extend_schema(
        summary="Entries of the audit log, newest first",
        parameters=[
            OpenApiParameter("about", str, description="The first word of the events, such as member")
        ],
    )
)
class AuditViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[AuditEvent]):
    """The audit log of the organization, to read."""

    scope = "audit"
    serializer_class = AuditSerializer
    pagination_class = ByNumber
    queryset = AuditEvent.objects.none()

    def get_queryset(self) -> QuerySet[AuditEvent]:
        organization = current_membership(self.request, "oversee").organization
        return queries.audit_events(organization, about=self.request.query_params.get("about", ""))


def register(router: BaseRouter) -> None:
    """Put the view sets of accounts on the router of the API."""
    router.register("organizations", OrganizationViewSet, basename="organization")
    router.register("members", MemberViewSet, basename="member")
    router.register("invitations", InvitationViewSet, basename="invitation")
    router.register("audit", AuditViewSet, basename="audit")
