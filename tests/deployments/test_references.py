"""Reference samples: uploaded, kept by the client, or sampled by the gateway."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import AuditEvent
from deployments import tasks
from deployments.models import Batch, Deployment, Environment, Reference, Release, Sample
from deployments.references import find_reference, sample_from_gateway, smoke_rows
from deployments.supervision.steps import spec_of
from deployments.tables import Unreadable, read_table
from jobs import files
from jobs.models import StoredFile
from projects.models import Project
from tests.projects import cast as made
from tests.projects.store import Store, connected
from ui.errors import Conflict, TooMany

pytestmark = pytest.mark.django_db
GOOD = b"slope,bench\n" + b"".join(b"%d.5,%s\n" % (at, b"ab"[at % 2 : at % 2 + 1]) for at in range(150))
MLMODEL = """
flavors: {python_function: {loader_module: mlflow.sklearn, python_version: 3.11.2}}
signature: {inputs: '[{"type": "double", "name": "slope", "required": true}]', outputs: null}
"""


@pytest.fixture
def project(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


@pytest.fixture
def store(tmp_path: Path, settings: Any, project: Project) -> Iterator[Store]:
    """A tracking store with bearing/1, whose model lies in the artifact store."""
    settings.DATA_DIR = tmp_path
    with connected(tmp_path, settings) as store:
        store.run(project.slug, "own", metrics={"loss": 0.1})
        model_id = store.version(project.slug, "bearing", 1, run="own")
        place = f"mlflow-artifacts:/workspaces/{project.slug}/1"
        store._database.executescript(
            f"""ALTER TABLE runs ADD COLUMN artifact_uri TEXT;
            ALTER TABLE logged_models ADD COLUMN experiment_id INTEGER;
            ALTER TABLE logged_models ADD COLUMN artifact_location TEXT;
            ALTER TABLE model_versions ADD COLUMN storage_location TEXT;
            UPDATE runs SET artifact_uri = '{place}/own/artifacts';
            UPDATE logged_models SET experiment_id = 1, artifact_location = '{place}/{model_id}';"""  # noqa: S608
        )
        folder = tmp_path / "mlflow" / "artifacts" / "workspaces" / project.slug / "1"
        (folder / model_id).mkdir(parents=True)
        (folder / model_id / "MLmodel").write_text(MLMODEL)
        (folder / "own" / "artifacts").mkdir(parents=True)
        yield store


def parquet(columns: dict[str, list[Any]]) -> bytes:
    pa = pytest.importorskip("pyarrow")
    buffer = io.BytesIO()
    __import__("pyarrow.parquet").parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def upload(cast: Any, project: Project, name: str, content: bytes, version: int = 1) -> Any:
    address = f"/deployments/reference/{project.slug}/bearing/{version}/"
    return cast.client("facilitator").post(address, {"file": SimpleUploadedFile(name, content)})


def test_an_uploaded_table_becomes_the_reference(cast: Any, project: Project, store: Store) -> None:
    assert upload(cast, project, "training.csv", GOOD).status_code == 302
    kept = Reference.objects.get()
    assert (kept.source, kept.rows, kept.made_by) == ("upload", 150, cast.frank)
    assert kept.profile["columns"]["slope"]["kind"] == "number"
    assert kept.profile["columns"]["bench"]["shares"] == {"a": 0.5, "b": 0.5}
    page = cast.client("viewer").get(f"/deployments/reference/{project.slug}/bearing/1/").content.decode()
    assert "150 rows" in page
    assert "0.5 to 149.5" in page
    assert 'name="file"' not in page
    # The same file again is the same reference; another one takes its place.
    upload(cast, project, "training.csv", GOOD)
    assert Reference.objects.count() == 1
    upload(cast, project, "training.csv", GOOD + b"1,a\n")
    assert find_reference(project, "bearing", 1).rows == 151


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.xlsx", b"x", "A CSV file (.csv) or a Parquet file"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"a,b\n", "no rows"),
        ("a.csv", b"a,a\n1,2\n", "Two columns are named a"),
        ("a.csv", b"a,b\n1\n", "Line 2 has 1 values, the first line 2"),
        ("a.csv", b"a,b\n1,\xff\n", "not in UTF-8"),
        ("a.csv", b'a,b\n"1,2\n', "cannot be read"),
        ("a.parquet", b"PAR1 but no table", "no Parquet table"),
        ("a.json", b'{"columns": ["a"], "data": [[1, 2]]}', "another number of values"),
        ("a.json", b"[" * 100_000, "must have"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(
    cast: Any, project: Project, store: Store, name: str, content: bytes, why: str
) -> None:
    response = upload(cast, project, name, content)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Reference.objects.exists()


def test_only_those_who_work_on_it_and_only_registered_versions(
    cast: Any, project: Project, store: Store
) -> None:
    address = f"/deployments/reference/{project.slug}/bearing/1/"
    file = {"file": SimpleUploadedFile("a.csv", GOOD)}
    assert cast.client("stranger").post(address, file).status_code == 404
    assert cast.client("viewer").post(address, file).status_code == 403
    assert upload(cast, project, "a.csv", GOOD, version=2).status_code == 404
    assert not Reference.objects.exists()


def test_values_keep_their_kind() -> None:
    table = read_table("a.csv", b"n;f;t;w\n1;0,5;true;x\n2;;false;NA\nNaN;1;;\n")
    assert table.columns == {
        "n": [1, 2, None],
        "f": ["0,5", None, "1"],
        "t": [True, False, None],
        "w": ["x", "NA", None],
    }
    given = {"when": [None, 2], "x": [float("inf"), 1.5]}
    read = read_table("a.parquet", parquet(given))
    assert read.columns == {"when": [None, 2], "x": [None, 1.5]}
    with pytest.raises(Unreadable, match="more than 2 rows"):
        read_table("a.parquet", parquet({"x": [1, 2, 3]}), most_rows=2)
    with pytest.raises(Unreadable, match="more than 2 rows"):
        read_table("a.csv", b"x\n1\n2\n3\n", most_rows=2)


@pytest.mark.parametrize("beside", ["m-bearing1", "own/artifacts"])
def test_the_sample_of_the_client_is_found(
    cast: Any, project: Project, store: Store, tmp_path: Path, beside: str
) -> None:
    assert find_reference(project, "bearing", 1) is None
    folder = tmp_path / "mlflow" / "artifacts" / "workspaces" / project.slug / "1" / beside / "throughline"
    folder.mkdir()
    (folder / "reference.parquet").write_bytes(parquet({"slope": [0.5, 1.5] * 60, "truth": [0, 1] * 60}))
    found = find_reference(project, "bearing", 1)
    assert found is not None
    assert (found.source, found.rows) == ("client", 120)
    assert smoke_rows(project, "bearing", 1, limit=2) == [{"slope": 0.5}, {"slope": 1.5}]
    assert find_reference(project, "bearing", 1) == found


def test_a_place_outside_of_the_project_is_not_read(
    cast: Any, project: Project, store: Store, tmp_path: Path
) -> None:
    other = tmp_path / "mlflow" / "artifacts" / "workspaces" / "other" / "1" / "throughline"
    other.mkdir(parents=True)
    (other / "reference.parquet").write_bytes(parquet({"x": [1.0] * 120}))
    for place in ("mlflow-artifacts:/workspaces/other/1", f"{tmp_path}/mlflow/artifacts/workspaces/other/1"):
        store._database.execute("UPDATE runs SET artifact_uri = ?", (place,))
        store._database.execute("UPDATE logged_models SET artifact_location = ?", (place,))
        store._database.commit()
        assert find_reference(project, "bearing", 1) is None


def test_without_a_sample_the_example_of_the_model_is_tried(
    cast: Any, project: Project, store: Store, tmp_path: Path
) -> None:
    assert smoke_rows(project, "bearing", 1) is None
    folder = tmp_path / "mlflow" / "artifacts" / "workspaces" / project.slug / "1" / "m-bearing1"
    (folder / "MLmodel").write_text(f"{MLMODEL}saved_input_example_info: {{artifact_path: example.json}}\n")
    (folder / "example.json").write_text(json.dumps({"columns": ["slope"], "data": [[7.0]]}))
    assert smoke_rows(project, "bearing", 1) == [{"slope": 7.0}]


def test_rows_that_the_gateway_sampled_can_be_the_reference(cast: Any, project: Project) -> None:
    environment = Environment.objects.filter(organization=cast.organization).first() or (
        Environment.objects.create(organization=cast.organization, name="Own", slug="own")
    )
    deployment = Deployment.objects.create(
        organization=cast.organization, project=project, environment=environment, name="leaks", title="Leaks"
    )
    with pytest.raises(Conflict, match="No version has been live"):
        sample_from_gateway(deployment, by=cast.frank)
    release = Release.objects.create(
        deployment=deployment, number=1, model="bearing", version=1, state="live", live_at=timezone.now()
    )
    with pytest.raises(Conflict, match="0 sampled rows are kept, 100 are needed"):
        sample_from_gateway(deployment, by=cast.frank)
    Sample.objects.bulk_create(
        Sample(
            deployment=deployment, release=release, request_id=str(at), at=timezone.now(), row={"x": at / 2}
        )
        for at in range(120)
    )
    address = f"/deployments/{deployment.pk}/samples/reference/"
    assert cast.client("member").post(address).status_code == 403
    assert cast.client("facilitator").post(address).status_code == 302
    kept = Reference.objects.get()
    assert (kept.source, kept.rows, kept.model, kept.version) == ("gateway", 120, "bearing", 1)
    assert kept.profile["columns"]["x"]["max"] == 59.5


NAMES = b"slope,name,bench\n" + b"".join(
    b"%d.5,%s,%s\n" % (at, b"Gunhild" if at % 3 else b"Torvald", b"ab"[at % 2 : at % 2 + 1])
    for at in range(150)
)


def masking(cast: Any, deployment: Deployment, *columns: str) -> None:
    """Through the page that says what is kept."""
    values = {
        "owner": "", "error_limit": "1", "drift_limit": "0.2", "missing_limit": "10", "quiet_minutes": "60",
        "keeps_samples": "on", "sample_days": "30", "masked": list(columns),
    }  # fmt: skip
    response = cast.client("facilitator").post(f"/deployments/{deployment.pk}/watching/", values)
    assert response.status_code == 302, response.content.decode()


@pytest.fixture
def served(cast: Any, project: Project, store: Store) -> Deployment:
    """bearing/1 with a reference sample in which names stand."""
    environment = Environment.objects.get(organization=cast.organization, slug="production")
    deployment = Deployment.objects.create(
        organization=cast.organization, project=project, environment=environment, name="w", title="W"
    )
    inputs = [{"name": "slope", "type": "double"}, {"name": "name", "type": "string"}]
    Release.objects.create(
        deployment=deployment, number=1, model="bearing", version=1, state="live", live_at=timezone.now(),
        signature={"inputs": inputs},
    )  # fmt: skip
    assert upload(cast, project, "training.csv", NAMES).status_code == 302
    return deployment


def pages(cast: Any, deployment: Deployment) -> str:
    """All that shows something of the reference sample."""
    assert deployment.project is not None
    addresses = [
        f"/deployments/reference/{deployment.project.slug}/bearing/1/",
        f"/deployments/{deployment.pk}/use/",
        f"/deployments/{deployment.pk}/",
        f"/deployments/card/{deployment.project.slug}/bearing/1/",
        f"/deployments/{deployment.pk}/watching/",
    ]
    answers = [cast.client("facilitator").get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    return "".join(answer.content.decode() for answer in answers)


def everything_kept(folder: Path) -> bytes:
    """The bytes of all stored files."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_column_that_is_masked_later_leaves_the_reference_sample_too(
    cast: Any, served: Deployment, settings: Any
) -> None:
    project = served.project
    assert project is not None
    assert "Gunhild" in pages(cast, served)
    asked = files.store(b"Gunhild", organization=cast.organization, name="a.csv", content_type="text/csv")
    Batch.objects.create(deployment=served, asked_by=cast.frank, file=asked, rows=1, done_at=timezone.now())
    masking(cast, served, "name")
    reference = Reference.objects.get()
    assert "Gunhild" not in pages(cast, served)
    assert 'Masked: <span dir="auto">name</span>' in pages(cast, served)
    assert set(reference.profile["columns"]) == {"slope", "bench"}
    assert reference.file is not None
    assert read_table(reference.file.name, files.read(reference.file)).columns["bench"][0] == "a"
    assert b"Gunhild" not in files.read(reference.file)
    assert not Batch.objects.exists()
    assert list(StoredFile.objects.all()) == [reference.file]
    assert AuditEvent.objects.filter(event="reference.masked").count() == 1
    # What is handed in later, and what the gateway has sampled, comes without it too.
    upload(cast, project, "training.csv", NAMES + b"1.5,Gunhild,a\n")
    for at in range(120):
        row = {"slope": at / 2, "name": "Gunhild"}
        Sample.objects.create(
            deployment=served, release=served.releases.get(), request_id=str(at), at=timezone.now(), row=row
        )
    sample_from_gateway(served, by=cast.frank)
    assert Reference.objects.count() == 3
    for one in Reference.objects.select_related("file"):
        assert "name" not in one.profile["columns"]
        assert one.file is not None
        assert b"Gunhild" not in files.read(one.file)
    assert "Gunhild" not in pages(cast, served)
    # It does not come back.
    masking(cast, served)
    assert "Gunhild" not in pages(cast, served)


