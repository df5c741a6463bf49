"""Charters as an API: all that pages do but signing and declining, which need a person's fresh sign-in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from charters import actions
from charters.access import get_charter, get_revision, get_template
from charters.actions.templates import begin_charter
from charters.api_drafting import CharterRuleViewSet, CharterTemplateViewSet, DraftingMixin
from charters.api_keeping import KeepingMixin
from charters.api_word import WordMixin
from charters.completeness import Problem
from charters.finding import CHOICES, found, wish_of
from charters.history import history_of
from charters.models import Charter, Revision, Signatory, Signature, SignoffRound
from charters.queries import current_document, document_of, draft_of, in_turn, problems_of, waiting_for
from charters.signoff import State
from roadmap.use_case_access import get_use_case
from ui.errors import Conflict


class CharterSerializer(serializers.ModelSerializer[Charter]):
    """A charter in a list."""

    class Meta:
        model = Charter
        fields = (
            "id",
            "code",
            "title",
            "state",
            "latest_number",
            "use_case",
            "plan_item",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer[Problem]):
    """One thing that a draft lacks."""

    id = serializers.CharField()
    severity = serializers.ChoiceField(choices=["block", "advise", "note"])
    sentence = serializers.CharField()
    field = serializers.CharField()


class CharterDetail(serializers.ModelSerializer[Charter]):
    """A charter with its text; while it is a draft also the version of each field."""

    document = serializers.SerializerMethodField()
    versions = serializers.SerializerMethodField()

    class Meta:
        model = Charter
        fields = (*CharterSerializer.Meta.fields, "document", "versions")
        read_only_fields = fields

    def get_document(self, charter: Charter) -> dict[str, Any]:
        return current_document(charter)

    def get_versions(self, charter: Charter) -> dict[str, int]:
        return draft_of(charter).versions if charter.is_draft else {}


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    """A signature with what it binds."""

    class Meta:
        model = Signature
        fields = (
            "role",
            "name",
            "sha256",
            "method",
            "authenticated",
            "is_evidence",
            "statement",
            "signed_at",
            "confirmed",
            "delegate_name",
            "delegate_email",
        )
        read_only_fields = fields


class DelegateSerializer(serializers.Serializer[Any]):
    """A member who signs in the place of the seat's holder."""

    name = serializers.CharField(source="delegate_name")
    email = serializers.CharField(source="delegate_email")
    reason = serializers.CharField(source="delegate_reason")
    since = serializers.DateTimeField(source="delegated_at")


class SeatSerializer(serializers.ModelSerializer[Signatory]):
    """A seat of a round. Links to sign are never part of any answer.

    `limits` holds the keys of the honest limits that were not acceptable; `delegate` may be null.
    """

    signature = SignatureSerializer(read_only=True, allow_null=True, default=None)
    in_turn = serializers.SerializerMethodField()
    limits = serializers.ListField(child=serializers.CharField(), read_only=True)
    delegate = serializers.SerializerMethodField()

    class Meta:
        model = Signatory
        fields = (
            "seat",
            "role",
            "name",
            "step",
            "state",
            "in_turn",
            "asked_at",
            "answered_at",
            "reason",
            "limits",
            "delegate",
            "signature",
        )
        read_only_fields = fields

    def get_in_turn(self, seat: Signatory) -> bool:
        return seat.seat in self.context.get("turn", ())

    @extend_schema_field(DelegateSerializer(allow_null=True))
    def get_delegate(self, seat: Signatory) -> dict[str, Any] | None:
        return dict(DelegateSerializer(seat).data) if seat.delegated_at is not None else None


