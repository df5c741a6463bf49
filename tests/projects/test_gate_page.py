"""MLflow’s own page on a real gate: what its cookie shows of one project, and nothing of the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from projects.tracking import allow_page, server
from tests.projects.gates_place import Answer, Gates, build

if not server.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
AJAX = "/ajax-api/2.0/mlflow/"
FOREIGN = ("two", "three")
OPEN = """
import json
from django.test import Client
from accounts.models import User
from projects.models import Project
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(email="ann@firm.example"))
answer = client.post(f"/projects/{Project.objects.get(slug='one').pk}/experiments/page/")
print("SEEN" + json.dumps(answer["Location"]))
"""


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    made = build(tmp_path_factory.mktemp("gates"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cookie(gates: Gates) -> str:
    """The cookie of Ann’s visit to project one."""
    line = next(line for line in gates.place.run(OPEN).splitlines() if line.startswith("SEEN"))
    parts = urlsplit(json.loads(line.removeprefix("SEEN")))
    answer = gates.raw("GET", f"{parts.path}?{parts.query}")
    assert answer.status == 200, answer.body
    return answer.headers["set-cookie"].partition(";")[0]


def ask(gates: Gates, cookie: str, method: str, path: str, body: Any = None, project: str = "one") -> Answer:
    content = json.dumps(body).encode() if body is not None else None
    headers = {"Cookie": cookie, "Origin": f"http://{gates.netloc}", "Content-Type": "application/json"}
    return gates.raw(method, f"/mlflow/{project}{path}", body=content, headers=headers)


def questions() -> dict[str, str]:
    """The words of the page's own questions, as its scripts have them."""
    import mlflow

    found = {}
    for script in (Path(mlflow.__file__).parent / "server/js/build/static/js").glob("*.js"):
        for words, name in re.findall(r"`\s*(query (\w+)[^`]*)`", script.read_text(encoding="utf-8")):
            found[name] = words
    assert set(found) == set(allow_page.QUESTIONS.values())
    return found


