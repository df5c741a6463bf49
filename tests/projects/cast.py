"""A charter in force and its project, for the tests of projects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from charters.actions import freeze_revision
from charters.models import Charter, Revision
from projects.actions import open_from_charter
from projects.models import Project
from tests.charters.cast import write_charter
from tests.kept import kept


@kept
def charter_in_force(organization: Any, by: Any) -> Charter:
    """A frozen charter, put in force by hand: how it is signed is tested with charters."""
    charter = write_charter(SimpleNamespace(organization=organization, frida=by))
    revision = freeze_revision(charter, by=by)
    Revision.objects.filter(pk=revision.pk).update(state="in_force", in_force_at=timezone.now())
    Charter.objects.filter(pk=charter.pk).update(state="in_force")
    charter.refresh_from_db()
    return charter


@kept
def project(organization: Any, by: Any) -> Project:
    return open_from_charter(charter_in_force(organization, by), by=by)
