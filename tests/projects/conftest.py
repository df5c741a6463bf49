"""What tests of projects share: a project of the cast, and a tracking store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projects.models import Project
from projects.tracking import records
from tests.projects import cast as made
from tests.projects.store import Store


@pytest.fixture
def project(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Iterator[Store]:
    store = Store(tmp_path / "mlflow.db")
    settings.MLFLOW_STORE_URL = store.url
    yield store
    records._engine(store.url).dispose()
    store.close()
