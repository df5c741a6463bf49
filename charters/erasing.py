"""What charters keep of an erased person: frozen texts, seats and signatures as they were; no draft, and no
delegation that was never used."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import links
from accounts.erased_words import NAME, Erased, Said
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from charters.models import (
    ChangeRequest,
    Charter,
    CharterTemplate,
    DraftField,
    FieldComment,
    FieldEdit,
    Guest,
    Learning,
    Reading,
    Signatory,
    SignoffEvent,
)
from charters.signoff import SeatState


def erase(user: User, addresses: set[str]) -> None:
    """Take the person out of drafts and their history; what was frozen or signed stands by its hash."""
    charters = Charter.objects.filter(organization__in=organizations_of(user))
    erased, said = Erased(user.name, addresses), Said(user.name, addresses)
    for edit in FieldEdit.objects.filter(charter__in=charters):
        value = erased.value(edit.value)
        if value != edit.value:
            FieldEdit.objects.filter(pk=edit.pk).update(value=value)
    for field in DraftField.objects.filter(charter__in=charters).select_for_update():
        _rewrite_field(field, erased)
    rewrite(charters, ["title", "draft_reason"], erased)
    rewrite(FieldComment.objects.filter(charter__in=charters), ["words"], said)
    rewrite(ChangeRequest.objects.filter(charter__in=charters), ["reason"], said)
    rewrite(Learning.objects.filter(charter__in=charters), ["learned", "evidence", "by_name"], said)
    _erase_rounds(user, addresses, charters, said)
    readings = Reading.objects.filter(revision__charter__in=charters)
    rewrite(readings, ["by_name", "answer", "proof"], erased)
    _let_go(Guest.objects.filter(charter__in=charters, email__in=addresses))
    rewrite(Guest.objects.filter(charter__in=charters), ["name", "email", "company"], erased)
    for template in CharterTemplate.objects.filter(organization__in=organizations_of(user)):
        fields = erased.value(template.fields)
        if fields != template.fields:
            CharterTemplate.objects.filter(pk=template.pk).update(fields=fields)
    rewrite(CharterTemplate.objects.filter(organization__in=organizations_of(user)), ["name", "note"], erased)


def _erase_rounds(user: User, addresses: set[str], charters: QuerySet[Charter], said: Erased) -> None:
    """Who was to sign for somebody and never did is not part of what was signed; nor are words beside it."""
    seats = Signatory.objects.filter(round__revision__charter__in=charters)
    unused = seats.exclude(state=SeatState.SIGNED)
    unused.filter(Q(delegate=user) | Q(delegate_email__in=addresses)).update(
        delegate_name=NAME, delegate_email=""
    )
    rewrite(seats, ["reason", "delegate_reason"], said)
    events = SignoffEvent.objects.filter(charter__in=charters)
    begins = f"{user.get_full_name()} signs: "
    for event in events.filter(kind=SignoffEvent.Kind.DELEGATED, words__startswith=begins):
        words = f"{NAME} signs: {event.words.removeprefix(begins)}"
        events.filter(pk=event.pk).update(words=words)
    rewrite(events, ["words"], said)


def _let_go(guests: QuerySet[Guest]) -> None:
    """An erased address opens nothing any more; only one open invitation of an address is kept apart."""
    guests.filter(revoked_at=None).update(revoked_at=timezone.now())
    for guest in guests:
        links.revoke(subject=guest, by=None, purpose="guest")


def _rewrite_field(field: DraftField, erased: Erased) -> None:
    """A version of its own, so that a form opened before cannot write the name back unseen."""
    value = erased.value(field.value)
    if value == field.value:
        return
    version, now = field.version + 1, timezone.now()
    DraftField.objects.filter(pk=field.pk).update(value=value, version=version, edited_by=None, edited_at=now)
    FieldEdit.objects.create(
        charter_id=field.charter_id, name=field.name, version=version, value=value, at=now
    )
