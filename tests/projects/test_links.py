"""From every page of the line to the project, and back."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from django.utils import timezone

from charters.models import Charter
from projects.actions import Start, open_from_initiative
from projects.actions.talking import check_in
from projects.models import Project, ProjectMember
from projects.weeks import monday_of
from roadmap import actions as roadmap_actions
from roadmap.models import ItemProgress
from roadmap.use_case_actions import create_use_case
from tests.projects import cast as made
from tests.roadmap.plans import closed_round, wishes_for
from tests.roadmap.plans import made as plan_of
from ui.errors import Conflict

pytestmark = pytest.mark.django_db
WHY = "explain_why_to_those_involved"
OPEN = {"team.production_ownership.on_call": 0, "culture.leadership_support.why_explained": 0}


def page(client: Any, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    found = html.unescape(response.content.decode())
    assert "<!--slot" not in found
    return found


def test_a_charter_in_force_leads_to_a_page_that_opens_its_project(cast: Any) -> None:
    charter = made.charter_in_force(cast.organization, cast.frank)
    address = f"/projects/open/{charter.pk}/"
    assert address in page(cast.client("frank"), f"/charters/{charter.pk}/")
    assert address not in page(cast.client("bob"), f"/charters/{charter.pk}/")
    before = page(cast.client("frank"), address)
    assert "Outcome owner" in before or "Who owns the outcome?" in before
    assert Project.objects.count() == 0
    cast.client("frank").post(address)
    project = Project.objects.get()
    after = page(cast.client("bob"), f"/charters/{charter.pk}/")
    assert f"/projects/{project.pk}/" in after
    assert "No check-in yet" in after
    assert address not in page(cast.client("frank"), f"/charters/{charter.pk}/")
    assert cast.client("frank").get(address)["Location"] == f"/projects/{project.pk}/"


def test_a_draft_offers_no_project(cast: Any) -> None:
    charter = made.charter_in_force(cast.organization, cast.frank)
    Charter.objects.filter(pk=charter.pk).update(state="cancelled")
    assert 'id="project"' not in page(cast.client("frank"), f"/charters/{charter.pk}/")


def test_use_case_charter_and_desk_say_how_it_stands(cast: Any) -> None:
    use_case = create_use_case(cast.organization, by=cast.frank, values={"title": "Early warning"})
    charter = made.charter_in_force(cast.organization, cast.frank)
    Charter.objects.filter(pk=charter.pk).update(use_case=use_case)
    cast.client("frank").post(f"/projects/open/{charter.pk}/")
    project = Project.objects.get()
    week = monday_of(timezone.localdate())
    check_in(project, by=cast.frank, week=week, health="amber", reason="No labels yet.")
    for address in (f"/charters/{charter.pk}/", f"/roadmap/use-cases/{use_case.pk}/", "/"):
        shown = page(cast.client("victor"), address)
        assert f"/projects/{project.pk}/" in shown, address
        assert "At risk" in shown, address
    back = page(cast.client("victor"), f"/projects/{project.pk}/")
    assert f"/charters/{charter.pk}/" in back
    assert f"/roadmap/use-cases/{use_case.pk}/" in back


@pytest.fixture
def plan(cast: Any, django_capture_on_commit_callbacks: Any) -> Any:
    closed_round(cast.organization, cast.frank, level=3, but=OPEN)
    with django_capture_on_commit_callbacks(execute=True):
        request = roadmap_actions.request_plan(
            cast.organization, wishes_for(cast.organization), by=cast.frank, name="Lean"
        )
    return plan_of(request)


def test_an_initiative_of_the_plan_opens_a_project_with_its_days_and_milestones(cast: Any, plan: Any) -> None:
    item = plan.value.by_key[WHY]
    address, client = f"/projects/open/initiatives/{WHY}/", cast.client("frank")
    assert address in page(client, f"/roadmap/initiatives/{WHY}/")
    assert address not in page(cast.client("bob"), f"/roadmap/initiatives/{WHY}/")
    assert cast.client("bob").get(address).status_code == 403
    form = client.get(address).context["form"]
    starts, ends = form.initial["starts_on"], form.initial["ends_on"]
    assert starts == dt.date.fromisoformat(plan.value.week_zero) + dt.timedelta(weeks=item.start_week)
    assert ends == starts + dt.timedelta(weeks=item.end_week - item.start_week, days=-3)
    values = {
        "name": "Tell everybody why",
        "owner": "Gunhild Strand",
        "owner_email": "gunhild@firm.example",
        "lead": cast.membership("bob").pk,
        "share": "40",
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "milestones": "on",
    }
    assert client.post(address, {**values, "ends_on": "1999-01-01"}).status_code == 422
    assert client.post(address, values).status_code == 302
    project = Project.objects.get()
    assert (project.charter, project.initiative, project.sponsor_name) == (None, WHY, "Gunhild Strand")
    lead = project.members.get(role=ProjectMember.Role.LEAD)
    assert (lead.user, lead.share) == (cast.bob, 40)
    milestones = list(project.milestones.all())
    assert any(row.title.startswith("Holds: ") and row.due_on for row in milestones)
    assert milestones[-1].due_on == ends
    shown = page(cast.client("victor"), f"/roadmap/initiatives/{WHY}/")
    assert f"/projects/{project.pk}/" in shown
    assert address not in page(client, f"/roadmap/initiatives/{WHY}/")
    back = page(cast.client("victor"), f"/projects/{project.pk}/")
    assert f"/roadmap/initiatives/{WHY}/" in back
    assert f"/assessments/{plan.result.assessment_id}/" in back
    assert client.get(address).status_code == 409
    assert client.post(address, values).status_code == 409


def test_what_has_begun_runs_on_the_roadmap_too(cast: Any) -> None:
    today = timezone.localdate()
    start = Start(starts_on=today - dt.timedelta(days=3), ends_on=today + dt.timedelta(days=30))
    open_from_initiative(cast.organization, by=cast.frank, initiative=WHY, name="Why", start=start)
    row = ItemProgress.objects.get(organization=cast.organization, key=WHY)
    assert (row.state, row.started_on, row.expected_on) == ("running", start.starts_on, start.ends_on)
    with pytest.raises(Conflict):
        open_from_initiative(cast.organization, by=cast.frank, initiative=WHY, name="Why")
    Project.objects.update(state="closed")
    assert open_from_initiative(cast.organization, by=cast.frank, initiative=WHY, name="Why again").slug


def test_what_begins_later_is_not_running_yet(cast: Any) -> None:
    start = Start(starts_on=timezone.localdate() + dt.timedelta(days=9))
    open_from_initiative(cast.organization, by=cast.frank, initiative=WHY, name="Why", start=start)
    assert not ItemProgress.objects.exists()
