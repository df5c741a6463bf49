"""What runs left behind, copied into the archive of a project up to the limit of its organization."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from projects.tracking import server
from reports.archive_zip import StableZip
from ui.words import plural

COLUMNS = ("path", "bytes", "sha256", "in_archive", "why_not")
CHUNK = 1 << 20
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run left: its path below the project's folder, where it lies, and how long it was."""

    path: str
    place: Path
    size: int


def artifacts_of(slug: str) -> list[Artifact]:
    """What lies in the project's folder of the artifact store on this machine, small files first.

    Links are left out: they could lead anywhere.
    """
    root = server.folder() / "artifacts" / "workspaces" / slug
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            place = Path(folder, name)
            if place.is_symlink() or not place.is_file():
                continue
            written = os.fsencode(place.relative_to(root)).decode("utf-8", "backslashreplace")
            found.append(Artifact(written, place, place.stat().st_size))
    return sorted(found, key=lambda one: (one.size, one.path))


def add_artifacts(
    archive: StableZip, slug: str, *, megabytes: int, tell: Callable[[int, int], None]
) -> list[dict[str, Any]]:
    """Copy the files that fit within the limit; returns a row for each, also for those left out.

    `tell` is handed bytes read and bytes in all, often enough for whoever waits.
    """
    every = artifacts_of(slug)
    whole, room, read = sum(one.size for one in every), megabytes * MEGABYTE, 0
    rows = []
    for one in every:
        fits = one.size <= room
        try:
            reading = Reading(one, told=partial(_tell_of, tell, read, whole))
        except FileNotFoundError:
            rows.append(_row(one, 0, "", "It was gone when it was to be read."))
            continue
        if fits:
            archive.add(f"{slug}/artifacts/{one.path}", reading.chunks(), most=one.size)
            room -= one.size
        else:
            reading.to_the_end()
        read += reading.count
        why = f"It does not fit within the {plural(megabytes, 'megabyte', 'megabytes')} agreed."
        rows.append(_row(one, reading.count, reading.mark.hexdigest(), "" if fits else why))
    return sorted(rows, key=lambda row: str(row["path"]))


def _tell_of(tell: Callable[[int, int], None], before: int, whole: int, count: int) -> None:
    tell(before + count, whole)


class Reading:
    """One file as it is read: how many bytes so far, and what they hash to."""

    def __init__(self, one: Artifact, *, told: Callable[[int], None]) -> None:
        self.count = 0
        self.mark = hashlib.sha256()
        self._one, self._told = one, told
        # Opened before an entry is begun for it: a file that is gone leaves none.
        self._source = one.place.open("rb")

    def chunks(self) -> Iterator[bytes]:
        """The file, no longer than it was when it was found: a run may still be writing to it."""
        with self._source as source:
            while chunk := source.read(min(CHUNK, self._one.size - self.count)):
                self.count += len(chunk)
                self.mark.update(chunk)
                self._told(self.count)
                yield chunk

    def to_the_end(self) -> None:
        for _ in self.chunks():
            pass


def _row(one: Artifact, count: int, mark: str, why: str) -> dict[str, Any]:
    return {"path": one.path, "bytes": count, "sha256": mark, "in_archive": not why, "why_not": why}
