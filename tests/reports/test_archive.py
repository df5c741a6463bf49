"""The archive of a project: all of it, the same bytes for the same state, readable with Python alone."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.actions import erase_person
from charters.queries import revision_in_force
from jobs import files, runner
from jobs.models import Job, StoredFile
from projects.actions.readings import nominate
from projects.actions.talking import ask_somebody
from projects.actions.work import add_task
from projects.models import CheckIn, Paper, Project
from projects.tracking import records
from reports.archive_zip import zip_of
from reports.archiving import request_archive
from reports.models import ProjectArchive
from tests.projects import cast as made
from tests.projects.store import Store

pytestmark = pytest.mark.django_db
# Reads the archive as somebody would who has never heard of the product: the standard library alone.
READER = """
import csv, hashlib, io, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
names = {name.split("/", 1)[1]: name for name in archive.namelist()}
data = json.loads(archive.read(names["project.json"]))
rows = lambda name: list(csv.DictReader(io.StringIO(archive.read(names[name]).decode("utf-8-sig"))))
signed = {r["number"]: r["sha256"] for r in data["charter"]["revisions"]}
text = next(name for name in names if name.endswith("-revision-1.json"))
assert hashlib.sha256(archive.read(names[text])).hexdigest() == signed[1]
assert archive.read(names[text.replace(".json", ".pdf")]).startswith(b"%PDF-")
readme = archive.read(names["README.txt"]).decode()
assert all(name in readme for name in names if name != "README.txt")
assert "django" not in sys.modules
print(json.dumps({
    "schema": data["schema"], "tasks": [row["title"] for row in rows("tasks.csv")],
    "asks": [row["what"] for row in rows("asks.csv")],
    "weeks": [row["week"] for row in rows("check-ins.csv")],
    "readings": [(row["criterion"], row["value"]) for row in rows("readings.csv")],
    "runs": [(row["id"], row["metric recall_score"], row["parameter depth"]) for row in rows("runs.csv")],
    "events": [row["event"] for row in rows("audit.csv")],
    "documents": [name for name in names if name.startswith("documents/")],
    "verdict": data["charter"]["verdict"]["outcome"]}))
