"""A zip whose bytes depend on nothing but names and contents, written as it grows. Pure."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from typing import IO

# The earliest moment that a zip can name: the contents say when things happened.
MOMENT = (1980, 1, 1, 0, 0, 0)
ON_UNIX = 3
READABLE = 0o644 << 16
# Above it an entry needs the wider form of sizes, which has to be known before it is written.
WIDE = 1 << 31


class StableZip:
    """A zip in a file: all entries have the same moment and rights and stand in the order of their adding."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    def add(self, name: str, chunks: Iterable[bytes], *, most: int) -> None:
        """One entry of at most `most` bytes; only one of its chunks is in memory at a time."""
        entry = zipfile.ZipInfo(name, MOMENT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = ON_UNIX
        entry.external_attr = READABLE
        with self._zip.open(entry, "w", force_zip64=most >= WIDE) as target:
            for chunk in chunks:
                target.write(chunk)

    def add_all(self, files: Mapping[str, bytes]) -> None:
        """Small files in the order of their names."""
        for name in sorted(files):
            self.add(name, [files[name]], most=len(files[name]))

    def close(self) -> None:
        self._zip.close()
