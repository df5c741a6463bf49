"""Tables that are made once, and copied to wherever a database is begun with afresh.

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
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from config.launcher import ROOT

NAME = "throughline.sqlite3"
QUEUE = "queue.sqlite3"
# Beside the packages that make them, private to this tree, and kept from run to run.
KEPT = Path(sys.prefix) / "tables-of-tests"
# The names of databases on PostgreSQL that others are made from begin so.
TEMPLATES = "throughline_tables"
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
def template(server: str) -> str:
    """The name of a database on this PostgreSQL that others are made from: tables, and nothing in them."""
    name = f"{TEMPLATES}_{_digest()}"
    with _alone(), psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATES]
        )
        known = {one for (one,) in rows}
        if name not in known:
            # Those of earlier migrations, and one whose making was broken off.
            for old in known:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
            begun = sql.Identifier(f"{name}_begun")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(begun))
            with tempfile.TemporaryDirectory() as place:
                _migrate(Path(place), f"{server.rpartition('/')[0]}/{name}_begun")
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(begun, sql.Identifier(name)))
    return name


@cache
def _tables() -> Path:
    """The folder with the files; made by whoever asks first after something that they are made of changed."""
    made = KEPT / _digest()
    with _alone():
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=KEPT) as place:
                _make(Path(place), Path(place) / "made")
                (Path(place) / "made").rename(made)
    return made


@contextmanager
def _alone() -> Iterator[None]:
    """One process makes them, the others wait for it."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
    _migrate(place)
    for name in (NAME, QUEUE):
        # One file, whatever is still in the log beside it.
        with closing(sqlite3.connect(place / name)) as source:
            source.execute("VACUUM INTO ?", [str(made / name)])


def _migrate(place: Path, database: str = "") -> None:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTEST_VERSION", "DATABASE_URL")
    }
    own = {"THROUGHLINE_DATA": str(place), "DJANGO_SETTINGS_MODULE": "config.settings"}
    if database:
        own["DATABASE_URL"] = database
    for command in (("migrate", "-v0"), ("createcachetable", "-v0")):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=kept | own, check=True)
