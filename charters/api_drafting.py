"""The API of a draft: comments at its fields, guests from outside, templates, and how strict the check is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from accounts.limits import limit
from charters.access import get_charter, get_comment, get_guest, get_template
from charters.actions.commenting import add_comment, reopen_comment, settle_comment
from charters.actions.guests import invite_guest, revoke_guest
from charters.actions.severities import choose_severities
from charters.actions.templates import archive_template, rename_template, save_template
from charters.content import SEVERITIES, content
from charters.models import Charter, CharterTemplate, FieldComment, Guest
from charters.queries import severities_of
from charters.strictness import RuleRow, rule_rows
from ui.api import Pagination
from ui.errors import NotFound


class CommentSerializer(serializers.ModelSerializer[FieldComment]):
    """A comment at a field; `who` is a member or a guest, `number` the revision it was for."""

    who = serializers.SerializerMethodField()
    number = serializers.IntegerField(source="for_number")
    is_open = serializers.SerializerMethodField()

    class Meta:
        model = FieldComment
        fields = ("id", "field", "number", "words", "who", "guest", "at", "is_open", "settled_at")
        read_only_fields = fields

    def get_who(self, comment: FieldComment) -> str:
        if comment.guest:
            return comment.guest.name
        return comment.by.get_full_name() if comment.by else ""

    def get_is_open(self, comment: FieldComment) -> bool:
        return comment.settled_at is None


class NewComment(StrictSerializer):
    """A comment at a field, or at a kind of records as a whole ("criterion", "seat")."""

    field = serializers.CharField(max_length=80)
    words = serializers.CharField(max_length=2000)


class GuestSerializer(serializers.ModelSerializer[Guest]):
    """Somebody from outside who may read this charter. Links are never part of any answer."""

    class Meta:
        model = Guest
        fields = ("id", "name", "email", "company", "invited_at", "opened_at", "revoked_at")
        read_only_fields = fields


class NewGuest(StrictSerializer):
    """Who is invited; the link goes to the address by mail."""

    name = serializers.CharField(max_length=300)
    email = serializers.EmailField(max_length=254)
    company = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class TemplateSerializer(serializers.ModelSerializer[CharterTemplate]):
    """A charter to begin from: its fields by flat name."""

    class Meta:
        model = CharterTemplate
        fields = ("id", "name", "note", "fields", "made_from", "made_at")
        read_only_fields = fields


class TemplateName(StrictSerializer):
    """What a template is called."""

    name = serializers.CharField(max_length=120)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class RuleSerializer(serializers.Serializer[RuleRow]):
    """A rule of completeness; `options` are what an organization may choose, mildest first."""

    id = serializers.CharField()
    sentence = serializers.CharField()
    when = serializers.CharField()
    default = serializers.CharField()
    severity = serializers.ChoiceField(choices=list(SEVERITIES))
    options = serializers.SerializerMethodField()

    def get_options(self, row: RuleRow) -> list[str]:
        return [key for key, _ in row.options]


class RuleSeverity(StrictSerializer):
    """How strict to be; null goes back to the rule's own severity."""

    severity = serializers.ChoiceField(choices=list(SEVERITIES), allow_null=True)


