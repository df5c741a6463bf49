"""The product measures the nominated version itself, on the file that was signed, in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from charters.actions import freeze_revision, record_reading
from charters.keeping import standing_of
from charters.models import Charter, Reading, Revision
from charters.queries import revision_in_force
from deployments import processes, sandbox
from deployments.evaluation.readings import differences_of, failures_of
from deployments.models import Evaluation
from jobs import files
from jobs.actions import cancel
from jobs.models import Event, Job
from jobs.runner import Progress, run
from projects.actions import open_from_charter
from projects.actions.readings import nominate
from projects.models import Project
from projects.tracking import model_files
from projects.tracking import server as tracking
from tests.charters.cases import complete_fields
from tests.charters.cast import write_charter
from tests.projects.store import Store, connected

pytestmark = [pytest.mark.django_db, pytest.mark.once]
KEY = "recall_score"
# 60 rows, 40 of them positive; the model of these tests says yes from a heat of 0.5 on: recall 0.75.
ROWS = [(1.0, 1, "Moss")] * 30 + [(0.0, 1, "Oslo")] * 10 + [(0.0, 0, "Moss")] * 20
FILE = ("heat,fails,plant\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)).encode()
SHA256 = hashlib.sha256(FILE).hexdigest()
MLMODEL = """
flavors: {python_function: {loader_module: warner, code: code}}
model_uuid: warner
signature:
  inputs: '[{"type": "double", "name": "heat", "required": true}]'
  outputs: '[{"type": "long"}]'
"""
CODE = """
import pathlib
class Warner:
    def predict(self, rows):
        assert list(rows.columns) == ["heat"]
        assert not list(pathlib.Path("/").glob("work/main/var*"))
        return (rows.heat > 0.5).astype("int64").to_numpy()
def _load_pyfunc(path):
    return Warner()
"""


@pytest.fixture
def project(cast: Any, request: pytest.FixtureRequest) -> Project:
    """Two criteria on one signed file: recall, and recall on a slice. A test may give them parts."""
    parts: dict[str, dict[str, str]] = getattr(request, "param", {})
    fields = complete_fields()["criterion.c1"] | {"sha256": SHA256, "by": "2035-12-11"}
    oslo = {"name": "At Oslo", "kind": "guard_rail", "slice": "plant = Oslo"}
    charter = write_charter(
        SimpleNamespace(organization=cast.organization, frida=cast.frank),
        criterion__c1=fields | parts.get("c1", {}),
        criterion__c3=fields | oslo | parts.get("c3", {}),
    )
    revision = freeze_revision(charter, by=cast.frank)
    Revision.objects.filter(pk=revision.pk).update(state="in_force", in_force_at=timezone.now())
    Charter.objects.filter(pk=charter.pk).update(state="in_force")
    charter.refresh_from_db()
    return open_from_charter(charter, by=cast.frank)


@pytest.fixture
def store(tmp_path: Path, settings: Any, project: Project, cast: Any) -> Iterator[Store]:
    """A tracking store in which warner/1 is nominated and has its files; warner/2 is registered, too."""
    settings.DATA_DIR = tmp_path
    with connected(tmp_path, settings) as store:
        store.run(project.slug, "own")
        model_id = store.version(project.slug, "warner", 1, run="own")
        store.version(project.slug, "warner", 2, run="own")
        place = f"mlflow-artifacts:/workspaces/{project.slug}/1/{model_id}"
        store._database.executescript(
            f"""ALTER TABLE logged_models ADD COLUMN experiment_id INTEGER;
            ALTER TABLE logged_models ADD COLUMN artifact_location TEXT;
            ALTER TABLE model_versions ADD COLUMN storage_location TEXT;
            UPDATE model_versions SET storage_location = '{place}';"""  # noqa: S608
        )
        folder = tmp_path / "mlflow" / "artifacts" / "workspaces" / project.slug / "1" / model_id
        (folder / "code").mkdir(parents=True)
        (folder / "MLmodel").write_text(MLMODEL)
        (folder / "code" / "warner.py").write_text(CODE)
        nominate(project, by=cast.frank, model="warner", version=1)
        yield store


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages answer as where there is a sandbox; what is asked for is not run."""
    monkeypatch.setattr(sandbox, "why_off", lambda: "")