def reads(things: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Every way of the page alone to look at the things of a project."""
    run, experiment = things["run"], things["experiment"]
    words = questions()
    values = {
        "GetRun": {"data": {"runId": run}},
        "MlflowGetExperimentQuery": {"input": {"experimentId": experiment}},
        "SearchRuns": {"data": {"experimentIds": [experiment]}},
        "GetMetricHistoryBulkInterval": {"data": {"runIds": [run], "metricKey": "auc"}},
    }
    asked = [
        ("POST", "/graphql", {"operationName": name, "query": words[name], "variables": given})
        for name, given in values.items()
    ]
    return [
        *asked,
        ("GET", f"/get-artifact?path=secret.txt&run_uuid={run}", None),
        ("GET", f"/get-artifact?path=secret.txt&run_id={run}", None),
        ("GET", f"/model-versions/get-artifact?path=secret.txt&name={things['model']}&version=1", None),
        (
            "GET",
            f"{AJAX}logged-models/{things['model_id']}/artifacts/files?artifact_file_path=secret.txt",
            None,
        ),
        ("GET", f"{AJAX}metrics/get-history-bulk?run_id={run}&metric_key=auc", None),
        ("GET", f"{AJAX}metrics/get-history-bulk-interval?run_ids={run}&metric_key=auc", None),
        ("POST", f"{AJAX}experiments/search-datasets", {"experiment_ids": [experiment]}),
        ("GET", f"{AJAX}runs/get?run_id={run}", None),
        ("GET", f"{AJAX}artifacts/list?run_id={run}", None),
        ("GET", f"{AJAX}registered-models/get?name={quote(things['model'])}", None),
        ("POST", f"{AJAX}runs/search", {"experiment_ids": [experiment]}),
        ("POST", f"{AJAX}logged-models/search", {"experiment_ids": [experiment]}),
    ]


@pytest.mark.parametrize("other", FOREIGN)
def test_the_page_shows_nothing_of_another_project(gates: Gates, cookie: str, other: str) -> None:
    things = gates.things[other]
    secrets = (f"hidden-{other}", f"secret-{other}", '"value":0.5', '"value": 0.5')
    for method, path, body in reads(things):
        answer = ask(gates, cookie, method, path, body)
        assert answer.status in (200, 400, 403, 404), (path, answer.body[:300])
        assert answer.body != b"secret", path
        for secret in secrets:
            assert secret.encode() not in answer.body, (path, body)
        assert ask(gates, cookie, method, path, body, project=other).status == 401, path
    write = ask(gates, cookie, "POST", f"{AJAX}runs/delete", {"run_id": things["run"]})
    assert write.status in (400, 403, 404)


def test_the_page_shows_its_own_project(gates: Gates, cookie: str) -> None:
    things = gates.things["one"]
    answers = {
        (method, path, str((body or {}).get("operationName", ""))): ask(gates, cookie, method, path, body)
        for method, path, body in reads(things)
    }
    said = {key: answer.body for key, answer in answers.items()}
    assert b"hidden-one" in said["POST", "/graphql", "GetRun"]
    assert b"secret-one" in said["POST", "/graphql", "MlflowGetExperimentQuery"]
    assert b"hidden-one" in said["POST", "/graphql", "SearchRuns"]
    assert b"0.5" in said["POST", "/graphql", "GetMetricHistoryBulkInterval"]
    file = answers["GET", f"/get-artifact?path=secret.txt&run_uuid={things['run']}", ""]
    assert file.body == b"secret"
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["content-security-policy"] == "sandbox"
    history = f"{AJAX}metrics/get-history-bulk-interval?run_ids={things['run']}&metric_key=auc"
    assert b"0.5" in said["GET", history, ""]


def test_the_page_and_its_scripts_come_with_their_headers(gates: Gates, cookie: str) -> None:
    page = ask(gates, cookie, "GET", "/")
    assert page.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    script = re.search(rb'src="(static-files/[^"]+\.js)"', page.body)
    assert script is not None
    code = ask(gates, cookie, "GET", f"/{script[1].decode()}")
    assert code.status == 200
    assert "javascript" in code.headers["content-type"]
    info = ask(gates, cookie, "GET", "/ajax-api/3.0/mlflow/server-info")
    assert info.json["workspaces_enabled"] is False
    assert ask(gates, cookie, "GET", "/ajax-api/2.0/mlflow/users/current").status == 404
    for name in ("../../handlers.py", "%2e%2e/%2e%2e/handlers.py", "..%2f..%2fhandlers.py"):
        assert ask(gates, cookie, "GET", f"/static-files/{name}").status == 404


def test_no_odd_value_breaks_a_question(gates: Gates, cookie: str) -> None:
    words = questions()
    odd: list[Any] = [
        {},
        None,
        [],
        7,
        {"data": None},
        {"data": {}},
        {"input": {}},
        {"data": {"runId": ["a"]}},
    ]
    odd += [{"data": {"runId": "\u0000"}}, {"data": {"runIds": [], "metricKey": 7}}, {"data": {"runIds": 1}}]
    odd += [{"data": {"filter": "x y z"}}, {"input": {"experimentId": "x"}}, {"data": {"maxResults": 10**12}}]
    for given in odd:
        for name in words:
            body = {"operationName": name, "query": words[name], "variables": given}
            answer = ask(gates, cookie, "POST", "/graphql", body)
            assert answer.status in (200, 400), (name, given, answer.body[:300])


def test_signing_out_on_the_main_host_closes_the_page(gates: Gates, cookie: str) -> None:
    assert ask(gates, cookie, "GET", "/").status == 200
    gates.place.run("from django.contrib.sessions.models import Session; Session.objects.all().delete()")
    assert ask(gates, cookie, "GET", "/").status == 401
