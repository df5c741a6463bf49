"""The web process stays small: what only jobs need is not loaded by pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
JOBS_ONLY = (
    "openpyxl",
    "docx",
    "weasyprint",
    "fontTools",
    "ortools",
    "pandas",
    "plotly",
    "scipy",
    "mlflow",
    "pyhanko",
)
LOADED = """
import os, sys, threading
import config.wsgi
from django.db import connection
from huey.contrib.djhuey import HUEY
assert "config.urls" in sys.modules
assert threading.active_count() == 1
assert connection.connection is None
assert getattr(HUEY.storage, "_conn", None) is None
opened = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
assert not [name for name in opened if "sqlite3" in name or "socket:" in name], opened
"""
PAGES = """
import json, sys
import config.wsgi
from django.test import Client
for page in ("/healthz", "/sign-in/", "/styleguide/"):
    assert Client(HTTP_HOST="localhost").get(page).status_code in (200, 503), page
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def run(code: str, place: Path, **settings: str) -> str:
    environment = {"PATH": "", "THROUGHLINE_DATA": str(place), "STATIC_HASHED": "0", **settings}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.mark.parametrize("url", ["", "postgres://postgres@127.0.0.1:1/nothing"])
def test_what_processes_are_forked_from_holds_no_thread_and_no_connection(tmp_path: Path, url: str) -> None:
    run(LOADED, tmp_path, **({"DATABASE_URL": url} if url else {}))


def test_pages_load_nothing_that_only_jobs_need(tmp_path: Path) -> None:
    loaded = json.loads(run(PAGES, tmp_path).splitlines()[-1])
    assert "django" in loaded
    assert [name for name in JOBS_ONLY if name in loaded] == []
