"""A token’s rights at the gate are those of this moment, although answers are kept between requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership, Organization, User
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.models import Project, ProjectMember, ProjectToken
from projects.tracking import bearers as module
from projects.tracking.bearers import Bearers
from tests.projects import cast as made

pytestmark = pytest.mark.django_db
ALL, READ = {"view", "contribute", "lead"}, {"view"}
Change = Callable[[ProjectToken], Any]


def memberships(token: ProjectToken) -> Any:
    return Membership.objects.filter(user=token.user)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda token: revoke_project_token(token, by=token.user), None),
        (lambda token: ProjectToken.objects.update(expires_at=timezone.now()), None),
        (lambda token: User.objects.filter(pk=token.user_id).update(is_active=False), None),
        (lambda token: (memberships(token).delete(), ProjectMember.objects.all().delete()), None),
        (lambda token: memberships(token).update(role="viewer"), ALL),
        (
            lambda token: (
                memberships(token).update(role="viewer"),
                ProjectMember.objects.update(left_at=timezone.now()),
            ),
            READ,
        ),
        (lambda token: Project.objects.update(archived_at=timezone.now()), READ),
        (lambda token: Project.objects.update(state="closed"), READ),
        (lambda token: Organization.objects.update(archived_at=timezone.now()), READ),
    ],
)
def test_a_change_shows_with_the_next_request(cast: Any, change: Change, left: set[str] | None) -> None:
    project = made.project(cast.organization, cast.frank)
    token, secret = create_project_token(project, by=cast.frank, scope="tracking", name="t")
    bearers = Bearers()

    def rights() -> set[str] | None:
        found = bearers.find(secret, slug=project.slug, scope="tracking")
        return set(found.rights) if found else None

    assert rights() == rights() == ALL
    change(token)
    assert rights() == left
    assert rights() == left


def test_a_token_ends_at_its_time_without_any_change(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made.project(cast.organization, cast.frank)
    ends = timezone.now() + dt.timedelta(hours=1)
    _, secret = create_project_token(project, by=cast.frank, scope="tracking", name="t", expires_at=ends)
    bearers = Bearers()
    assert bearers.find(secret, slug=project.slug, scope="tracking")
    monkeypatch.setattr(timezone, "now", lambda: ends)
    assert bearers.find(secret, slug=project.slug, scope="tracking") is None


def test_a_known_token_costs_one_query_and_opens_one_project(
    cast: Any, django_assert_num_queries: Any
) -> None:
    project = made.project(cast.organization, cast.frank)
    _, secret = create_project_token(project, by=cast.frank, scope="tracking", name="t")
    bearers = Bearers()
    bearers.find(secret, slug=project.slug, scope="tracking")
    with django_assert_num_queries(1):
        assert bearers.find(secret, slug=project.slug, scope="tracking")
    assert bearers.find(secret, slug="another", scope="tracking") is None
    assert bearers.find(secret, slug=project.slug, scope="serving") is None
    assert bearers.find("tlp_wrong", slug=project.slug, scope="tracking") is None


def test_another_thread_may_forget_a_token_in_between(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a minute the answer is made anew: whoever asks meanwhile is let in all the same."""
    project = made.project(cast.organization, cast.frank)
    _, secret = create_project_token(project, by=cast.frank, scope="serving", name="t")
    bearers, read = Bearers(), module._facts

    def find() -> Any:
        return bearers.find(secret, slug=project.slug, scope="serving", deployment="x")

    assert find() is not None

    def forgotten(*given: str) -> Any:
        bearers._known.clear()
        return read(*given)

    monkeypatch.setattr(module, "_facts", forgotten)
    assert find() is not None
