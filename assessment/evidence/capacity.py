"""What the roster gives to each role."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from accounts.models import Organization
from assessment.evidence.models import RoleShare, RosterPerson


def role_capacity(organization: Organization) -> dict[str, int]:
    """Hundredths of an FTE a week per role, over people in-house and partners; vacancies give nothing."""
    rows = (
        RoleShare.objects.filter(person__organization=organization, person__archived_at=None)
        .exclude(person__kind=RosterPerson.Kind.VACANCY)
        .values_list("role")
        .annotate(total=Sum("share"))
        .order_by("role")
    )
    return {role: int(Decimal(total) * 100) for role, total in rows}
