"""The demo's runs, made by the stock client in a real worker's job: killed half way, made good, read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from deployments import sandbox
from jobs.models import Job
from projects.models import Candidate, Project
from projects.tracking import server
from reports.demo import runs, serving, serving_panel
from reports.demo.loader import load
from tests.faults.server import Place, place
from tests.projects.gates_place import Gates
from tests.reports.test_demo import NOW

RUN = "from jobs import runner; from jobs.models import Job; "
RUN += "runner.run(str(Job.objects.filter(name='demo.runs').latest('created_at').pk))"
AGAIN = "from jobs.models import Job; Job.objects.filter(name='demo.runs').update(state='queued')"
SEEN = """
import json
from accounts import audit
from accounts.models import OutgoingMail
from charters.keeping import lived_revision, standing_of
from deployments.models import Release
from jobs.models import Job
from projects.models import Project
from projects.tracking import records
from reports.demo.runs import request_runs
project = Project.objects.get()
candidate = project.candidates.get()
judged = standing_of(lived_revision(project.charter), candidate=candidate.label).judged
page = records.runs_of(project.slug, records.Wish())
print("SEEN" + json.dumps({
    "job": Job.objects.get(name="demo.runs").message,
    "candidate": candidate.label,
    "read": {
        one.criterion.key: [one.verdict.outcome, one.row and one.row.source, one.verdict.why]
        for one in judged
    },
    "names": sorted(run.name for run in page.runs),
    "states": sorted({run.state for run in page.runs}),
    "by": sorted({run.by for run in page.runs}),
    "versions": sorted([row.version, row.run] for row in records.versions_of(project.slug)),
    "curves": sum("training_log_loss" in run.metrics for run in page.runs),
    "recall": next(run.metrics["recall_score"] for run in page.runs if run.id == candidate.run),
    "inputs": [row.name for row in records.run_detail(project.slug, candidate.run).inputs],
    "mail": OutgoingMail.objects.filter(state="queued").count(),
    "tokens": project.tokens.filter(revoked_at=None).count(),
    "releases": list(Release.objects.values_list("deployment__name", "model", "version", "state", "why")),
    "gate": {one["key"]: one["holds"] for one in Release.objects.get().gate},
    "again": request_runs(project.organization) is None,
    "intact": audit.verify().intact,
}))
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Gates]:
    """An installation with the demo loaded and its gate running; the worker is played by the test."""
    if not server.is_installed():
        pytest.skip("The [ml] extra is not installed.")
    with place(tmp_path, THROUGHLINE_DEMO="1") as own:
        own.environment["GATES_URL"] = f"http://127.0.0.1:{own.port}"
        own.manage("prepare", "--demo")
        gates = Gates(own)
        gates.start()
        try:
            yield gates
        finally:
            gates.stop(signal.SIGKILL)


def progress(own: Place) -> int:
    database = sqlite3.connect(own.data / "throughline.sqlite3", timeout=30)
    try:
        return int(database.execute("SELECT done FROM jobs_job WHERE name = 'demo.runs'").fetchone()[0])
    finally:
        database.close()


