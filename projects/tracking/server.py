"""The one importer of MLflow: its server as an ASGI app, its tables, its workspaces.

The names of the settings are MLflow's private ones; tests/projects/test_mlflow_contract.py holds them.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

WORKSPACE: Final = b"x-mlflow-workspace"
# What MLflow serves beside its table of rules, as far as it is open here.
STREAMED: Final = "/api/2.0/mlflow-artifacts/"
NICENESS: Final = 5
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_installed() -> bool:
    """Whether the [ml] extra is there; asked without importing it."""
    return importlib.util.find_spec("mlflow") is not None


def folder() -> Path:
    return Path(settings.DATA_DIR) / "mlflow"


def environment() -> dict[str, str]:
    """The settings under which MLflow's server is loaded; everything that we do not use is off."""
    return {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ENABLE_WORKSPACES": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_WORKSPACE_STORE_URI": settings.MLFLOW_STORE_URL,
        "_MLFLOW_SERVER_FILE_STORE": settings.MLFLOW_STORE_URL,
        "_MLFLOW_SERVER_REGISTRY_STORE": settings.MLFLOW_STORE_URL,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder() / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    }


@cache
def whole() -> Any:
    """MLflow's server as it comes, with all its routes. Slow to import and large."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.update(environment())
    prepare_store()
    from mlflow.server.fastapi_app import app

    return app


@cache
def application() -> Application:
    """What is asked of MLflow here, led straight to it; only the `gates` process ever calls this.

    MLflow's own way asks its database at each request whether the workspace is there, and checks hosts a
    second time: a tenth of what a request costs. The gate has done both. Files go MLflow's whole way.
    """
    app: Application = whole()
    from mlflow.server import app as rules
    from mlflow.server.fastapi_app import _EfficientWSGIMiddleware
    from mlflow.utils.workspace_context import ServerWorkspaceContext

    def behind_pages(environ: Any, start_response: Any) -> Any:
        """Of the threads that want a core, those that log come after those that show a page to a person."""
        if sys.platform == "linux":  # where a thread has a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        return rules(environ, start_response)

    short: Application = _EfficientWSGIMiddleware(behind_pages)

    async def led(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(STREAMED):
            await app(scope, receive, send)
            return
        with ServerWorkspaceContext(dict(scope["headers"])[WORKSPACE].decode()):
            await short(scope, receive, send)

    # What is loaded by now stays: the collector need not go through it again, which costs another tenth.
    gc.collect()
    gc.freeze()
    return led


def prepare_store() -> None:
    """Make or upgrade MLflow's tables; its SQLite file is set to write-ahead logging once."""
    from mlflow.store.db.utils import _safe_initialize_tables, create_sqlalchemy_engine_with_retry

    engine = create_sqlalchemy_engine_with_retry(settings.MLFLOW_STORE_URL)
    try:
        _safe_initialize_tables(engine)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    finally:
        engine.dispose()


def ensure_workspace(name: str) -> None:
    """The workspace of a project, made when it is first used; safe to call at the same time."""
    from mlflow.entities import Workspace
    from mlflow.exceptions import MlflowException
    from mlflow.server.workspace_helpers import _get_workspace_store

    store = _get_workspace_store()
    try:
        store.get_workspace(name)
        return
    except MlflowException:
        pass
    try:
        store.create_workspace(Workspace(name=name))
    except MlflowException:
        store.get_workspace(name)  # somebody was faster


def why_off() -> str:
    """Why there is no hosted tracking on this installation; empty where there is."""
    if not is_installed():
        return "The [ml] extra is not installed here. An operator adds it with script/setup ml."
    if os.environ.get("GATES", "on") == "off":
        return "The setting GATES is off. An operator switches it on."
    return ""


def why_no_page() -> str:
    """Why MLflow's own page is not shown; empty where it is."""
    same = urlsplit(settings.GATES_URL).hostname == urlsplit(settings.PUBLIC_URL).hostname
    if not why_off() and same:
        return "MLflow’s own page needs a host name of its own. An operator sets GATES_URL to another one."
    return why_off()
