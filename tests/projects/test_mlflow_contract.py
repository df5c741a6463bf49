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

from projects.tracking import allow, allow_page, forgetting, server
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
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
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
    found = json.loads(made.stdout)
    return {name: [(method, path) for method, path in rows] for name, rows in found.items()}


@pytest.fixture
def routes(listed: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return listed["all"]


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


def is_open_to_page(method: str, path: str) -> bool:
    try:
        allow_page.rule_for(method, path)
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


# What the page of MLflow may use beside what its client may; a new one is looked at before it is added here.
PAGE_ALONE = {
    ("GET", "/"),
    ("GET", "/get-artifact"),
    ("GET", "/model-versions/get-artifact"),
    ("POST", "/graphql"),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/m-1a2b/artifacts/files"),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk"),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"),
    ("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets"),
    ("GET", "/ajax-api/3.0/mlflow/server-info"),
}


def test_the_page_may_use_what_the_client_may_and_these(routes: list[tuple[str, str]]) -> None:
    known = {(method, example(path)) for method, path in routes if method not in ("HEAD", "OPTIONS")}
    to_page = {route for route in known if is_open_to_page(*route)}
    static = {route for route in to_page if route[1].startswith(allow_page.STATIC)}
    as_client = {
        route
        for route in to_page
        if route[1].startswith(allow_page.AJAX)
        and is_open(route[0], f"{allow.API}{route[1].removeprefix(allow_page.AJAX)}")
    }
    assert len(static) == 1
    assert len(as_client) > 50
    assert to_page - static - as_client == PAGE_ALONE
    assert not any(is_open(*route) for route in PAGE_ALONE)


def test_the_questions_of_the_page_are_those_that_it_has() -> None:
    package = importlib.util.find_spec("mlflow")
    assert package is not None
    assert package.origin is not None
    asked = {}
    for script in (Path(package.origin).parent / "server" / "js" / "build" / "static" / "js").glob("*.js"):
        pattern = r"`\s*((?:query|mutation|subscription) (\w+)[^`]*)`"
        for words, name in re.findall(pattern, script.read_text(encoding="utf-8")):
            asked[allow_page.digest_of(words)] = name
    assert asked == dict(allow_page.QUESTIONS)


def test_what_is_led_straight_to_the_table_of_rules_is_there(
    listed: dict[str, list[tuple[str, str]]],
) -> None:
    known = {(method, example(path)) for method, path in listed["ruled"]}
    is_asked = [*allow.PLAIN, *(route for route in allow_page.PLAIN if route[1] != allow_page.SERVER_INFO)]
    ours = [route for route in is_asked if not route[1].startswith(server.STREAMED)]
    answered = ("GET", "/api/3.0/mlflow/server-info")
    assert [route for route in ours if route not in known and route != answered] == []
    assert len(ours) > 50


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


def test_the_columns_that_erasing_writes_exist() -> None:
    import mlflow.store.model_registry.dbmodels.models
    import mlflow.store.tracking.dbmodels.models  # noqa: F401
    from mlflow.store.db.base_sql_model import Base

    tables = {name: set(table.columns.keys()) for name, table in Base.metadata.tables.items()}
    for text in forgetting.TEXTS:
        assert {text.column, *text.keys} <= tables[text.table], text.table
    for table, columns in (
        ("runs", {"run_uuid", "experiment_id", "user_id", "source_name"}),
        ("experiments", {"experiment_id", "workspace", "name"}),
        ("logged_models", {"model_id", "experiment_id", "source_run_id"}),
        ("datasets", {"dataset_uuid", "experiment_id", "dataset_source"}),
        ("inputs", {"source_id", "destination_id"}),
        ("model_versions", {"workspace", "run_id", "user_id"}),
    ):
        assert columns <= tables[table], table
    people = {"user_id", "created_by", "last_updated_by"}
    named = {name for name, columns in tables.items() if columns & people}
    # Tables of parts that are shut at the gate hold nobody; a new one with people in it is looked at first.
    assert named == {"runs", "model_versions", *SHUT_TABLES}


SHUT_TABLES = {
    "budget_policies",
    "endpoint_bindings",
    "endpoint_model_mappings",
    "endpoints",
    "evaluation_dataset_records",
    "evaluation_datasets",
    "guardrail_configs",
    "guardrails",
    "issues",
    "label_schemas",
    "mcp_access_endpoints",
    "mcp_server_versions",
    "mcp_servers",
    "model_definitions",
    "review_queue_users",
    "review_queues",
    "secrets",
}
