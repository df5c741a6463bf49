"""One project's token against everything that is not its own, and the shapes of MLflow's known holes.

Every probe gets 400, 401, 403, 404 or 413 and learns nothing; nothing is changed for others by any of them.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from projects.tracking import server
from tests.projects.gates_place import Gates, build

if not server.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
API = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
REFUSED = {400, 401, 403, 404, 413}
FOREIGN = ("two", "three")
# Values in braces are those of the other project.
READS = [
    "experiments/get?experiment_id={experiment}",
    "experiments/get-by-name?experiment_name={name}",
    "runs/get?run_id={run}",
    "runs/get?run_uuid={run}",
    "metrics/get-history?run_id={run}&metric_key=auc",
    "artifacts/list?run_id={run}",
    "artifacts/list?run_id={run}&path=../",
    "registered-models/get?name={model}",
    "registered-models/alias?name={model}&alias=champion",
    "registered-models/get-latest-versions?name={model}",
    "model-versions/get?name={model}&version=1",
    "model-versions/get-download-uri?name={model}&version=1",
    "logged-models/{model_id}",
    "logged-models/{model_id}/artifacts/directories",
]
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "experiments/update", {"experiment_id": "{experiment}", "new_name": "taken"}),
    ("POST", "experiments/delete", {"experiment_id": "{experiment}"}),
    ("POST", "experiments/restore", {"experiment_id": "{experiment}"}),
    ("POST", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "a", "value": "b"}),
    ("POST", "experiments/delete-experiment-tag", {"experiment_id": "{experiment}", "key": "a"}),
    ("POST", "runs/create", {"experiment_id": "{experiment}", "start_time": 1}),
    ("POST", "runs/update", {"run_id": "{run}", "status": "FAILED"}),
    ("POST", "runs/delete", {"run_id": "{run}"}),
    ("POST", "runs/restore", {"run_id": "{run}"}),
    ("POST", "runs/log-metric", {"run_id": "{run}", "key": "auc", "value": 1, "timestamp": 1, "step": 9}),
    ("POST", "runs/log-parameter", {"run_id": "{run}", "key": "a", "value": "b"}),
    (
        "POST",
        "runs/log-batch",
        {"run_id": "{run}", "metrics": [{"key": "auc", "value": 1, "timestamp": 1, "step": 9}]},
    ),
    (
        "POST",
        "runs/log-model",
        {"run_id": "{run}", "model_json": '{"run_id": "{run}", "utc_time_created": 1}'},
    ),
    (
        "POST",
        "runs/log-inputs",
        {
            "run_id": "{run}",
            "datasets": [{"dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "{}"}}],
        },
    ),
    ("POST", "runs/outputs", {"run_id": "{run}", "models": [{"model_id": "{model_id}", "step": 0}]}),
    ("POST", "runs/set-tag", {"run_id": "{run}", "key": "a", "value": "b"}),
    ("POST", "runs/delete-tag", {"run_id": "{run}", "key": "mlflow.runName"}),
    ("POST", "logged-models", {"experiment_id": "{experiment}", "name": "m"}),
    ("PATCH", "logged-models/{model_id}", {"model_id": "{model_id}", "status": "LOGGED_MODEL_READY"}),
    ("PATCH", "logged-models/{model_id}/tags", {"tags": [{"key": "a", "value": "b"}]}),
    ("POST", "logged-models/{model_id}/params", {"params": [{"key": "a", "value": "b"}]}),
    ("DELETE", "logged-models/{model_id}", {}),
    ("DELETE", "logged-models/{model_id}/tags/a", {}),
    ("POST", "registered-models/rename", {"name": "{model}", "new_name": "taken"}),
    ("PATCH", "registered-models/update", {"name": "{model}", "description": "taken"}),
    ("DELETE", "registered-models/delete", {"name": "{model}"}),
    ("POST", "registered-models/set-tag", {"name": "{model}", "key": "a", "value": "b"}),
    ("DELETE", "registered-models/delete-tag", {"name": "{model}", "key": "a"}),
    ("POST", "registered-models/alias", {"name": "{model}", "alias": "champion", "version": "1"}),
    ("DELETE", "registered-models/alias", {"name": "{model}", "alias": "champion"}),
    ("POST", "model-versions/create", {"name": "{model}", "source": "models:/{model_id}"}),
    ("PATCH", "model-versions/update", {"name": "{model}", "version": "1", "description": "taken"}),
    ("DELETE", "model-versions/delete", {"name": "{model}", "version": "1"}),
    ("POST", "model-versions/set-tag", {"name": "{model}", "version": "1", "key": "a", "value": "b"}),
    ("DELETE", "model-versions/delete-tag", {"name": "{model}", "version": "1", "key": "a"}),
    ("POST", "model-versions/transition-stage", {"name": "{model}", "version": "1", "stage": "Archived"}),
]
# Ways to reach files of others, and of the machine.
PLACES = [
    ("GET", "{files}/{root}/secret.txt"),
    ("PUT", "{files}/{root}/secret.txt"),
    ("DELETE", "{files}/{root}/secret.txt"),
    ("GET", "{files}?path={root}"),
    ("GET", "{files}"),
    ("GET", "{files}?path=workspaces"),
    ("GET", "{files}/workspaces/one/../{other}/1/a"),
    ("GET", "{files}/workspaces/one/%2e%2e/{other}/1/a"),
    ("GET", "{files}/workspaces/one/%252e%252e/{other}/1/a"),
    ("GET", "{files}/workspaces/one/..%2f{other}"),
    ("GET", "{files}/workspaces/one/..%5c{other}"),
    ("GET", "{files}/workspaces/one//etc/passwd"),
    ("GET", "{files}/workspaces/one/%00"),
    ("GET", "{files}/workspaces/one/a%23../../x"),
    ("GET", "{files}/workspaces/one/a%3f../../x"),
    ("GET", "{files}/file:///etc/passwd"),
    ("PUT", "{files}/../../../tmp/x"),
    ("PUT", "{files}/workspaces/one/1/%2e%2e%2f%2e%2e%2fx"),
    ("PUT", "{files}/C:%5cx"),
    ("GET", "{files}/workspaces/one/%ff%fe"),
]
SHUT = [
    ("GET", "/get-artifact?path=secret.txt&run_uuid={run}"),
    ("GET", "/model-versions/get-artifact?path=secret.txt&name={model}&version=1"),
    ("POST", "/graphql"),
    (
        "GET",
        "/graphql?query=query%7BmlflowGetRun(input:%7BrunId:%22{run}%22%7D)%7Brun%7Binfo%7BrunId%7D%7D%7D%7D",
    ),
    ("POST", "/api/2.0/mlflow-artifacts/mpu/create/{root}/x"),
    ("POST", "/api/2.0/mlflow-artifacts/mpu/complete/{root}/x"),
    ("GET", "/api/2.0/mlflow-artifacts/presigned/{root}/secret.txt"),
    ("POST", "/api/2.0/mlflow/artifacts/presigned-download-url"),
    ("POST", "/ajax-api/3.0/jobs/"),
    ("POST", "/ajax-api/3.0/mlflow/assistant/message"),
    ("GET", "/ajax-api/2.0/mlflow/runs/get?run_id={run}"),
    ("GET", "/ajax-api/2.0/mlflow/upload-artifact"),
    ("POST", "/gateway/chat/invocations"),
    ("POST", "/api/3.0/mlflow/gateway/secrets/create"),
    ("POST", "/ajax-api/2.0/mlflow/gateway-proxy"),
    ("POST", "/api/2.0/mlflow/webhooks"),
    ("POST", "/api/2.0/mlflow/webhooks/x/test"),
    ("GET", "/api/2.0/mlflow/users/get?username=admin"),
    ("POST", "/api/2.0/mlflow/users/create"),
    ("GET", "/api/2.0/mlflow/users/current"),
    ("GET", "/api/3.0/mlflow/workspaces"),
    ("DELETE", "/api/3.0/mlflow/workspaces/{other}"),
    ("POST", "/api/3.0/mlflow/prompt-optimization/jobs"),
    ("POST", "/api/3.0/mlflow/scorers/register"),
    ("POST", "/api/2.0/mlflow/traces"),
    ("POST", "/v1/traces"),
    ("GET", "/api/3.0/mlflow/datasets/search"),
    ("GET", "/static-files/index.html"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/"),
    ("GET", "//api/2.0/mlflow/runs/get?run_id={run}"),
    ("GET", "/api/2.0/mlflow/./runs/get?run_id={run}"),
    ("GET", "/api/2.0/mlflow/runs/get/?run_id={run}"),
    ("GET", "/api/2.0/mlflow/runs/get;x?run_id={run}"),
    ("GET", "/api/2.0/mlflow/runs%2fget%3frun_id={run}"),
    ("TRACE", "/api/2.0/mlflow/runs/get"),
    ("OPTIONS", "/api/2.0/mlflow/runs/get"),
    ("GET", "/../{other}/api/2.0/mlflow/runs/get?run_id={run}"),
    ("GET", "/..%2f{other}/api/2.0/mlflow/runs/get?run_id={run}"),
]


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    made = build(tmp_path_factory.mktemp("gates"))
    yield made
    made.stop()


def fill(text: str, things: dict[str, str], other: str) -> str:
    """A probe with the values of a project in place of words in braces."""
    for key, value in {**things, "other": other, "files": FILES}.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def refused(gates: Gates, answer: Any, other: str) -> None:
    assert answer.status in REFUSED, (answer.status, answer.body[:500])
    for secret in (f"hidden-{other}", "b'secret'", "root:x:"):
        assert secret.encode() not in answer.body


@pytest.mark.parametrize("other", FOREIGN)
def test_nothing_of_another_project_is_read(gates: Gates, other: str) -> None:
    for path in READS:
        refused(gates, gates.call("GET", API + fill(path, gates.things[other], other)), other)


@pytest.mark.parametrize("other", FOREIGN)
def test_nothing_of_another_project_is_written(gates: Gates, other: str) -> None:
    things = gates.things[other]
    for method, path, body in WRITES:
        filled = json.loads(fill(json.dumps(body), things, other))
        refused(gates, gates.call(method, API + fill(path, things, other), filled), other)
    run = gates.call("GET", f"{API}runs/get?run_id={things['run']}", project=other).json["run"]
    assert run["data"]["metrics"][0]["value"] == 0.5
    assert run["info"]["status"] == "RUNNING"
    version = gates.call("GET", f"{API}model-versions/get?name={things['model']}&version=1", project=other)
    assert version.json["model_version"]["aliases"] == ["champion"]


@pytest.mark.parametrize("other", FOREIGN)
def test_no_file_outside_the_project_is_reached(gates: Gates, other: str) -> None:
    for method, path in PLACES:
        answer = gates.call(method, fill(path, gates.things[other], other), b"x" if method == "PUT" else None)
        refused(gates, answer, other)
    kept = gates.call("GET", f"{FILES}/{gates.things[other]['root']}/secret.txt", project=other)
    assert kept.body == b"secret"
    assert kept.headers["content-disposition"] == "attachment"
    assert kept.headers["content-security-policy"] == "sandbox"


def test_what_is_shut_does_not_exist(gates: Gates) -> None:
    for method, path in SHUT:
        answer = gates.call(method, fill(path, gates.things["two"], "two"), {} if method == "POST" else None)
        assert answer.status in (403, 404), (method, path, answer.status, answer.body[:300])


def test_searches_find_only_what_is_ones_own(gates: Gates) -> None:
    experiments = [gates.things[project]["experiment"] for project in gates.things]
    found = gates.call("POST", f"{API}runs/search", {"experiment_ids": experiments}).body
    found += gates.call("POST", f"{API}experiments/search", {"max_results": 100}).body
    found += gates.call("GET", f"{API}registered-models/search").body
    found += gates.call("GET", f"{API}model-versions/search").body
    found += gates.call("POST", f"{API}logged-models/search", {"experiment_ids": experiments}).body
    assert b"hidden-one" in found
    for other in FOREIGN:
        for secret in (f"hidden-{other}", f"secret-{other}", f"model-{other}"):
            assert secret.encode() not in found
        assert gates.things[other]["model_id"].encode() not in found


@pytest.mark.parametrize("other", FOREIGN)
def test_a_token_opens_its_own_project_alone(gates: Gates, other: str) -> None:
    path = f"{API}runs/get?run_id={gates.things[other]['run']}"
    assert gates.call("GET", path, project=other, token="one").status == 401
    for name in (b"X-MLFLOW-WORKSPACE", b"X-Forwarded-Prefix", b"X-Forwarded-Host", b"X-Original-URL"):
        answer = gates.call("GET", path, headers={name.decode(): other})
        assert answer.status in REFUSED
    answer = gates.call(
        "GET", path, headers={"X-MLFLOW-WORKSPACE": other, "x-mlflow-workspace": other, "Cookie": "a=b"}
    )
    assert answer.status in REFUSED


@pytest.mark.parametrize("token", ["revoked", "expired", "serving"])
def test_a_token_that_ended_or_is_for_something_else_opens_nothing(gates: Gates, token: str) -> None:
    assert gates.call("POST", f"{API}experiments/search", {"max_results": 1}, token=token).status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic",
        "Basic !!!",
        "Basic \xff",
        "Basic eDp5",
        "Digest a",
        "Bearer tlp_\xe9",
    ],
)
def test_without_a_token_there_is_nothing(gates: Gates, authorization: str) -> None:
    for path in (f"{API}experiments/get?experiment_id=0", "/graphql", "/"):
        answer = gates.raw("GET", f"/mlflow/one{path}", headers={"Authorization": authorization})
        assert answer.status == 401
        assert "www-authenticate" not in answer.headers


def test_a_viewer_reads_and_writes_nothing(gates: Gates) -> None:
    run = gates.things["one"]["run"]
    assert gates.call("GET", f"{API}runs/get?run_id={run}", token="viewer").status == 200
    for method, path, body in WRITES:
        filled = json.loads(fill(json.dumps(body), gates.things["one"], "one"))
        answer = gates.call(method, API + fill(path, gates.things["one"], "one"), filled, token="viewer")
        assert answer.status == 403, path
    file = f"{FILES}/{gates.things['one']['root']}/secret.txt"
    assert gates.call("PUT", file, b"x", token="viewer").status == 403
    assert gates.call("DELETE", file, token="viewer").status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost:1"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_names_and_other_sites_are_refused(gates: Gates, headers: dict[str, str]) -> None:
    assert gates.call("POST", f"{API}experiments/search", {"max_results": 1}, headers=headers).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a", "artifact_location": "file:///etc"},
        {"name": "b", "artifact_location": "mlflow-artifacts:/workspaces/two"},
        {"name": "c", "artifact_location": "http://169.254.169.254/"},
        {"name": "d", "artifact_location": "../../etc#fragment"},
        {"name": "e\u0000"},
        {"name": "\ud800"},
        {"name": 7},
        {"name": None},
        {"name": ""},
        {"name": "x" * 100_000},
        {},
    ],
)
def test_experiments_lie_where_the_server_puts_them(gates: Gates, body: dict[str, Any]) -> None:
    assert gates.call("POST", f"{API}experiments/create", body).status in REFUSED


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd", "file:///etc/passwd", "file://localhost/etc", "../../etc", "runs:/x/../../etc",
        "mlflow-artifacts:/../../etc", "mlflow-artifacts:/workspaces/two/1", "mlflow-artifacts://evil/x",
        "mlflow-artifacts:/workspaces/one/../two", "mlflow-artifacts:/workspaces/one/%2e%2e/two",
        "mlflow-artifacts:/workspaces/one/%252e%252e/two", "mlflow-artifacts:/workspaces/one/x#../two",
        "http://169.254.169.254/latest/meta-data", "s3://bucket/x", "dbfs:/x", "ftp://x/y", "models:/../x",
        "FILE:///etc", "mlflow-artifacts:/workspaces/one/x?y", ["a"], {"a": 1}, 7,
    ],
)  # fmt: skip
def test_a_version_comes_from_its_own_project(gates: Gates, source: Any) -> None:
    body = {"name": "model-one", "source": source, "run_id": gates.things["one"]["run"]}
    assert gates.call("POST", f"{API}model-versions/create", body).status in REFUSED


@pytest.mark.parametrize("other", FOREIGN)
def test_a_version_does_not_borrow_a_foreign_run_or_model(gates: Gates, other: str) -> None:
    things = gates.things[other]
    for body in (
        {"source": f"runs:/{things['run']}/model"},
        {"source": f"models:/{things['model_id']}"},
        {"source": f"models:/{things['model']}/1"},
        {"source": f"models:/{things['model']}@champion"},
    ):
        answer = gates.call("POST", f"{API}model-versions/create", {"name": "model-one", **body})
        if answer.status == 200:
            # Names of what is not there may be kept as words; nothing can be fetched by them.
            version = answer.json["model_version"]["version"]
            place = gates.call(
                "GET", f"{API}model-versions/get-download-uri?name=model-one&version={version}"
            )
            assert things["root"].encode() not in place.body
        else:
            assert answer.status in REFUSED, (body, answer.body)


def test_no_prompts_through_the_door_of_models(gates: Gates) -> None:
    tag = {"key": "mlflow.prompt.is_prompt", "value": "true"}
    for path, body in (
        ("registered-models/create", {"name": "p", "tags": [tag]}),
        ("registered-models/set-tag", {"name": "model-one", **tag}),
        ("model-versions/set-tag", {"name": "model-one", "version": "1", **tag}),
        ("model-versions/create", {"name": "model-one", "source": "models:/m-1", "tags": [tag]}),
    ):
        assert gates.call("POST", f"{API}{path}", body).status in REFUSED, path


def test_files_named_like_traps_stay_files(gates: Gates) -> None:
    """A zip is never unpacked here, an environment file never run, a page never shown as one."""
    root = gates.things["one"]["root"]
    for name, content in (
        ("slip.zip", b"PK\x03\x04../../../etc/passwd"),
        ("python_env.yaml", b"python: 3.11; touch /tmp/owned\n"),
        ("page.html", b"<script>alert(1)</script>"),
    ):
        assert gates.call("PUT", f"{FILES}/{root}/{name}", content).status == 200
        answer = gates.call("GET", f"{FILES}/{root}/{name}")
        assert answer.body == content
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b'{"run_id": 1e999}',
        b"[" * 100_000, b'{"a":' * 90_000, b'{"run_id":' + b"9" * 5000 + b"}",
        b"\xed\xa0\x80", b"run_id=1", b"<x/>", b'{"a":' * 25 + b"1" + b"}" * 25,
    ],
)  # fmt: skip
def test_bodies_that_are_none_are_told_so(gates: Gates, body: bytes) -> None:
    for path in ("runs/log-batch", "runs/search", "runs/log-metric"):
        answer = gates.call("POST", f"{API}{path}", body)
        assert answer.status in {400, 404, 200 if path == "runs/search" and not body else 400}, answer.body


def test_a_body_that_is_too_large_is_refused_before_it_is_read(gates: Gates) -> None:
    answer = gates.call("POST", f"{API}runs/log-batch", headers={"Content-Length": str(11 * 1024 * 1024)})
    assert answer.status == 413


@pytest.mark.parametrize(
    ("metric", "status"),
    [
        ({"value": "NaN"}, {200}),
        ({"value": "Infinity"}, {200}),
        ({"value": "-Infinity"}, {200}),
        ({"value": 1e308}, {200}),
        ({"value": "x"}, {400}),
        ({"value": None}, {400}),
        ({"value": {"a": 1}}, {400}),
        ({"key": "k" * 250}, {200}),
        ({"key": "k" * 251}, {400}),
        ({"key": "../../x"}, {400}),
        ({"key": ""}, {200, 400}),
        ({"key": 7}, {400}),
        ({"key": "nul\u0000"}, {400}),
        ({"step": 10**30}, {400}),
        ({"step": "x"}, {400}),
        ({"timestamp": -1}, {200, 400}),
        ({"timestamp": 10**18}, {200, 400}),
        ({"timestamp": 2**63}, {400}),
        ({"unknown": 1}, {200, 400}),
    ],
)
def test_odd_metrics_are_kept_or_refused(gates: Gates, metric: dict[str, Any], status: set[int]) -> None:
    row = {"key": "odd", "value": 0.5, "timestamp": 1, "step": 0, **metric}
    run = gates.things["one"]["run"]
    answer = gates.call("POST", f"{API}runs/log-batch", {"run_id": run, "metrics": [row]})
    assert answer.status in status, answer.body
    answer = gates.call("POST", f"{API}runs/log-metric", {"run_id": run, **row})
    assert answer.status in status, answer.body


@pytest.mark.parametrize(
    "query",
    [
        "run_id=", "run_id=%00", "run_id=" + "x" * 4000, "run_id=1&run_id=2", "run_id=%ff", "x=1",
        "run_id=' OR 1=1--", "&".join(f"a{n}=1" for n in range(600)), "run_id[]=1",
    ],
)  # fmt: skip
def test_odd_queries_are_refused(gates: Gates, query: str) -> None:
    quoted = urllib.parse.quote(query, safe="%=&[]")
    assert gates.call("GET", f"{API}runs/get?{quoted}").status in REFUSED


@pytest.mark.parametrize(
    "body",
    [
        {"filter": "this is no filter"},
        {"filter": "metrics.x > 'a"},
        {"filter": "x" * 20_000},
        {"max_results": -1},
        {"max_results": 10**9},
        {"max_results": "x"},
        {"page_token": "nonsense"},
        {"order_by": ["'; DROP TABLE runs"]},
        {"experiment_ids": "x"},
        {"experiment_ids": ["x"] * 3},
        {"run_view_type": "NONSENSE"},
    ],
)
def test_odd_searches_never_break_the_server(gates: Gates, body: dict[str, Any]) -> None:
    given = {"experiment_ids": [gates.things["one"]["experiment"]], **body}
    answer = gates.call("POST", f"{API}runs/search", given)
    assert answer.status in REFUSED | {200}, answer.body


def test_projects_that_are_none(gates: Gates) -> None:
    for slug in ("nobody", "ONE", "o%6ee", "one%00", "..", "%2e%2e", "one%2ftwo", "x" * 300, "ä", "%ff"):
        path = f"/mlflow/{urllib.parse.quote(slug, safe='%.')}{API}experiments/get?experiment_id=0"
        answer = gates.raw("GET", path, headers={"Authorization": f"Bearer {gates.tokens['one']}"})
        # "o%6ee" is "one", written differently; its experiment 0 is not there.
        assert answer.status in REFUSED, (slug, answer.status)
    for path in ("/mlflow", "/mlflow/", "/mlflow/one", "/", "/admin", "/healthz/x"):
        assert gates.raw("GET", path).status == 404


CLIENT = """
import sys, json, os
import mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
random = np.random.default_rng(7)
X = random.normal(size=(200, 4)); y = (X[:, 0] + X[:, 1] > 0).astype(int)
mlflow.set_experiment("client")
mlflow.sklearn.autolog(log_models=False)
with mlflow.start_run(run_name="trained") as run:
    model = LogisticRegression().fit(X[:150], y[:150])
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("val_accuracy", model.score(X[150:], y[150:]))
    mlflow.log_input(mlflow.data.from_numpy(X[150:], name="held-out"), context="eval")
    mlflow.log_text("note", "notes/a b.txt")
    info = mlflow.sklearn.log_model(
        model, name="model", registered_model_name="bearing", input_example=X[:3]
    )