class RoundSerializer(serializers.ModelSerializer[SignoffRound]):
    """A round with its seats."""

    seats = serializers.SerializerMethodField()

    class Meta:
        model = SignoffRound
        fields = ("number", "state", "sha256", "due_on", "opened_at", "closed_at", "seats")
        read_only_fields = fields

    @extend_schema_field(SeatSerializer(many=True))
    def get_seats(self, round_: SignoffRound) -> list[dict[str, Any]]:
        rows = Signatory.objects.filter(round=round_).select_related("signature")
        turn = in_turn(round_) if round_.state == State.OUT else set()
        return [dict(SeatSerializer(row, context={"turn": turn}).data) for row in rows]


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """A frozen revision without its text."""

    class Meta:
        model = Revision
        fields = ("number", "state", "sha256", "reason", "frozen_at", "in_force_at")
        read_only_fields = fields


class RevisionDetail(serializers.ModelSerializer[Revision]):
    """A frozen revision with its text and rounds. `content` is the canonical text that `sha256` is of."""

    document = serializers.SerializerMethodField()
    rounds = RoundSerializer(many=True, read_only=True)

    class Meta:
        model = Revision
        fields = (*RevisionSerializer.Meta.fields, "content", "document", "rounds")
        read_only_fields = fields

    def get_document(self, revision: Revision) -> dict[str, Any]:
        return document_of(revision)


class EventSerializer(serializers.Serializer[Any]):
    """Something that happened to a charter; `number` is that of its entry in the audit chain."""

    at = serializers.DateTimeField()
    sentence = serializers.CharField()
    by = serializers.CharField()
    words = serializers.CharField()
    number = serializers.IntegerField()


class NewCharter(StrictSerializer):
    """How a charter begins."""

    use_case = serializers.UUIDField(required=False, allow_null=True, default=None)
    title = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
    code = serializers.CharField(required=False, allow_blank=True, max_length=20, default="")
    plan_item = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    template = serializers.UUIDField(required=False, allow_null=True, default=None)
    copy_of = serializers.UUIDField(required=False, allow_null=True, default=None)
    replaces = serializers.BooleanField(required=False, default=False)


class FieldChange(StrictSerializer):
    """A new value and the version of the field that it is written over; 0 for a field without one."""

    value = serializers.JSONField(allow_null=True)
    version = serializers.IntegerField(min_value=0, max_value=2_000_000_000)


