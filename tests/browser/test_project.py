"""A signed charter becomes a project: a script trains through the gate, its criterion turns to met, and the
outcome owner decides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from projects.tracking import server as tracking
from tests.browser.parties import PASSWORD
from tests.browser.running import Server, beside, mail_server, start_server, watch, with_session

if not tracking.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("mlflow")]

# A loaded machine answers late; nothing here measures time.
SLOW = 120_000
TRAINING_SECONDS = 600
# What a practitioner has already: MLflow's client, scikit-learn and two lines about the data.
TRAIN = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
mlflow.autolog()
mlflow.sklearn.autolog(registered_model_name="bearing_warning")
draw = np.random.default_rng(7)
X = pd.DataFrame(draw.normal(size=(400, 3)), columns=["heat", "noise", "age"])
y = (X.heat + X.noise > 0).astype(int)
with mlflow.start_run(run_name="first try"):
    model = LogisticRegression().fit(X[:300], y[:300])
    mlflow.log_input(mlflow.data.from_pandas(X[300:], name="holdout.csv"), context="eval")
    mlflow.log_metric("recall_score", recall_score(y[300:], model.predict(X[300:])))
print("TRAINED")
"""


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=None)


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Server]:
    """An installation with hosted tracking."""
    data = tmp_path / "data"
    with mail_server(data / "mail") as mail, start_server(data, mail=mail, gates=True, tables=True) as server:
        yield server


@contextmanager
def visit(browser: Browser, server: Server, session: str) -> Iterator[Page]:
    """A browser of somebody who signed in an hour ago."""
    context = with_session(browser, server, session, viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(SLOW)
        yield page
    finally:
        context.close()


def confirm(page: Page) -> None:
    """What needs a fresh sign-in asks for the password, then goes on by itself."""
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").first.click()


def open_project(page: Page, charter: str) -> str:
    """From the charter's page to the project's; returns its address."""
    page.goto(charter)
    page.get_by_role("link", name="Open the project …").click()
    page.get_by_role("button", name="Open the project").click()
    page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/$"))
    return page.url


def make_token(page: Page, project: str) -> dict[str, str]:
    """The two variables that the page says to paste."""
    page.goto(f"{project}connect/")
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.get_by_role("button", name="Make the token").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Copy these lines now")).to_be_visible()
    lines = page.locator("pre.code-lines").inner_text()
    return dict(re.findall(r"export (\w+)=(\S+)", lines))


def train(lines: dict[str, str], folder: Path) -> None:
    """The script as somebody runs it in a terminal after pasting the lines."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW", "THROUGHLINE", "DJANGO"))
    }
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TRAIN],
        cwd=folder,
        env={**clean, **quiet, **lines},
        capture_output=True,
        text=True,
        timeout=TRAINING_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "TRAINED" in done.stdout


def row_of(page: Page) -> str:
    """What the row of the measured criterion says."""
    row = page.locator("tr", has_text="Failures announced 14 days ahead").first
    expect(row).to_be_visible()
    return row.inner_text()


def test_from_signed_to_decided(browser: Browser, hosted: Server, tmp_path: Path) -> None:
    made = beside(hosted, "pilot")
    charter = f"{hosted.url}/charters/{made['charter']}/"
    with visit(browser, hosted, made["sessions"]["frida"]) as page:
        seen = watch(page)
        project = open_project(page, charter)
        lines = make_token(page, project)
        assert set(lines) == {"MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"}
        page.goto(f"{project}criteria/")
        assert "Not yet" in row_of(page)
        page.goto(f"{project}connect/")
        train(lines, tmp_path)
        # The page was open meanwhile: it says by itself that the run has arrived.
        expect(page.locator("#arrival")).to_contain_text("Connected")

        page.goto(f"{project}models/")
        page.get_by_role("button", name="Nominate bearing_warning version 1").click()
        page.goto(f"{project}criteria/")
        assert "Met" in row_of(page)
        assert "Not yet" not in row_of(page)
        expect(page.get_by_text("1 attempt on holdout.csv")).to_be_visible()
        page.goto(charter)
        expect(page.locator("#standing")).to_contain_text("judged for bearing_warning/1")
        assert "Met" in row_of(page)
        assert seen == []

    with visit(browser, hosted, made["sessions"]["rolf"]) as page:
        seen = watch(page)
        page.goto(f"{hosted.url}/")
        expect(page.locator("main")).to_contain_text("The one must is met")
        page.get_by_role("link", name="Scale, iterate or stop: Bearing failure warning").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The result calls for scale")
        page.get_by_label("Scale").check()
        page.get_by_role("button", name="Decide and close the charter").click()
        confirm(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Decided: scale")
        page.goto(project)
        expect(page.locator("main")).to_contain_text("Decided: scale")
        assert seen == []
    assert hosted.link_in_mail("rolf@halvorsen.example", "Failures announced 14 days ahead: met", seconds=120)
    assert hosted.audit_verifies()