def send(cast: Any, project: Project, content: bytes = FILE, role: str = "facilitator", **more: str) -> Any:
    data = {"file": SimpleUploadedFile("holdout.csv", content), "target": "fails", **more}
    return cast.client(role).post(f"/deployments/verify/{project.pk}/", data)


def report(cast: Any, project: Project, value: float, key: str = "c1", slice_: str = "") -> None:
    """What the team says itself of the same version and file."""
    record_reading(
        revision_in_force(project.charter),
        key,
        by=cast.frank,
        taken_on=timezone.localdate(),
        value=value,
        unit="fraction",
        metric_key=KEY,
        candidate="warner/1",
        data_name="holdout.csv",
        data_sha256=SHA256,
        slice=slice_,
    )


def outcomes(project: Project) -> dict[str, str]:
    judged = standing_of(revision_in_force(project.charter), candidate="warner/1").judged
    return {item.criterion.key: str(item.verdict.outcome) for item in judged}


needs_a_sandbox = pytest.mark.skipif(
    not tracking.is_installed() or bool(sandbox.why_off()), reason="needs the [ml] extra and a sandbox"
)


@needs_a_sandbox
def test_the_product_measures_and_its_figure_decides(
    cast: Any, project: Project, store: Store, settings: Any
) -> None:
    report(cast, project, 0.9)
    assert outcomes(project)["c1"] == "met"
    assert send(cast, project).status_code == 302
    run(str(Job.objects.get().pk))
    assert Job.objects.get().message == "2 readings are verified."
    verified = {row.criterion: row for row in Reading.objects.filter(source="verified")}
    assert {key: row.value for key, row in verified.items()} == {"c1": 0.75, "c3": 0.0}
    assert (verified["c1"].data_sha256, verified["c1"].candidate) == (SHA256, "warner/1")
    assert (outcomes(project)["c1"], outcomes(project)["c3"]) == ("met", "missed")
    report(cast, project, 0.4)
    assert outcomes(project)["c1"] == "met"

    found = Evaluation.objects.get()
    assert (found.state, found.figures["c1"]["rows"], found.figures["c1"]["reported"]) == ("done", 60, 0.9)
    [folder] = Path(settings.DATA_DIR).glob("mlflow/artifacts/workspaces/*/1/*")
    assert found.files_sha256 == model_files.digest(folder)
    assert Event.objects.filter(kind="reading.differs").count() == 1
    page = cast.client("viewer").get(f"/projects/{project.pk}/criteria/").content.decode()
    assert "reported 0.4, the product measured 0.75. The verdict is another one." in page
    assert "Verified: the product ran the evaluation" in page
    page = cast.client("viewer").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "0.75 on 60 rows; reported was 0.9" in page
    assert failures_of(project, "warner", 2) == []

    again = cast.client("facilitator").post(f"/deployments/verify/again/{found.pk}/")
    assert again.status_code == 302
    assert Evaluation.objects.count() == 2
    run(str(Job.objects.filter(state="queued").get().pk))
    assert Reading.objects.filter(source="verified", criterion="c1").count() == 2


@needs_a_sandbox
def test_a_target_that_is_not_there_ends_in_words(cast: Any, project: Project, store: Store) -> None:
    assert send(cast, project, target="failed").status_code == 302
    run(str(Job.objects.get().pk))
    found = Evaluation.objects.get()
    assert found.state == "failed"
    assert found.message == "The file has no column failed. It has: heat, fails, plant."
    assert not Reading.objects.filter(source="verified").exists()
    page = cast.client("viewer").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "The file has no column failed." in page


