"""Archives of projects hold names and addresses in clear: an erasure removes them; they can be made again."""

from __future__ import annotations

from accounts.erasing import organizations_of
from accounts.models import User
from reports.archiving import remove
from reports.models import ProjectArchive


def erase(user: User, addresses: set[str]) -> None:
    """Remove the archives of all projects of the person's organizations."""
    archives = ProjectArchive.objects.filter(project__organization__in=organizations_of(user))
    for archive in archives.select_related("file"):
        remove(archive)
