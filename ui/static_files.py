"""Static files with the hash of their content in their names, compressed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

# The highest quality, 11, takes twenty times as long for files that are some percent smaller.
QUALITY = 9


class QuickCompressor(Compressor):  # type: ignore[misc]  # whitenoise has no types
    """Compresses so that a first start takes seconds."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        import brotli  # type: ignore[import-untyped]  # asked for only where whitenoise has found it

        return bytes(brotli.compress(data, quality=QUALITY))


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Compresses the files that pages name, those with a hash; their originals stay as they are."""

    def create_compressor(self, **kwargs: Any) -> QuickCompressor:
        return QuickCompressor(**kwargs)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        named = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in named])
