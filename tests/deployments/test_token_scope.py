"""A serving token can be kept to one deployment; it opens that and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from projects.actions.tokens import bearer_of, create_project_token
from projects.tracking.bearers import Bearers
from tests.projects import cast as made
from ui.errors import Invalid

pytestmark = pytest.mark.django_db


def test_a_token_for_one_deployment_opens_that_one_alone(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    token, secret = create_project_token(
        project, by=cast.frank, scope="serving", name="Shop", only="flood-risk"
    )
    bearers = Bearers()
    for _ in range(2):
        for name, opens in (("flood-risk", True), ("flood-risk-2", False), ("", False)):
            for find in (bearers.find, bearer_of):
                found = find(secret, slug=project.slug, scope="serving", deployment=name)
                assert (found is not None) is opens, (name, find)
    assert bearer_of(secret, slug=project.slug, scope="tracking") is None
    token.refresh_from_db()
    assert token.only == "flood-risk"


def test_a_token_for_the_project_opens_all_of_its_deployments(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    _, secret = create_project_token(project, by=cast.frank, scope="serving", name="Shop")
    assert bearer_of(secret, slug=project.slug, scope="serving", deployment="any") is not None


def test_only_serving_is_kept_to_one_deployment(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    with pytest.raises(Invalid, match="for serving"):
        create_project_token(project, by=cast.frank, scope="tracking", name="t", only="flood-risk")
    assert not project.tokens.exists()


def test_the_last_use_is_left_to_whoever_says_so(cast: Any) -> None:
    project = made.project(cast.organization, cast.frank)
    token, secret = create_project_token(project, by=cast.frank, scope="serving", name="t")
    assert Bearers(note=False).find(secret, slug=project.slug, scope="serving") is not None
    token.refresh_from_db()
    assert token.last_used_at is None
    assert Bearers().find(secret, slug=project.slug, scope="serving") is not None
    token.refresh_from_db()
    assert token.last_used_at is not None
