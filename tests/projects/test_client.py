"""Our own small client beside MLflow's, as a practitioner runs it: a real gate, real pages, a real script."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.launcher import ROOT
from projects.tracking import server
from tests.faults.server import Place, place
from tests.projects.gates_place import Gates

if not server.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]
SEED = """
import json
from accounts import actions as accounts
from projects.actions.tokens import create_project_token, revoke_project_token
from tests.projects import cast
ann = accounts.create_account(email="ann@firm.example", name="Ann", password="a long enough password")
firm = accounts.create_organization(by=ann, name="Firm")
project = cast.project(firm, ann)
out = {"slug": project.slug}
for name in ("ann", "revoked"):
    token, out[name] = create_project_token(project, by=ann, scope="tracking", name=name)
revoke_project_token(token, by=ann)
print("SEED" + json.dumps(out))
"""
NOMINATE = """
from accounts.models import User
from projects.actions.readings import nominate
from projects.models import Project
nominate(Project.objects.get(), by=User.objects.get(), model="bearing", version=1)
"""
TRAIN = """
import json, sys
import mlflow, numpy as np, pandas as pd, throughline
from sklearn.linear_model import LogisticRegression
draw = np.random.default_rng(7)
X = pd.DataFrame(draw.normal(size=(9000, 3)), columns=["a", "b", "c"]); y = (X.a > 0).astype(int)
with mlflow.start_run() as run:
    model = LogisticRegression().fit(X, y)
    mlflow.log_metric("recall_score", 0.81)
    mlflow.log_input(mlflow.data.from_pandas(X, name="holdout.csv", digest="abcd1234"), context="eval")
    info = mlflow.sklearn.log_model(model, name="model", registered_model_name="bearing",
        pip_requirements=["scikit-learn"], serialization_format="cloudpickle")
    with_run = throughline.log_reference(X, rows=1000)
    with_model = throughline.log_reference(X, rows=1000, model_id=info.model_id)
client = mlflow.MlflowClient()
folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="throughline")
root = client.get_logged_model(info.model_id).artifact_location
beside = mlflow.artifacts.download_artifacts(artifact_uri=f"{root}/throughline")
print("TOLD" + json.dumps({
    "kept": [len(pd.read_parquet(f"{place}/reference.parquet")) for place in (folder, beside)],
    "schema": json.load(open(f"{beside}/reference.json")),
    "same": with_run == with_model,
    "tag": client.get_run(run.info.run_id).data.tags["throughline.reference"],
    "model_tag": client.get_logged_model(info.model_id).tags["throughline.reference"],
    "sha256": with_run.sha256, "given": with_run.rows_given,
}))
"""
ASK = """
import json, throughline
try:
    found = throughline.criteria()
except throughline.ThroughlineError as error:
    print("TOLD" + json.dumps({"error": str(error)}))
else:
    print("TOLD" + json.dumps({"verdict": found.verdict, "candidate": found.candidate,
        "first": [found.criteria[0].key, found.criteria[0].outcome, found.criteria[0].value]}))
"""


BOOST = """
import json
import mlflow, numpy as np, xgboost
mlflow.xgboost.autolog(registered_model_name="boosted", model_format="json")
draw = np.random.default_rng(7)
X = draw.normal(size=(400, 3)); y = (X[:, 0] > 0).astype(int)
train, held = xgboost.DMatrix(X[:300], y[:300]), xgboost.DMatrix(X[300:], y[300:])
settings = {"objective": "binary:logistic", "max_depth": 3}
xgboost.train(settings, train, 8, evals=[(held, "held")], verbose_eval=False)
run = mlflow.last_active_run()
history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "held-logloss")
model = mlflow.xgboost.load_model("models:/boosted/1")
print("TOLD" + json.dumps({
    "status": run.info.status, "depth": run.data.params.get("max_depth"),
    "steps": [one.step for one in history], "falls": history[-1].value < history[0].value,
    "predicts": int(((model.predict(held) > 0.5) == y[300:]).sum()),
}))
"""


TORCH = """
import json
import lightning, mlflow, torch
mlflow.pytorch.autolog(registered_model_name="net", log_every_n_epoch=1)
torch.manual_seed(7)
X = torch.randn(256, 3); y = (X[:, :1] > 0).float()
rows = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=64)

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.line(x)

    def training_step(self, batch, _):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(self(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.1)

lightning.Trainer(max_epochs=4, enable_progress_bar=False, enable_checkpointing=False, logger=False).fit(
    Net(), rows)
run = mlflow.last_active_run()
history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
model = mlflow.pytorch.load_model("models:/net/1")
print("TOLD" + json.dumps({
    "status": run.info.status, "epochs": run.data.params.get("epochs"),
    "count": len(history), "falls": history[-1].value < history[0].value,
    "predicts": int(((model(X) > 0).float() == y).sum()),
}))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Gates, dict[str, str]]]:
    """Pages and gate on two host names over one data folder, with one project from a charter in force."""
    data = tmp_path_factory.mktemp("client")
    with place(data) as pages, place(data) as machine:
        pages.environment["GATES_URL"] = f"http://127.0.0.1:{machine.port}"
        machine.environment = pages.environment
        pages.make_tables()
        line = next(line for line in pages.run(SEED).splitlines() if line.startswith("SEED"))
        gates = Gates(machine, json.loads(line.removeprefix("SEED")))
        try:
            gates.start()
            pages.start("web")
            yield pages, gates, gates.tokens
        finally:
            gates.stop(signal.SIGKILL)


