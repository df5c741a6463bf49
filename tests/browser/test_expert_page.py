"""MLflow’s own page on the second host name, in a browser: its project’s runs, charts and comparisons, and
nothing of another project, until its person signs out of the product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, Request, Response, expect

from projects.tracking import server as tracking
from tests.browser import expert
from tests.browser.running import Server, beside, start_server
from tests.browser.test_project import SLOW, visit

if not tracking.is_installed():
    pytest.skip("The [ml] extra is not installed.", allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("mlflow")]

# What the page asks for and is shut on purpose: accounts of MLflow's own, and its assistant.
SHUT = {"2.0/mlflow/users/current", "3.0/mlflow/assistant/config", "3.0/mlflow/assistant/providers"}


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=None)


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Server]:
    """An installation with hosted tracking."""
    with start_server(tmp_path / "data", gates=True, tables=True) as server:
        yield server


class Watcher:
    """What MLflow's page was refused, what it could not do, and all that it was told."""

    def __init__(self, page: Page, gates: str) -> None:
        self.gates = gates
        self.refused: set[str] = set()
        self.wrong: list[str] = []
        self.asked: list[Request] = []
        self.answers: list[Response] = []
        page.context.set_default_timeout(SLOW)
        page.context.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))
        page.context.on("console", lambda told: self._note(told.type, told.text))
        page.context.on("request", lambda request: self.asked.append(request))
        page.context.on("response", self._keep)

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {text}")

    def _keep(self, answer: Response) -> None:
        self.answers.append(answer)
        if answer.status >= 400 and answer.url.startswith(self.gates):
            self.refused.add(urlsplit(answer.url).path.partition("/ajax-api/")[2] or answer.url)

    def told(self) -> str:
        """All data that the page has got."""
        found = []
        for answer in self.answers:
            if "/ajax-api/" in answer.url or "/graphql" in answer.url:
                try:
                    found.append(answer.text())
                except Error:  # of a page that was left meanwhile
                    continue
        return "\n".join(found)


def open_page(page: Page, hosted: Server, project: dict[str, str]) -> Page:
    """From the project's page Experiments, in a tab of its own."""
    page.goto(f"{hosted.url}/projects/{project['pk']}/experiments/")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open MLflow’s own page").click()
    opened.value.wait_for_url(re.compile(r"/#/experiments"))
    return opened.value


def look_at_runs(page: Page) -> None:
    """The list, one run with its figures, its curve and its file, then two side by side."""
    page.get_by_role("link", name="bearings-shown").first.click()
    for name in expert.SHOWN:
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text("3 matching runs")).to_be_visible()
    page.get_by_role("link", name="autumn-oak").click()
    expect(page.get_by_role("heading", name="autumn-oak")).to_be_visible()
    expect(page.get_by_role("cell", name="0.83")).to_be_visible()
    page.get_by_role("tab", name="Model metrics").click()
    expect(page.locator(".js-plotly-plot .scatterlayer .js-line").first).to_be_visible()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("notes.txt").first.click()
    expect(page.get_by_text("notes of autumn-oak")).to_be_visible()
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_text("3 matching runs")).to_be_visible()
    for number in (0, 1):
        page.locator(".ag-row .ag-selection-checkbox input").nth(number).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Comparing 2 Runs from 1 Experiment")).to_be_visible()
    for name in ("winter-elm", "spring-ash"):
        expect(page.get_by_text(name).first).to_be_visible()


def test_from_the_project_to_mlflows_page_and_out_again(browser: Browser, hosted: Server) -> None:
    made: dict[str, Any] = beside(hosted, "expert")
    gates = hosted.gates
    expert.fill(gates, made["shown"], expert.SHOWN)
    hidden = expert.fill(gates, made["hidden"], (expert.HIDDEN,))
    with visit(browser, hosted, made["session"]) as page:
        seen = Watcher(page, gates)
        mlflow = open_page(page, hosted, made["shown"])
        look_at_runs(mlflow)
        place = f"{gates}/mlflow/shown/"
        assert mlflow.url.startswith(place)
        assert not {one["name"] for one in page.context.cookies(hosted.url)} & {
            one["name"] for one in page.context.cookies(place)
        }, "the session of the product never goes there"
        expect(mlflow.get_by_text("Welcome to MLflow Assistant")).to_have_count(0)
        assert (seen.refused, seen.wrong) == (SHUT, [])

        mlflow.goto(f"{place}#/experiments/{hidden}/runs")
        expect(mlflow.get_by_text("Experiment not found")).to_be_visible()
        mlflow.goto(f"{place}#/models")
        expect(mlflow.get_by_role("link", name="model-shown")).to_be_visible()
        told = seen.told()
        assert "autumn-oak" in told
        for secret in (expert.HIDDEN, "bearings-hidden", "model-hidden"):
            assert secret not in told
            assert secret not in mlflow.content()
        asked = {urlsplit(one.url).netloc for one in seen.asked if one.url.startswith("http")}
        assert asked == {urlsplit(one).netloc for one in (gates, hosted.url)}, "nobody else is told anything"
        ticket = next(one.url for one in seen.asked if "/enter?ticket=" in one.url)
        again = mlflow.goto(ticket)
        assert again is not None
        assert again.status == 403
        expect(mlflow.get_by_role("heading")).to_have_text("This ticket was used, or is too old.")

        mlflow.goto(f"{place}#/experiments")
        expect(mlflow.get_by_role("link", name="bearings-shown")).to_be_visible()
        sign_out(page, hosted)
        with mlflow.expect_response(lambda answer: answer.status == 401):
            mlflow.get_by_role("link", name="bearings-shown").click()
        mlflow.reload()
        expect(mlflow.get_by_role("heading")).to_have_text("This page is not open any more.")
        expect(mlflow.get_by_role("link", name="To the projects")).to_have_attribute(
            "href", f"{hosted.url}/projects/"
        )


def sign_out(page: Page, hosted: Server) -> None:
    page.goto(f"{hosted.url}/sign-in/out/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
