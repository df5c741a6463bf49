"""docs/permissions.md as text, from the table of permissions. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.permissions import (
    ACTIONS,
    MEANINGS,
    NEEDS,
    PROJECT_ACTIONS,
    PROJECT_BY_ORGANIZATION,
    PROJECT_ROLES,
    ROLES,
    STATES,
    project_roles_for,
    roles_for,
)

HEAD = """# Permissions

This file is written by `manage.py permissions_doc` from `accounts/permissions.py`; `--check` compares them.

Every object belongs to one organization, and `accounts.access.require` is asked for each request: rights are
read from the database then, so a right that was taken away is gone with the acknowledgement. Who is no member
gets 404, the same page as for something that does not exist. A member whose role is not enough gets 403. A
token can do what its scopes and its person may do, in its one organization, and nothing that needs a fresh
sign-in (a password, a second factor or a mailed code within the last five minutes).

Respondents and signatories come by personal link and see their own assessment or charter, nothing else.
A vendor's people see the charters and projects that name them.
"""


PROJECTS = """## What is done in a project

Somebody stands to a project by a role in it, by a role in its organization, or by both; either one is enough.
Who is in the project alone sees this project and nothing else of the organization. While the project or its
organization is archived nothing can be changed.
"""


def render() -> str:
    """The whole file."""
    return "\n".join([HEAD, *_needs(), "", *_actions(), *_projects(), ""])


def _needs() -> Iterable[str]:
    yield "## Rights by role and state of the organization\n"
    yield _row(["right", "to", "state", *ROLES])
    yield _row(["---"] * (3 + len(ROLES)))
    for need in NEEDS:
        for state in STATES:
            yield _row([need, MEANINGS[need], state, *_marks(need, state)])


def _actions() -> Iterable[str]:
    yield "## What is done with them\n"
    for state in STATES:
        yield f"### While the organization is {state}\n"
        yield _row(["action", "right", *ROLES, "fresh sign-in", "besides"])
        yield _row(["---"] * (4 + len(ROLES)))
        for rule in ACTIONS.values():
            fresh = "needed" if rule.fresh else ""
            yield _row([rule.says, rule.need, *_marks(rule.need, state), fresh, rule.also])
        yield ""


def _projects() -> Iterable[str]:
    yield PROJECTS
    in_it = [f"{role} of the project" for role in PROJECT_ROLES]
    yield _row(["action", "right", *in_it, *(f"{role} of the organization" for role in ROLES), "besides"])
    yield _row(["---"] * (3 + len(in_it) + len(ROLES)))
    for rule in PROJECT_ACTIONS.values():
        by_role = ["yes" if role in project_roles_for(rule.need) else "–" for role in PROJECT_ROLES]
        by_membership = _marks(PROJECT_BY_ORGANIZATION[rule.need], "active")
        yield _row([rule.says, rule.need, *by_role, *by_membership, rule.also])


def _marks(need: str, state: str) -> list[str]:
    return ["yes" if role in roles_for(need, state) else "–" for role in ROLES]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