"""


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Iterator[Store]:
    store = Store(tmp_path / "mlflow.db")
    settings.MLFLOW_STORE_URL = store.url
    yield store
    records._engine(store.url).dispose()
    store.close()


@pytest.fixture
def project(cast: Any, store: Store) -> Project:
    project = made.project(cast.organization, cast.frank)
    add_task(project, by=cast.frank, values={"title": "=1+1 Label"})
    values = {"what": "Access", "of_name": "Ida", "since": dt.date(2026, 1, 5)}
    ask_somebody(project, by=cast.frank, values=values)
    CheckIn.objects.create(project=project, week=dt.date(2026, 1, 5), health="red", reason="No “labels”")
    file = files.store(
        b"minutes", organization=cast.organization, name="Minutes 1.pdf", content_type="application/pdf"
    )
    Paper.objects.create(project=project, kind="document", title="Minutes", file=file)
    acting = files.store(
        b"macro", organization=cast.organization, name="Acts.docm", content_type="application/octet-stream"
    )
    Paper.objects.create(
        project=project, kind="document", title="Acts", file=acting, held_because="It holds macros."
    )
    store.run(
        project.slug,
        "own",
        metrics={"recall_score": 0.8},
        params={"depth": "3"},
        data=("holdout.csv", "abcd1234"),
    )
    store.run(project.slug, "bad", metrics={"recall_score": float("nan")}, day=1)
    store.version(project.slug, "bearing", 1, run="own")
    nominate(project, by=cast.frank, model="bearing", version=1)
    return project


def archive(project: Project, by: Any) -> ProjectArchive:
    """What the worker makes of the job."""
    job = request_archive(project, by=by)
    runner.run(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    return ProjectArchive.objects.get(project=project)


def test_it_is_read_without_the_product(cast: Any, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(files.read(archive(project, cast.frank).file))
    done = subprocess.run(
        [sys.executable, "-I", "-c", READER, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "throughline.project/1"
    assert found["tasks"] == ["'=1+1 Label"], "a spreadsheet does not run it"
    assert (found["asks"], found["weeks"]) == (["Access"], ["2026-01-05"])
    assert found["readings"] == [["c1", "0.8"]]
    assert found["runs"] == [["bad", "nan", ""], ["own", "0.8", "3"]]
    assert found["documents"] == ["documents/001-Minutes_1.pdf"]
    assert found["verdict"] == "met"
    assert {"project.opened", "project.asked", "charter.reading", "charter.frozen"} <= set(found["events"])


def test_the_same_state_gives_the_same_bytes_and_another_state_others(cast: Any, project: Project) -> None:
    first = archive(project, cast.frank).file.sha256
    assert archive(project, cast.alice).file.sha256 == first
    add_task(project, by=cast.frank, values={"title": "One more"})
    last = archive(project, cast.frank)
    assert last.file.sha256 != first
    assert ProjectArchive.objects.count() == 1
    kept = StoredFile.objects.filter(name__endswith="-archive.zip")
    assert [row.sha256 for row in kept] == [last.file.sha256], "the one before is gone"


def test_without_tracking_and_without_a_charter_it_says_so(
    cast: Any, project: Project, settings: Any
) -> None:
    settings.MLFLOW_STORE_URL = "sqlite:////nowhere/mlflow.db"
    Project.objects.filter(pk=project.pk).update(charter=None)
    content = files.read(archive(project, cast.frank).file)
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        readme = found.read(f"{project.slug}/README.txt").decode()
        assert "Tracking did not answer" in readme
        assert json.loads(found.read(f"{project.slug}/project.json"))["charter"] is None
        rows = list(csv.reader(io.StringIO(found.read(f"{project.slug}/runs.csv").decode("utf-8-sig"))))
        assert len(rows) == 1


def test_it_is_for_leads_and_facilitators(cast: Any, project: Project) -> None:
    archive(project, cast.frank)
    page = f"/reports/projects/{project.pk}/archive/"
    link = "Everything as one archive"
    assert link in cast.client("facilitator").get(f"/projects/{project.pk}/").content.decode()
    assert link not in cast.client("viewer").get(f"/projects/{project.pk}/").content.decode()
    shown = cast.client("facilitator").get(page).content.decode()
    assert f"{project.slug}-archive.zip" in shown
    download = cast.client("facilitator").get(f"{page}download/")
    content = b"".join(download.streaming_content)
    assert hashlib.sha256(content).hexdigest() in shown
    project.members.create(name="Bob", email=cast.bob.email, user=cast.bob, role="contributor")
    assert cast.client("member").get(f"{page}download/").status_code == 403
    project.members.update(role="lead")
    led = cast.client("member").get(f"{page}download/")
    assert b"".join(led.streaming_content) == content


def test_who_lost_the_right_meanwhile_gets_no_archive(cast: Any, project: Project) -> None:
    job = request_archive(project, by=cast.frank)
    membership = cast.membership("frank")
    project.members.update(left_at=dt.datetime.now(dt.UTC))
    membership.role = "viewer"
    membership.save()
    runner.run(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not ProjectArchive.objects.exists()


def test_an_erasure_removes_archives(cast: Any, project: Project) -> None:
    file = archive(project, cast.frank).file
    erase_person(cast.bob, by=cast.alice)
    assert not ProjectArchive.objects.exists()
    assert not StoredFile.objects.filter(pk=file.pk).exists()
    assert revision_in_force(project.charter) is not None


def test_a_zip_says_nothing_of_when_and_where() -> None:
    one, two = zip_of({"b": b"2", "a": b"1"}), zip_of({"a": b"1", "b": b"2"})
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as found:
        assert [(entry.filename, entry.date_time[0]) for entry in found.infolist()] == [
            ("a", 1980),
            ("b", 1980),
        ]
