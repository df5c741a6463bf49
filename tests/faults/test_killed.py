"""Processes are killed while people answer: nothing acknowledged is lost or doubled, the next start is clean.

``FAULTS`` sets how often: 5 in the usual run, 200 by hand.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.server import Answering, Place, kept, place
from tests.faults.watching import TIMES

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "data") as found:
        yield found


def test_the_web_tree_is_killed_mid_save(here: Place) -> None:
    filled = here.fill()
    here.start("web")
    people = [Answering(here, link, filled["items"]) for link in filled["links"]]
    for one in people:
        one.enter()
        one.start()
    chance = random.Random(1)
    waits = []
    for _ in range(TIMES):
        time.sleep(0.3 + chance.random() / 2)
        here.kill()
        begun = time.monotonic()
        here.start("web")
        waits.append(time.monotonic() - begun)
    for one in people:
        one.ending.set()
    for one in people:
        one.join(30)
    state = here.state()
    saved = sum(one.statuses.count(200) for one in people)
    print(f"{TIMES} kills, {saved} saves acknowledged, started again within {max(waits):.1f} s")
    assert saved > TIMES
    assert kept(state, people) == []
    assert state["doubled"] == 0
    assert {status for one in people for status in one.statuses} <= {200, 409, 503}


def test_three_processes_prepare_an_empty_database_at_once(here: Place) -> None:
    started = [here.begin("prepare") for _ in range(3)]
    for one in started:
        _, err = one.communicate(timeout=240)
        assert one.returncode == 0, err[-2000:]
    here.manage("migrate", "--check")
    assert "Intact" in here.manage("verify_audit")
    here.start("web", "worker")


def test_a_start_that_is_killed_half_way_is_made_good_by_the_next(here: Place) -> None:
    chance = random.Random(2)
    for _ in range(max(2, TIMES // 3)):
        begun = here.begin("prepare")
        killer = threading.Timer(0.5 + 2.5 * chance.random(), _kill, [begun.pid])
        killer.start()
        begun.communicate(timeout=240)
        killer.cancel()
    here.manage("prepare")
    here.manage("migrate", "--check")
    here.start("web")
    assert here.get("/healthz")[0] == 200


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_a_slow_client_holds_nobody_up(here: Place) -> None:
    filled = here.fill(people=1)
    here.start("web")
    slow = []
    for _ in range(40):
        one = socket.create_connection(("localhost", here.port), timeout=5)
        one.sendall(b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nX-a: ")
        slow.append(one)
    person = Answering(here, filled["links"][0], filled["items"])
    begun = time.monotonic()
    person.enter()
    assert person.save(filled["items"][0], 2) == 200
    took = time.monotonic() - begun
    print(f"beside {len(slow)} connections that say nothing more, entering and saving took {took:.1f} s")
    for one in slow:
        one.close()
    assert took < 15
