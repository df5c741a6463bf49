"""What tests of projects share: a project of the cast, and a tracking store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projects.models import Project
from tests.projects import cast as made
from tests.projects.store import Store, connected


@pytest.fixture
def project(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Iterator[Store]:
    with connected(tmp_path, settings) as store:
        yield store
