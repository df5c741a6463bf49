"""Two projects of one firm with runs in MLflow, for the test of MLflow's own page."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

SHOWN = ("autumn-oak", "winter-elm", "spring-ash")
HIDDEN = "not-for-them"
STEPS = 12


def set_up() -> None:
    """Runs beside the server, on its database; prints projects, tokens and Frida's session as JSON."""
    from accounts.actions import create_account, create_organization
    from projects.actions import open_from_initiative
    from projects.actions.tokens import create_project_token
    from tests.browser.parties import PASSWORD, session_of

    frida = create_account(email="frida@firm.example", name="Frida Lund", password=PASSWORD)
    firm = create_organization(by=frida, name="Halvorsen Pumps")
    made: dict[str, Any] = {"session": session_of(frida)}
    for name in ("shown", "hidden"):
        project = open_from_initiative(firm, by=frida, initiative=f"i-{name}", name=name)
        token = create_project_token(project, by=frida, scope="tracking", name="Test")[1]
        made[name] = {"pk": str(project.pk), "slug": project.slug, "token": token}
    print(json.dumps(made))


def fill(gates: str, place: dict[str, str], names: tuple[str, ...]) -> str:
    """An experiment with runs as a script logs them: parameters, learning curves, a file, a version.

    Returns the number of the experiment.
    """
    post = _poster(f"{gates}/mlflow/{place['slug']}", place["token"])
    experiment = post("POST", "experiments/create", {"name": f"bearings-{place['slug']}"})["experiment_id"]
    for number, name in enumerate(names):
        begun = int(time.time() * 1000) - 60_000
        info = post(
            "POST",
            "runs/create",
            {"experiment_id": experiment, "start_time": begun, "run_name": name},
        )["run"]["info"]
        run = info["run_id"]
        curve = [
            {
                "key": "recall",
                "value": 0.5 + 0.03 * step + 0.01 * number,
                "step": step,
                "timestamp": begun + step,
            }
            for step in range(STEPS)
        ]
        params = [{"key": "depth", "value": str(number + 2)}, {"key": "rate", "value": f"0.0{number + 1}"}]
        post("POST", "runs/log-batch", {"run_id": run, "metrics": curve, "params": params, "tags": []})
        root = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        post("PUT", f"../mlflow-artifacts/artifacts/{root}/notes.txt", f"notes of {name}".encode())
        post("POST", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": begun + 5000})
    post("POST", "registered-models/create", {"name": f"model-{place['slug']}"})
    version = {"name": f"model-{place['slug']}", "source": f"mlflow-artifacts:/{root}/model", "run_id": run}
    post("POST", "model-versions/create", version)
    return str(experiment)


def _poster(base: str, token: str) -> Callable[[str, str, Any], Any]:
    def post(method: str, path: str, body: Any) -> Any:
        path = f"/api/2.0/mlflow/{path}".replace("/mlflow/../", "/")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{base}{path}", content, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310  loopback
            return json.loads(answer.read() or b"null")

    return post
