"""Files of the product, kept in the media storage under their SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from jobs.models import StoredFile
from ui.errors import DomainError

if TYPE_CHECKING:
    from accounts.models import Organization


class Damaged(DomainError, OSError):
    """The bytes of a stored file are gone or not those that were stored."""

    status = 500
    code = "damaged"

    def __init__(self, file: StoredFile) -> None:
        super().__init__(
            f"The file {file.name} is damaged on the server: its bytes are not those that were stored. "
            "Tell your operator; a backup may hold it."
        )
        self.file = file


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def store(content: bytes, *, organization: Organization, name: str, content_type: str) -> StoredFile:
    """Keep the bytes and return their row. Same bytes are kept once."""
    return store_from(BytesIO(content), organization=organization, name=name, content_type=content_type)


def store_from(content: IO[bytes], *, organization: Organization, name: str, content_type: str) -> StoredFile:
    """The same for a file that is too large for memory; it is read twice, from its beginning."""
    content.seek(0)
    sha256 = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if not _is_whole(sha256):
        # What a stop half-way or a bad disk left under this name would else stay for good.
        default_storage.delete(_path(sha256))
        default_storage.save(_path(sha256), File(content))
    return StoredFile.objects.create(
        organization=organization,
        name=name[:200],
        content_type=content_type,
        size=size,
        sha256=sha256,
    )


def open_file(file: StoredFile) -> IO[bytes]:
    """The file, read to its end once before anybody gets it. Raises Damaged when it is not as stored."""
    try:
        handle = default_storage.open(_path(file.sha256), "rb")
    except FileNotFoundError as error:
        raise Damaged(file) from error
    if hashlib.file_digest(handle, "sha256").hexdigest() != file.sha256:
        handle.close()
        raise Damaged(file)
    handle.seek(0)
    return handle


def read(file: StoredFile) -> bytes:
    with open_file(file) as handle:
        return handle.read()


def _is_whole(sha256: str) -> bool:
    if not default_storage.exists(_path(sha256)):
        return False
    with default_storage.open(_path(sha256), "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest() == sha256


def delete(files: Iterable[StoredFile]) -> None:
    """Delete these rows; after the commit also their bytes, where no other row keeps the same ones."""
    for file in files:
        StoredFile.objects.filter(pk=file.pk).delete()
        transaction.on_commit(partial(_drop_bytes, file.sha256))


def _drop_bytes(sha256: str) -> None:
    if not StoredFile.objects.filter(sha256=sha256).exists():
        default_storage.delete(_path(sha256))