class DraftingMixin(viewsets.GenericViewSet[Charter]):
    """What the API offers on a draft beside its fields."""

    @extend_schema(summary="Comments", responses=CommentSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def comments(self, request: Request, pk: str) -> Response:
        rows = FieldComment.objects.filter(charter=get_charter(request.user, pk))
        return Response(CommentSerializer(rows.select_related("by", "guest"), many=True).data)

    @extend_schema(summary="Comment on a field", request=NewComment, responses={201: CommentSerializer})
    @comments.mapping.post
    @idempotent
    def comment(self, request: Request, pk: str) -> Response:
        charter, user = get_charter(request.user, pk), person(request)
        limit("charter comment", str(user.pk), times=60, seconds=600)
        made = add_comment(charter, by=user, **_given(NewComment, request))
        return Response(CommentSerializer(made).data, status=201)

    @extend_schema(summary="Settle a comment", request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path=rf"comments/(?P<comment>{UUID_PATTERN})/settle")
    def settle(self, request: Request, pk: str, comment: str) -> Response:
        settle_comment(_comment(request, pk, comment), by=person(request))
        return Response(status=204)

    @extend_schema(summary="Open a comment again", request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path=rf"comments/(?P<comment>{UUID_PATTERN})/reopen")
    def reopen(self, request: Request, pk: str, comment: str) -> Response:
        reopen_comment(_comment(request, pk, comment), by=person(request))
        return Response(status=204)

    @extend_schema(summary="Guests from outside", responses=GuestSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def guests(self, request: Request, pk: str) -> Response:
        rows = Guest.objects.filter(charter=get_charter(request.user, pk, need="manage"))
        return Response(GuestSerializer(rows, many=True).data)

    @extend_schema(summary="Invite a guest", request=NewGuest, responses={201: GuestSerializer})
    @guests.mapping.post
    @idempotent
    def invite(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        limit("charter guest", str(charter.pk), times=30, seconds=3600)
        made = invite_guest(charter, by=person(request), **_given(NewGuest, request))
        return Response(GuestSerializer(made).data, status=201)

    @extend_schema(summary="Let a guest go", request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path=rf"guests/(?P<guest>{UUID_PATTERN})/revoke")
    def revoke(self, request: Request, pk: str, guest: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        found = get_guest(request.user, guest)
        if found.charter_id != charter.pk:
            raise NotFound
        revoke_guest(found, by=person(request))
        return Response(status=204)

    @extend_schema(summary="Keep as a template", request=TemplateName, responses={201: TemplateSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def template(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        made = save_template(charter, by=person(request), **_given(TemplateName, request))
        return Response(TemplateSerializer(made).data, status=201)


class ByName(Pagination):
    """Templates in the order of their names."""

    ordering = ("name", "pk")


@extend_schema_view(list=extend_schema(summary="Templates of the organization"))
class CharterTemplateViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[CharterTemplate]):
    """Charters to begin from."""

    scope = "charters"
    serializer_class = TemplateSerializer
    pagination_class = ByName
    lookup_value_regex = UUID_PATTERN
    queryset = CharterTemplate.objects.none()

    def get_queryset(self) -> QuerySet[CharterTemplate]:
        organization = current_membership(self.request).organization
        return CharterTemplate.objects.filter(organization=organization, archived_at=None)

    @extend_schema(summary="Rename a template", request=TemplateName, responses=TemplateSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        template = get_template(request.user, pk, need="manage")
        changed = rename_template(template, by=person(request), **_given(TemplateName, request))
        return Response(TemplateSerializer(changed).data)

    @extend_schema(summary="Archive a template")
    def destroy(self, request: Request, pk: str) -> Response:
        archive_template(get_template(request.user, pk, need="manage"), by=person(request))
        return Response(status=204)


class CharterRuleViewSet(viewsets.GenericViewSet[Any]):
    """How strict the organization is with each rule of completeness."""

    scope = "charters"
    serializer_class = RuleSerializer
    lookup_value_regex = r"charter\.[a-z_]{1,60}"
    pagination_class = None

    @extend_schema(summary="Rules of completeness", responses=RuleSerializer(many=True))
    def list(self, request: Request) -> Response:
        organization = current_membership(request).organization
        return Response([RuleSerializer(row).data for row in _rows(severities_of(organization))])

    @extend_schema(summary="Choose how strict a rule is", request=RuleSeverity, responses=RuleSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        organization = current_membership(request, "manage").organization
        if pk not in content().rules:
            raise NotFound
        chosen = _given(RuleSeverity, request)["severity"] or ""
        choose_severities(organization, {pk: chosen}, by=person(request))
        row = next(row for row in _rows(severities_of(organization)) if row.id == pk)
        return Response(RuleSerializer(row).data)


def _rows(chosen: dict[str, str]) -> list[RuleRow]:
    return [row for _, rows in rule_rows(content(), chosen) for row in rows]


def _comment(request: Request, pk: str, comment: str) -> FieldComment:
    charter = get_charter(request.user, pk)
    found = get_comment(request.user, comment)
    if found.charter_id != charter.pk:
        raise NotFound
    return found


def _given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
