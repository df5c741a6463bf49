"""People from outside an organization who are on its projects, as digests know them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from django.db.models import Exists, OuterRef

from accounts.models import Membership, Organization, User
from jobs.guests import Guest
from projects.models import Project, ProjectMember


def guests() -> list[Guest]:
    """Those with an account and without a membership, with the projects that they are on; in one query."""
    inside = Membership.objects.filter(organization=OuterRef("project__organization"), user=OuterRef("user"))
    rows = ProjectMember.objects.filter(
        ~Exists(inside),
        left_at=None,
        user__is_active=True,
        project__archived_at=None,
        project__organization__archived_at=None,
    ).select_related("project__organization", "user")
    since: dict[tuple[Organization, User], dict[tuple[str, str], dt.datetime]] = defaultdict(dict)
    label = Project._meta.label_lower
    for row in rows.order_by("added_at", "pk"):
        if row.user is not None:
            since[row.project.organization, row.user].setdefault((label, str(row.project_id)), row.added_at)
    return [Guest(organization, user, own) for (organization, user), own in since.items()]
