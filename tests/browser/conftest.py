"""Fixtures: an empty installation, an installation with the demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.running import Server, mail_server, start_server


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[Server]:
    """On an empty folder, as whoever tries it first starts it; its mail goes through a real mail server."""
    with _with_mail(tmp_path / "data", tables=False) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An installation with nobody in it whose mail goes through a real mail server."""
    with _with_mail(tmp_path / "data", tables=True) as server:
        yield server


@contextmanager
def _with_mail(data: Path, *, tables: bool) -> Iterator[Server]:
    with mail_server(data / "mail") as mail, start_server(data, mail=mail, tables=tables) as server:
        yield server


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation with the demo; tests that use it only read."""
    with start_server(tmp_path_factory.mktemp("demo") / "data", "--demo", tables=True) as server:
        yield server