@needs_a_sandbox
def test_cancelling_ends_the_program_that_runs(
    cast: Any, project: Project, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = CODE.replace(
        "        return", "        import threading; threading.Event().wait()\n        return"
    )
    [code] = tmp_path.glob("mlflow/artifacts/**/warner.py")
    code.write_text(hangs)
    assert send(cast, project).status_code == 302
    job, asked = Job.objects.get(), Progress.cancelled

    def cancelled(progress: Progress) -> bool:
        # The button is pressed while the model answers.
        row = Job.objects.get(pk=job.pk)
        if row.step == "The model answers" and processes.named(str(tmp_path / "serving" / "evaluations")):
            cancel(row)
        return asked(progress)

    monkeypatch.setattr(Progress, "cancelled", cancelled)
    run(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.message) == ("cancelled", "Cancelled. Nothing was changed.")
    found = Evaluation.objects.get()
    assert (found.state, found.message) == ("failed", "It was cancelled.")
    assert not Reading.objects.filter(source="verified").exists()
    assert processes.named(str(tmp_path / "serving" / "evaluations")) == []


@needs_a_sandbox
def test_another_version_nominated_meanwhile_is_not_given_the_figures(
    cast: Any, project: Project, store: Store
) -> None:
    assert send(cast, project).status_code == 302
    nominate(project, by=cast.frank, model="warner", version=2)
    run(str(Job.objects.get().pk))
    assert "Another version was nominated meanwhile" in Job.objects.get().message
    assert not Reading.objects.filter(source="verified").exists()


@pytest.mark.usefixtures("ready")
def test_another_file_is_refused_with_both_hashes(cast: Any, project: Project, store: Store) -> None:
    answer = send(cast, project, FILE + b"1,1,Moss\n")
    assert answer.status_code == 422
    other = hashlib.sha256(FILE + b"1,1,Moss\n").hexdigest()
    page = answer.content.decode()
    assert f"Its SHA-256 is {other[:16]}…; signed are holdout.csv: {SHA256[:16]}…." in page
    assert not Evaluation.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.usefixtures("ready")
def test_a_signed_file_that_is_kept_here_can_be_chosen(cast: Any, project: Project, store: Store) -> None:
    def press(kept: str) -> Any:
        return cast.client("facilitator").post(
            f"/deployments/verify/{project.pk}/", {"kept": kept, "target": "fails"}
        )

    given = {"name": "holdout.csv", "content_type": "text/csv"}
    kept = files.store(FILE, organization=cast.organization, **given)
    strange = files.store(FILE, organization=cast.other, **given)
    other = files.store(b"a\n1\n", organization=cast.organization, **given)
    for wrong in (str(strange.pk), str(other.pk), ""):
        assert press(wrong).status_code == 422
    assert press(str(kept.pk)).status_code == 302
    assert Evaluation.objects.get().file == kept


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("threshold", ["2", "-0.1", "nan", "much", "0", "1"])
def test_a_threshold_is_a_share(cast: Any, project: Project, store: Store, threshold: str) -> None:
    assert send(cast, project, threshold=threshold).status_code == 422
    assert not Evaluation.objects.exists()


def test_without_a_sandbox_the_page_says_so(
    cast: Any, project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "why_off", lambda: "The sandbox is missing here.")
    page = cast.client("facilitator").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "The sandbox is missing here." in page
    assert 'type="file"' not in page
    assert send(cast, project).status_code == 409


def test_without_a_candidate_nothing_is_measured(cast: Any, project: Project) -> None:
    page = cast.client("facilitator").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "No version is nominated yet." in page
    assert send(cast, project).status_code == 409


@pytest.mark.usefixtures("ready")
def test_figures_that_agree_are_no_finding(cast: Any, project: Project, store: Store) -> None:
    report(cast, project, 0.7512)
    record_reading(
        revision_in_force(project.charter),
        "c1",
        by=None,
        taken_on=timezone.localdate(),
        value=0.7537,
        source=Reading.Source.VERIFIED,
        unit="fraction",
        metric_key=KEY,
        candidate="warner/1",
        data_name="holdout.csv",
        data_sha256=SHA256,
    )
    assert differences_of(project, "warner/1") == []
    report(cast, project, 0.7451)
    [found] = differences_of(project, "warner/1")
    assert found.turns
    gate = cast.client("viewer").get(f"/deployments/deploy/{project.slug}/warner/1/").content.decode()
    assert "reported 0.7451, the product measured 0.7537. The verdict is another one." in gate
