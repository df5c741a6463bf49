"""A zip whose bytes depend on nothing but names and contents. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

# The earliest moment that a zip can name: the contents say when things happened.
MOMENT = (1980, 1, 1, 0, 0, 0)
ON_UNIX = 3
READABLE = 0o644 << 16


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The files in the order of their names, all with the same moment and rights."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = ON_UNIX
            entry.external_attr = READABLE
            archive.writestr(entry, files[name])
    return kept.getvalue()
