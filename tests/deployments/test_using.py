"""Using a deployment without code: one question, a whole file, a token of its own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from deployments.models import Batch, Deployment, Reference
from deployments.profile import profile_of
from deployments.use.asking import Asker
from jobs import runner
from jobs.models import Job, StoredFile
from projects.actions.tokens import bearer_of
from projects.models import ProjectToken
from tests.deployments import registry_cast as registry

pytestmark = pytest.mark.django_db
SIGNATURE = {
    "inputs": [
        {"name": "slope", "type": "double", "required": True},
        {"name": "bench", "type": "string", "required": True},
        {"name": "hot", "type": "boolean", "required": False},
    ]
}
Reply = tuple[int, dict[str, str], bytes]


class Gateway:
    """Answers in the gateway's place, and notes what it was asked with and whether the token opened it."""

    def __init__(self) -> None:
        self.asked: list[list[list[Any]]] = []
        self.columns: list[str] = []
        self.opened: list[tuple[bool, bool]] = []
        self.secret = ""
        self.reply: Callable[[list[list[Any]]], Reply] = lambda rows: answered([row[0] for row in rows])

    def __call__(self, asker: Asker, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        _, _, slug, name, what = path.split("/")
        if what == "explain":
            return refused(404, "Nothing explains this.")
        self.secret = headers["Authorization"].removeprefix("Bearer ")
        self.opened.append((self.opens(slug, name), self.opens(slug, "another")))
        table = json.loads(body)["dataframe_split"]
        self.columns = table["columns"]
        self.asked.append(table["data"])
        return self.reply(table["data"])

    def opens(self, slug: str, name: str) -> bool:
        return bearer_of(self.secret, slug=slug, scope="serving", deployment=name) is not None


def answered(predictions: list[Any], **headers: str) -> Reply:
    told = {"x-request-id": "r-1", "x-throughline-version": "bearing/1", **headers}
    return 200, told, json.dumps({"predictions": predictions}).encode()


def refused(status: int, message: str, **fields: list[str]) -> Reply:
    return status, {}, json.dumps({"error": {"message": message, "fields": fields}}).encode()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setattr(Asker, "_send", lambda asker, path, body, headers: made(asker, path, body, headers))
    monkeypatch.setattr("deployments.use.batches.time.sleep", lambda seconds: None)
    return made


@pytest.fixture
def deployment(cast: Any) -> Deployment:
    made = registry.deployment_of(cast, slug="production")
    registry.release_of(made, signature=SIGNATURE)
    profile = profile_of({"slope": [at / 10 for at in range(100)], "bench": ["a", "b"] * 50})
    Reference.objects.create(
        project=made.project, model="bearing", version=1, source="upload", sha256="0", rows=100,
        profile=profile,
    )  # fmt: skip
    return made


def ask(cast: Any, deployment: Deployment, who: str = "viewer", **values: str) -> Any:
    return cast.client(who).post(f"/deployments/{deployment.pk}/use/", values)


def test_the_form_asks_for_what_the_model_reads(cast: Any, deployment: Deployment) -> None:
    page = cast.client("viewer").get(f"/deployments/{deployment.pk}/use/").content.decode()
    for words in (
        "0 to 9.9 in the reference sample.",
        '<option value="b">',
        "Not given",
        "curl",
        "JavaScript",
    ):
        assert words in page, words
    assert f"/serve/{deployment.project.slug}/bearing/invocations" in page
    assert "openapi.json" in page
    # A question, a file and a token can be asked for here; one of them is what the page is for.
    assert page.count("button-primary") == 1


def test_an_answer_comes_in_words_by_a_token_of_the_moment(
    cast: Any, deployment: Deployment, gateway: Gateway
) -> None:
    gateway.reply = lambda rows: answered([0.123456789])
    page = ask(cast, deployment, c0="1.5", c1="a", c2="true").content.decode()
    assert "The answer: 0.123457" in page
    assert "Fallback</span>" not in page
    assert (gateway.columns, gateway.asked) == (["slope", "bench", "hot"], [[[1.5, "a", True]]])
    # The token opened this deployment alone, and is gone.
    assert gateway.opened == [(True, False)]
    assert not gateway.opens(deployment.project.slug, deployment.name)
    assert not ProjectToken.objects.exists()


def test_the_fallback_is_marked(cast: Any, deployment: Deployment, gateway: Gateway) -> None:
    gateway.reply = lambda rows: answered(["inspect"], **{"x-throughline-fallback": "constant"})
    page = ask(cast, deployment, c0="1.5", c1="a").content.decode()
    assert "The answer: inspect" in page
    assert "this is the agreed constant" in page
    assert gateway.asked == [[[1.5, "a", None]]]


def test_what_does_not_fit_stands_at_its_field(cast: Any, deployment: Deployment, gateway: Gateway) -> None:
    response = ask(cast, deployment, c0="much", c1="c")
    assert response.status_code == 422
    assert gateway.asked == []
    gateway.reply = lambda rows: refused(400, "This does not fit.", slope=["a number below 10"])
    response = ask(cast, deployment, c0="11", c1="a")
    assert response.status_code == 422
    assert "a number below 10" in response.content.decode()


def test_a_gateway_that_is_away_is_named(cast: Any, deployment: Deployment, settings: Any) -> None:
    # Nothing listens on this port: it is the one of "discard".
    settings.GATES_URL = "http://127.0.0.1:9"
    response = ask(cast, deployment, c0="1", c1="a")
    assert response.status_code == 200
    assert "The gateway does not answer" in response.content.decode()
    assert not ProjectToken.objects.exists()


def hand_in(
    cast: Any, deployment: Deployment, content: bytes, name: str = "rows.csv", who: str = "viewer"
) -> Any:
    address = f"/deployments/{deployment.pk}/use/file/"
    return cast.client(who).post(address, {"file": SimpleUploadedFile(name, content)})


def result(cast: Any, who: str = "viewer") -> list[list[str]]:
    batch = Batch.objects.get()
    response = cast.client(who).get(f"/deployments/batches/{batch.pk}/")
    content = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def test_a_file_is_answered_row_by_row(cast: Any, deployment: Deployment, gateway: Gateway) -> None:
    rows = [(at, "=a" if at == 2 else "b") for at in range(450)]
    content = "slope,bench\n" + "".join(f"{slope},{bench}\n" for slope, bench in rows)
    gateway.reply = lambda asked: (
        refused(400, "This does not fit.", slope=["not 7"])
        if any(row[0] == 7 for row in asked)
        else answered([row[0] * 2 for row in asked])
    )
    assert hand_in(cast, deployment, content.encode()).status_code == 302
    job = Job.objects.get(name="deployments.batch")
    runner.run(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.message) == (
        "done", "449 of 450 rows are answered. Not answered: line 9; the file says why.",
    )  # fmt: skip
    found = result(cast)
    assert found[0] == ["slope", "bench", "answer", "note"]
    assert found[3] == ["2", "'=a", "4", ""]
    assert found[8] == ["7", "b", "", "This does not fit. slope: not 7"]
    assert found[450] == ["449", "b", "898", ""]
    # Nobody else gets it, and what was handed in is gone.
    batch = Batch.objects.get()
    assert cast.client("owner").get(f"/deployments/batches/{batch.pk}/").status_code == 404
    assert StoredFile.objects.filter(name="rows.csv").count() == 0
    page = cast.client("viewer").get(f"/deployments/{deployment.pk}/use/").content.decode()
    assert "answers-rows.csv" in page


def test_what_is_kept_of_a_file_has_no_masked_columns(
    cast: Any, deployment: Deployment, gateway: Gateway
) -> None:
    Deployment.objects.update(masked=["bench"])
    gateway.reply = lambda asked: answered([row[0] * 2 for row in asked])
    hand_in(cast, deployment, b"slope,bench\n1,b\n2,c\n")
    runner.run(str(Job.objects.get(name="deployments.batch").pk))
    assert result(cast) == [["slope", "answer", "note"], ["1", "2", ""], ["2", "4", ""]]


def test_a_file_that_fits_nowhere_ends_early(cast: Any, deployment: Deployment, gateway: Gateway) -> None:
    gateway.reply = lambda asked: refused(400, "The column hot is missing.")
    hand_in(cast, deployment, b"slope\n" + b"1\n" * 600)
    job = Job.objects.get()
    runner.run(str(job.pk))
    job.refresh_from_db()
    assert job.state == "failed"
    assert "200 of the first 200 rows do not fit" in job.message
    assert "Line 2: The column hot is missing." in job.message
    assert not Batch.objects.exists()


def test_a_busy_gateway_is_asked_again_and_the_fallback_counted(
    cast: Any, deployment: Deployment, gateway: Gateway
) -> None:
    busy = iter([True, True])
    gateway.reply = lambda asked: (
        refused(503, "Too many at once.")
        if next(busy, False)
        else answered([0] * len(asked), **{"x-throughline-fallback": "previous"})
    )
    hand_in(cast, deployment, b"slope\n1\n2\n")
    job = Job.objects.get()
    runner.run(str(job.pk))
    assert len(gateway.asked) == 3
    batch = Batch.objects.get()
    assert (batch.rows, batch.bad, batch.fallbacks) == (2, 0, 2)
    assert result(cast)[1] == ["1", "0", "Fallback: previous"]


def test_a_cancelled_file_leaves_nothing(cast: Any, deployment: Deployment, gateway: Gateway) -> None:
    hand_in(cast, deployment, b"slope\n" + b"1\n" * 600)
    job = Job.objects.get()

    def cancel(rows: list[list[Any]]) -> Reply:
        Job.objects.update(cancel_requested=True)
        return answered([0] * len(rows))

    gateway.reply = cancel
    runner.run(str(job.pk))
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Batch.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rows.parquet", b"PAR1", "A CSV file"),
        ("rows.csv", b"a,b\n1\n", "Line 2"),
        ("rows.csv", b"a\n", "no rows"),
    ],
)
def test_what_is_no_table_is_refused(
    cast: Any, deployment: Deployment, gateway: Gateway, name: str, content: bytes, why: str
) -> None:
    response = hand_in(cast, deployment, content, name)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Job.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_token_opens_this_deployment_alone(cast: Any, deployment: Deployment) -> None:
    address = f"/deployments/{deployment.pk}/use/token/"
    stale = cast.client("viewer", fresh=False).post(address, {"name": "Line 3"})
    assert stale.status_code != 200
    assert not ProjectToken.objects.exists()
    page = cast.client("viewer").post(address, {"name": "Line 3"}).content.decode()
    token = ProjectToken.objects.get()
    assert (token.only, token.scope, token.user) == ("bearing", "serving", cast.victor)
    assert f"<code>{token.prefix}" in page
    again = cast.client("viewer").get(f"/deployments/{deployment.pk}/use/").content.decode()
    assert token.prefix not in again