with mlflow.start_run(run_name="judged"):
    data = mlflow.data.from_numpy(X[150:], name="held-out")
    mlflow.log_metric("recall", 0.25, model_id=info.model_id, dataset=data)
with mlflow.start_run(run_name="named"):
    mlflow.set_tag("throughline.model_id", info.model_id)
    mlflow.log_input(data, context="eval")
    mlflow.log_metric("recall", 0.75)
client = mlflow.MlflowClient()
client.set_registered_model_alias("bearing", "champion", 1)
loaded = mlflow.sklearn.load_model("models:/bearing@champion")
assert (loaded.predict(X) == model.predict(X)).all()
assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/a b.txt") == "note"
assert len(mlflow.search_runs(experiment_names=["client"])) == 3
print("RUN" + run.info.run_id)
"""
SEEN = """
import json
from projects.models import Intent
from projects.tracking import evaluation, records
page = records.runs_of("one", records.Wish(text="trained"))
run = page.runs[0]
detail = records.run_detail("one", run.id)
versions = records.versions_of("one")
version = next(row for row in versions if row.model == "bearing")
judged = evaluation.measured("one", "recall", run=run.id, model_id=version.model_id)
print("SEEN" + json.dumps({
    "judged": sorted([one.value, one.data_name] for one in judged),
    "foreign_judged": evaluation.measured("two", "recall", run=run.id, model_id=version.model_id),
    "attempts": len(evaluation.attempts("one", "recall", data_name="held-out")[1]),
    "curves": list(records.curves_of("one", run.id)),
    "run": run.id, "total": page.total, "loss": run.metrics["loss"], "params": "C" in run.params,
    "history": records.metric_history("one", run.id, "loss"),
    "foreign": records.run_detail("two", run.id) is None,
    "inputs": [row.name for row in detail.inputs], "models": detail.models,
    "versions": [[v.model, v.version, v.run, list(v.aliases), v.model_id] for v in versions],
    "open": Intent.objects.filter(state="open").count(),
    "done": Intent.objects.filter(state="done", project__slug="one").count(),
}))
"""


def ask(gates: Gates, code: str) -> Any:
    line = next(line for line in gates.place.run(code).splitlines() if line.startswith("SEEN"))
    return json.loads(line.removeprefix("SEEN"))


@pytest.fixture(scope="module")
def trained(gates: Gates) -> str:
    """The run that MLflow's own client has made with nothing but an address and a token."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "THROUGHLINE"))
    }
    environment |= {
        "MLFLOW_TRACKING_URI": f"http://{gates.netloc}/mlflow/one",
        "MLFLOW_TRACKING_TOKEN": gates.tokens["one"],
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OPENBLAS_NUM_THREADS": "1",
    }
    made = subprocess.run(
        [sys.executable, "-c", CLIENT],
        env=environment,
        cwd=gates.place.data,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-3000:]
    return next(line for line in made.stdout.splitlines() if line.startswith("RUN")).removeprefix("RUN")


