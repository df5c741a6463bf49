"""The registry and its pages: what stands in a row, what fits, what it costs; environments; the API."""

from __future__ import annotations

import datetime as dt
import json
import platform
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions import create_organization, create_token
from accounts.actions.persons import erase_person
from deployments.actions import keeping, releasing
from deployments.actions.moving import move
from deployments.models import Alert, Bucket, Change, Deployment, Environment, Release, Sample
from deployments.release.lifecycle import State
from deployments.release.log import folder_of
from projects.tracking import records
from projects.tracking.model_files import ModelFiles, ModelFilesAreAway
from reports import charter_input
from tests.deployments import registry_cast as made
from ui.errors import Conflict

pytestmark = pytest.mark.django_db


def page(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200, answer.content[:300]
    return " ".join(answer.content.decode().split())


@pytest.fixture
def project(cast):
    return made.project_of(cast)


def test_a_row_says_where_what_by_whom_and_how(cast, project):
    deployment = made.deployment_of(cast, project=project)
    made.release_of(deployment, 3)
    now = timezone.now()
    Bucket.objects.create(deployment=deployment, seconds=60, start=now, count=1184)
    Bucket.objects.create(deployment=deployment, seconds=3600, start=now, count=99)
    Change.objects.create(deployment=deployment, kind="x", words="Version 3 took over", by_name="Frank")
    text = page(cast.client("victor"), "deployments:list")
    for words in (
        "One deployment is live",
        "Bearing wear",
        "bearing version 3",
        "Staging",
        "Frank",
        "1,184",
        "Version 3 took over",
        f"/serve/{project.slug}/bearing/",
        project.charter.code,
        "musts met",
    ):
        assert words in text, words
    Alert.objects.create(deployment=deployment, kind="errors", key="errors", words="Errors above 1 %")
    text = page(cast.client("victor"), "deployments:list")
    assert "One deployment needs attention, of 1" in text
    assert "Errors above 1 %" in text


def test_requests_of_thirty_days_stand_below_those_of_the_last(cast, project):
    deployment = made.deployment_of(cast, project=project)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for days, count in ((0, 1_000), (29, 500), (30, 70_000)):
        start = today - dt.timedelta(days=days)
        Bucket.objects.create(deployment=deployment, seconds=86_400, start=start, count=count)
    text = page(cast.client("victor"), "deployments:list")
    assert '>0<span class="second">1,500 in 30 days</span>' in text
    Bucket.objects.create(
        deployment=deployment, seconds=86_400, start=today, count=9_000, simulated=True, release_number=3
    )
    assert "1,500 in 30 days" in page(cast.client("victor"), "deployments:list")


def test_simulated_requests_are_called_so(cast, project):
    deployment = made.deployment_of(cast, project=project)
    Bucket.objects.create(deployment=deployment, seconds=60, start=timezone.now(), count=7, simulated=True)
    assert ">simulated<" in page(cast.client("victor"), "deployments:list")


def test_it_is_filtered_and_sorted(cast, project):
    staging = made.deployment_of(cast, project=project, name="a", title="Alpha")
    made.release_of(staging)
    made.deployment_of(cast, project=project, slug="production", name="z", title="Zeta", kind="external")
    client = cast.client("victor")
    for query, expected in (
        ("?text=alph", ["Alpha"]),
        ("?environment=production", ["Zeta"]),
        ("?state=live", ["Alpha"]),
        ("?state=external", ["Zeta"]),
        ("?state=alert", []),
        ("?sort=title", ["Alpha", "Zeta"]),
        ("?sort=moon&state=moon", ["Alpha", "Zeta"]),
    ):
        rows = client.get(reverse("deployments:list") + query).context["page"].object_list
        assert [row.deployment.title for row in rows] == expected, query


def test_the_empty_registry_says_how_to_begin(cast):
    text = page(cast.client("victor"), "deployments:list")
    assert "No deployment yet" in text
    assert "See the projects" in text


@pytest.mark.queries
def test_fifty_deployments_ask_no_more_of_the_database_than_five(cast, project):
    client, counts = cast.client("victor"), []
    for many in (5, 45):
        for _ in range(many):
            number = Deployment.objects.count()
            deployment = made.deployment_of(cast, project=project, name=f"d{number}", title=f"D {number}")
            waiver = made.waiver_of(cast, project=project)
            made.release_of(deployment, number + 1, waiver=waiver)
            Alert.objects.create(deployment=deployment, kind="errors", key="errors", words="Errors")
            Change.objects.create(deployment=deployment, kind="x", words="Moved")
        client.get(reverse("deployments:list"))
        with CaptureQueriesContext(connection) as asked:
            page(client, "deployments:list")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_every_organization_begins_with_two_environments(cast):
    founded = create_organization(by=cast.bob, name="Another")
    rows = Environment.objects.filter(organization=founded)
    assert [(row.slug, row.policy, row.replicas) for row in rows] == [
        ("staging", "warn", 1),
        ("production", "block", 2),
    ]


def test_environments_are_made_changed_and_put_away(cast, project):
    client = cast.client("frank")
    rules = {
        "name": "Plant Bergen", "driver": "local", "policy": "record", "deployers": "manage", "replicas": 2,
        "memory_mb": 512, "at_once": 4, "timeout_ms": 2000, "sample_days": 7,
    }  # fmt: skip
    add = reverse("deployments:environment_add")
    assert client.post(add, rules | {"replicas": 9}).status_code == 422
    assert client.post(add, rules)["Location"] == reverse("deployments:environments")
    assert "Another environment has this name" in client.post(add, rules).content.decode()
    row = Environment.objects.get(slug="plant-bergen")
    deployment = made.deployment_of(cast, project=project, slug="plant-bergen")
    before = deployment.changed_at
    client.post(reverse("deployments:environment", args=[row.pk]), rules | {"timeout_ms": 900})
    row.refresh_from_db()
    deployment.refresh_from_db()
    assert row.timeout_ms == 900
    assert deployment.changed_at > before
    away = reverse("deployments:environment_archive", args=[row.pk])
    assert client.post(away).status_code == 409
    keeping.archive_deployment(deployment, by=cast.frank)
    client.post(away)
    row.refresh_from_db()
    assert row.archived_at is not None


def test_what_cannot_be_undone_asks_first(cast, project):
    """A link to a page that names what happens, which acts once it is sent; without scripts too."""
    deployment = made.deployment_of(cast, project=project, slug="production")
    release = made.release_of(deployment, 1)
    Sample.objects.create(deployment=deployment, request_id="a", at=timezone.now(), row={"x": 1})
    waiver = made.waiver_of(cast, project=project)
    frank = cast.client("frank")

    def asks_then_acts(name: str, of: Any, shown_on: str, sentence: str, is_done: Callable[[], bool]) -> None:
        address = reverse(f"deployments:{name}", args=[of.pk])
        shown = page(frank, shown_on, of.pk)
        assert f'href="{address}"' in shown
        assert f'action="{address}"' not in shown
        assert sentence in page(frank, f"deployments:{name}", of.pk)
        assert cast.client("victor").get(address).status_code == 403
        assert not is_done()
        assert frank.post(address).status_code == 302
        assert is_done()

    def away(row: Any, field: str = "archived_at") -> Callable[[], bool]:
        return lambda: type(row).objects.exclude(**{field: None}).filter(pk=row.pk).exists()

    asks_then_acts(
        "samples_delete", deployment, "deployments:watching", "1 kept row goes for good",
        lambda: not Sample.objects.exists(),
    )  # fmt: skip
    words = "another one needs two signatures"
    asks_then_acts("waiver_withdraw", waiver, "deployments:waiver", words, away(waiver, "withdrawn_at"))
    assert frank.get(reverse("deployments:waiver_withdraw", args=[waiver.pk])).status_code == 409
    # What would be refused is not asked.
    refused = frank.get(reverse("deployments:archive", args=[deployment.pk]))
    assert (refused.status_code, "Stop it first" in refused.content.decode()) == (409, True)
    Release.objects.filter(pk=release.pk).update(state="stopped")
    asks_then_acts("archive", deployment, "deployments:change", "its name is free", away(deployment))
    environment, words = deployment.environment, "Nothing can be deployed there"
    asks_then_acts("environment_archive", environment, "deployments:environment", words, away(environment))


def test_what_runs_elsewhere_is_registered_and_told_apart(cast):
    environment = made.environment_of(cast, "production")
    client = cast.client("frank")
    sent = {"title": "Invoice reader", "environment": str(environment.pk), "vendor": "Acme"}
    address = reverse("deployments:external")
    assert client.post(address, sent | {"endpoint": "ftp://acme.example"}).status_code == 422
    assert client.post(address, sent | {"endpoint": "https://acme.example/read"}).status_code == 302
    text = page(client, "deployments:list")
    assert "Runs elsewhere" in text
    assert "https://acme.example/read" in text
    assert "Not watched here" in text


def test_one_press_leads_from_a_version_to_a_release(cast, project, monkeypatch):
    made.registered(monkeypatch, 1, 2)
    monkeypatch.setattr("deployments.views.deploying.find_reference", lambda *args: None)
    client = cast.client("frank")
    address = reverse("deployments:deploy", args=[project.slug, made.MODEL, 1])
    shut = page(client, "deployments:deploy", project.slug, made.MODEL, 1, query="?environment=production")
    assert "The gate of Production is shut" in shut
    assert "Ask for a waiver" in shut
    assert 'method="post" novalidate' not in shut
    sent = {
        "title": "Bearing wear", "name": "bearing", "owner_name": "Frank", "fallback": "constant",
        "fallback_value": "0", "fallback_words": "Inspect by hand.", "why": "To try it.",
    }  # fmt: skip
    assert client.post(f"{address}?environment=production", sent).status_code == 422
    assert not Deployment.objects.exists()
    for wrong in ({"why": ""}, {"fallback_value": "{"}, {"name": "Not a name"}, {"title": ""}):
        assert client.post(f"{address}?environment=staging", sent | wrong).status_code == 422
    assert not Deployment.objects.exists()
    answer = client.post(f"{address}?environment=staging", sent)
    release = Release.objects.get()
    assert answer["Location"] == reverse("deployments:release", args=[release.pk])
    deployment = release.deployment
    assert (deployment.name, deployment.fallback_value, deployment.owner) == ("bearing", 0, cast.frank)
    assert "is under way here" in page(client, "deployments:deploy", project.slug, made.MODEL, 2)
    refused = client.post(f"{address}?environment=staging&endpoint={deployment.pk}", {"why": "Again."})
    assert "was faster" in refused.content.decode()


def test_a_version_logged_with_another_python_is_warned_of(cast, project, monkeypatch):
    made.registered(monkeypatch, 1)
    monkeypatch.setattr("deployments.views.deploying.find_reference", lambda *args: None)
    logged = {"python": "3.2.9"}

    def describe(*args: Any) -> ModelFiles:
        if not logged:
            raise ModelFilesAreAway("The files are gone.")
        return ModelFiles(signature={}, requirements=(), flavors={}, **logged)

    monkeypatch.setattr("deployments.views.deploying.describe", describe)
    told = "It was logged with Python 3.2"
    assert told in page(cast.client("victor"), "deployments:deploy", project.slug, made.MODEL, 1)
    logged["python"] = platform.python_version()
    assert "It was logged with" not in page(
        cast.client("victor"), "deployments:deploy", project.slug, made.MODEL, 1
    )
    logged.clear()
    page(cast.client("victor"), "deployments:deploy", project.slug, made.MODEL, 1)


def test_what_the_form_itself_fills_in_does_not_shut_the_gate(cast, project, monkeypatch):
    """The charter of this test names nobody for afterward; who deploys can say so in the same step."""
    made.registered(monkeypatch, 1)
    monkeypatch.setattr("deployments.views.deploying.find_reference", lambda *args: None)
    made.signed_by(project, cast.alice)
    now = timezone.now()
    made.waiver_of(
        cast, project=project, slug="production", checks=["musts", "verified", "reference"],
        owner=cast.alice, owner_signed_at=now, second=cast.frank, second_signed_at=now,
    )  # fmt: skip
    from_charter = "charters.document.CharterText.text"
    monkeypatch.setattr(from_charter, lambda text, name: "")
    address = reverse("deployments:deploy", args=[project.slug, made.MODEL, 1]) + "?environment=production"
    client = cast.client("frank")
    assert "Production wants to know who answers for it" in client.get(address).content.decode()
    sent = {"title": "Bearing wear", "name": "bearing", "fallback": "refuse", "fallback_words": "By hand."}
    refused = client.post(address, sent)
    assert "An owner for operation is named" in refused.content.decode()
    assert not Deployment.objects.exists()
    assert client.post(address, sent | {"owner_name": "Frank"}).status_code == 302
    assert Release.objects.get().waiver is not None


def test_the_page_of_a_release_follows_it_with_its_log(cast, project, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    deployment = made.deployment_of(cast, project=project)
    release = made.release_of(deployment, 2, "waiting", weight=0)
    client = cast.client("frank")
    assert 'hx-trigger="load delay:1s"' in page(client, "deployments:progress", release.pk)
    move(release, State.BUILDING, step="Installing 3 packages")
    folder_of(release).mkdir(parents=True)
    (folder_of(release) / "log.txt").write_text("12:00 Collecting <b>numpy</b>\x1b[31m\n")
    text = page(client, "deployments:release", release.pk)
    assert "Installing 3 packages" in text
    assert "Collecting &lt;b&gt;numpy&lt;/b&gt;[31m" in text
    move(release, State.FAILED, message="No wheel for this platform.")
    text = page(client, "deployments:progress", release.pk)
    assert "hx-get" not in text
    assert "No wheel for this platform." in text


def test_history_names_who_and_why(cast, project):
    deployment = made.deployment_of(cast, project=project)
    made.release_of(deployment, 1, "stopped")
    made.release_of(deployment, 2)
    releasing.roll_back(deployment, by=cast.frank, why="Errors since noon.")
    text = page(cast.client("victor"), "deployments:history", deployment.pk)
    assert "Roll-back to bearing version 1 was asked for" in text
    assert "Frank: Errors since noon." in text
    assert "Roll back" not in text.replace("Roll-back", "")  # the button is for those who may


def test_an_erased_owner_leaves_the_registry_but_not_the_signature(cast, project):
    deployment = made.deployment_of(cast, project=project, owner_name="Bob", owner=cast.bob)
    Change.objects.create(deployment=deployment, kind="x", words="Stopped", by=cast.bob, by_name="Bob")
    waiver = made.waiver_of(
        cast, project=project, owner=cast.bob, owner_name="Bob", owner_signed_at=timezone.now()
    )
    erase_person(cast.bob, by=cast.alice)
    deployment.refresh_from_db()
    waiver.refresh_from_db()
    assert "Bob" not in deployment.owner_name
    assert not Change.objects.filter(by_name__contains="Bob").exists()
    assert waiver.owner_name == "Bob"


def test_the_api_does_what_the_pages_do(cast, project, monkeypatch):
    made.registered(monkeypatch, 1, 2)
    _, secret = create_token(cast.organization, by=cast.frank, name="ci", scopes=["deployments:write"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    new = {"project": project.slug, "environment": "staging", "name": "bearing", "title": "Bearing wear"}
    made_answer = post("deployments/", new)
    assert made_answer.status_code == 201, made_answer.content
    one = f"deployments/{made_answer.json()['id']}/"
    gate = client.get(f"/api/v1/{one}gate/?model=bearing&version=1").json()
    assert gate["stance"] == "warned"
    assert next(check["key"] for check in gate["checks"]) == "charter"
    assert post(f"{one}releases/", {"model": "bearing", "version": 1}).status_code == 422
    asked = post(f"{one}releases/", {"model": "bearing", "version": 1, "why": "Nightly."})
    assert asked.status_code == 201, asked.content
    assert post(f"{one}releases/", {"model": "bearing", "version": 2, "why": "x"}).status_code == 409
    assert post(f"releases/{asked.json()['id']}/cancel/", {}).json()["state"] == "cancelled"
    listed = client.get(f"/api/v1/{one}releases/").json()["results"]
    assert [(row["number"], row["asked_name"]) for row in listed] == [(1, "Frank")]
    assert post(f"{one}roll-back/", {}).status_code == 409
    assert post(f"{one}stop/", {"why": "Holidays."}).json()["wanted"] == "stopped"
    external = {"title": "Invoice reader", "environment": "production", "endpoint": "https://a.example/"}
    assert post("deployments/external/", external).json()["kind"] == "external"
    assert client.get("/api/v1/deployments/").json()["results"][0]["environment"] in ("staging", "production")
    assert [row["slug"] for row in client.get("/api/v1/environments/").json()["results"]]
    assert client.get("/api/v1/waivers/").json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_is_told_who_was_faster(cast, monkeypatch):
    made.registered(monkeypatch, 1, 2)
    deployment = made.deployment_of(cast)
    barrier, told = threading.Barrier(2), []

    def press(version: int) -> None:
        try:
            barrier.wait(timeout=20)
            releasing.request_release(
                deployment, by=cast.frank, model=made.MODEL, version=version, why="Now."
            )
            told.append("released")
        except Conflict as error:
            told.append(error.message)
        finally:
            connection.close()

    presses = [threading.Thread(target=press, args=[version]) for version in (1, 2)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join(timeout=60)
    assert sorted(one == "released" for one in told) == [False, True]
    assert any("was faster" in one for one in told)
    assert deployment.releases.count() == 1


def test_project_and_charter_show_where_models_answer_and_what_was_waived(cast, project):
    deployment = made.deployment_of(cast, project=project)
    made.release_of(deployment, 3)
    made.waiver_of(cast, project=project)
    client = cast.client("victor")
    for name, pk in (("projects:show", project.pk), ("charters:show", project.charter_id)):
        text = page(client, name, pk)
        assert reverse("deployments:show", args=[deployment.pk]) in text, name
        assert "bearing version 1 in Staging" in text, name


def test_a_waiver_waits_on_the_desk_of_those_who_sign_and_is_printed_with_the_charter(cast, project):
    made.signed_by(project, cast.alice)
    waiver = made.waiver_of(cast, project=project, asked_by=None)
    link = reverse("deployments:waiver", args=[waiver.pk])
    for who, waits in (("alice", True), ("frank", True), ("bob", False)):
        assert (link in page(cast.client(who), "desk")) is waits, who
    revision = project.charter.revisions.get(state="in_force")
    subject = charter_input.find(cast.alice, str(revision.pk), "view")
    assert "The season ends." not in str(charter_input.inputs(subject)["history"])
    now = timezone.now()
    type(waiver).objects.update(
        owner=cast.alice, owner_name="Alice", owner_signed_at=now,
        second=cast.frank, second_name="Frank", second_signed_at=now, withdrawn_at=now,
    )  # fmt: skip
    told = str(charter_input.inputs(subject)["history"])
    assert "signed by Alice and Frank, withdrawn on" in told
    assert "The season ends." in told
    assert link not in page(cast.client("frank"), "desk")


def test_the_models_page_leads_to_the_gate(cast, project, monkeypatch):
    made.registered(monkeypatch, 2, 1)
    monkeypatch.setattr(records, "runs_by_id", lambda *args: ())
    made.release_of(made.deployment_of(cast, project=project), 1)
    text = page(cast.client("victor"), "projects:models", project.pk)
    for version in (1, 2):
        assert reverse("deployments:deploy", args=[project.slug, made.MODEL, version]) in text
    assert text.count(">Staging</a>") == 1
