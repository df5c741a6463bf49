"""Finding the end of a chain in a file: as plain text, or inside the compressed parts of a PDF. Pure."""

from __future__ import annotations

import re
import zlib

from accounts.chain import ANCHOR

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
MAX_STREAM = 5_000_000


def read_anchors(content: bytes) -> list[str]:
    """All anchor lines in the content, each once, in the order of the file."""
    parts = [content]
    if content.startswith(b"%PDF"):
        parts.extend(_inflate(match[1]) for match in STREAM.finditer(content))
    found: list[str] = []
    for part in parts:
        # Texts of a PDF may be UTF-16, where every second byte is zero.
        for text in (part.decode("latin-1"), part.replace(b"\0", b"").decode("latin-1")):
            found.extend(match.group(0) for match in ANCHOR.finditer(text))
    return list(dict.fromkeys(found))


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, MAX_STREAM)
    except zlib.error:
        return b""
