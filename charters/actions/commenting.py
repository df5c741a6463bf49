"""Remarks on the fields of a draft: made by members and guests, settled by those who write it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from charters.actions.drafting import lock_draft
from charters.fields import FAMILIES, FieldError, Spec, clean_scalar, family_of
from charters.models import Charter, FieldComment, Guest
from ui.errors import Conflict, Invalid, TooMany

MOST_COMMENTS = 500
MAX_WORDS = 2000


@transaction.atomic
def add_comment(
    charter: Charter, *, field: str, words: str, by: User | None = None, guest: Guest | None = None
) -> FieldComment:
    """Leave a remark at a field, or at a kind of records as a whole. Only a draft takes remarks."""
    _refuse(field, words)
    locked = lock_draft(charter)
    refuse_archived(locked.organization)
    if FieldComment.objects.filter(charter=locked).count() >= MOST_COMMENTS:
        raise TooMany(f"A charter holds at most {MOST_COMMENTS} comments.")
    comment = FieldComment.objects.create(
        charter=locked, field=field, for_number=locked.next_number, words=words.strip(), by=by, guest=guest
    )
    _record(comment, "charter.commented", by, guest)
    return comment


@transaction.atomic
def settle_comment(comment: FieldComment, *, by: User) -> None:
    """The remark was dealt with. Raises Conflict when it is settled already."""
    lock_draft(comment.charter)
    open_ones = FieldComment.objects.filter(pk=comment.pk, settled_at=None)
    if not open_ones.update(settled_at=timezone.now(), settled_by=by):
        raise Conflict("This comment is settled already.")
    _record(comment, "charter.comment_settled", by)


@transaction.atomic
def reopen_comment(comment: FieldComment, *, by: User) -> None:
    """The remark counts as open again."""
    lock_draft(comment.charter)
    settled = FieldComment.objects.filter(pk=comment.pk).exclude(settled_at=None)
    if not settled.update(settled_at=None, settled_by=None):
        raise Conflict("This comment is open already.")
    _record(comment, "charter.comment_reopened", by)


def refuse_archived(organization: Organization) -> None:
    """Those who may only read may comment, but nothing changes in an archived organization."""
    if organization.archived_at:
        raise Conflict(f"{organization.name} is archived. Nothing can be changed until it is restored.")


def _refuse(field: str, words: str) -> None:
    errors: dict[str, list[str]] = {}
    try:
        if field not in FAMILIES:
            family_of(field)
    except FieldError as error:
        errors["field"] = [str(error)]
    try:
        text = clean_scalar(Spec("words", "Comment", "text"), words)
    except FieldError as error:
        errors["words"] = [str(error)]
    else:
        if not text:
            errors["words"] = ["Write what you would change, or ask."]
        elif len(str(text)) > MAX_WORDS:
            errors["words"] = [f"At most {MAX_WORDS} characters."]
    if errors:
        raise Invalid("This comment cannot be kept.", fields=errors)


def _record(comment: FieldComment, event: str, by: User | None, guest: Guest | None = None) -> None:
    made = event == "charter.commented"
    personal = {"words": comment.words} if made else {}
    audit.record(
        organization=comment.charter.organization,
        actor=by,
        event=event,
        subject=comment.charter,
        data={
            "comment": comment.pk,
            "field": comment.field,
            "number": comment.for_number,
            "guest": guest.pk if guest else None,
        },
        personal=(personal | ({"name": guest.name} if guest else {})) or None,
    )
