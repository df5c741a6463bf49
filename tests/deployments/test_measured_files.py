"""What goes out is what was measured, and what one goes back to is what answered: the very files."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from deployments.actions import releasing
from deployments.models import Deployment, Evaluation, Release
from deployments.supervision import steps, store
from jobs import files
from projects.tracking import model_files
from tests.deployments import registry_cast as made

pytestmark = pytest.mark.django_db
MEASURED, OTHER = "a" * 64, "b" * 64
GATE = [{"key": "verified", "holds": True, "waived": False}]


@pytest.fixture
def endpoint(cast: Any, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """In production, which wants verified readings; the store has the files that a test says."""
    told = SimpleNamespace(signature={}, requirements=(), python="3.11")
    monkeypatch.setattr(model_files, "describe", lambda *args: told)
    return made.deployment_of(cast, slug="production")


def measured(endpoint: Deployment, sha256: str, data: str = "holdout", age: int = 0) -> None:
    assert endpoint.project is not None
    kept = files.store(
        data.encode(), organization=endpoint.organization, name="rows.csv", content_type="text/csv"
    )
    Evaluation.objects.create(
        project=endpoint.project,
        model=made.MODEL,
        version=1,
        file=kept,
        sha256=kept.sha256,
        target="fails",
        state="done",
        files_sha256=sha256,
        ended_at=timezone.now() - dt.timedelta(days=age),
    )


def prepared(release: Release, monkeypatch: pytest.MonkeyPatch, there: str) -> str:
    def take(slug: str, model: str, version: int, expected: str = "") -> str:
        if expected not in ("", there):
            raise store.FilesHaveChanged("They have changed.")
        return there

    monkeypatch.setattr(store, "take", take)
    return steps._prepare(release).sha256


def test_files_that_were_replaced_after_measuring_do_not_go_out(
    endpoint: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(endpoint, OTHER, age=2)
    measured(endpoint, MEASURED)
    release = made.release_of(endpoint, 1, "waiting", gate=GATE)
    assert prepared(release, monkeypatch, MEASURED) == MEASURED
    with pytest.raises(store.FilesHaveChanged, match="not those that were measured"):
        prepared(release, monkeypatch, OTHER)
    # One file of two was measured with other files of the model.
    measured(endpoint, OTHER, data="second")
    with pytest.raises(store.FilesHaveChanged):
        prepared(release, monkeypatch, MEASURED)


@pytest.mark.parametrize(("wanted", "gate"), [(False, GATE), (True, [{**GATE[0], "holds": False}])])
def test_where_nothing_was_held_against_measured_files_none_are_asked_for(
    endpoint: Deployment, monkeypatch: pytest.MonkeyPatch, wanted: bool, gate: Any
) -> None:
    measured(endpoint, MEASURED)
    endpoint.environment.wants_verified = wanted
    release = made.release_of(endpoint, 1, "waiting", gate=gate)
    assert prepared(release, monkeypatch, OTHER) == OTHER


def test_going_back_brings_the_files_that_answered(
    endpoint: Deployment, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.release_of(endpoint, 1, "stopped", files_sha256=MEASURED)
    made.release_of(endpoint, 2, files_sha256=OTHER)
    back = releasing.roll_back(endpoint, by=cast.frank)
    assert prepared(back, monkeypatch, MEASURED) == MEASURED
    with pytest.raises(store.FilesHaveChanged):
        prepared(back, monkeypatch, OTHER)
