"""The end of a release's log: what its build and its replicas wrote."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from deployments.models import Release

MOST_LINES, MOST_BYTES = 200, 64 * 1024


def folder_of(release: Release) -> Path:
    """Where the supervisor writes what a release does."""
    return Path(settings.DATA_DIR) / "serving" / "releases" / str(release.pk)


def last_lines(release: Release) -> str:
    """The last lines of the log, without control characters; empty while there is none."""
    path = folder_of(release) / "log.txt"
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            start = max(file.tell() - MOST_BYTES, 0)
            file.seek(start)
            text = file.read(MOST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
    if start:
        text = text.partition("\n")[2]
    plain = "".join(letter for letter in text if letter in "\n\t" or letter >= " ")
    return "\n".join(plain.splitlines()[-MOST_LINES:])