@pytest.mark.slow
@pytest.mark.xdist_group("mlflow")
def test_the_runs_are_made_once_also_when_the_worker_is_killed(demo: Gates) -> None:
    own = demo.place
    worker = own.begin("shell", "-v0", "-c", RUN)
    until = time.monotonic() + 300
    while progress(own) < 3:
        assert worker.poll() is None, worker.communicate()
        assert time.monotonic() < until
        time.sleep(0.2)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(30)
    own.run(AGAIN)
    own.manage("shell", "-v0", "-c", RUN)
    line = next(line for line in own.run(SEEN).splitlines() if line.startswith("SEEN"))
    told = json.loads(line.removeprefix("SEEN"))
    assert told["job"] == "The thirty runs are there, and the criteria are read."
    assert told["names"] == sorted([*NAMES, "test-bench"])
    assert told["states"] == ["FINISHED"]
    assert told["by"] == ["Priya Nandakumar", "Tomasz Wierzba", "Viktor Petkov"]
    assert [version for version, _ in told["versions"]] == [1, 2, 3]
    assert told["candidate"] == "bearing-failure-warning/3"
    assert told["curves"] == 12
    assert set(told["inputs"]) == {"bearing_holdout_2h.csv", "bearing_train.csv"}
    # Four points from the target of 0.75: another version of scikit-learn does not turn the verdict.
    assert 0.66 < told["recall"] < 0.74
    found = {key: (outcome, source) for key, (outcome, source, _) in told["read"].items()}
    assert found["c1"] == ("missed", "tracking")
    assert found["c2"] == ("met", "tracking")
    assert found["c3"] == ("does_not_count", "tracking")
    assert told["read"]["c3"][2] == "Measured on bearing_bench.csv; the charter names bearing_bergen.csv."
    name = "bearing-failure-warning"
    assert told["releases"] == [[name, name, 3, "waiting", serving.WHY]]
    # Each model names what it asks for, so that a form can.
    models = [path.read_text() for path in own.data.rglob("MLmodel")]
    assert len(models) >= 30
    assert all("vibration_rms" in text for text in models)
    holds = {"charter": True, "musts": False, "fallback": True, "owner": True, "reference": True}
    assert told["gate"].items() >= holds.items()
    assert (told["mail"], told["tokens"], told["again"], told["intact"]) == (0, 0, True, True)


NAMES = [f"{'logistic' if at < 10 else 'forest' if at < 19 else 'boosting'}-{at:02d}" for at in range(1, 31)]


@pytest.fixture
def project(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings.DEMO = True
    monkeypatch.setenv("GATES", "on")
    found = runs.project_of(load(NOW).organization)
    assert found is not None
    return found


def page_of(project: Project) -> str:
    client = Client()
    client.force_login(project.created_by)  # type: ignore[arg-type]
    answer = client.get(f"/projects/{project.pk}/criteria/")
    assert answer.status_code == 200
    return answer.content.decode()


def panel_of(project: Project) -> str:
    """What the page says about the demo's runs."""
    return page_of(project).partition('id="demo-runs"')[2].partition("</div>")[0]


def live_page_of(project: Project) -> str:
    client = Client()
    client.force_login(project.created_by)  # type: ignore[arg-type]
    return client.get(f"/deployments/{project.deployments.get().pk}/?span=30d").content.decode()


def test_the_page_says_how_it_stands_with_the_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """One load for every state: not asked for, under way, failed, impossible here, made."""
    assert "Runs are missing" in panel_of(project)
    monkeypatch.setattr(runs, "why_off", lambda: "")
    job = runs.request_runs(project.organization)
    assert job is not None
    assert runs.request_runs(project.organization) == job
    assert ' hx-get=""' in panel_of(project)
    monkeypatch.setattr(serving_panel, "why_off", lambda: "")
    monkeypatch.setattr(sandbox, "why_off", lambda: "")
    assert "The version is deployed once the" in live_page_of(project)
    monkeypatch.setattr(sandbox, "why_off", lambda: "The sandbox is missing here.")
    missing = live_page_of(project)
    assert "The sandbox is missing here. What happened and the figures of past weeks are simulated" in missing
    assert "Simulated" in missing
    Job.objects.filter(pk=job.pk).update(state="failed", message="Tracking does not answer.")
    failed = panel_of(project)
    assert "Tracking does not answer." in failed
    assert "hx-get" not in failed
    assert runs.request_runs(project.organization) != job
    monkeypatch.undo()
    monkeypatch.setenv("GATES", "off")
    assert "No runs in this demo" in panel_of(project)
    assert runs.request_runs(project.organization) is None
    Candidate.objects.create(project=project, model="bearing", version=1)
    assert "demo-runs" not in page_of(project)
