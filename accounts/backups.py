"""Backup and restore: one tar file with the database, the stored files, the keys and a manifest of hashes.

The database is copied first, as of one instant; files are only ever added, so every file that the copy
names is there when the files follow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.db import connection

from accounts import audit
from accounts.models import ChainHead, User

FORMAT = 1
MANIFEST = "manifest.json"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.sql"}


class BackupError(Exception):
    """Why a backup or a restore was not done, in a sentence."""


@dataclass
class Manifest:
    """What a backup holds; ``anchors`` are the ends of the audit chains at that instant."""

    made_at: str
    database: str
    anchors: list[str]
    format: int = FORMAT
    size: int = 0
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Restored:
    """What came back, and which audit entries of the replaced database the backup does not know."""

    manifest: Manifest
    lost: list[str]


class _Hashing(io.RawIOBase):
    """A file that remembers the hash of what was read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.source.read(size)
        self.hash.update(block)
        return block


def write(target: Path) -> Manifest:
    """Write a backup to ``target``; it appears whole or not at all."""
    made_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    manifest = Manifest(made_at=made_at, database=connection.vendor, anchors=[])
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
            dump = Path(folder) / DUMPS[connection.vendor]
            # Taken before the dump, so that they never tell of entries that the dump does not hold.
            manifest.anchors = current_anchors()
            _dump(dump)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
                _add(tar, manifest, dump.name, dump)
                for name, path in _stored():
                    _add(tar, manifest, name, path)
                _add_manifest(tar, manifest)
        part.replace(target)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _stored() -> Iterator[tuple[str, Path]]:
    for name, folder in (("keys", Path(settings.KEYS_DIR)), ("files", Path(settings.MEDIA_ROOT))):
        for path in sorted(folder.rglob("*")) if folder.exists() else ():
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _add(tar: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    with path.open("rb") as source:
        entry = tarfile.TarInfo(name)
        entry.size = os.fstat(source.fileno()).st_size
        entry.mode = 0o600
        hashing = _Hashing(source)
        tar.addfile(entry, hashing)
        manifest.files[name] = hashing.hash.hexdigest()
        manifest.size += entry.size


def _add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    content = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size = len(content)
    entry.mode = 0o600
    tar.addfile(entry, io.BytesIO(content))


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(target)
        try:
            connection.connection.backup(copy)
        finally:
            copy.close()
        return
    options = ["--no-owner", "--no-privileges", "--clean", "--if-exists", "--file", str(target)]
    _postgres("pg_dump", *options)


def _postgres(program: str, *options: str) -> None:
    """Run a program of PostgreSQL against our database; the password goes by the environment."""
    given = connection.settings_dict
    names = {
        "PGHOST": "HOST",
        "PGPORT": "PORT",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGDATABASE": "NAME",
    }
    access = {variable: str(given[key]) for variable, key in names.items() if given.get(key)}
    try:
        result = subprocess.run(
            [program, *options], env={**os.environ, **access}, capture_output=True, text=True
        )
    except FileNotFoundError as error:
        raise BackupError(
            f"{program} is not installed; it belongs to PostgreSQL's client programs."
        ) from error
    if result.returncode:
        raise BackupError(f"{program} failed: {result.stderr.strip()[:500]}")


def current_anchors() -> list[str]:
    """The ends of all chains as they are now."""
    heads = ChainHead.objects.select_related("organization").order_by("pk")
    return [audit.anchor(head.organization) for head in heads]


def restore(source: Path, *, force: bool = False) -> Restored:
    """Bring back what ``source`` holds. Everything is checked before anything is changed."""
    before = _anchors_here()
    if before is not None and not force:
        raise BackupError(
            "There is data here already. Restore into an empty place, or replace it with --force."
        )
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as name:
        folder = Path(name)
        manifest = _unpack(source, folder)
        if manifest.database != connection.vendor:
            raise BackupError(
                f"This backup is of {manifest.database}, and this installation uses {connection.vendor}."
            )
        lost = _lost(before or [], manifest.anchors)
        _load(folder / DUMPS[connection.vendor])
        _swap(folder / "keys", Path(settings.KEYS_DIR))
        _swap(folder / "files", Path(settings.MEDIA_ROOT))
    return Restored(manifest, lost)


def _anchors_here() -> list[str] | None:
    """The ends of the chains here; None where there is no data yet."""
    tables = connection.introspection.table_names()
    if User._meta.db_table not in tables or not User.objects.exists():
        return None
    return current_anchors()


def _lost(before: list[str], after: list[str]) -> list[str]:
    known = dict(anchor.split(":")[1:3] for anchor in after)
    warnings = []
    for anchor in before:
        _, chain, number, _ = anchor.split(":")
        if int(number) > int(known.get(chain, 0)):
            warnings.append(f"Older than what was here. Keep this line for verify_audit --anchor: {anchor}")
    return warnings


def _unpack(source: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(source, "r:gz") as tar:
            _extract(tar, folder)
        read: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**read)
    except (OSError, tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise BackupError(f"{source.name} is no complete backup: {error}.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{source.name} has format {manifest.format}; this version reads format {FORMAT}.")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    for name in sorted(found ^ set(manifest.files)):
        raise BackupError(f"{source.name} is damaged: {name} is missing or should not be there.")
    for name, expected in manifest.files.items():
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise BackupError(f"{source.name} is damaged: {name} does not have its hash.")
    return manifest


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Write out the files. A backup holds nothing else, so a link or a name that leads out of it is refused.

    Not by a filter of ``tarfile``: those came with Python 3.11.4, and Debian 12 has 3.11.2.
    """
    for entry in tar:
        name = PurePosixPath(entry.name)
        content = tar.extractfile(entry) if entry.isreg() else None
        if content is None or name.is_absolute() or ".." in name.parts:
            raise ValueError(f"{entry.name} does not belong in a backup")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(0o600)


def _load(dump: Path) -> None:
    if connection.vendor == "postgresql":
        connection.close()
        _postgres("psql", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", "--file", str(dump))
        return
    connection.ensure_connection()
    with sqlite3.connect(dump) as copy:
        copy.backup(connection.connection)
    connection.close()


def _swap(new: Path, place: Path) -> None:
    """Put a folder in the place of another; the old one goes only when the new one stands."""
    new.mkdir(mode=0o700, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    old = place.with_name(f".{place.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    place.chmod(0o700)
    shutil.rmtree(old, ignore_errors=True)
