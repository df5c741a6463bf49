"""Secret keys that live beside the database, never in it and never in the repository."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def ensure_key(folder: Path, name: str) -> bytes:
    """The 32 bytes kept in ``folder/name``, made on first use.

    Three processes may start at once on an empty folder, so the key is written to a file of its own
    and linked into place: one of them wins, the others read what it wrote.
    """
    path = folder / name
    try:
        return _read(path)
    except FileNotFoundError:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(folder, name, new_key())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def retired_keys(folder: Path, name: str) -> tuple[bytes, ...]:
    """The keys that stood in ``folder/name`` before, in no order."""
    return tuple(_read(path) for path in sorted(_retired(folder, name).glob("[!.]*")))


def replace_key(folder: Path, name: str, key: bytes) -> None:
    """Put another key into ``folder/name``. The old one is kept with the retired before it is replaced.

    Cut off between the two, the old key is in use and retired at once, which harms nothing.
    """
    old = _read(folder / name)
    kept = _retired(folder, name)
    kept.mkdir(mode=0o700, exist_ok=True)
    os.replace(_draft(kept, "key", old), kept / hashlib.sha256(old).hexdigest()[:16])
    os.replace(_draft(folder, name, key), folder / name)


def _retired(folder: Path, name: str) -> Path:
    return folder / f"{name}-retired"


def _draft(folder: Path, name: str, key: bytes) -> Path:
    """A file of its own with the key, on the disk."""
    path = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    return path


def _read(path: Path) -> bytes:
    text = path.read_text(encoding="ascii").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise SystemExit(
            f"The key file {path.name} in the data folder is damaged: it must hold hex digits."
        ) from error
    if len(key) != KEY_BYTES:
        raise SystemExit(
            f"The key file {path.name} in the data folder is damaged: it must hold {KEY_BYTES} bytes."
        )
    return key
