"""An installation of its own that is started, filled, cut down and started again."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.launcher import ROOT, Child, children
from tests import prepared

FILL = """
import json
from accounts import actions as accounts
from assessment import actions, questionnaires
from assessment.invitees import Invitee
owner = accounts.create_account(email="owner@firm.example", name="Olga", password="a long enough password")
organization = accounts.create_organization(by=owner, name="Halvorsen Pumps")
actions.load_standard_questionnaires()
round_ = actions.create_assessment(organization, title="Round 1", by=owner)
people = [Invitee(f"Person {n}", f"person{n}@firm.example", "practitioner") for n in range(PEOPLE)]
actions.invite_respondents(round_, people, by=owner)
actions.open_round(round_, by=owner)
functions = questionnaires.of(round_)
items = [item.key for item in functions.items_for("practitioner") if item.kind == "maturity"]
from urllib.parse import urlsplit
links = [urlsplit(actions.personal_link(p, by=owner)).path for p in round_.respondents.order_by("name")]
print("FILLED" + json.dumps({"items": items, "links": links, "round": str(round_.pk)}))
"""
STATE = """
import json
from assessment.models import Answer, AnswerHistory
print("STATE" + json.dumps({
    "answers": [[str(a.respondent_id), a.item, a.revision, a.level] for a in Answer.objects.all()],
    "doubled": AnswerHistory.objects.count()
    - AnswerHistory.objects.values("respondent", "item", "revision").distinct().count(),
}))
from django.core.management import call_command
call_command("verify_audit")
"""


@dataclass
class Place:
    """A data folder, a port, and what runs on them."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    running: list[Child] = field(default_factory=list)
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTEST_VERSION", "DATABASE_URL")}
        self.environment = {
            **kept,
            "THROUGHLINE_DATA": str(self.data),
            "STATIC_HASHED": "0",
            "LOG_LEVEL": "ERROR",
            "PUBLIC_URL": f"http://localhost:{self.port}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "OPENBLAS_NUM_THREADS": "1",
            **self.environment,
        }

    def manage(self, *arguments: str, fails: bool = False, seconds: float = 600) -> str:
        result = self.begin(*arguments)
        out, err = result.communicate(timeout=seconds)
        assert bool(result.returncode) is fails, err[-3000:]
        return err if fails else out

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.begun.append(command)
        return command

    def run(self, code: str) -> str:
        return self.manage("shell", "-v0", "-c", code)

    def make_tables(self) -> None:
        """As `migrate` leaves them: copied where the data folder holds the database."""
        if "DATABASE_URL" not in self.environment:
            prepared.begin(self.data)
            return
        self.manage("migrate", "-v0")
        self.manage("createcachetable", "-v0")

    def fill(self, people: int = 4) -> dict[str, Any]:
        self.make_tables()
        return self._read(self.run(FILL.replace("PEOPLE", str(people))), "FILLED")

    def state(self) -> dict[str, Any]:
        """What is kept; raises when the audit log does not verify."""
        out = self.run(STATE)
        assert "Intact:" in out
        return self._read(out, "STATE")

    def _read(self, out: str, mark: str) -> dict[str, Any]:
        line = next(line for line in out.splitlines() if line.startswith(mark))
        found: dict[str, Any] = json.loads(line.removeprefix(mark))
        return found

    def start(self, *names: str) -> None:
        """Start web or worker as the launcher does, and wait until the pages answer."""
        for child in children("127.0.0.1", self.port):
            if child.name in names:
                child.process = subprocess.Popen(
                    child.command, cwd=ROOT, env=self.environment, start_new_session=True
                )
                self.running.append(child)
        if "web" in names:
            self.wait(200)

    def wait(self, status: int, seconds: float = 60) -> float:
        """Wait until healthz answers so; returns how long that took."""
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            with suppress(OSError, http.client.HTTPException):
                if self.get("/healthz")[0] == status:
                    return time.monotonic() - begun
            time.sleep(0.05)
        raise AssertionError(f"no {status} within {seconds} s")

    def get(self, path: str) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status, dict(answer.headers)
        finally:
            connection.close()

    def stop(self) -> None:
        for child in self.running:
            child.stop()
        for child in self.running:
            child.wait(time.monotonic() + 20)
        self.kill()

    def kill(self) -> None:
        for child in self.running:
            child.kill()
        self.running.clear()


@contextmanager
def place(data: Path, **environment: str) -> Iterator[Place]:
    found = Place(data, environment)
    try:
        yield found
    finally:
        found.stop()
        for command in found.begun:
            # A test that failed half way leaves commands behind: they must not fail the tests after it.
            command.kill()
            command.communicate()


class Answering(threading.Thread):
    """A person who answers again and again, and remembers what was acknowledged."""

    def __init__(self, place: Place, link: str, items: list[str]) -> None:
        super().__init__(daemon=True)
        self.place, self.link, self.items = place, link, items
        self.cookies: dict[str, str] = {}
        self.address = ""
        self.person = ""
        self.sent: dict[str, int] = {}
        self.acknowledged: dict[str, tuple[int, int]] = {}
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        self.ending = threading.Event()

    def enter(self) -> None:
        """Follow the personal link to the first page, as a browser does."""
        path = self.link
        for _ in range(8):
            status, headers, _ = self._ask("GET", path)
            if status not in (301, 302):
                break
            path = headers["Location"]
        assert status == 200, (status, path)
        self.person = path.split("/")[2]

    def run(self) -> None:
        level = 0
        while not self.ending.is_set():
            level = level % 4 + 1
            for item in self.items:
                if self.ending.is_set():
                    return
                self.save(item, level)

    def save(self, item: str, level: int) -> int:
        base = self.acknowledged.get(item, (0, 0))[0]
        body = json.dumps({"choice": str(level), "confidence": "guess", "base_revision": base})
        begun = time.monotonic()
        try:
            status, _, content = self._ask("POST", f"/answer/{self.person}/items/{item}/", body)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return 0
        self.seconds.append(time.monotonic() - begun)
        self.statuses.append(status)
        if status == 200:
            self.acknowledged[item] = (json.loads(content)["revision"], level)
        elif status == 409:
            # Sent before the fault, kept, and never acknowledged: take it as the base, as the page offers.
            theirs = json.loads(content)["error"]["details"]["theirs"]
            self.acknowledged[item] = (theirs["revision"], int(theirs.get("choice") or 0))
        return status

    def _ask(self, verb: str, path: str, body: str | None = None) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("localhost", self.place.port, timeout=30)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": "application/json" if body else "text/html",
        }
        if body is not None:
            headers |= {
                "Content-Type": "application/json",
                "X-CSRFToken": self.cookies.get("throughline_csrf", ""),
                "Origin": self.place.environment["PUBLIC_URL"],
            }
        try:
            connection.request(verb, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, dict(answer.headers), content


def kept(state: dict[str, Any], people: list[Answering]) -> list[str]:
    """What was acknowledged and is not there any more; empty when all is well."""
    rows = {(person, item): (revision, level) for person, item, revision, level in state["answers"]}
    lost = []
    for one in people:
        for item, (revision, level) in one.acknowledged.items():
            found = rows.get((one.person, item), (0, 0))
            if found[0] < revision or (found[0] == revision and found[1] != level):
                lost.append(f"{item}: acknowledged {revision} with {level}, found {found}")
    return lost
