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

from deployments.models import Deployment, Environment, Reference, Release, Sample
from deployments.references import find_reference, sample_from_gateway, smoke_rows
from deployments.tables import Unreadable, read_table
from projects.models import Project
from projects.tracking import records
from tests.projects import cast as made
from tests.projects.store import Store
from ui.errors import Conflict

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
    store = Store(tmp_path / "mlflow.db")
    settings.MLFLOW_STORE_URL = store.url
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
    records._engine(store.url).dispose()
    store.close()


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
