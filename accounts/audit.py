"""Writing and proving the audit log.

``record`` belongs in the transaction of the change it tells of: both are committed or neither is.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from accounts import chain
from accounts.erased_words import Erased
from accounts.models import AuditClearText, AuditEvent, ChainHead, Organization, User
from accounts.verification import Report, check_chains

INSTALLATION = "installation"


def record(
    *,
    organization: Organization | None,
    actor: User | None,
    event: str,
    subject: Model | None,
    data: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
) -> AuditEvent:
    """Append one entry to the chain of ``organization`` (of the installation when None).

    ``data`` holds ids, states and figures. Names, addresses and what people wrote about each other go
    into ``personal``: the entry keeps salted digests of them, the clear text can be erased later.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the transaction of the change it tells of.")
    head = _locked_head(organization)
    clear = [
        (field, str(chain.plain(value)), secrets.token_hex(16)) for field, value in (personal or {}).items()
    ]
    entry = AuditEvent(
        chain=head,
        number=head.length + 1,
        actor=actor,
        event=event,
        subject_type=subject._meta.label_lower if subject else "",
        subject_id=str(subject.pk) if subject else "",
        data=chain.plain(data),
        personal={field: chain.digest(salt, value) for field, value, salt in clear},
        created_at=timezone.now(),
    )
    _seal(entry, settings.AUDIT_KEY, head.seal)
    entry.save(force_insert=True)
    AuditClearText.objects.bulk_create(
        [AuditClearText(event=entry, field=field, value=value, salt=salt) for field, value, salt in clear]
    )
    ChainHead.objects.filter(pk=head.pk).update(length=entry.number, seal=entry.seal)
    return entry


def _locked_head(organization: Organization | None) -> ChainHead:
    key = chain_key(organization)
    head = ChainHead.objects.select_for_update().filter(pk=key).first()
    if head is None:
        ChainHead.objects.get_or_create(pk=key, defaults={"organization": organization})
        head = ChainHead.objects.select_for_update().get(pk=key)
    return head


def _seal(entry: AuditEvent, key: bytes, previous: str) -> None:
    entry.previous = previous
    entry.key_mark = chain.key_mark(key)
    entry.field_marks = chain.field_marks(key, str(entry.pk), entry.sealed_fields())
    entry.seal = chain.seal(key, previous, entry.field_marks)


def chain_key(organization: Organization | None) -> str:
    """The name of the chain: the organization's id, or the word for the installation."""
    return str(organization.pk) if organization else INSTALLATION


def anchor(organization: Organization | None) -> str:
    """The end of the chain as one line for PDFs and mails; ``verify`` compares against it later."""
    head = ChainHead.objects.filter(pk=chain_key(organization)).first()
    return chain.anchor_text(
        chain_key(organization), head.length if head else 0, head.seal if head and head.seal else "0" * 64
    )


def verify(organizations: Iterable[Organization | None] | None = None, *, anchors: str = "") -> Report:
    """Check whole chains (all of them by default) and name row and field of every tampering.

    ``anchors`` is any text that holds anchor lines: the head of a sealed PDF, a note kept elsewhere.
    """
    keys = None if organizations is None else [chain_key(organization) for organization in organizations]
    return check_chains(keys, chain.find_anchors(anchors))


def erase_clear_text(addresses: Iterable[str], people: Iterable[uuid.UUID]) -> int:
    """Empty what entries say in clear about the people with these addresses or ids.

    Returns how many fields were emptied. An entry is about a person when it is about the account or holds
    the address.
    """
    wanted = {address.strip().lower() for address in addresses if address}
    ids = {str(person) for person in people}
    full = AuditClearText.objects.exclude(salt="")
    events: set[uuid.UUID] = set(
        full.filter(event__subject_type=User._meta.label_lower, event__subject_id__in=ids).values_list(
            "event_id", flat=True
        )
    )
    for event_id, value in full.values_list("event_id", "value").iterator():
        if value.lower() in wanted:
            events.add(event_id)
    return full.filter(event_id__in=events).update(value="", salt="")


def erase_clear_text_about(subjects: Iterable[Model]) -> int:
    """Empty what entries say in clear about these objects; returns how many fields were emptied."""
    ids: dict[str, set[str]] = {}
    for subject in subjects:
        ids.setdefault(subject._meta.label_lower, set()).add(str(subject.pk))
    return sum(
        AuditClearText.objects.exclude(salt="")
        .filter(event__subject_type=label, event__subject_id__in=found)
        .update(value="", salt="")
        for label, found in ids.items()
    )


def erase_clear_text_with(erased: Erased, organizations: Iterable[Organization]) -> int:
    """Empty what entries of these organizations say in clear where a sentence names the erased person."""
    chains = [chain_key(organization) for organization in organizations]
    full = AuditClearText.objects.exclude(salt="").filter(event__chain__in=chains)
    found = [row.pk for row in full.iterator() if erased.text(row.value) != row.value]
    return AuditClearText.objects.filter(pk__in=found).update(value="", salt="")
