"""Tables that are made once, and copied to wherever SQLite is begun with afresh.

Making them takes longer than almost any test. What is tested about making them makes them itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

from config.launcher import ROOT

NAME = "throughline.sqlite3"
QUEUE = "queue.sqlite3"
# Beside the packages that make them, private to this tree, and kept from run to run.
KEPT = Path(sys.prefix) / "tables-of-tests"
IMPORT = re.compile(r"^(?:from|import) ([\w.]+)(?: import (\w+))?", re.MULTILINE)


def begin(data: Path) -> None:
    """Begin a data folder with tables, and nothing in them."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (NAME, QUEUE):
        shutil.copyfile(_tables() / name, data / name)


def copy_tables(file: Path) -> None:
    """Begin a database with tables, and nothing in them."""
    shutil.copyfile(_tables() / NAME, file)


@cache
def _tables() -> Path:
    """The folder with the files; made by whoever asks first after something that they are made of changed."""
    KEPT.mkdir(exist_ok=True)
    made = KEPT / _digest()
    with (KEPT / "lock").open("w", encoding="ascii") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=KEPT) as place:
                _make(Path(place), Path(place) / "made")
                (Path(place) / "made").rename(made)
    return made


def _digest() -> str:
    found = hashlib.sha256()
    for path in sorted({*ROOT.glob("requirements/*.txt"), *_of_migrations()}):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:20]


def _of_migrations() -> Iterator[Path]:
    """The migrations, and what they take from the product."""
    for path in ROOT.glob("*/migrations/*.py"):
        yield path
        for module, name in IMPORT.findall(path.read_text(encoding="utf-8")):
            parts = module.split(".")
            yield from (one for one in (_file(*parts), _file(*parts, name)) if one.is_file())


def _file(*parts: str) -> Path:
    return ROOT.joinpath(*parts).with_suffix(".py")


def _make(place: Path, made: Path) -> None:
    made.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTEST_VERSION", "DATABASE_URL")
    }
    for command in (("migrate", "-v0"), ("createcachetable", "-v0")):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**kept, "THROUGHLINE_DATA": str(place), "DJANGO_SETTINGS_MODULE": "config.settings"},
            check=True,
        )
    for name in (NAME, QUEUE):
        # One file, whatever is still in the log beside it.
        with closing(sqlite3.connect(place / name)) as source:
            source.execute("VACUUM INTO ?", [str(made / name)])
