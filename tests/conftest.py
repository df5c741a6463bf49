"""What all tests share: the cast, a clean cache, and tables that can be emptied between tests."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, SimpleTestCase
from hypothesis import settings as hypothesis_settings

from accounts import actions, append_only
from accounts.models import Membership, Organization, User
from tests import prepared
from tests.kept import from_the_start, kept
from ui import limited

# Time limits for single examples fail on a busy machine and prove nothing.
hypothesis_settings.register_profile("steady", deadline=None)
hypothesis_settings.load_profile("steady")

# Fixtures that open the database of the run, or one beside it on the same server.
DATABASE_FIXTURES = frozenset(("db", "transactional_db", "live_server", "server", "databases"))

# Emptied, they would be filled again with the same rows at once.
SAME_AFTER_MIGRATE = frozenset(("django_content_type", "auth_permission"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out the tests that use no database, bring a SQLite of their own, or are marked so.

    They ran beside SQLite and would run the same again.
    """
    if connection.vendor == "postgresql":
        left = [item for item in items if not _uses_the_database(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _uses_the_database(item)]
    if hasattr(config, "workerinput"):
        _long_files_first(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for garbage again and again takes time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _long_files_first(items: list[pytest.Item]) -> None:
    """Files are dealt to several processes in this order: none is alone with a long one at the end."""
    many = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, -many[item.path], item.path))


def _uses_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("once"):
        return False
    if item.get_closest_marker("django_db"):
        return True
    if isinstance(item, pytest.Function) and item.cls is not None and issubclass(item.cls, SimpleTestCase):
        return True
    return not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


@dataclass(frozen=True)
class Cast:
    """The same people in every test: four roles in one organization, and a stranger with one of his own."""

    alice: User
    frank: User
    bob: User
    victor: User
    charlie: User
    organization: Organization
    other: Organization

    def person(self, who: str) -> User | None:
        """By name or by role; "anonymous" is nobody."""
        names = {
            "owner": "alice",
            "facilitator": "frank",
            "member": "bob",
            "viewer": "victor",
            "stranger": "charlie",
        }
        return None if who == "anonymous" else getattr(self, names.get(who, who))

    def client(self, who: str, *, fresh: bool = True) -> Client:
        """A browser in which this person is signed in, just now or, without ``fresh``, an hour ago."""
        user = self.person(who)
        return Client() if user is None else signed_in(user, fresh=fresh)

    def membership(self, who: str) -> Membership:
        user = self.person(who)
        assert user is not None
        return Membership.objects.get(user=user, organization=self.organization)


@kept
def signed_in(user: User, *, fresh: bool) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - (0 if fresh else 3600)}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture(autouse=True)
def _kept_from_the_start(request: pytest.FixtureRequest) -> Iterator[None]:
    patches = [request.getfixturevalue("monkeypatch")] if "monkeypatch" in request.fixturenames else []
    with from_the_start(patches):
        yield


@pytest.fixture
def cast(db: Any) -> Cast:
    return make_cast()


@kept
def make_cast() -> Cast:
    """Alice owns, Frank facilitates, Bob is a member, Victor views, Charlie is a stranger."""
    people = {
        name: actions.create_account(
            email=f"{name}@firm.example", name=name.capitalize(), password=f"{name}-long-password"
        )
        for name in ("alice", "frank", "bob", "victor", "charlie")
    }
    organization = actions.create_organization(
        by=people["alice"], name="Halvorsen Pumps", functions=["sponsor"]
    )
    for name, role, functions in (
        ("frank", "facilitator", ["technical_lead"]),
        ("bob", "member", ["practitioner"]),
        ("victor", "viewer", []),
    ):
        actions.add_member(
            organization, user=people[name], by=people["alice"], role=role, functions=functions, unit=None
        )
    other = actions.create_organization(by=people["charlie"], name="Charlie's Works")
    return Cast(**people, organization=organization, other=other)


@pytest.fixture(autouse=True)
def _no_leftover_limits() -> Iterator[None]:
    """Rate limits of one test must not meet the next."""
    yield
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def _limited_work_is_loaded_once() -> None:
    """The process from which limited work is forked has its modules at hand, whichever work comes first."""
    limited.expect("ui.pdf_preload", "charters.sheet_check", "assessment.workbooks", "deployments.tables")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Before the database of the tests is made: it begins with tables, and PostgreSQL waits for no disk."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        prepared.copy_tables(Path(database["TEST"]["NAME"]))
    else:
        database["OPTIONS"] = {**database.get("OPTIONS", {}), "options": "-c synchronous_commit=off"}
        database["TEST"]["TEMPLATE"] = prepared.template(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The tables that SQLite begins with are kept; they go with the folder of the process."""
    return connection.vendor == "sqlite"


@pytest.fixture(autouse=True, scope="session")
def _emptying_spares_no_table() -> Iterator[None]:
    """Between tests with real commits, tables that hold something are emptied, those of the audit log too.

    Its guards step aside for that. Most tables are empty, and PostgreSQL is slow to truncate all of them.
    """
    patch = pytest.MonkeyPatch()
    operations = type(connection.ops)
    patch.setattr(operations, "sql_flush", _flush_of_what_is_filled)
    patch.setattr(operations, "execute_sql_flush", _unguarded(operations.execute_sql_flush))
    yield
    patch.undo()


def _flush_of_what_is_filled(self: Any, style: Any, tables: Any, **_: Any) -> list[str]:
    emptied = [name for name in tables if name not in SAME_AFTER_MIGRATE]
    asked = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {self.quote_name(name)})" for name in emptied]  # noqa: S608
    with connections[self.connection.alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        filled = [name for (name,) in cursor.fetchall()]
    # Foreign keys are checked at the end of the transaction, whichever table comes first.
    return [f"DELETE FROM {self.quote_name(name)}" for name in filled]  # noqa: S608


def _unguarded(flush: Any) -> Any:
    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        database = connections[self.connection.alias]
        guarded = append_only.EVENT in database.introspection.table_names()
        if guarded:
            with database.schema_editor() as editor:
                append_only.remove(None, editor)
        flush(self, sql_list)
        if guarded:
            with database.schema_editor() as editor:
                append_only.install(None, editor)

    return execute_sql_flush


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, one for each module.

    Playwright runs a loop in this thread, beside which Django would refuse its database; a browser that
    outlived its module would stand in the way of other modules.
    """
    from playwright.sync_api import sync_playwright

    from tests.browser.running import CHROMIUM, CHROMIUM_ARGS

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()
