"""Fixtures: an empty installation, an installation with the demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.running import Server, mail_server, start_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An empty installation whose mail goes through a real mail server."""
    with (
        mail_server(tmp_path / "data" / "mail") as mail,
        start_server(tmp_path / "data", mail=mail) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation with the demo; tests that use it only read."""
    with start_server(tmp_path_factory.mktemp("demo") / "data", "--demo", tables=True) as server:
        yield server