def script(code: str, gates: Gates, token: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """What a script prints that knows the project's address, a token, and nothing else of us."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW", "THROUGHLINE", "DJANGO"))
    }
    environment = kept | {
        "MLFLOW_TRACKING_URI": f"http://{gates.netloc}/mlflow/{gates.tokens['slug']}",
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT / "client" / "src"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("TOLD"))
    return done.stdout, json.loads(line.removeprefix("TOLD"))


def test_a_script_keeps_its_reference_and_reads_what_was_signed(
    running: tuple[Place, Gates, dict[str, str]], tmp_path: Path
) -> None:
    pages, gates, tokens = running
    _, told = script(ASK, gates, tokens["ann"], tmp_path)
    assert told["first"] == ["c1", "not_yet", None]
    _, kept = script(TRAIN, gates, tokens["ann"], tmp_path)
    assert kept["kept"] == [1000, 1000]
    assert kept["same"]
    assert kept["tag"] == kept["model_tag"] == kept["sha256"] == kept["schema"]["sha256"]
    assert (kept["given"], kept["schema"]["rows_kept"]) == (9000, 1000)
    assert [(row["name"], row["kind"]) for row in kept["schema"]["columns"]] == [
        (name, "number") for name in "abc"
    ]
    pages.run(NOMINATE)
    printed, told = script(ASK, gates, tokens["ann"], tmp_path)
    assert told["candidate"] == "bearing/1"
    assert told["first"] == ["c1", "met", 0.81]
    assert "met             must" in printed


def test_xgboost_logs_itself(running: tuple[Place, Gates, dict[str, str]], tmp_path: Path) -> None:
    """The stock autolog: parameters, the loss of each round, the model, its registration, and back again."""
    pytest.importorskip("xgboost")
    _, gates, tokens = running
    _, told = script(BOOST, gates, tokens["ann"], tmp_path)
    assert (told["status"], told["depth"], told["falls"]) == ("FINISHED", "3", True)
    assert told["steps"] == list(range(8))
    assert told["predicts"] > 90


def test_pytorch_logs_itself(running: tuple[Place, Gates, dict[str, str]], tmp_path: Path) -> None:
    """Where PyTorch and Lightning are, for which its autolog is made; no extra of ours brings them."""
    pytest.importorskip("torch")
    pytest.importorskip("lightning")
    _, gates, tokens = running
    _, told = script(TORCH, gates, tokens["ann"], tmp_path)
    assert (told["status"], told["epochs"], told["count"], told["falls"]) == ("FINISHED", "4", 4, True)
    assert told["predicts"] > 230


def test_a_token_that_was_revoked_reads_nothing(
    running: tuple[Place, Gates, dict[str, str]], tmp_path: Path
) -> None:
    _, gates, tokens = running
    _, told = script(ASK, gates, tokens["revoked"], tmp_path)
    assert "This token does not open this project." in told["error"]


def test_the_package_is_complete_and_needs_no_django(tmp_path: Path) -> None:
    """As on a machine that has nothing of ours: built alone, imported with Django out of reach."""
    pytest.importorskip("setuptools")
    source = shutil.copytree(
        ROOT / "client", tmp_path / "client", ignore=shutil.ignore_patterns("*.egg-info")
    )
    build = "from setuptools import setup; setup()"
    made = [sys.executable, "-W", "ignore", "-c", build, "-q", "build", "--build-lib", str(tmp_path / "made")]
    subprocess.run(made, cwd=source, check=True, timeout=300)
    kept = {path.name for path in (tmp_path / "made" / "throughline").iterdir()}
    assert kept >= {path.name for path in (ROOT / "client" / "src" / "throughline").glob("*.py")} | {
        "py.typed"
    }
    code = "import sys; sys.modules['django'] = None; import throughline; print(throughline.__file__)"
    seen = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "made")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert str(tmp_path) in seen.stdout
