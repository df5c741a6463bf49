"""Erasing somebody who trained with MLflow's own client: a real gate and script, every table, every file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from projects.tracking import server
from tests.faults.server import Place
from tests.projects.gates_place import Gates

if not server.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
LOGIN = "gstrand"
SEED = """
import json
from accounts import actions as accounts
from projects.actions import open_from_initiative
from projects.actions.tokens import create_project_token
ann = accounts.create_account(email="ann@firm.example", name="Ann", password="a long enough password")
her = accounts.create_account(
    email="gunhild.strand@firm.example", name="Gunhild Strand", password="a long enough password")
firm = accounts.create_organization(by=ann, name="Firm")
accounts.add_member(firm, user=her, by=ann, role="facilitator", functions=[], unit=None)
project = open_from_initiative(firm, by=her, initiative="x", name="one")
token = create_project_token(project, by=her, scope="tracking", name="laptop")[1]
print("SEED" + json.dumps({"token": token, "slug": project.slug}))
"""
TRAIN = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("gunhild-strand-tries")
mlflow.sklearn.autolog(serialization_format="cloudpickle")
X = pd.DataFrame({"a": np.arange(40.0)}); y = (X.a > 20).astype(int)
with mlflow.start_run(run_name="Gunhild Strand 1"):
    mlflow.log_input(mlflow.data.from_pandas(X, name="holdout.csv"), context="eval")
    LogisticRegression().fit(X, y)
    mlflow.set_tag("asked", "gunhild.strand@firm.example")
"""
ERASE = """
from accounts import actions as accounts
from accounts.models import User
her, ann = User.objects.get(name="Gunhild Strand"), User.objects.get(name="Ann")
accounts.erase_person(her, by=ann)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    """A project in which she trained on a machine where she is called gstrand."""
    place = Place(tmp_path_factory.mktemp("forgetting"))
    place.environment["GATES_URL"] = f"http://127.0.0.1:{place.port}"
    place.make_tables()
    line = next(line for line in place.run(SEED).splitlines() if line.startswith("SEED"))
    gates = Gates(place, json.loads(line.removeprefix("SEED")))
    try:
        gates.start()
        train(gates, tmp_path_factory.mktemp("machine") / "home" / LOGIN)
        yield gates
    finally:
        gates.stop(signal.SIGKILL)


def train(gates: Gates, home: Path) -> None:
    home.mkdir(parents=True)
    script = home / "train.py"
    script.write_text(TRAIN, encoding="utf-8")
    own = ("MLFLOW", "THROUGHLINE", "DJANGO")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(own)} | {
        "MLFLOW_TRACKING_URI": f"http://{gates.netloc}/mlflow/{gates.tokens['slug']}",
        "MLFLOW_TRACKING_TOKEN": gates.tokens["token"],
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OPENBLAS_NUM_THREADS": "1",
        "LOGNAME": LOGIN,
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def tables_with(database: Path, *words: str) -> set[str]:
    """The tables of MLflow that hold one of the words, in whatever case."""
    found = set()
    with closing(sqlite3.connect(database)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            text = repr(connection.execute(f'SELECT * FROM "{table}"').fetchall()).lower()  # noqa: S608
            if any(word in text for word in words):
                found.add(table)
    return found


def test_no_table_and_no_file_of_mlflow_names_who_was_erased(trained: Gates) -> None:
    folder = trained.place.data / "mlflow"
    (database,) = folder.glob("*.db")
    words = (LOGIN, "gunhild strand", "gunhild-strand", "gunhild.strand")
    holders = {"datasets", "experiments", "logged_model_tags", "runs", "tags"}
    assert tables_with(database, *words) == holders
    trained.place.run(ERASE)
    assert tables_with(database, *words) == set()
    assert tables_with(database, "erased person") == holders
    files = [path for path in (folder / "artifacts").rglob("*") if path.is_file()]
    assert any(path.name == "MLmodel" for path in files)
    named = [path.name for path in files if LOGIN.encode() in path.read_bytes()]
    assert named == [], "MLflow and autolog write no name into files by themselves"
