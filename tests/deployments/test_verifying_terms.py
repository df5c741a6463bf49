"""What a verified figure measures is what was signed; what is left open is kept with who chose it."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEvent
from charters.criteria import EvaluationData
from charters.models import Reading, Revision
from deployments.evaluation import running
from deployments.evaluation.metrics import metric_named
from deployments.evaluation.terms import (
    Terms,
    chosen_words,
    classes_in,
    kept_of,
    left_open,
    settled,
    signed_words,
)
from deployments.models import Evaluation
from jobs.models import Job
from jobs.runner import run
from projects.models import Project
from tests.deployments.test_verifying import (  # noqa: F401
    CODE,
    needs_a_sandbox,
    project,
    ready,
    send,
    store,
)
from tests.projects.store import Store

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ALL = {"truth_column": "fails", "positive_class": "1"}
SIGNED = EvaluationData(truth_column="fails", positive_class="1", threshold=Decimal("0.4"))
TYPED = Terms("other", "0", 0.9)
PLANTS = b"heat,fails,plant\n1.0,1,Moss\n1.0,1,Oslo\n0.0,0,Bergen\n"
PLANTS_SHA256 = hashlib.sha256(PLANTS).hexdigest()


@pytest.mark.parametrize(
    ("key", "data", "is_open"),
    [
        ("recall", EvaluationData(), ("target", "positive", "threshold")),
        ("recall", SIGNED, ()),
        ("recall", EvaluationData(truth_column="fails", own_answers=True), ("positive",)),
        ("accuracy", EvaluationData(truth_column="fails", own_answers=True), ()),
        ("accuracy", EvaluationData(truth_column="fails"), ("positive", "threshold")),
        ("accuracy", EvaluationData(truth_column="fails", threshold=Decimal("0.4")), ("positive",)),
        ("f1_macro", EvaluationData(truth_column="fails", own_answers=True), ()),
        ("roc_auc", EvaluationData(truth_column="fails"), ("positive",)),
        ("mae", EvaluationData(), ("target",)),
        ("mae", EvaluationData(truth_column="fails"), ()),
    ],
)
def test_what_a_figure_depends_on_and_nobody_signed_is_open(
    key: str, data: EvaluationData, is_open: tuple[str, ...]
) -> None:
    metric = metric_named(key)
    assert left_open(metric, data) == is_open
    assert bool(chosen_words(metric, data, settled(metric, data, TYPED))) == bool(is_open)


def test_what_is_signed_is_used_whatever_is_typed() -> None:
    recall, auc = metric_named("recall"), metric_named("roc_auc")
    assert settled(recall, SIGNED, TYPED) == Terms("fails", "1", 0.4)
    assert settled(recall, EvaluationData(), TYPED) == TYPED
    own = EvaluationData(truth_column="fails", positive_class="1", own_answers=True)
    assert settled(recall, own, TYPED) == Terms("fails", "1", None)
    # A threshold makes answers of chances; figures of the chances have none.
    assert settled(auc, SIGNED, TYPED) == Terms("fails", "1", None)
    assert kept_of(TYPED, ("positive",)) == Terms("", "0", None)


def test_the_words_say_what_was_signed_and_what_was_chosen() -> None:
    recall = metric_named("recall")
    assert signed_words(SIGNED) == "the truth column fails, the positive class 1 and the threshold 0.4"
    assert chosen_words(recall, EvaluationData(), TYPED) == (
        "the truth column other, the positive class 0 and the threshold 0.9"
    )
    left = chosen_words(recall, EvaluationData(truth_column="fails"), Terms())
    assert left == "no positive class (1 of 0 and 1) and no threshold (the model’s own answers)"


# The model of the other tests, but it answers with chances: 0.8 from a heat of 0.5 on, else 0.2.
CHANCES = CODE.replace('(rows.heat > 0.5).astype("int64")', "(0.2 + 0.6 * (rows.heat > 0.5))")
DIFFERENT = {"c1": {**ALL, "threshold": "0.5"}, "c3": {**ALL, "threshold": "0.1", "slice": ""}}


def answers_with_chances(folder: Path) -> None:
    [code] = folder.glob("mlflow/artifacts/**/warner.py")
    code.write_text(CHANCES)


@needs_a_sandbox
@pytest.mark.parametrize("project", [DIFFERENT], indirect=True)
def test_each_criterion_is_measured_as_it_was_signed(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
    tmp_path: Path,
) -> None:
    answers_with_chances(tmp_path)
    page = cast.client("facilitator").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "Signed: the truth column fails, the positive class 1 and the threshold 0.5" in page
    assert 'name="target"' not in page
    assert 'name="threshold"' not in page
    assert send(cast, project, target="plant", positive="0", threshold="0.99").status_code == 302
    run(str(Job.objects.get().pk))
    found = Evaluation.objects.get()
    assert (found.state, found.message) == ("done", "")
    assert (found.target, found.positive, found.threshold) == ("", "", None)
    verified = {row.criterion: row for row in Reading.objects.filter(source="verified")}
    assert {key: row.value for key, row in verified.items()} == {"c1": 0.75, "c3": 1.0}
    assert {row.chosen for row in verified.values()} == {""}
    assert found.figures["c3"]["terms"] == {"target": "fails", "positive": "1", "threshold": 0.1}
    gate = gate_page(cast, project)
    assert "The product ran the evaluation itself." in gate
    assert "chosen by who had it measured" not in gate


@needs_a_sandbox
@pytest.mark.parametrize("project", [{"c1": {**ALL, "threshold": "0.5"}}], indirect=True)
def test_what_the_charter_leaves_open_is_kept_with_who_chose_it(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
    tmp_path: Path,
) -> None:
    answers_with_chances(tmp_path)
    page = cast.client("facilitator").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert "The charter leaves open the truth column, the positive class and the threshold" in page
    assert "Asked for “At Oslo”." in page
    assert send(cast, project, threshold="0.15").status_code == 302
    run(str(Job.objects.get().pk))
    verified = {row.criterion: row for row in Reading.objects.filter(source="verified")}
    # Chosen so low that the model always says yes; as signed it never does for the rows of Oslo.
    assert {key: row.value for key, row in verified.items()} == {"c1": 0.75, "c3": 1.0}
    said = "the truth column fails, no positive class (1 of 0 and 1) and the threshold 0.15"
    assert (verified["c1"].chosen, verified["c3"].chosen) == ("", said)
    entry = AuditEvent.objects.get(pk=verified["c3"].audit_id)
    assert entry.data["chosen"] == said
    name = verified["c3"].by_name
    assert name
    page = cast.client("viewer").get(f"/deployments/verify/{project.pk}/").content.decode()
    assert f"Chosen by {name}: {said}." in page
    page = cast.client("viewer").get(f"/projects/{project.pk}/criteria/").content.decode()
    assert f"{name} chose {said}" in page
    asked = AuditEvent.objects.get(event="project.evaluation_asked")
    assert (asked.data["target"], asked.data["threshold"]) == ("fails", 0.15)


@needs_a_sandbox
@pytest.mark.parametrize("project", [{"c3": {"slice": ""}}], indirect=True)
def test_the_gate_counts_what_was_chosen_and_says_so(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
) -> None:
    assert send(cast, project).status_code == 302
    run(str(Job.objects.get().pk))
    gate = gate_page(cast, project)
    assert "Not signed, but chosen by who had it measured: “" in gate
    assert "the truth column fails" in gate
    # A reading of before this was kept says at least what was open.
    Reading.objects.update(chosen="")
    assert "the truth column, the positive class and the threshold" in gate_page(cast, project)


@needs_a_sandbox
def test_a_charter_that_changed_meanwhile_gets_no_figure_of_the_old_terms(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert send(cast, project).status_code == 302
    measured = running._measured

    def then_changed(*args: Any) -> Any:
        told = measured(*args)
        row = Revision.objects.get()
        changed = row.content.replace('"sha256":', '"positive_class":"0","sha256":', 1)
        Revision.objects.update(content=changed)
        return told

    monkeypatch.setattr(running, "_measured", then_changed)
    run(str(Job.objects.get().pk))
    assert set(Reading.objects.filter(source="verified").values_list("criterion", flat=True)) == {"c3"}
    assert "changed meanwhile" in Evaluation.objects.get().figures["c1"]["why_not"]


def gate_page(cast: Any, project: Project) -> str:  # noqa: F811
    """The gate of production, which asks for verified readings."""
    address = f"/deployments/deploy/{project.slug}/warner/1/?environment=production"
    found: str = cast.client("viewer").get(address).content.decode()
    return found


@pytest.mark.usefixtures("ready")
def test_the_column_is_asked_where_nobody_signed_one(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
) -> None:
    answer = send(cast, project, target="")
    assert answer.status_code == 422
    assert not Evaluation.objects.exists()


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("project", [{"c1": ALL}], indirect=True)
def test_it_is_asked_for_the_criteria_that_name_none(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
) -> None:
    answer = send(cast, project, target="")
    assert answer.status_code == 422
    assert "The charter does not name the column with the truth for “At Oslo”." in answer.content.decode()


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("project", [{"c1": {"sha256": PLANTS_SHA256}}], indirect=True)
def test_a_threshold_for_a_column_with_more_classes_is_refused_at_the_form(
    cast: Any,
    project: Project,  # noqa: F811
    store: Store,  # noqa: F811
) -> None:
    answer = send(cast, project, PLANTS, target="plant", positive="Oslo", threshold="0.4")
    assert answer.status_code == 422
    assert "A threshold is for two classes; the column plant holds 3." in answer.content.decode()
    assert not Evaluation.objects.exists()
    assert send(cast, project, PLANTS, target="plant", positive="Oslo").status_code == 302
    assert send(cast, project, PLANTS, threshold="0.4").status_code == 302


def test_classes_are_counted_as_they_are_measured() -> None:
    content = b"y,z\n1,a\n1.0, a\n0,b\n,\n"
    assert [classes_in("rows.csv", content, column) for column in ("y", "z", "x")] == [2, 2, 0]
