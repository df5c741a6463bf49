"""The web process stays small: what only jobs need is not loaded by pages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
PAGES = """
import json, sys
import config.wsgi
from django.test import Client
for page in ("/healthz", "/sign-in/", "/styleguide/"):
    assert Client(HTTP_HOST="localhost").get(page).status_code in (200, 503), page
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_pages_load_nothing_that_only_jobs_need(tmp_path: Path) -> None:
    environment = {"PATH": "", "THROUGHLINE_DATA": str(tmp_path), "STATIC_HASHED": "0"}
    made = subprocess.run(
        [sys.executable, "-c", PAGES], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    loaded = json.loads(made.stdout.splitlines()[-1])
    assert "django" in loaded
    assert [name for name in JOBS_ONLY if name in loaded] == []