def test_a_file_that_cannot_be_rewritten_goes(cast: Any, served: Deployment) -> None:
    broken = files.store(b"name", organization=cast.organization, name="a.csv", content_type="text/csv")
    Reference.objects.update(file=broken)
    masking(cast, served, "name")
    reference = Reference.objects.get()
    assert (reference.file, set(reference.profile["columns"])) == (None, {"slope", "bench"})


def test_while_a_sample_waits_to_be_rewritten_nobody_reads_the_column(
    cast: Any, served: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another model of the same project nothing is masked."""
    project = served.project
    assert project is not None
    Reference.objects.create(
        project=project, model="other", version=1, source="upload", sha256="0", rows=1,
        profile=Reference.objects.get().profile,
    )  # fmt: skip

    def busy(*given: Any) -> None:
        raise TooMany("Other files are being read just now.")

    with monkeypatch.context() as patched:
        patched.setattr("deployments.references.read_limited", busy)
        masking(cast, served, "name")
    assert "name" in Reference.objects.get(model="bearing").profile["columns"]
    assert "Gunhild" not in pages(cast, served)
    assert "name" not in spec_of(served.releases.get()).profile["columns"]
    tasks.forget_samples.call_local()
    assert "name" not in Reference.objects.get(model="bearing").profile["columns"]
    assert "name" in Reference.objects.get(model="other").profile["columns"]