def test_the_stock_client_trains_registers_and_loads(gates: Gates, trained: str) -> None:
    seen = ask(gates, SEEN)
    assert (seen["run"], seen["total"], seen["params"]) == (trained, 1, True)
    assert seen["loss"] == pytest.approx(0.2)
    assert [step for step, _ in seen["history"]] == [0, 1, 2, 3, 4]
    assert "held-out" in seen["inputs"]
    assert seen["foreign"]
    assert seen["judged"] == [[0.25, "held-out"], [0.75, "held-out"]]
    assert seen["foreign_judged"] == []
    assert seen["curves"] == ["loss"]
    version = next(row for row in seen["versions"] if row[0] == "bearing")
    assert version[1:4] == [1, trained, ["champion"]]
    assert version[4] in seen["models"]
    assert seen["open"] == 0, "writes whose outcome is not noted"
    assert seen["done"] > 5


def test_rights_that_are_gone_are_gone_with_the_next_request(gates: Gates) -> None:
    search = {"max_results": 1}
    assert gates.call("POST", f"{API}experiments/search", search, token="leaver").status == 200
    gates.place.run(
        "from accounts.models import Membership; "
        "Membership.objects.filter(user__email='bob@firm.example').delete()"
    )
    assert gates.call("POST", f"{API}experiments/search", search, token="leaver").status == 401


