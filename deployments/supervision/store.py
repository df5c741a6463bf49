"""Copies of models' files from which replicas start: named by SHA-256, checked before each start."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from pathlib import Path

from django.conf import settings

from projects.tracking import model_files

_FRESH_SECONDS = 3600
_TURN = threading.Lock()


class FilesHaveChanged(Exception):
    """What is registered under this version is no longer what was deployed."""


def take(slug: str, model: str, version: int, expected: str = "") -> str:
    """Have the files of a version here; returns their SHA-256, which must be `expected` where given."""
    if expected and is_intact(expected):
        return expected
    place = _place()
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=place))
    try:
        sha256 = model_files.copy_to(slug, model, version, fresh / "model")
        if expected and sha256 != expected:
            raise FilesHaveChanged(
                f"The files of {model} version {version} have changed since it was first deployed here."
            )
        _make_readable(fresh / "model")
        with _TURN:
            # Of two releases of one version neither takes away what the other has just put there.
            if not is_intact(sha256):
                shutil.rmtree(folder(sha256), ignore_errors=True)
                (fresh / "model").rename(folder(sha256))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sha256


def folder(sha256: str) -> Path:
    return _place() / sha256


def is_intact(sha256: str) -> bool:
    """Whether the copy is there, and is what its name says."""
    place = folder(sha256)
    try:
        return place.is_dir() and model_files.digest(place) == sha256
    except (OSError, model_files.ModelFilesAreAway):
        return False


def sweep(wanted: set[str]) -> None:
    """Remove the copies that nobody needs; whoever does again takes them from the artifact store."""
    place = _place()
    for path in place.iterdir() if place.is_dir() else ():
        # What is being copied may not be noted yet; what was left half copied is not touched for long.
        fresh = time.time() - path.stat().st_mtime < _FRESH_SECONDS
        if path.name not in wanted and not fresh:
            shutil.rmtree(path, ignore_errors=True)


def _place() -> Path:
    return Path(settings.DATA_DIR) / "serving" / "models"


def _make_readable(place: Path) -> None:
    """The sandbox has a user of its own, who may read and nothing else."""
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o444)
