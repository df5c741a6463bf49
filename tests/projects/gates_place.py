"""A real `gates` process with two organizations and three projects, for the tests of hosted tracking."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.launcher import ROOT
from tests.faults.server import Place

SEED = """
import datetime as dt, json
from accounts import actions as accounts
from projects.actions import open_from_initiative
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.models import ProjectToken
out = {}
def token(name, project, by, scope="tracking"):
    made, out[name] = create_project_token(project, by=by, scope=scope, name=name)
    return made
ann = accounts.create_account(email="ann@firm.example", name="Ann", password="a long enough password")
vic = accounts.create_account(email="vic@firm.example", name="Vic", password="a long enough password")
zoe = accounts.create_account(email="zoe@works.example", name="Zoe", password="a long enough password")
bob = accounts.create_account(email="bob@firm.example", name="Bob", password="a long enough password")
firm = accounts.create_organization(by=ann, name="Firm")
works = accounts.create_organization(by=zoe, name="Works")
for user, role in ((vic, "viewer"), (bob, "facilitator")):
    accounts.add_member(firm, user=user, by=ann, role=role, functions=[], unit=None)
one = open_from_initiative(firm, by=ann, initiative="x", name="one")
two = open_from_initiative(firm, by=ann, initiative="y", name="two")
three = open_from_initiative(works, by=zoe, initiative="x", name="three")
token("one", one, ann); token("two", two, ann); token("three", three, zoe)
token("viewer", one, vic); token("leaver", one, bob); token("serving", one, ann, "serving")
revoke_project_token(token("revoked", one, ann), by=ann)
expired = token("expired", one, ann)
ProjectToken.objects.filter(pk=expired.pk).update(expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
print("SEED" + json.dumps(out))
"""


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Gates:
    """The process, its tokens, and what the tests have put into each project."""

    place: Place
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self.place.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "config.gates:application", "--log-level", "warning"]
        with (self.place.data / "gates.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.place.port)],
                cwd=ROOT,
                env=self.place.environment,
                start_new_session=True,
                stderr=log,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with suppress(OSError, http.client.HTTPException):
                if self.raw("GET", "/healthz").status == 200:
                    return
            time.sleep(0.2)
        raise AssertionError((self.place.data / "gates.log").read_text()[-2000:])

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(30)

    def raw(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=60)
        try:
            given = {"Host": self.netloc, **(headers or {})}
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if body is not None:
                given.setdefault("Content-Length", str(len(body)))
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        finally:
            connection.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        project: str = "one",
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request with the project's own token, unless another is named; bytes are sent as they are."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.tokens[token or project]}"}
        if content is not None:
            given["Content-Type"] = "application/json"
        return self.raw(
            method, f"/mlflow/{project}{path}", body=content, headers={**given, **(headers or {})}
        )

    def fill(self, project: str) -> dict[str, str]:
        """An experiment, a run, a file, a logged model and a registered version with an alias."""
        api = "/api/2.0/mlflow/"

        def post(path: str, **body: Any) -> Any:
            answer = self.call("POST", f"{api}{path}", body, project=project)
            assert answer.status == 200, (path, answer.body)
            return answer.json

        experiment = post("experiments/create", name=f"secret-{project}")["experiment_id"]
        run = post("runs/create", experiment_id=experiment, start_time=1, run_name=f"hidden-{project}")
        run_id = run["run"]["info"]["run_id"]
        root = run["run"]["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        post("runs/log-metric", run_id=run_id, key="auc", value=0.5, timestamp=1, step=0)
        name = f"/api/2.0/mlflow-artifacts/artifacts/{root}/secret.txt"
        assert self.call("PUT", name, b"secret", project=project).status == 200
        model = post("logged-models", experiment_id=experiment, name="m", source_run_id=run_id)
        model_id = model["model"]["info"]["model_id"]
        post("registered-models/create", name=f"model-{project}")
        post(
            "model-versions/create",
            name=f"model-{project}",
            source=f"mlflow-artifacts:/{root}/model",
            run_id=run_id,
        )
        post("registered-models/alias", name=f"model-{project}", alias="champion", version="1")
        self.things[project] = {
            "experiment": experiment,
            "run": run_id,
            "root": root,
            "model_id": model_id,
            "model": f"model-{project}",
            "name": f"secret-{project}",
        }
        return self.things[project]


def build(data: Path) -> Gates:
    place = Place(data)
    place.environment["GATES_URL"] = f"http://127.0.0.1:{place.port}"
    place.make_tables()
    gates = Gates(place)
    line = next(line for line in place.run(SEED).splitlines() if line.startswith("SEED"))
    gates.tokens = json.loads(line.removeprefix("SEED"))
    gates.start()
    for project in ("one", "two", "three"):
        gates.fill(project)
    return gates
