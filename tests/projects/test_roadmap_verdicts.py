"""The roadmap shows the verdict of each charter whose project does its work, with the way to it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from charters.actions import record_reading
from charters.queries import revision_in_force
from projects.models import Candidate, Project
from roadmap import actions as roadmap_actions
from roadmap.models import ItemProgress
from roadmap.use_case_actions import create_use_case
from tests.projects import cast as made
from tests.projects.test_links import OPEN, WHY
from tests.roadmap.plans import closed_round, wishes_for
from tests.roadmap.plans import made as plan_of

pytestmark = pytest.mark.django_db
USE_CASES = "/roadmap/use-cases/"


def told(client: Any, address: str) -> list[str]:
    """The verdicts on a page in words, as a screen reader reads them."""
    response = client.get(address)
    assert response.status_code == 200, address
    page = html.unescape(response.content.decode())
    assert "<!--slot" not in page
    found = re.findall(r'<span class="second verdict">(.*?)</a></span>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in found]


def read(project: Project, by: Any, value: float, candidate: str) -> None:
    record_reading(
        revision_in_force(project.charter),
        "c1",
        value=value,
        candidate=candidate,
        unit="fraction",
        metric_key="recall_score",
        data_name="holdout.csv",
        taken_on=timezone.localdate(),
        by=by,
    )


@pytest.fixture
def plan(cast: Any, django_capture_on_commit_callbacks: Any) -> Any:
    closed_round(cast.organization, cast.frank, level=3, but=OPEN)
    with django_capture_on_commit_callbacks(execute=True):
        request = roadmap_actions.request_plan(
            cast.organization, wishes_for(cast.organization), by=cast.frank, name="Lean"
        )
    return plan_of(request)


def test_plan_initiative_catalogue_and_use_cases_tell_the_verdict(cast: Any, plan: Any) -> None:
    case = create_use_case(cast.organization, by=cast.frank, values={"title": "Early warning"})
    project = made.project(cast.organization, cast.frank)
    Project.objects.filter(pk=project.pk).update(initiative=WHY, use_case=case)
    pages = {
        "plan": f"/roadmap/plans/{plan.pk}/?item={WHY}",
        "initiative": f"/roadmap/initiatives/{WHY}/",
        "catalogue": "/roadmap/initiatives/?find=why",
        "use case": f"/roadmap/use-cases/{case.pk}/",
        "use cases": USE_CASES,
    }
    viewer = cast.client("victor")
    for address in pages.values():
        shown = told(viewer, address)
        assert shown, address
        assert set(shown) == {f"Not yet 0 of 1 must met in {project.name}"}, address
        assert f'href="/projects/{project.pk}/criteria/"' in viewer.get(address).content.decode()
    read(project, cast.frank, 0.2, "bearing/1")
    for address in pages.values():
        assert {one.split(" 0 of")[0] for one in told(viewer, address)} == {"Missed"}, address


def test_the_nominated_version_is_judged_as_in_the_project(cast: Any) -> None:
    case = create_use_case(cast.organization, by=cast.frank, values={"title": "Early warning"})
    project = made.project(cast.organization, cast.frank)
    Project.objects.filter(pk=project.pk).update(use_case=case)
    read(project, cast.frank, 0.99, "bearing/1")
    read(project, cast.frank, 0.2, "bearing/2")
    viewer = cast.client("victor")
    assert told(viewer, USE_CASES)[0].startswith("Missed 0 of 1")
    for version in (2, 1):
        Candidate.objects.create(project=project, model="bearing", version=version, nominated_by=cast.frank)
    assert told(viewer, USE_CASES)[0].startswith("Met 1 of 1")


def test_a_poc_tells_of_the_project_that_its_use_case_led_to(cast: Any, plan: Any) -> None:
    case = create_use_case(cast.organization, by=cast.frank, values={"title": "Early warning"})
    project = made.project(cast.organization, cast.frank)
    Project.objects.filter(pk=project.pk).update(use_case=case, initiative="")
    poc = next(item.key for item in plan.value.items if item.kind == "poc")
    assert told(cast.client("victor"), f"/roadmap/plans/{plan.pk}/?item={poc}") == []
    ItemProgress.objects.update_or_create(
        organization=cast.organization, key=poc, defaults={"use_case": case}
    )
    assert len(told(cast.client("victor"), f"/roadmap/plans/{plan.pk}/?item={poc}")) == 2


def test_nothing_of_another_organization_and_nothing_archived_is_told(cast: Any) -> None:
    case = create_use_case(cast.organization, by=cast.frank, values={"title": "Early warning"})
    project = made.project(cast.organization, cast.frank)
    Project.objects.filter(pk=project.pk).update(use_case=case)
    assert told(cast.client("charlie"), USE_CASES) == []
    Project.objects.update(archived_at=timezone.now())
    assert told(cast.client("victor"), USE_CASES) == []


@pytest.mark.queries
def test_many_verdicts_cost_as_many_queries_as_one(cast: Any, plan: Any) -> None:
    viewer = cast.client("victor")
    keys = [item.key for item in plan.value.items]

    def costs(number: int) -> dict[str, tuple[int, int]]:
        for at in range(number):
            case = create_use_case(cast.organization, by=cast.frank, values={"title": f"{at} of {number}"})
            project = made.project(cast.organization, cast.frank)
            Project.objects.filter(pk=project.pk).update(initiative=keys[at % len(keys)], use_case=case)
            read(project, cast.frank, 0.2, "bearing/1")
        return {address: cost(address) for address in ("/roadmap/", USE_CASES, "/roadmap/initiatives/")}

    def cost(address: str) -> tuple[int, int]:
        viewer.get(address)
        with CaptureQueriesContext(connection) as queries:
            viewer.get(address)
        return len(queries), len(told(viewer, address))

    one, many = costs(1), costs(5)
    for address, (queries, shown) in one.items():
        assert many[address][0] == queries, address
        assert many[address][1] >= shown + 4, address
