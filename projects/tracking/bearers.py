"""Who stands behind a token, asked for at each request of a training run: one short question to the database.

Django needs three queries and two milliseconds to say who may what. Here all that its answer rests on
is read in one statement; while that is the same as before, so is the answer. A right that was taken away
shows in it at once, on every process.
"""

# The names of tables come from the models; what a request gives is always bound.
# ruff: noqa: S608
from __future__ import annotations

import time
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.models.keys import hash_secret
from projects.actions.tokens import NOTED_EVERY, Bearer, bearer_of
from projects.models import Project, ProjectMember, ProjectToken

KEPT = 500
Facts = list[tuple[Any, ...]]


@cache
def _statement() -> str:
    token, project, member = (row._meta.db_table for row in (ProjectToken, Project, ProjectMember))
    organization, user, membership = (row._meta.db_table for row in (Organization, User, Membership))
    return f"""
SELECT t.revoked_at, t.expires_at, p.archived_at, p.state, o.archived_at, u.is_active, m.role, pm.id, pm.role
FROM {token} t JOIN {project} p ON p.id = t.project_id JOIN {organization} o ON o.id = p.organization_id
JOIN {user} u ON u.id = t.user_id
LEFT JOIN {membership} m ON m.user_id = u.id AND m.organization_id = o.id
LEFT JOIN {member} pm ON pm.user_id = u.id AND pm.project_id = p.id AND pm.left_at IS NULL
WHERE t.token_hash = %s AND t.scope = %s AND p.slug = %s ORDER BY pm.id"""


def _facts(token_hash: str, slug: str, scope: str) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [token_hash, scope, slug])
        return list(cursor.fetchall())


class Bearers:
    """The answers of one process, each with what it rests on."""

    def __init__(self, *, note: bool = True) -> None:
        self._known: dict[tuple[str, str, str], tuple[Facts, float, Bearer]] = {}
        self._note = note

    def find(self, secret: str, *, slug: str, scope: str, deployment: str = "") -> Bearer | None:
        """As `bearer_of`; a known token costs one short query. Its last use is noted once a minute."""
        key = (hash_secret(secret), slug, deployment)
        # Looked up once: another thread may take it out at any moment, to ask anew.
        known = self._known.get(key)
        facts = _facts(key[0], slug, scope) if known else []
        if known and facts:
            before, noted, bearer = known
            ends = bearer.token.expires_at
            fresh = time.monotonic() - noted < NOTED_EVERY.total_seconds()
            if fresh and facts == before and (ends is None or ends > timezone.now()):
                return bearer
        self._known.pop(key, None)
        # Read before it is judged: a change in between shows as a difference the next time.
        facts = _facts(key[0], slug, scope)
        found = bearer_of(secret, slug=slug, scope=scope, deployment=deployment, note=self._note)
        if found is not None:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = (facts, time.monotonic(), found)
        return found
