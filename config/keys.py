"""Secret keys that live beside the database, never in it and never in the repository."""

from __future__ import annotations

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
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


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
