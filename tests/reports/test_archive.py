"""The archive of a project: all of it, the same bytes for the same state, readable with Python alone."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import tracemalloc
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
from projects.tracking import server
from reports.archive_artifacts import add_artifacts
from reports.archive_limits import set_limit
from reports.archive_zip import StableZip
from reports.archiving import request_archive
from reports.models import ProjectArchive
from tests.projects import cast as made
from tests.projects.store import Store, connected

pytestmark = [pytest.mark.django_db, pytest.mark.once]
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
listed = [name for name in names if name != "README.txt" and not name.startswith("artifacts/")]
assert all(name in readme for name in listed)
for row in rows("artifacts.csv"):
    if row["in_archive"] == "yes":
        content = archive.read(names["artifacts/" + row["path"]])
        assert (hashlib.sha256(content).hexdigest(), str(len(content))) == (row["sha256"], row["bytes"])
assert "django" not in sys.modules
print(json.dumps({
    "schema": data["schema"], "tasks": [row["title"] for row in rows("tasks.csv")],
    "asks": [row["what"] for row in rows("asks.csv")],
    "weeks": [row["week"] for row in rows("check-ins.csv")],
    "readings": [(row["criterion"], row["value"]) for row in rows("readings.csv")],
    "runs": [(row["id"], row["metric recall_score"], row["parameter depth"]) for row in rows("runs.csv")],
    "events": [row["event"] for row in rows("audit.csv")],
    "artifacts": [(row["path"], row["in_archive"]) for row in rows("artifacts.csv")],
    "documents": [name for name in names if name.startswith("documents/")],
    "verdict": data["charter"]["verdict"]["outcome"]}))
"""


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Iterator[Store]:
    with connected(tmp_path, settings) as store:
        yield store


@pytest.fixture
def project(cast: Any, store: Store, settings: Any, tmp_path: Path) -> Project:
    settings.DATA_DIR = tmp_path
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
    left(project, "1/own/artifacts/model.bin", b"\x00weights" * 1000)
    store.version(project.slug, "bearing", 1, run="own")
    nominate(project, by=cast.frank, model="bearing", version=1)
    return project


def left(project: Project, path: str, content: bytes) -> Path:
    """A file as a run leaves it in the artifact store."""
    place = server.folder() / "artifacts" / "workspaces" / project.slug / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def entries(kept: ProjectArchive) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(files.read(kept.file))) as found:
        return {name.split("/", 1)[1]: found.read(name) for name in found.namelist()}


def listed(kept: ProjectArchive) -> dict[str, dict[str, str]]:
    text = entries(kept)["artifacts.csv"].decode("utf-8-sig")
    return {row["path"]: row for row in csv.DictReader(io.StringIO(text))}


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
    assert found["artifacts"] == [["1/own/artifacts/model.bin", "yes"]]
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


def zip_of(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    kept = StableZip(file)
    kept.add_all(members)
    kept.close()
    return file.getvalue()


def test_a_zip_says_nothing_of_when_and_where() -> None:
    one, two = zip_of({"b": b"2", "a": b"1"}), zip_of({"a": b"1", "b": b"2"})
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as found:
        assert [(entry.filename, entry.date_time[0]) for entry in found.infolist()] == [
            ("a", 1980),
            ("b", 1980),
        ]


def test_what_does_not_fit_is_named_with_its_hash(cast: Any, project: Project) -> None:
    large, outside = b"L" * 1_100_000, left(project, "../elsewhere/secret.txt", b"of others")
    left(project, "1/own/artifacts/large.bin", large)
    left(project, "1/own/artifacts/plot.png", b"png")
    link = outside.parent.parent / project.slug / "1" / "link.txt"
    link.symlink_to(outside)
    set_limit(cast.organization, 1, by=cast.frank)
    kept = archive(project, cast.frank)
    rows, found = listed(kept), entries(kept)
    assert {path.rsplit("/", 1)[1]: row["in_archive"] for path, row in rows.items()} == {
        "large.bin": "no",
        "model.bin": "yes",
        "plot.png": "yes",
    }
    row = rows["1/own/artifacts/large.bin"]
    assert (row["bytes"], row["sha256"]) == ("1100000", hashlib.sha256(large).hexdigest())
    assert row["why_not"] == "It does not fit within the 1 megabyte agreed."
    assert "artifacts/1/own/artifacts/large.bin" not in found
    assert found["artifacts/1/own/artifacts/plot.png"] == b"png"
    assert b"Left out, and still in the artifact store: 1" in found["README.txt"]
    assert not any(b"of others" in content for content in found.values())
    set_limit(cast.organization, 2, by=cast.frank)
    assert entries(archive(project, cast.frank))["artifacts/1/own/artifacts/large.bin"] == large


def test_memory_does_not_grow_with_the_files(project: Project) -> None:
    place = left(project, "1/own/artifacts/large.bin", b"")
    with place.open("r+b") as file:
        file.truncate(64_000_000)
    told: list[int] = []
    with tempfile.TemporaryFile() as file:
        kept = StableZip(file)
        tracemalloc.start()
        rows = add_artifacts(kept, project.slug, megabytes=100, tell=lambda read, whole: told.append(read))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        kept.close()
    assert peak < 8_000_000
    assert max(told) == sum(row["bytes"] for row in rows) == 64_007_000 + 1_000
    assert len(told) > 60, "whoever waits sees how far it is, and can end it"


def test_the_limit_is_chosen_on_the_page(cast: Any, project: Project) -> None:
    page = f"/reports/projects/{project.pk}/archive/"
    client = cast.client("facilitator")
    assert "up to 500 MB" in client.get(page).content.decode()
    for bad in ("-1", "20001", "many", ""):
        assert client.post(f"{page}limit/", {"megabytes": bad}).status_code == 422
    assert client.post(f"{page}limit/", {"megabytes": "20"}).status_code == 302
    assert "up to 20 MB" in client.get(page).content.decode()
    project.members.create(name="Bob", email=cast.bob.email, user=cast.bob, role="lead")
    assert "Save the limit" not in cast.client("member").get(page).content.decode()
    assert cast.client("member").post(f"{page}limit/", {"megabytes": "1"}).status_code == 403
