"""The demo: its figures are the promised ones, its dates stand right, it verifies, and its door is closed
where the demo is not switched on."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, Membership, Organization, OutgoingMail, User
from assessment.evidence.queries import register_of, roster_of, view_of
from assessment.models import Answer, Assessment, Result
from charters.diff import Effect, compare
from charters.keeping import standing_of as charter_standing
from charters.models import ChangeRequest, Charter, Learning, Reading, Signature
from charters.queries import document_of, problems_of, revision_in_force, waiting_for
from deployments.models import Alert, Bucket, Change, Deployment, DriftReading
from deployments.watch.figures import merge, percentile
from jobs.models import Job
from projects.models import Project
from projects.queries import open_asks, task_counts
from reports.demo import access, bearing
from reports.demo.clock import Calendar, Clock, running
from reports.demo.loader import load
from reports.demo.story import FIXTURE, tell
from roadmap.models import Plan
from roadmap.queries import progress_of
from roadmap.standing import late_items
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import standing_of
from ui.yaml_file import load_yaml

CONTENT: dict[str, Any] = load_yaml(FIXTURE)
ROUNDS = {entry["id"]: entry for entry in CONTENT["assessments"]}
# A Tuesday, so that day 0 is the Friday before.
NOW = dt.datetime(2026, 11, 24, 10, 30, tzinfo=dt.UTC)
ANCHOR = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def demo_is_on(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def loaded(db: None) -> Organization:
    return load(NOW).organization


@pytest.fixture
def entered(db: None, monkeypatch: pytest.MonkeyPatch) -> Organization:
    """The people of the story without what happened to them, for tests of the door."""
    monkeypatch.setattr("reports.demo.loader._enter_all", lambda *parts: None)
    return load(NOW).organization


def result_of(organization: Organization, key: str) -> dict[str, Any]:
    found = Result.objects.get(assessment__organization=organization, assessment__title=ROUNDS[key]["title"])
    return found.content


def test_day_zero_is_the_latest_friday() -> None:
    assert [tell(dt.date(2026, 11, day)).anchor.day for day in (19, 20, 21, 26, 27)] == [13, 20, 20, 20, 27]


def test_the_clock_is_put_back_also_after_an_error() -> None:
    real = timezone.now
    start = dt.datetime(2001, 2, 3, tzinfo=dt.UTC)
    with running(Clock(start)):
        assert timezone.now().year == User._meta.get_field("created_at").get_default().year == 2001
    assert timezone.now is real
    with suppress(ZeroDivisionError), running(Clock(start)):
        raise ZeroDivisionError
    assert timezone.now is real
    assert User._meta.get_field("created_at").get_default().year > 2001


def test_the_calendar_is_told_in_the_order_of_time() -> None:
    calendar, told = Calendar(), []
    clock = Clock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    for day in (3, 1, 2, 1):
        calendar.at(dt.datetime(2026, 1, day, tzinfo=dt.UTC), lambda: told.append(clock()))
    calendar.tell(clock)
    assert [moment.day for moment in told] == [1, 1, 2, 3]
    assert told == sorted(set(told))


def test_the_story_stands_as_its_file_tells_it(loaded: Organization) -> None:
    """One load for all checks that only read."""
    for key in ("round_1", "round_2"):
        results_are_the_promised_figures(loaded, key)
    rounds_stand_on_their_days_and_in_their_states(loaded)
    answers_lie_between_opening_and_review_on_working_days(loaded)
    the_open_round_has_five_who_began_and_one_mail_that_came_back(loaded)
    the_audit_log_verifies_and_goes_forward_in_time(loaded)
    the_register_and_the_roster_say_what_the_file_promises(loaded)
    use_cases_score_what_the_file_promises(loaded)
    charters_stand_where_the_file_puts_them(loaded)
    readings_and_learning_are_those_of_the_file(loaded)
    the_open_change_moves_one_criterion(loaded)
    the_draft_lacks_what_the_file_promises(loaded)
    signatures_are_no_evidence_and_stand_on_their_days(loaded)
    the_plan_is_published_and_one_initiative_is_late(loaded)
    the_project_stands_in_its_tenth_week(loaded)
    what_runs_is_told_with_figures_that_say_they_are_made_up(loaded)
    loading_again_changes_nothing()


def results_are_the_promised_figures(loaded: Organization, key: str) -> None:
    content, expect = result_of(loaded, key), ROUNDS[key]["expect"]
    pillars = {pillar["key"]: pillar for pillar in content["pillars"]}
    assert {name: pillars[name]["score"] for name in expect["pillars"]} == expect["pillars"]
    assert {name: pillars[name]["phase"] for name in expect["phases"]} == expect["phases"]
    assert content["alignment"] == expect["alignment"]


def rounds_stand_on_their_days_and_in_their_states(loaded: Organization) -> None:
    for entry in CONTENT["assessments"]:
        found = Assessment.objects.get(organization=loaded, title=entry["title"])
        assert found.state == entry["state"]
        assert found.visibility == entry["visibility"]
        opened = found.opened_at
        assert opened is not None
        assert opened.date() == ANCHOR + dt.timedelta(days=entry["opened_day"])
        if "closed_day" in entry:
            assert found.closed_at is not None
            assert found.closed_at.date() == ANCHOR + dt.timedelta(days=entry["closed_day"])
            assert Result.objects.get(assessment=found).created_at.date() == found.closed_at.date()


def answers_lie_between_opening_and_review_on_working_days(loaded: Organization) -> None:
    closed = Assessment.objects.filter(organization=loaded, state="closed")
    for assessment in closed:
        saved = Answer.objects.filter(respondent__assessment=assessment).values_list("saved_at", flat=True)
        assert assessment.opened_at < min(saved) < max(saved) < assessment.review_at  # type: ignore[operator]
        assert {moment.weekday() for moment in saved} <= {0, 1, 2, 3, 4}


def the_open_round_has_five_who_began_and_one_mail_that_came_back(loaded: Organization) -> None:
    assessment = Assessment.objects.get(organization=loaded, state="open")
    started = assessment.respondents.exclude(started_at=None)
    counts = {person.name: person.answers.count() for person in started}
    people = ROUNDS["round_3"]["invitations"]
    assert counts == {person["name"]: person["answered"] for person in people if person["started"]}
    bounced = OutgoingMail.objects.filter(organization=loaded, state="bounced")
    assert [mail.to for mail in bounced] == ["arne.vik@halvorsen-pumps.example"]
    assert not OutgoingMail.objects.filter(organization=loaded, state="queued").exists()


def the_audit_log_verifies_and_goes_forward_in_time(loaded: Organization) -> None:
    assert audit.verify().intact
    times = AuditEvent.objects.filter(chain__organization=loaded).order_by("number")
    moments = list(times.values_list("created_at", flat=True))
    assert moments == sorted(moments)
    assert moments[0].date() == ANCHOR - dt.timedelta(days=245)
    assert moments[-1].date() == NOW.date()


def the_register_and_the_roster_say_what_the_file_promises(loaded: Organization) -> None:
    found = {row.asset.name: row.status.key for row in register_of(loaded)}
    assert found == {entry["name"]: entry["status"] for entry in CONTENT["data_assets"]}
    view, expect = view_of(roster_of(loaded)), CONTENT["roster"]["expect"]
    assert set(expect["single_points"]) == {skill.key for skill, _ in view.single}
    people = {person["id"]: person["name"] for person in CONTENT["people"]}
    assert [member.name for member in view.overloaded] == [people[key] for key in expect["too_many_projects"]]


def use_cases_score_what_the_file_promises(loaded: Organization) -> None:
    found = {
        use_case.title: standing_of(use_case) for use_case in UseCase.objects.filter(organization=loaded)
    }
    for entry in CONTENT["use_cases"]:
        standing, expect = found[entry["title"]], entry["expect"]
        assert standing.worth.rounded == expect["worth"], entry["id"]
        assert standing.feasibility.rounded == expect["feasibility"], entry["id"]
        assert set(expect["marks"]) <= set(standing.marks), entry["id"]


def charters_stand_where_the_file_puts_them(loaded: Organization) -> None:
    states = {
        "in_force": [(1, "in_force")],
        "signing": [(1, "out")],
        "in_force_change_open": [(1, "in_force"), (2, "out")],
        "draft": [],
    }
    for entry in CONTENT["charters"]:
        charter = Charter.objects.get(organization=loaded, code=entry["id"])
        revisions = charter.revisions.order_by("number").values_list("number", "state")
        assert list(revisions) == states[entry["state"]], entry["id"]
    rolf = User.objects.get(email="rolf.tennfjord@halvorsen-pumps.example")
    assert {str(seat.round.revision) for seat in waiting_for(rolf, loaded)} == {"HP-02 revision 2"}
    yusuf = User.objects.get(email="yusuf.adebayo-lien@halvorsen-pumps.example")
    assert {str(seat.round.revision) for seat in waiting_for(yusuf, loaded)} == {
        "HP-04 revision 1",
        "HP-02 revision 2",
    }


def the_plan_is_published_and_one_initiative_is_late(loaded: Organization) -> None:
    entry = CONTENT["plan"]
    plans = {plan.name: plan for plan in Plan.objects.filter(organization=loaded)}
    lean, fast = plans["Lean"], plans["Fast"]
    assert (lean.state, fast.state) == ("published", "draft")
    assert lean.week_zero == ANCHOR + dt.timedelta(days=entry["start_day"])
    assert lean.target_week is not None
    assert fast.target_week is not None
    assert fast.target_week < lean.target_week <= entry["by_weeks"]
    assert lean.cost_high <= 1000 * entry["budget"]
    closing = {gate["item"] for gate in lean.content["gates"] if gate["closed_by"]}
    assert closing >= set(entry["gates_to_close"])
    for after in range(7):
        late = late_items(lean, progress_of(loaded), ANCHOR + dt.timedelta(days=after))
        assert [(item.key, item.days) for item in late] == [("label_with_own_people", 11 + after)]
    # The sheets of what is in force are sealed by the worker, at the time that it really is.
    waiting = Job.objects.filter(organization=loaded).exclude(state="done")
    assert [job.name for job in waiting] == ["charters.seal"] * 2


def readings_and_learning_are_those_of_the_file(loaded: Organization) -> None:
    project = next(entry for entry in CONTENT["projects"] if entry["charter"] == "HP-03")
    charter = Charter.objects.get(organization=loaded, code="HP-03")
    revision = revision_in_force(charter)
    assert revision is not None
    judged = {item.criterion.key: item.verdict for item in charter_standing(revision).judged}
    for expected in project["criteria_now"]:
        verdict = judged[f"c{expected['criterion'].rpartition('.')[2]}"]
        assert verdict.outcome == expected["verdict"], expected["criterion"]
    assert judged["c3"].why == "Measured on bearing_bench.csv; the charter names bearing_bergen.csv."
    record = Learning.objects.get(charter=charter)
    assert record.item == "data.access_silos.request_wait"


def the_project_stands_in_its_tenth_week(loaded: Organization) -> None:
    entry = CONTENT["projects"][0]
    project = Project.objects.get(organization=loaded)
    assert project.charter is not None
    assert project.charter.code == entry["charter"]
    weeks = [(row.week, row.health, row.reason) for row in project.checkins.order_by("week")]
    told = [
        (ANCHOR + dt.timedelta(days=row["day"]), row["health"], row["reason"]) for row in entry["checkins"]
    ]
    assert weeks == told
    assert len(weeks) == 10
    waiting = {row["text"] for row in entry["asks"] if row["state"] == "open"}
    assert {ask.what for ask in open_asks(project)} == waiting
    for ask in project.asks.exclude(answered_at=None):
        told_ask = next(row for row in entry["asks"] if row["text"] == ask.what)
        assert ask.since == ANCHOR + dt.timedelta(days=told_ask["asked_day"])
        assert ask.answered_at is not None
        assert ask.answered_at.date() == ANCHOR + dt.timedelta(days=told_ask["answered_day"])
    assert task_counts(project) == {"done": 5, "doing": 5, "todo": 2}
    reached = project.milestones.exclude(done_on=None).count()
    assert reached == sum(row["done_day"] is not None for row in entry["milestones"])
    assert project.risks.count() == len(entry["risks"])
    assert project.decisions.count() == len(entry["decisions"])


def the_open_change_moves_one_criterion(loaded: Organization) -> None:
    change = ChangeRequest.objects.get(charter__organization=loaded)
    assert (change.charter.code, change.number, change.state) == ("HP-02", 1, "open")
    assert change.revision is not None
    difference = compare(document_of(change.base), document_of(change.revision))
    asked = next(entry["change_request"] for entry in CONTENT["charters"] if "change_request" in entry)
    assert difference.weeks == asked["effect"]["weeks"]
    assert difference.external == asked["effect"]["external"]
    assert difference.count(Effect.TIGHTENED) == asked["effect"]["criteria"]["tightened"]


def the_draft_lacks_what_the_file_promises(loaded: Organization) -> None:
    problems = {problem.id for problem in problems_of(Charter.objects.get(organization=loaded, code="HP-05"))}
    names = (
        "no_outcome_owner", "percent_against_fraction", "criterion_without_target",
        "criterion_without_baseline", "data_not_usable", "no_fallback", "time_box_over_funding",
        "clause_missing", "seat_missing",
        "no_pathway", "no_owner_after",
    )  # fmt: skip
    assert {f"charter.{name}" for name in names} <= problems


def signatures_are_no_evidence_and_stand_on_their_days(loaded: Organization) -> None:
    signatures = Signature.objects.filter(round__revision__charter__organization=loaded)
    assert not signatures.filter(is_evidence=True).exists()
    people = {person["id"]: person["name"] for person in CONTENT["people"]}
    for entry in CONTENT["charters"]:
        first = signatures.filter(round__revision__charter__code=entry["id"], round__revision__number=1)
        expected = {
            (people[one["person"]], ANCHOR + dt.timedelta(days=one["day"]))
            for one in entry.get("sign_off", {}).get("signatures", ())
        }
        assert {(found.name, found.signed_at.date()) for found in first} == expected


def test_files_of_the_bearing_warning_are_those_of_the_file() -> None:
    for entry in CONTENT["training"]["files"]:
        rows = list(bearing.rows(*bearing.FILES[entry["file"]]))
        assert len(rows) == entry["rows"]
        assert sum(int(row[-1]) for row in rows) == entry.get("positives", sum(int(row[-1]) for row in rows))
        assert bearing.csv_file(entry["file"]).count(b"\n") == entry["rows"] + 1


def test_generated_files_follow_the_recipe_of_the_file() -> None:
    recipe: dict[str, Any] = {}
    exec(CONTENT["training"]["generator"], recipe)  # noqa: S102 - a fixture of ours
    assert tuple(recipe["COLUMNS"]) == bearing.COLUMNS
    for entry in CONTENT["training"]["files"]:
        assert list(bearing.rows(*bearing.FILES[entry["file"]])) == eval(  # noqa: S307 - a fixture of ours
            entry["call"], recipe
        )


@pytest.mark.django_db
def test_without_the_setting_nothing_is_loaded(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="switched off"):
        call_command("load_demo")
    assert not Organization.objects.exists()


def loading_again_changes_nothing() -> None:
    counted = (User, Answer, AuditEvent, OutgoingMail, Organization)
    before = [model.objects.count() for model in counted]
    output = StringIO()
    call_command("load_demo", stdout=output)
    assert "Nothing was changed" in output.getvalue()
    assert [model.objects.count() for model in counted] == before


@pytest.mark.django_db
def test_an_organization_of_the_same_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.demo.loader._enter_all", lambda *parts: None)
    other = Organization.objects.create(name="Halvorsen Pumps", slug="halvorsen-pumps")
    assert load(NOW).organization != other
    assert not other.assessments.exists()


@pytest.mark.django_db
def test_a_failure_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr("reports.demo.rounds.Round.bounce", fail)
    with pytest.raises(RuntimeError):
        load(NOW)
    assert not User.objects.exists()
    assert not Organization.objects.exists()
    assert audit.verify().entries == AuditEvent.objects.filter(event="questionnaire.published").count()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_door_does_not_exist_without_the_setting(
    entered: Organization, method: str, settings: Any
) -> None:
    settings.DEMO = False
    someone = Membership.objects.filter(organization=entered)[0].user_id
    path = "/demo/" if method == "get" else f"/demo/{someone}/"
    client = Client()
    assert getattr(client, method)(path).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_the_door_does_not_exist_without_a_demo() -> None:
    assert Client().get("/demo/").status_code == 404


@pytest.mark.django_db
def test_a_visitor_enters_as_one_of_the_people(entered: Organization) -> None:
    client = Client()
    page = client.get("/demo/").content.decode()
    assert "Rolf Tennfjord" in page
    assert "Head of Service" in page
    assert "Elena Marinova" not in page
    rolf = User.objects.get(email="rolf.tennfjord@halvorsen-pumps.example")
    response = client.post(f"/demo/{rolf.pk}/")
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(rolf.pk)
    assert AuditEvent.objects.filter(event="account.signed_in", actor=rolf, data={"method": "demo"}).exists()


@pytest.mark.django_db
def test_accounts_of_visitors_are_never_entered(entered: Organization) -> None:
    visitor = User.objects.create_user("visitor@example.com", "a long enough password")
    stranger = User.objects.create_user("stranger@example.com", "a long enough password")
    Membership.objects.create(user=visitor, organization=entered, role="viewer")
    rolf = User.objects.get(email="rolf.tennfjord@halvorsen-pumps.example")
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    Membership.objects.create(user=rolf, organization=elsewhere, role="owner")
    for pk in (visitor.pk, stranger.pk, rolf.pk, uuid4()):
        client = Client()
        assert client.post(f"/demo/{pk}/").status_code == 404
        assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_the_demo_is_offered_only_where_it_is_there(entered: Organization) -> None:
    assert access.demo_url() == "/demo/"
    with override_settings(DEMO=False):
        assert access.demo_url() == ""
    Organization.objects.filter(pk=entered.pk).update(archived_at=NOW)
    assert access.demo_url() == ""


def what_runs_is_told_with_figures_that_say_they_are_made_up(loaded: Organization) -> None:
    entry = CONTENT["deployments"][0]
    served = Deployment.objects.get(organization=loaded, kind="served")
    elsewhere = Deployment.objects.get(organization=loaded, kind="external")
    assert (served.name, served.environment.name, served.owner_name) == (
        entry["name"],
        "Shadow",
        "Eirik Sundvoll",
    )
    assert (elsewhere.title, elsewhere.environment.name) == ("Test bench leak detection", "Production")
    assert not served.releases.exists()
    hours = Bucket.objects.filter(deployment=served, seconds=3600).order_by("start")
    seen = merge(hours)
    low, high = entry["telemetry"]["latency_p95_ms"]
    assert low < (percentile(seen.latency, 0.95) or 0) < high
    workday = merge(hours.filter(start__date=ANCHOR - dt.timedelta(days=3)))
    assert 320 < workday.count < 500
    assert 0 < seen.failed < 40
    minutes = Bucket.objects.filter(deployment=served, seconds=60)
    assert minutes.filter(start__lt=NOW - dt.timedelta(days=1)).count() == 0
    assert 0 < merge(minutes).count < seen.count
    drift = DriftReading.objects.filter(deployment=served).order_by("end")
    assert (drift[0].psi_max, drift.last().psi_max) == (0.05, 0.23)  # type: ignore[union-attr]
    alert = Alert.objects.get(deployment=served)
    assert (alert.taken_name, alert.closed_at) == ("Eirik Sundvoll", None)
    assert "was met, now failing: 0.23" in alert.words
    told = Change.objects.filter(deployment=served, kind="told")
    assert told.count() == len(entry["events"])
    for rows in (hours, minutes, drift, told, Alert.objects.filter(deployment=served)):
        assert not rows.filter(simulated=False).exists()
    reading = Reading.objects.filter(source="live").order_by("noted_at").last()
    assert reading is not None
    assert "Simulated" in reading.by_name
