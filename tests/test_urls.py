"""Every address of the product has a row in tests/urls_table.py, and every row holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.urls_rows import FORBIDDEN, IN, LINK, MISSING, ROLES, SIGN_IN
from tests.urls_table import ROWS


def names(patterns: Any, space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(
                pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space
            )
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"


def test_every_address_has_a_row_and_every_row_an_address():
    found = set(names(get_resolver().url_patterns))
    assert sorted(found - set(ROWS)) == [], "add a row to tests/urls_table.py for each"
    assert sorted(set(ROWS) - found) == [], "these rows name no address"


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ROWS))
def test_who_gets_what(cast, name):
    row = ROWS[name]
    clients = {role: cast.client(role) for role in ROLES}
    arguments = row.make(cast) if row.make else []
    address = reverse(name, args=arguments)
    got = {role: visit(client, role, row, address) for role, client in clients.items()}
    assert got == {role: row[role] for role in ROLES}


def visit(client: Any, role: str, row: Any, address: str) -> str:
    """What this role gets; the database is then as it was before."""
    mark = transaction.savepoint()
    found = outcome(getattr(client, row.method)(address, row.data))
    transaction.savepoint_rollback(mark)
    cache.clear()
    return LINK if row[role] == LINK and found in (MISSING, "410") else found


def outcome(response: Any) -> str:
    """The class of an answer; see tests/urls_table.py."""
    if response.status_code == 401 or response.headers.get("Location", "").startswith("/sign-in/?next="):
        return SIGN_IN
    if response.status_code in (403, 404, 410):
        return {403: FORBIDDEN, 404: MISSING}.get(response.status_code, "410")
    assert response.status_code < 500
    return IN