def test_a_write_that_a_crash_left_open_is_looked_up_at_the_next_start(gates: Gates) -> None:
    run = gates.things["one"]["run"]
    gates.place.run(
        "from projects.models import Intent, Project; p = Project.objects.get(slug='one'); "
        "new = lambda **k: Intent.objects.create(project=p, method='POST', **k); "
        f"new(path='{API}runs/log-batch', subject={{'run_id': '{run}'}}); "
        f"new(path='{API}runs/log-batch', subject={{'run_id': 'never-there'}}); "
        f"new(path='{API}runs/create', subject={{'experiment_id': '1'}})"
    )
    gates.stop(signal.SIGKILL)
    gates.start()
    # MLflow loads beside what is served, and answers once what was left open is settled.
    assert gates.call("GET", f"{API}runs/get?run_id={run}").status == 200
    code = "import json; from projects.models import Intent; "
    code += "rows = Intent.objects.order_by('-made_at')[:3]; "
    code += "print('SEEN' + json.dumps([[r.subject, r.state] for r in rows]))"
    found = {json.dumps(subject): state for subject, state in ask(gates, code)}
    assert found == {
        json.dumps({"run_id": run}): "done",
        json.dumps({"run_id": "never-there"}): "failed",
        json.dumps({"experiment_id": "1"}): "done",
    }


