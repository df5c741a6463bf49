"""A person's standing in a project is what the table of rights says."""

from __future__ import annotations

import itertools

import pytest

from accounts.models import Membership, Organization
from accounts.permissions import PROJECT_BY_ORGANIZATION, PROJECT_GRANTS, PROJECT_ROLES, ROLES, roles_for
from projects.access import Standing
from projects.models import Project, ProjectMember


@pytest.mark.parametrize(
    ("in_project", "in_organization"), list(itertools.product([None, *PROJECT_ROLES], [None, *ROLES]))
)
def test_either_role_is_enough(in_project, in_organization):
    organization = Organization()
    standing = Standing(
        Project(organization=organization),
        Membership(organization=organization, role=in_organization) if in_organization else None,
        ProjectMember(role=in_project) if in_project else None,
    )
    for need, roles in PROJECT_GRANTS.items():
        by_membership = in_organization in roles_for(PROJECT_BY_ORGANIZATION[need], "active")
        assert standing.may(need) == (in_project in roles or by_membership)


def test_the_table_knows_the_roles_of_projects():
    assert {role.value for role in ProjectMember.Role} == set(PROJECT_ROLES)
