"""The one door to a report that was made: whoever may read its subject now may read the report."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from reports.kinds import get_kind
from reports.models import Report
from ui.errors import NotFound


def get_report(user: User, pk: UUID | str) -> Report:
    """The report; NotFound for those who may not see what it tells of, or may not any more."""
    report = Report.objects.select_related("organization", "file").filter(pk=pk).first()
    if report is None:
        raise NotFound
    kind = get_kind(report.kind)
    kind.find(user, report.subject_id, kind.need)
    return report
