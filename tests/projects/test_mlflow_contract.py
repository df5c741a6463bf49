"""What we rely on in MLflow: every route that it has is open or known to be shut; its private names exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from projects.tracking import allow, server
from projects.tracking.allow import Refused

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
if not server.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {"artifact_path": "workspaces/p/1/a.txt", "path": "a/b.txt", "filename": "a.js"}
PRIVATE_NAMES = (
    "_MLFLOW_SERVER_FILE_STORE",
    "_MLFLOW_SERVER_REGISTRY_STORE",
    "_MLFLOW_SERVER_ARTIFACT_ROOT",
    "_MLFLOW_SERVER_ARTIFACT_DESTINATION",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION",
    "MLFLOW_ENABLE_WORKSPACES",
    "MLFLOW_WORKSPACE_STORE_URI",
    "MLFLOW_DISABLE_TELEMETRY",
)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    data = tmp_path_factory.mktemp("mlflow")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "THROUGHLINE_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        "STATIC_HASHED": "0",
    }
    environment.pop("DATABASE_URL", None)
    made = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("mlflow_routes.py"))],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    return [(method, path) for method, path in json.loads(made.stdout)]


def example(path: str) -> str:
    """A path with its parameters filled in, Flask's and FastAPI's."""

    def fill(found: re.Match[str]) -> str:
        kind, name = found["kind"], found["name"]
        many = kind == "path:" or found["many"] == ":path"
        return EXAMPLES.get(name, "a/b") if many else "m-1a2b"

    pattern = r"[<{](?P<kind>\w+:)?(?P<name>\w+)(?P<many>:path)?[>}]"
    return re.sub(pattern, fill, path)


def is_open(method: str, path: str) -> bool:
    try:
        allow.rule_for(method, path)
    except Refused:
        return False
    return True


def closed_by(path: str) -> list[str]:
    return [family for family in allow.CLOSED if re.fullmatch(family, path)]


def test_every_route_is_open_or_known_to_be_shut(routes: list[tuple[str, str]]) -> None:
    assert len(routes) > 300, "the routes of MLflow were not found"
    unknown = [
        f"{method} {path}"
        for method, path in routes
        if method not in ("HEAD", "OPTIONS")
        if not is_open(method, example(path)) and not closed_by(example(path))
    ]
    assert not unknown, "Neither open nor known to be shut:\n" + "\n".join(unknown)


def test_no_open_route_belongs_to_a_family_that_is_shut(routes: list[tuple[str, str]]) -> None:
    shut = [
        (method, path, closed_by(example(path)))
        for method, path in routes
        if is_open(method, example(path)) and closed_by(example(path))
    ]
    # Files of a project lie in a folder that is called workspaces; that alone is why a family matches.
    assert [row for row in shut if not row[1].startswith(allow.ARTIFACTS)] == []


def test_every_open_route_exists(routes: list[tuple[str, str]]) -> None:
    known = {(method, example(path)) for method, path in routes}
    assert [route for route in allow.PLAIN if route not in known] == []


def test_routes_of_every_dangerous_kind_were_seen(routes: list[tuple[str, str]]) -> None:
    """FastAPI's routers are found too, not only Flask's rules."""
    paths = [path for _, path in routes]
    for part in ("/gateway/", "/assistant", "/jobs", "/v1/traces", "/mcp", "/webhooks", "/graphql", "/mpu/"):
        assert any(part in path for path in paths), part


def test_the_private_names_still_exist() -> None:
    package = importlib.util.find_spec("mlflow")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent
    texts = [source / "server" / "__init__.py", source / "environment_variables.py"]
    texts += (source / "server").rglob("*.py")
    found = "\n".join(text.read_text(encoding="utf-8") for text in texts)
    assert [name for name in PRIVATE_NAMES if name not in found] == []