def test_a_locked_database_is_told_and_survived(gates: Gates) -> None:
    """Somebody holds MLflow’s file: a write is refused in words, reads go on, then all is well."""
    things = gates.things["one"]
    row = {"key": "locked", "value": 1.0, "timestamp": 1}
    body = {"run_id": things["run"], "metrics": [{**row, "step": 1}]}
    # At the first request after a start MLflow opens its store, and writes to it: that is not meant here.
    opening = {**body, "metrics": [{**row, "step": 0}]}
    assert gates.call("POST", f"{API}runs/log-batch", opening).status == 200
    database = sqlite3.connect(gates.place.data / "mlflow" / "mlflow.db", isolation_level=None, timeout=60)
    try:
        database.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as beside:
            # MLflow waits 20 seconds for the lock.
            writing = beside.submit(gates.call, "POST", f"{API}runs/log-batch", body)
            assert gates.call("GET", f"{API}runs/get?run_id={things['run']}").status == 200
            assert gates.raw("GET", "/healthz").status == 200
            assert ask(gates, LISTED) == 1
            refused = writing.result()
        assert refused.status in (500, 503), refused.body
        assert set(refused.json) >= {"error_code", "message"}
        assert b"Traceback" not in refused.body
        assert gates.call("GET", f"{API}runs/get?run_id={things['run']}").status == 200
    finally:
        database.execute("ROLLBACK")
        database.close()
    assert gates.call("POST", f"{API}runs/log-batch", body).status == 200


LISTED = """
from projects.tracking import records
print("SEEN" + str(len(records.runs_of("two", records.Wish()).runs)))
"""
