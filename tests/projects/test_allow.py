"""The allow list before MLflow: what is not named does not exist, and nothing names another place."""

from __future__ import annotations

from typing import Any

import pytest

from projects.tracking import allow
from projects.tracking.allow import Refused


@pytest.mark.parametrize(
    ("method", "path", "need"),
    [
        ("POST", "/api/2.0/mlflow/runs/log-batch", "contribute"),
        ("POST", "/api/2.0/mlflow/runs/search", "view"),
        ("GET", "/api/2.0/mlflow/runs/get", "view"),
        ("PATCH", "/api/2.0/mlflow/logged-models/m-0a1b", "contribute"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/workspaces/p/1/r/artifacts/a b.txt", "contribute"),
        ("GET", "/api/3.0/mlflow/server-info", "view"),
    ],
)
def test_open_routes_ask_for_a_right(method: str, path: str, need: str) -> None:
    assert allow.rule_for(method, path).need == need


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/2.0/mlflow/runs/get"),
        ("POST", "/api/3.0/mlflow/workspaces"),
        ("POST", "/api/2.0/mlflow-artifacts/mpu/create/x"),
        ("GET", "/get-artifact"),
        ("POST", "/graphql"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/workspaces/p/../q/1"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts//etc/passwd"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/a%2e%2e/b"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/a\\b"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/a\x00b"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/a#b"),
    ],
)
def test_everything_else_does_not_exist(method: str, path: str) -> None:
    with pytest.raises(Refused):
        allow.rule_for(method, path)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "artifact_location": "file:///etc"},
        {"name": "x", "source": "/etc/passwd"},
        {"name": "x", "source": "file:///etc"},
        {"name": "x", "source": "http://169.254.169.254/"},
        {"name": "x", "source": "runs:/1/../../etc"},
        {"name": "x", "source": "mlflow-artifacts:/a#b"},
        {"name": "x", "source": "mlflow-artifacts:/workspaces/q/1/m"},
        {"name": "x", "source": 7},
        {"name": "x", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]},
        {"key": "mlflow.prompt.text", "value": "x"},
        {"run_id": "1", "path": "../x"},
    ],
)
def test_no_body_names_another_place(body: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        allow.check_body(body, "p")


@pytest.mark.parametrize(
    "source", ["runs:/abc/model", "models:/m-0a1b", "mlflow-artifacts:/workspaces/p/1/m"]
)
def test_sources_of_the_project_pass(source: str) -> None:
    allow.check_body({"name": "x", "source": source}, "p")


def test_files_of_another_project_are_refused() -> None:
    allow.check_place(f"{allow.ARTIFACTS}/workspaces/mine/1/a", "mine", {})
    allow.check_place(allow.ARTIFACTS, "mine", {"path": ["workspaces/mine"]})
    for path in ("workspaces/other/1/a", "workspaces/mine-too/1/a", "1/a"):
        with pytest.raises(Refused):
            allow.check_place(f"{allow.ARTIFACTS}/{path}", "mine", {})
        with pytest.raises(Refused):
            allow.check_place(allow.ARTIFACTS, "mine", {"path": [path]})
    with pytest.raises(Refused):
        allow.check_query({"path": ["../other"]})