class DraftChange(StrictSerializer):
    """Fields of the draft by name."""

    fields_ = serializers.DictField(child=FieldChange(), allow_empty=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {"fields": fields.pop("fields_"), **fields}


class WithdrawalReason(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=2000)


class Due(StrictSerializer):
    """By when answers are needed."""

    due_on = serializers.DateField(required=False, allow_null=True, default=None)


FILTERS = [
    OpenApiParameter("find", str, description="Words of the title, code, use case or outcome owner"),
    OpenApiParameter("owner", str, description="The outcome owner’s name, in full"),
    *(
        OpenApiParameter(name, str, enum=[key for key, _ in CHOICES[name]])
        for name in ("state", "route", "risk", "waiting")
    ),
]


@extend_schema_view(
    list=extend_schema(summary="Charters of the organization, newest first", parameters=FILTERS)
)
class CharterViewSet(
    KeepingMixin, DraftingMixin, WordMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Charter]
):
    """Charters: write, check, freeze, send, withdraw, revise. Signing needs a person on the page."""

    scope = "charters"
    serializer_class = CharterSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Charter.objects.none()

    def get_queryset(self) -> QuerySet[Charter]:
        organization = current_membership(self.request).organization
        wish = wish_of(self.request.query_params, strict=True)
        mine = waiting_for(person(self.request), organization) if wish.waiting else []
        waiting = frozenset(seat.round.revision.charter_id for seat in mine)
        return found(organization, wish, waiting=waiting)

    @extend_schema(summary="One charter with its text", responses=CharterDetail)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(get_charter(request.user, pk))

    @extend_schema(summary="Begin a charter", request=NewCharter, responses={201: CharterDetail})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "edit").organization
        values = _given(NewCharter, request)
        chosen = values.pop("use_case")
        use_case = get_use_case(request.user, chosen, need="edit") if chosen else None
        template, copied = values.pop("template"), values.pop("copy_of")
        charter = begin_charter(
            organization,
            by=person(request),
            use_case=use_case,
            template=get_template(request.user, template) if template else None,
            copy_of=get_charter(request.user, copied) if copied else None,
            **values,
        )
        return self._answer(charter, status=201)

    @extend_schema(
        summary="Write fields of the draft",
        description="Fields that nobody else has changed are saved; if others remain the answer is 409 "
        "with both values and the version to write over.",
        request=DraftChange,
        responses=CharterDetail,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="edit")
        changes = _given(DraftChange, request)["fields"]
        saved = actions.save_fields(
            charter,
            by=person(request),
            changes={name: (change["value"], change["version"]) for name, change in changes.items()},
        )
        if saved.conflicts:
            raise _conflict(saved)
        return self._answer(get_charter(request.user, pk))

    @extend_schema(summary="Archive a charter")
    def destroy(self, request: Request, pk: str) -> Response:
        actions.archive_charter(get_charter(request.user, pk, need="manage"), by=person(request))
        return Response(status=204)

    @extend_schema(summary="What the draft lacks", responses=ProblemSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def problems(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk)
        found = problems_of(charter) if charter.is_draft else []
        return Response([ProblemSerializer(problem).data for problem in found])

    @extend_schema(summary="Freeze the draft", request=None, responses={201: RevisionSerializer})
    @action(detail=True, methods=["post"])
    def freeze(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        revision = actions.freeze_revision(charter, by=person(request))
        return Response(RevisionSerializer(revision).data, status=201)

    @extend_schema(summary="Send for signature", request=Due, responses={201: RoundSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        round_ = actions.send_for_signature(charter, by=person(request), **_given(Due, request))
        return Response(RoundSerializer(round_).data, status=201)

    @extend_schema(summary="Withdraw from signature", request=WithdrawalReason, responses=CharterDetail)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        actions.withdraw(charter, by=person(request), **_given(WithdrawalReason, request))
        return self._answer(get_charter(request.user, pk))

    @extend_schema(summary="Begin a new revision", request=WithdrawalReason, responses=CharterDetail)
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, pk: str) -> Response:
        charter = get_charter(request.user, pk, need="manage")
        actions.start_revision(charter, by=person(request), **_given(WithdrawalReason, request))
        return self._answer(get_charter(request.user, pk))

    @extend_schema(summary="Revisions", responses=RevisionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def revisions(self, request: Request, pk: str) -> Response:
        rows = Revision.objects.filter(charter=get_charter(request.user, pk)).order_by("number")
        return Response(RevisionSerializer(rows, many=True).data)

    @extend_schema(summary="One revision with its text, rounds and signatures", responses=RevisionDetail)
    @action(detail=True, url_path=r"revisions/(?P<number>[0-9]{1,9})")
    def revision(self, request: Request, pk: str, number: str) -> Response:
        row = get_revision(get_charter(request.user, pk), int(number))
        return Response(RevisionDetail(row).data)

    @extend_schema(summary="Everything that happened", responses=EventSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        return Response(EventSerializer(history_of(get_charter(request.user, pk)), many=True).data)

    def _answer(self, charter: Charter, *, status: int = 200) -> Response:
        return Response(CharterDetail(charter).data, status=status)


def _given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _conflict(saved: actions.Saved) -> Conflict:
    names = ", ".join(conflict.name for conflict in saved.conflicts)
    return Conflict(
        f"Somebody else has changed {names} since. Choose a value and send it with the version given here.",
        saved=saved.versions,
        conflicts=[
            {
                "field": conflict.name,
                "theirs": conflict.theirs,
                "mine": conflict.mine,
                "version": conflict.version,
                "who": conflict.who,
            }
            for conflict in saved.conflicts
        ],
    )


def register(router: BaseRouter) -> None:
    """Put charters on the router of the API."""
    router.register("charters", CharterViewSet, basename="charter")
    router.register("charter-templates", CharterTemplateViewSet, basename="charter-template")
    router.register("charter-rules", CharterRuleViewSet, basename="charter-rule")
