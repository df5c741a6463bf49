"""The criteria of a charter are read from what was tracked for the nominated version alone."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from charters.keeping import standing_of
from charters.models import Charter, Reading
from charters.queries import revision_in_force
from projects.actions.readings import FIRST_DAY, nominate, read_criteria, read_what_changed
from projects.models import Intent, Project
from projects.tracking.evaluation import MODEL_TAG
from tests.projects import cast as made
from tests.projects.store import Store
from ui.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
HOLDOUT = ("holdout.csv", "abcd1234")
KEY = "recall_score"


def outcome(project: Project, key: str = "c1") -> tuple[str, str]:
    revision = revision_in_force(project.charter)
    candidate = project.candidates.first()
    judged = standing_of(revision, candidate=candidate.label).judged
    verdict = next(item.verdict for item in judged if item.criterion.key == key)
    return str(verdict.outcome), verdict.why


def put_up(cast: Any, project: Project, store: Store, *, version: int = 1, run: str = "own") -> str:
    """A registered version of that run, nominated; gives its model id."""
    model_id = store.version(project.slug, "bearing", version, run=run)
    nominate(project, by=cast.frank, model="bearing", version=version)
    return model_id


def test_the_last_value_of_the_own_run_is_read(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={KEY: [0.99, 0.8]}, data=HOLDOUT, by="ida")
    put_up(cast, project, store)
    reading = Reading.objects.get(criterion="c1")
    assert (reading.value, reading.run, reading.source, reading.candidate) == (
        0.8,
        "own",
        "tracking",
        "bearing/1",
    )
    assert (reading.data_name, reading.data_digest, reading.by_name) == (*HOLDOUT, "ida")
    assert outcome(project)[0] == "met"
    read_criteria(project)
    assert Reading.objects.filter(criterion="c1").count() == 1


def test_another_run_counts_when_it_names_the_model(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={"loss": 0.1})
    store.run(project.slug, "stranger", metrics={KEY: 0.99}, data=HOLDOUT)
    model_id = put_up(cast, project, store)
    assert outcome(project)[0] == "not_yet"
    store.run(project.slug, "judge", metrics={KEY: 0.7}, data=HOLDOUT, uses=model_id, day=1)
    read_criteria(project)
    assert outcome(project)[0] == "missed"
    store.run(project.slug, "later", metrics={KEY: 0.9}, data=HOLDOUT, tags={MODEL_TAG: model_id}, day=2)
    read_criteria(project)
    assert outcome(project)[0] == "met"


def test_a_run_of_another_project_is_none_of_ours(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own")
    model_id = put_up(cast, project, store)
    store.run("other-project", "zz", metrics={KEY: 0.99}, data=HOLDOUT, uses=model_id)
    read_criteria(project)
    assert outcome(project)[0] == "not_yet"


def test_a_figure_of_another_model_in_the_same_run_is_not_ours(
    cast: Any, project: Project, store: Store
) -> None:
    store.run(project.slug, "own")
    model_id = put_up(cast, project, store)
    store.run(project.slug, "judge", metrics={KEY: 0.99}, data=HOLDOUT, uses=model_id)
    store.figure_of_model("m-another", "judge", KEY, 0.99, HOLDOUT)
    read_criteria(project)
    assert outcome(project)[0] == "not_yet"
    store.figure_of_model(model_id, "judge", KEY, 0.6, HOLDOUT)
    read_criteria(project)
    assert Reading.objects.get(criterion="c1").value == 0.6


def test_a_figure_that_the_client_copied_to_its_model_keeps_the_data_of_the_run(
    cast: Any, project: Project, store: Store
) -> None:
    """`log_metric` before `log_model`: MLflow gives the model the figure, but not what it was measured on."""
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    model_id = store.version(project.slug, "bearing", 1, run="own")
    store.figure_of_model(model_id, "own", KEY, 0.8, (None, None))
    nominate(project, by=cast.frank, model="bearing", version=1)
    reading = Reading.objects.get(criterion="c1")
    assert (reading.data_name, reading.data_digest, reading.value) == (*HOLDOUT, 0.8)
    assert outcome(project)[0] == "met"


@pytest.mark.parametrize(
    ("data", "tags", "why"),
    [
        (("train.csv", "x"), {}, "Measured on train.csv; the charter names holdout.csv."),
        (None, {}, "Measured on unnamed data; the charter names holdout.csv."),
        (HOLDOUT, {"slice": "north"}, "Measured on north; the charter asks for all cases."),
    ],
)
def test_measured_on_other_data_does_not_count_and_says_so(
    cast: Any,
    project: Project,
    store: Store,
    data: tuple[str, str] | None,
    tags: dict[str, str],
    why: str,
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.99}, data=data, tags=tags)
    put_up(cast, project, store)
    assert outcome(project) == ("does_not_count", why)


def test_one_that_fits_is_preferred_to_a_newer_one_that_does_not(
    cast: Any, project: Project, store: Store
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    model_id = put_up(cast, project, store)
    store.run(project.slug, "later", metrics={KEY: 0.1}, data=("other.csv", "x"), uses=model_id, day=9)
    read_criteria(project)
    assert outcome(project)[0] == "met"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.797e308])
def test_what_is_no_number_does_not_count(cast: Any, project: Project, store: Store, value: float) -> None:
    store.run(project.slug, "own", metrics={KEY: [0.9, value]}, data=HOLDOUT)
    put_up(cast, project, store)
    assert outcome(project)[0] == "not_yet"
    assert any("not a finite number" in item.why for item in read_criteria(project))


def test_a_fraction_above_one_is_refused_and_said(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={KEY: 75.0}, data=HOLDOUT)
    put_up(cast, project, store)
    assert any("75 % is 0.75" in item.why for item in read_criteria(project))


def test_verdicts_are_for_the_nominated_version_alone(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.9}, data=HOLDOUT)
    put_up(cast, project, store)
    store.run(project.slug, "weak", metrics={KEY: 0.5}, data=HOLDOUT, day=1)
    put_up(cast, project, store, version=2, run="weak")
    assert outcome(project)[0] == "missed"
    with pytest.raises(Conflict):
        nominate(project, by=cast.frank, model="bearing", version=2)
    with pytest.raises(Invalid):
        nominate(project, by=cast.frank, model="bearing", version=9)
    nominate(project, by=cast.frank, model="bearing", version=1)
    assert outcome(project)[0] == "met"


def test_what_is_kept_stays_when_the_run_is_deleted(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    store.run(project.slug, "other", metrics={KEY: 0.85}, data=HOLDOUT)
    put_up(cast, project, store)
    address = f"/projects/{project.pk}/criteria/"
    text = cast.client("viewer").get(address).content.decode()
    assert "2 attempts on holdout.csv, the best 0.85" in text
    store.drop_run("own")
    text = cast.client("viewer").get(address).content.decode()
    assert "The run was deleted since; what was read stands." in text
    assert outcome(project)[0] == "met"


def test_the_lead_nominates_by_the_page(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    store.version(project.slug, "bearing", 1, run="own")
    address = f"/projects/{project.pk}/models/nominate/"
    given = {"model": "bearing", "version": "1"}
    assert cast.client("viewer").post(address, given).status_code == 403
    text = cast.client("facilitator").post(address, given, follow=True).content.decode()
    assert "bearing version 1 is the candidate" in text
    assert "Self-reported by ida from run own" in text
    for version in ("x", "", "-1", "99", "²", "9" * 30):
        answer = cast.client("facilitator").post(address, {**given, "version": version})
        assert answer.status_code == 422


def test_what_is_written_is_read_by_the_clock(cast: Any, project: Project, store: Store) -> None:
    store.run(project.slug, "own")
    model_id = put_up(cast, project, store)
    store.run(project.slug, "judge", metrics={KEY: 0.8}, data=HOLDOUT, uses=model_id)
    intent = Intent.objects.create(
        project=project,
        by=cast.bob,
        method="POST",
        path="/api/2.0/mlflow/runs/log-batch",
        subject={"run_id": "judge"},
        state="done",
        settled_at=timezone.now(),
    )
    assert read_what_changed() == 1
    assert read_what_changed() == 0
    intent.refresh_from_db()
    assert intent.handled_at is not None
    reading = Reading.objects.get(criterion="c1")
    assert (reading.by, reading.by_name) == (cast.bob, cast.bob.get_full_name())


def test_tracking_that_is_away_leaves_verdicts_standing(
    cast: Any, project: Project, store: Store, settings: Any, tmp_path: Path
) -> None:
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT)
    put_up(cast, project, store)
    settings.MLFLOW_STORE_URL = f"sqlite:///{tmp_path}/nowhere/mlflow.db"
    client = cast.client("facilitator")
    text = client.get(f"/projects/{project.pk}/criteria/").content.decode()
    assert "Tracking does not answer" in text
    assert "Met" in text
    again = client.post(f"/projects/{project.pk}/criteria/read/", follow=True).content.decode()
    assert "nothing could be read" in again


def test_the_file_that_the_charter_signed_is_named_by_a_tag(
    cast: Any, project: Project, store: Store
) -> None:
    digits = "ab" * 32
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT, tags={"data_sha256": digits.upper()})
    put_up(cast, project, store)
    assert Reading.objects.get(criterion="c1").data_sha256 == digits
    store.run(project.slug, "odd", metrics={KEY: 0.8}, data=HOLDOUT, tags={"data_sha256": "no digest"})
    put_up(cast, project, store, version=2, run="odd")
    assert Reading.objects.get(criterion="c1", run="odd").data_sha256 == ""


@pytest.mark.parametrize("day", [-20_600, 20_000, 2_000_000])
def test_a_client_with_a_wrong_clock_is_read_all_the_same(
    cast: Any, project: Project, store: Store, day: int
) -> None:
    """In 1970, in 2081, and in a year that no calendar has: the day of a reading is one that can be."""
    store.run(project.slug, "own", metrics={KEY: 0.8}, data=HOLDOUT, day=day)
    put_up(cast, project, store)
    reading = Reading.objects.get(criterion="c1")
    assert FIRST_DAY <= reading.taken_on <= timezone.localdate() + dt.timedelta(days=1)
    for path in ("", "experiments/", "runs/own/", "criteria/", "models/"):
        assert cast.client("facilitator").get(f"/projects/{project.pk}/{path}").status_code == 200


def test_an_archived_charter_takes_no_readings_and_holds_up_no_other_project(
    cast: Any, project: Project, store: Store
) -> None:
    """Its project is read by the clock before another one, whose figures are kept all the same."""
    later = made.project(cast.organization, cast.frank)
    for one in (project, later):
        store.run(one.slug, f"own-{one.slug}", metrics={KEY: 0.8}, data=HOLDOUT)
        store.version(one.slug, "bearing", 1, run=f"own-{one.slug}")
        nominate(one, by=cast.frank, model="bearing", version=1)
        store.log_again(f"own-{one.slug}", KEY, 0.6)
        path = "/api/2.0/mlflow/runs/log-batch"
        Intent.objects.create(
            project=one, by=cast.bob, method="POST", path=path, state="done", settled_at=timezone.now()
        )
    Charter.objects.filter(pk=project.charter_id).update(archived_at=timezone.now())
    assert read_what_changed() == 2
    assert read_what_changed() == 0, "nothing waits to be tried again"
    kept = Reading.objects.filter(criterion="c1").order_by("noted_at")
    assert list(kept.filter(revision__charter=project.charter).values_list("value", flat=True)) == [0.8]
    assert list(kept.filter(revision__charter=later.charter).values_list("value", flat=True)) == [0.8, 0.6]
    page = cast.client("facilitator").get(f"/projects/{project.pk}/criteria/")
    assert page.status_code == 200
