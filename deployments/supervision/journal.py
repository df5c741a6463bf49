"""The log of a release: what was done for it, what its build and its failing replicas said."""

from __future__ import annotations

from django.utils import timezone

from deployments.models import Release
from deployments.release.log import folder_of

# Nobody reads more, and a disk is not endless.
_MOST_BYTES = 2 * 1024 * 1024


def note(release: Release, sentence: str) -> None:
    """A line of the supervisor, with its time."""
    write(release, f"{timezone.now():%H:%M:%S} UTC  {sentence}\n")


def write(release: Release, text: str) -> None:
    """Text as it came; dropped once the log is full."""
    folder = folder_of(release)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "log.txt"
    if path.exists() and path.stat().st_size > _MOST_BYTES:
        return
    with path.open("a", encoding="utf-8", errors="replace") as log:
        log.write(text)


def quote(release: Release, text: str) -> None:
    """What a replica or an installer has said, set off from our own lines."""
    if text.strip():
        write(release, "".join(f"    {line}\n" for line in text.rstrip().splitlines()))
