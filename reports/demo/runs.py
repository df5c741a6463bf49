"""The story's runs, made in the worker by MLflow's own client, through the gate; the best is deployed."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from jobs import actions as jobs
from jobs.models import Job
from jobs.runner import Outcome, Progress
from projects.actions.readings import nominate, read_criteria
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.models import Project, ProjectToken
from projects.tracking.server import why_off
from reports.demo import bearing, people, serving
from reports.demo.access import day_zero_of, find_demo
from reports.demo.story import Entry, Story, content
from ui.errors import Conflict

JOB = "demo.runs"
TITLE = "Thirty training runs of the demo"
SCRIPT = Path("fixtures") / "demo" / "bearing_training.py"
GATE_SECONDS = 180
TOKEN, TOKEN_HOURS = "Runs of the demo", 2
RUNS, FIRST_DAY, LAST_DAY = 30, -60, -4


def project_of(organization: Organization) -> Project | None:
    """The project of the demo for which runs are told."""
    entry = content()["projects"][0]
    found = Project.objects.filter(organization=organization, charter__code=entry["charter"])
    return found.select_related("organization", "charter").first()


def are_made(project: Project) -> bool:
    """Whether the last step is done: the version is nominated."""
    return project.candidates.exists()


def request_runs(organization: Organization) -> Job | None:
    """Ask the worker for the runs where they are missing and can be made; safe to repeat."""
    project = project_of(organization)
    if project is None or why_off() or (are_made(project) and serving.is_deployed(project)):
        return None
    return jobs.request(
        JOB,
        project.pk,
        title=TITLE,
        by=None,
        organization=organization,
        key=f"{JOB}:{project.pk}",
        back_url=reverse("projects:experiments", args=[project.pk]),
    )


def newest_job(project: Project) -> Job | None:
    return Job.objects.filter(name=JOB, organization=project.organization).order_by("-created_at").first()


def build(progress: Progress, pk: str) -> Outcome:
    """Train, track, register, nominate, deploy. What an interrupted build has left is found and kept."""
    project = Project.objects.select_related("organization", "charter").get(pk=pk)
    why = why_off()
    if why:
        raise Conflict(why)
    if find_demo() != project.organization:
        raise Conflict("This project is not the demo’s.")
    wait_for_gate(progress)
    lead = _lead()
    if not are_made(project):
        _make(progress, project, lead)
    serving.deploy(project, by=lead)
    return Outcome(
        "The thirty runs are there, and the criteria are read.",
        reverse("projects:criteria", args=[project.pk]),
    )


def _make(progress: Progress, project: Project, lead: User) -> None:
    with _token(project, lead) as secret, tempfile.TemporaryDirectory(prefix="throughline-demo-") as folder:
        model, version = _train(progress, project, secret, Path(folder))
    with transaction.atomic():
        nominate(project, by=lead, model=model, version=version, note="Steady at both plants.")
        read_criteria(project)
        # Nothing goes out to invented addresses.
        people.settle_mail(people.Firm(project.organization, {}, {}))


def wait_for_gate(progress: Progress) -> None:
    """Until tracking answers; it starts beside the worker and is slower."""
    until = time.monotonic() + GATE_SECONDS
    while time.monotonic() < until:
        try:
            with urlopen(f"{settings.GATES_URL}/healthz", timeout=5):  # noqa: S310 - an operator's setting
                return
        except (URLError, OSError):
            progress("Waiting for tracking to start")
            time.sleep(1)
    raise Conflict("Tracking does not answer, so no run could be made. Start the server again to try again.")


def _lead() -> User:
    key = content()["training"]["candidate"]["nominated_by"]
    return User.objects.get(email=next(one["mail"] for one in content()["people"] if one["id"] == key))


@contextmanager
def _token(project: Project, lead: User) -> Iterator[str]:
    """A token for this build alone; one that a killed build has left is ended first."""
    for left in ProjectToken.objects.filter(project=project, user=lead, name=TOKEN, revoked_at=None):
        revoke_project_token(left, by=lead)
    ends = timezone.now() + dt.timedelta(hours=TOKEN_HOURS)
    token, secret = create_project_token(
        project, by=lead, scope=ProjectToken.Scope.TRACKING, name=TOKEN, expires_at=ends
    )
    try:
        yield secret
    finally:
        revoke_project_token(token, by=lead)


def _train(progress: Progress, project: Project, secret: str, folder: Path) -> tuple[str, int]:
    """Run the script; what it prints is the progress and, at last, the version to nominate."""
    for name in bearing.FILES:
        (folder / name).write_bytes(bearing.csv_file(name))
    plan = folder / "plan.json"
    plan.write_text(json.dumps(plan_of(_story_of(project), folder)), encoding="utf-8")
    command = [sys.executable, str(settings.BASE_DIR / SCRIPT), str(plan)]
    with (folder / "errors.txt").open("w+b") as errors:
        child = subprocess.Popen(
            command, cwd=folder, env=_environment(project, secret), stdout=subprocess.PIPE, stderr=errors
        )
        try:
            found = _follow(progress, child)
            if child.wait() or found is None:
                raise RuntimeError(f"The demo’s training failed: {_tail(errors)}")
        finally:
            child.kill()
            child.communicate()
    return found


def _follow(progress: Progress, child: subprocess.Popen[bytes]) -> tuple[str, int] | None:
    found = None
    for line in child.stdout or ():
        word, *rest = line.decode().split()
        if word == "RUN":
            progress(f"Run {rest[0]} of {RUNS}", int(rest[0]), RUNS)
        elif word == "CANDIDATE":
            found = (rest[0], int(rest[1]))
    return found


def _tail(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace")[-2000:]


def _environment(project: Project, secret: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "_MLFLOW"))}
    return kept | {
        "MLFLOW_TRACKING_URI": f"{settings.GATES_URL}/mlflow/{project.slug}",
        "MLFLOW_TRACKING_TOKEN": secret,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(settings.BASE_DIR / "client" / "src"),
        "PYTHONWARNINGS": "ignore",
    }


def _story_of(project: Project) -> Story:
    """The story with the day 0 that this demo was loaded with, which may be weeks ago."""
    return Story(content(), day_zero_of(project.organization))


def plan_of(story: Story, folder: Path) -> dict[str, Any]:
    """What the script is told: files, models, and who tried what on which day."""
    training: Entry = story.content["training"]
    candidate = training["candidate"]
    rows = [_told(story, number) for number in range(1, RUNS + 1)]
    return {
        "experiment": "bearing-failure-warning",
        "folder": str(folder),
        "train": "bearing_train.csv",
        "holdout": "bearing_holdout_2h.csv",
        "features": training["features"],
        "label": training["label"],
        "thresholds": training["runs"]["thresholds"],
        "models": training["runs"]["models"],
        "runs": rows,
        "candidate": candidate,
        "versions": [one["run"] for one in training["versions"]],
        "evaluation": {
            "file": "bearing_bench.csv",
            "slice": "plant = Bergen",
            "by": story.name(candidate["nominated_by"]),
            "at": _milliseconds(story, LAST_DAY, "16:00"),
        },
    }


def _told(story: Story, number: int) -> dict[str, Any]:
    """Eight weeks of trying, on working days, each run by the one whose turn it was."""
    made_by: Entry = story.content["training"]["runs"]["made_by"]
    spans = [(tuple(map(int, span.split("-"))), person) for span, person in made_by.items()]
    person = next(person for (first, last), person in spans if first <= number <= last)
    day = story.working_day(FIRST_DAY + (LAST_DAY - FIRST_DAY) * (number - 1) // (RUNS - 1))
    # Later runs of one day stand later in it.
    at = _milliseconds(story, day, f"{9 + number // 6}:{10 + 7 * (number % 6)}")
    return {"by": story.name(person), "at": at}


def _milliseconds(story: Story, day: int, time_of_day: str) -> int:
    return int(story.moment(day, time_of_day).timestamp() * 1000)
