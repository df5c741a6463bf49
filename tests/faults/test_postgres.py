"""PostgreSQL: connections cut while people answer, refused and back; backup, restore, an older one detected.

Each test makes databases of its own and cuts connections to those alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from tests import prepared
from tests.faults.server import Answering, Place, kept, place
from tests.faults.watching import TIMES

SERVER = os.environ.get("FAULTS_POSTGRES") or os.environ.get("DATABASE_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SERVER.startswith("postgres"), reason="FAULTS_POSTGRES or DATABASE_URL names no server"
    ),
]
OLDER = """
from accounts import actions
from accounts.models import Organization, User
actions.add_unit(Organization.objects.get(), by=User.objects.get(), name="Later")
"""


def _do(*statements: str) -> list[Any]:
    found: list[Any] = []
    with psycopg.connect(SERVER, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            found = cursor.fetchall() if cursor.description else []
    return found


@pytest.fixture(name="databases")
def _databases() -> Iterator[Any]:
    made: list[str] = []

    def make(like: str = "template1") -> tuple[str, str]:
        name = f"faults_{uuid4().hex[:10]}"
        _do(f"CREATE DATABASE {name} TEMPLATE {like}")
        made.append(name)
        return name, urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))

    yield make
    for name in made:
        _do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(name="here")
def _here(tmp_path: Path, databases: Any) -> Iterator[tuple[Place, str]]:
    name, url = databases(prepared.template(SERVER))
    with place(tmp_path / "data", DATABASE_URL=url) as found:
        yield found, name


def _cut(name: str) -> int:
    statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        return len(connection.execute(statement, [name]).fetchall())


def test_connections_cut_while_people_answer(here: tuple[Place, str]) -> None:
    server, name = here
    filled = server.fill()
    server.start("web")
    people = [Answering(server, link, filled["items"]) for link in filled["links"]]
    for one in people:
        one.enter()
        one.start()
    cut, back = 0, []
    for _ in range(TIMES * 2):
        time.sleep(0.2)
        cut += _cut(name)
        back.append(server.wait(200, seconds=10))
    for one in people:
        one.ending.set()
    for one in people:
        one.join(30)
    state = server.state()
    saved = sum(one.statuses.count(200) for one in people)
    failed = sum(one.statuses.count(503) for one in people)
    print(f"{cut} connections cut; {saved} saved, {failed} told 503, back within {max(back):.1f} s")
    assert max(back) < 5
    assert kept(state, people) == []
    assert state["doubled"] == 0
    assert {status for one in people for status in one.statuses} <= {200, 409, 503}


def test_a_database_that_refuses_and_comes_back(here: tuple[Place, str]) -> None:
    server, name = here
    filled = server.fill(people=1)
    server.start("web")
    person = Answering(server, filled["links"][0], filled["items"])
    person.enter()
    assert person.save(filled["items"][0], 2) == 200
    _do(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    _cut(name)
    server.wait(503, seconds=10)
    status, headers = server.get("/healthz")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert person.save(filled["items"][1], 3) == 503
    _do(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert server.wait(200) < 5
    assert person.save(filled["items"][1], 3) == 200
    assert kept(server.state(), [person]) == []


def test_a_backup_under_load_restored_elsewhere_and_an_older_one_detected(
    here: tuple[Place, str], tmp_path: Path, databases: Any
) -> None:
    server, _ = here
    filled = server.fill()
    server.start("web")
    people = [Answering(server, link, filled["items"]) for link in filled["links"]]
    for one in people:
        one.enter()
        one.start()
    time.sleep(1)
    before = {one: dict(one.acknowledged) for one in people}
    file = tmp_path / "backup.tar.gz"
    server.manage("backup", str(file))
    for one in people:
        one.ending.set()
        one.join(30)
    _, url = databases()
    with place(tmp_path / "elsewhere", DATABASE_URL=url) as other:
        other.manage("restore", str(file))
        state = other.state()
        for one in people:
            one.acknowledged = before[one]
        assert kept(state, people) == []
        note = tmp_path / "anchor.txt"
        other.run(OLDER)
        note.write_text(other.manage("verify_audit", "--print-anchor"))
        refused = other.manage("restore", str(file), fails=True)
        assert "There is data here already" in refused
        assert "Older than what was here" in other.manage("restore", str(file), "--force")
        assert "findings in" in other.manage("verify_audit", "--anchor", str(note), fails=True)


def test_three_processes_prepare_an_empty_database_at_once(here: tuple[Place, str]) -> None:
    server, _ = here
    started = [server.begin("prepare") for _ in range(3)]
    for one in started:
        _, err = one.communicate(timeout=240)
        assert one.returncode == 0, err[-2000:]
    server.manage("migrate", "--check")
