"""The pages of what was tracked: sorted, filtered, compared, and clear when tracking is away."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from projects.actions.tokens import bearer_of
from projects.models import Project, ProjectToken
from projects.tracking import records
from tests.projects.store import MOMENT, Store

pytestmark = pytest.mark.django_db


def page(cast: Any, address: str, role: str = "facilitator") -> str:
    response = cast.client(role).get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def order(text: str, *words: str) -> bool:
    places = [text.index(word) for word in words]
    return places == sorted(places)


def test_runs_are_sorted_by_a_metric_and_what_is_no_number_comes_last(
    cast: Any, project: Project, store: Store
) -> None:
    for run, auc, day in (("aa", 0.7, 1), ("bb", math.nan, 2), ("cc", 0.9, 3)):
        store.run(project.slug, run, metrics={"auc": auc}, day=day)
    store.run(project.slug, "dd", day=4)
    store.run("other-project", "zz", metrics={"auc": 0.99})
    address = f"/projects/{project.pk}/experiments/"
    newest = page(cast, address)
    assert order(newest, "run-dd", "run-cc", "run-bb", "run-aa")
    assert "run-zz" not in newest
    assert order(page(cast, f"{address}?sort=auc"), "run-cc", "run-aa", "run-bb")
    assert order(page(cast, f"{address}?sort=auc&dir=asc"), "run-aa", "run-cc", "run-bb")
    assert "not a number" in newest


def test_runs_are_found_by_text_and_state(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "aa", state="FAILED")
    store.run(project.slug, "bb_1")
    address = f"/projects/{project.pk}/experiments/"
    assert "run-bb_1" not in page(cast, f"{address}?state=FAILED")
    found = page(cast, f"{address}?text=B_")
    assert "run-bb_1" in found
    assert "run-aa" not in found
    assert "No run is called so" in page(cast, f"{address}?text=%25")


@pytest.mark.parametrize(
    "query",
    ["page=99999999999", "page=-1", "page=x", "sort=%01", "sort=" + "k" * 999, "state=%ff", "text=%ED%A0%80"],
)
def test_odd_wishes_are_a_page(cast: Any, project: Project, store: Store, query: str) -> None:
    store.run(project.slug, "aa", metrics={"auc": 0.5})
    page(cast, f"/projects/{project.pk}/experiments/?{query}")


def test_a_run_shows_all_that_it_logged(cast: Any, project: Project, store: Store) -> None:
    store.run(
        project.slug,
        "aa",
        metrics={"loss": [0.5, 0.4, 0.25], "auc": 0.8},
        params={"C": "1.0 <b>"},
        data=("held-out.csv", "abcd1234"),
    )
    model_id = store.version(project.slug, "bearing", 3, run="aa", alias="champion")
    text = page(cast, f"/projects/{project.pk}/runs/aa/")
    for words in ("loss: 0.5 at first, 0.25 at last", "1.0 &lt;b&gt;", "held-out.csv", "abcd1234", model_id):
        assert words in text
    assert "bearing version 3" in text
    assert "champion" in page(cast, f"/projects/{project.pk}/models/")


def test_runs_of_others_and_deleted_ones_are_not_there(cast: Any, project: Project, store: Store) -> None:
    store.run("other-project", "zz")
    store.run(project.slug, "aa")
    store.drop_run("aa")
    for run in ("zz", "aa", "nothing"):
        assert cast.client("facilitator").get(f"/projects/{project.pk}/runs/{run}/").status_code == 404


def test_compared_runs_show_first_what_differs(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "aa", params={"alpha": "1", "zeta": "2"})
    store.run(project.slug, "bb", params={"alpha": "1", "zeta": "3"})
    store.run("other-project", "zz", params={"alpha": "9"})
    address = f"/projects/{project.pk}/experiments/compare/"
    text = page(cast, f"{address}?run=aa&run=bb&run=zz")
    assert order(text, ">zeta<", ">alpha<")
    assert "run-zz" not in text
    response = cast.client("facilitator").get(f"{address}?run=aa", follow=True)
    assert "Choose 2 to 5 runs" in response.content.decode()


def test_runs_of_a_page_are_drawn_as_threads_and_compared_ones_as_curves(
    cast: Any, project: Project, store: Store
) -> None:
    for name, depth in (("aa", "2"), ("bb", "4")):
        losses = [1 / (step + int(depth)) for step in range(5)]
        metrics: dict[str, float | list[float]] = {"recall": int(depth) / 10, "loss": losses}
        store.run(project.slug, name, params={"depth": depth}, metrics=metrics)
    text = page(cast, f"/projects/{project.pk}/experiments/")
    assert "2 runs by what they differ in and what they scored" in text
    text = page(cast, f"/projects/{project.pk}/experiments/compare/?run=aa&run=bb")
    assert "loss: from 0.125 to 0.1667 at the end" in text


@pytest.mark.parametrize("path", ["experiments/", "runs/aa/", "experiments/compare/?run=a&run=b", "models/"])
def test_tracking_that_is_away_is_said(
    cast: Any, project: Project, settings: Any, tmp_path: Path, path: str
) -> None:
    settings.MLFLOW_STORE_URL = f"sqlite:///{tmp_path}/nowhere/mlflow.db"
    assert "Tracking does not answer" in page(cast, f"/projects/{project.pk}/{path}")
    page(cast, f"/projects/{project.pk}/")


def test_connecting_shows_the_token_once_and_the_first_run(cast: Any, project: Project, store: Store) -> None:
    client: Client = cast.client("facilitator")
    address = f"/projects/{project.pk}/connect/"
    assert "No run yet" in page(cast, address)
    made_page = client.post(f"{address}token/", {"name": "Laptop"}, follow=True)
    if made_page.redirect_chain:
        pytest.fail("the sign-in of the test should be fresh")
    text = made_page.content.decode()
    secret = text.partition("MLFLOW_TRACKING_TOKEN=")[2].partition("<")[0].strip()
    assert made_page["Cache-Control"] == "no-store"
    bearer = bearer_of(secret, slug=project.slug, scope="tracking")
    assert bearer is not None
    assert "contribute" in bearer.rights
    assert secret not in page(cast, address)
    store.run(project.slug, "aa")
    assert "run-aa" in page(cast, f"{address}arrival/")
    token = ProjectToken.objects.get()
    assert cast.client("member").post(f"/projects/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/projects/tokens/{token.pk}/revoke/")
    assert bearer_of(secret, slug=project.slug, scope="tracking") is None


def test_the_page_says_why_there_is_no_tracking(
    cast: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATES", "off")
    text = page(cast, f"/projects/{project.pk}/connect/")
    assert "The setting GATES is off" in text
    assert "Make a token" not in text


def test_a_token_for_a_project_on_the_console(
    cast: Any, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("token", cast.frank.email, project=project.slug, scope=["tracking"])
    secret = capsys.readouterr().out.strip()
    assert bearer_of(secret, slug=project.slug, scope="tracking") is not None
    assert bearer_of(secret, slug=project.slug, scope="serving") is None
    call_command("token", cast.frank.email, project=project.slug, scope=["serving"], deployment="warner")
    secret = capsys.readouterr().out.strip()
    assert bearer_of(secret, slug=project.slug, scope="serving", deployment="warner") is not None
    assert bearer_of(secret, slug=project.slug, scope="serving", deployment="other") is None
    assert bearer_of(secret, slug=project.slug, scope="tracking") is None
    for user, slug, scope in (
        (cast.charlie.email, project.slug, "tracking"),
        ("nobody@firm.example", project.slug, "tracking"),
        (cast.frank.email, "nothing", "tracking"),
        (cast.frank.email, project.slug, "everything"),
    ):
        with pytest.raises(CommandError):
            call_command("token", user, project=slug, scope=[scope])


def test_the_page_of_a_run_follows_it_until_it_ends(
    cast: Any, project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run, state in (("goes", "RUNNING"), ("done", "FINISHED"), ("cut", "FAILED")):
        store.run(project.slug, run, metrics={"loss": [0.5, 0.4]}, state=state)
    store.run(project.slug, "young", state="RUNNING")
    began = records.time_of(MOMENT)
    assert began is not None
    now = began
    monkeypatch.setattr(timezone, "now", lambda: now)
    following = {
        run: 'id="run-live" hx-get=""' in page(cast, f"/projects/{project.pk}/runs/{run}/")
        for run in ("goes", "young", "done", "cut")
    }
    assert following == {"goes": True, "young": True, "done": False, "cut": False}
    now = began + dt.timedelta(hours=3)
    silent = page(cast, f"/projects/{project.pk}/runs/goes/")
    assert "hx-get" not in silent.partition('id="run-live"')[2].partition("</div>")[0]
    assert "Running" in silent


def test_the_list_follows_runs_that_go_on_and_keeps_what_was_chosen(
    cast: Any, project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.run(project.slug, "goes", metrics={"loss": [0.5, 0.4]}, state="RUNNING")
    address = f"/projects/{project.pk}/experiments/"
    began = records.time_of(MOMENT)
    assert began is not None
    now = began
    monkeypatch.setattr(timezone, "now", lambda: now)
    text = page(cast, address)
    assert 'id="runs-live" hx-get="" hx-trigger="every 10s"' in text
    assert 'id="compare-goes" hx-preserve' in text
    now = began + dt.timedelta(hours=3)
    assert "hx-get" not in page(cast, address).partition('id="runs-live"')[2].partition(">")[0]


def test_a_page_that_follows_a_run_keeps_what_it_shows_while_tracking_is_away(
    cast: Any, project: Project, settings: Any
) -> None:
    settings.MLFLOW_STORE_URL = "sqlite:////nowhere/mlflow.db"
    address = f"/projects/{project.pk}/runs/abc/"
    asked = cast.client("facilitator").get(address, headers={"HX-Request": "true", "HX-Target": "run-live"})
    assert (asked.status_code, asked.content) == (204, b"")
    assert "Tracking does not answer" in page(cast, address)


@pytest.mark.parametrize("wish", [{}, {"sort": "auc"}, {"sort": "auc", "descending": False}])
def test_pages_together_are_the_whole_list_in_order(
    project: Project, store: Store, wish: dict[str, Any]
) -> None:
    """The later pages are read from the end; no run is shown twice and none is left out."""
    values = {f"{at:03d}": [at % 7 / 10, math.nan, None][at % 3] for at in range(130)}
    for at, (run, value) in enumerate(values.items()):
        store.run(project.slug, run, metrics={} if value is None else {"auc": value}, day=at // 2)
    pages = [records.runs_of(project.slug, records.Wish(page=number, **wish)) for number in (1, 2, 3)]
    shown = [run.id for one in pages for run in one.runs]
    assert [len(one.runs) for one in pages] == [50, 50, 30]
    assert sorted(shown) == sorted(values)
    if "sort" not in wish:
        assert shown == sorted(values, key=lambda run: (-(int(run) // 2), run))
        return
    known = [run for run in shown if int(run) % 3 == 0]
    assert shown[: len(known)] == known
    sign = -1 if wish.get("descending", True) else 1
    assert known == sorted(known, key=lambda run: (sign * (values[run] or 0), -(int(run) // 2), run))


def test_the_way_to_mlflow_s_own_page_or_why_there_is_none(
    cast: Any, project: Project, store: Store, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATES", "on")
    store.run(project.slug, "aa")
    address = f"/projects/{project.pk}/experiments/"
    assert f'action="{address}page/"' in page(cast, address)
    settings.PUBLIC_URL = settings.GATES_URL
    told = page(cast, address)
    assert "needs a host name of its own" in told
    assert "Open MLflow’s own page" not in told
