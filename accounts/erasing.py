"""What apps share when they erase a person from what others wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.erased_words import Erased
from accounts.models import AuditEvent, Membership, Organization, User


def organizations_of(user: User) -> QuerySet[Organization]:
    """Where the person's name means this person: where the person is a member or was one."""
    left = AuditEvent.objects.filter(event="member.removed", data__user=str(user.pk))
    here = Q(pk__in=Membership.objects.filter(user=user).values("organization"))
    return Organization.objects.filter(here | Q(pk__in=left.values("chain__organization")))


def rewrite(
    rows: QuerySet[Any],
    fields: Sequence[str],
    erased: Erased,
    *,
    counts: bool = False,
    counter: str = "revision",
) -> int:
    """Take the person out of these text fields; returns how many rows changed.

    With `counts` the `counter` of a changed row rises, so that an older page cannot write the words back.
    """
    wanted = Q()
    for field in fields:
        for word in erased.words:
            wanted |= Q(**{f"{field}__icontains": word})
    changed = 0
    for row in rows.filter(wanted) if wanted else ():
        new = {field: erased.text(getattr(row, field)) for field in fields}
        if all(getattr(row, field) == text for field, text in new.items()):
            continue
        raised: dict[str, Any] = {counter: F(counter) + 1} if counts else {}
        changed += rows.model._default_manager.filter(pk=row.pk).update(**new, **raised)
    return changed
