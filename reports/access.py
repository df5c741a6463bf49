"""The doors to what reports keep: whoever may read a subject now may read its report; leads get archives."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from projects.access import get_standing
from projects.models import Project
from reports.kinds import get_kind
from reports.models import Report
from ui.errors import NotAllowed, NotFound


def get_report(user: User, pk: UUID | str) -> Report:
    """The report; NotFound for those who may not see what it tells of, or may not any more."""
    report = Report.objects.select_related("organization", "file").filter(pk=pk).first()
    if report is None:
        raise NotFound
    kind = get_kind(report.kind)
    kind.find(user, report.subject_id, kind.need)
    return report


def get_project_to_archive(user: User, pk: UUID | str) -> Project:
    """The project, for its leads and for facilitators; also when it is archived and cannot be changed."""
    standing = get_standing(user, pk)
    if not standing.may("lead"):
        raise NotAllowed("Archives are made by the project’s lead and by facilitators.")
    return standing.project
