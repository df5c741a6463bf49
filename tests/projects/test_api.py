"""Projects by the API: the signed criteria open to the project's own tracking token, and to nothing more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.actions import create_token
from charters.actions import record_reading
from charters.models import Reading
from charters.queries import revision_in_force
from projects.actions import open_from_initiative
from projects.actions.people import mark_of_member
from projects.actions.tokens import create_project_token, revoke_project_token
from projects.models import Candidate, Project

pytestmark = pytest.mark.django_db


def by_token(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def api(cast: Any, user: Any, *scopes: str) -> APIClient:
    """A client with an API token of this person."""
    given = list(scopes) or ["projects:write"]
    return by_token(create_token(cast.organization, by=user, name="t", scopes=given)[1])


def criteria(project: Project) -> str:
    return f"/api/v1/projects/{project.slug}/criteria/"


def tracking(project: Project, by: Any, **more: Any) -> str:
    return create_project_token(project, by=by, scope="tracking", name="Notebook", **more)[1]


def test_the_signed_criteria_stand_with_their_verdicts(cast: Any, project: Project) -> None:
    Candidate.objects.create(project=project, model="bearing", version=2)
    record_reading(
        revision_in_force(project.charter),
        "c1",
        by=cast.frank,
        taken_on=dt.date(2026, 3, 2),
        value=0.91,
        candidate="bearing/2",
        unit="fraction",
        metric_key="recall_score",
        data_name="holdout.csv",
        data_digest="abcd1234",
        source=Reading.Source.TRACKING,
        candidate_judged="bearing/2",
        run="r1",
    )
    found = by_token(tracking(project, cast.frank)).get(criteria(project)).json()
    assert found["project"] == project.slug
    assert found["candidate"] == "bearing/2"
    assert found["charter"]["code"] == project.charter.code
    assert found["charter"]["sha256"] == revision_in_force(project.charter).sha256
    first = next(item for item in found["criteria"] if item["key"] == "c1")
    assert "recall_score" in first["sentence"]
    assert (first["outcome"], first["reading"]["value"]) == ("met", 0.91), first["why"]
    assert (first["reading"]["run"], first["reading"]["chosen"]) == ("r1", "")
    fixed = ("truth_column", "positive_class", "threshold", "own_answers")
    assert [first[part] for part in fixed] == ["", "", None, False]
    others = {item["outcome"] for item in found["criteria"] if item["key"] != "c1"}
    assert others <= {"not_yet"}
    assert found == api(cast, cast.victor, "projects:read").get(criteria(project)).json()


def test_only_the_projects_own_open_tracking_token_fits(cast: Any, project: Project) -> None:
    other = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Other")
    token, secret = create_project_token(project, by=cast.frank, scope="tracking", name="Notebook")
    serving = create_project_token(project, by=cast.frank, scope="serving", name="Line")[1]
    assert by_token(secret).get(criteria(project)).status_code == 200
    assert by_token(secret).get(criteria(other)).status_code == 401
    assert by_token(serving).get(criteria(project)).status_code == 401
    assert by_token(f"{secret}x").get(criteria(project)).status_code == 401
    ended = tracking(project, cast.frank, expires_at=timezone.now() - dt.timedelta(days=1))
    assert by_token(ended).get(criteria(project)).status_code == 401
    assert by_token(secret).get("/api/v1/charters/").status_code == 401
    assert by_token(secret).post(criteria(project), {}, format="json").status_code == 405
    revoke_project_token(token, by=cast.frank)
    answer = by_token(secret).get(criteria(project))
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "This token does not open this project."


def test_a_project_without_a_charter_has_no_criteria(cast: Any) -> None:
    plain = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Labels")
    found = by_token(tracking(plain, cast.frank)).get(criteria(plain)).json()
    assert (found["charter"], found["verdict"], found["criteria"]) == (None, None, [])


def test_scopes_and_strangers(cast: Any, project: Project) -> None:
    assert api(cast, cast.bob, "charters:write").get(criteria(project)).status_code == 403
    stranger = create_token(cast.other, by=cast.charlie, name="t", scopes=["projects:write"])[1]
    assert by_token(stranger).get(criteria(project)).status_code == 404


def url(project: Project, rest: str = "") -> str:
    return f"/api/v1/projects/{project.slug}/{rest}"


def test_projects_are_listed_and_read(cast: Any, project: Project) -> None:
    client = api(cast, cast.victor, "projects:read")
    (row,) = client.get("/api/v1/projects/").json()["results"]
    assert (row["slug"], row["charter"]) == (project.slug, str(project.charter_id))
    assert client.get(url(project)).json() == row
    assert client.get("/api/v1/projects/not-there/").status_code == 404
    assert client.post(url(project, "tasks/"), {"title": "x"}, format="json").status_code == 403


def test_cards_are_added_changed_and_put_away(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    lead = project.members.get(role="lead")
    made_one = client.post(url(project, "tasks/"), {"title": "Label", "owner": str(lead.pk)}, format="json")
    assert made_one.status_code == 201, made_one.json()
    task = made_one.json()
    assert (task["column"], task["owner"], task["version"]) == ("todo", str(lead.pk), 1)
    at = url(project, f"tasks/{task['id']}/")
    changed = client.patch(at, {"column": "done", "version": 1}, format="json").json()
    assert (changed["column"], changed["title"], changed["version"]) == ("done", "Label", 2)
    assert changed["done_at"] is not None
    stale = client.patch(at, {"title": "Other", "version": 1}, format="json")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "conflict")
    assert [row["id"] for row in client.get(url(project, "tasks/")).json()["results"]] == [task["id"]]
    assert client.delete(at).status_code == 204
    assert client.get(url(project, "tasks/")).json()["results"] == []


def test_lists_come_in_pages(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    for number in range(5):
        client.post(url(project, "tasks/"), {"title": f"Card {number}"}, format="json")
    first = client.get(url(project, "tasks/?page_size=3")).json()
    second = client.get(first["next"]).json()
    titles = [row["title"] for row in [*first["results"], *second["results"]]]
    assert titles == [f"Card {number}" for number in (4, 3, 2, 1, 0)]
    assert client.get(url(project, "asks/?cursor=cD14")).status_code == 400


def test_milestones_and_risks(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    milestone = client.post(
        url(project, "milestones/"), {"title": "Data", "due_on": "2026-05-01"}, format="json"
    ).json()
    changed = client.patch(
        url(project, f"milestones/{milestone['id']}/"),
        {"done_on": "2026-04-30", "version": milestone["version"]},
        format="json",
    ).json()
    assert (changed["title"], changed["due_on"], changed["done_on"]) == ("Data", "2026-05-01", "2026-04-30")
    assert milestone["id"] in {row["id"] for row in client.get(url(project, "milestones/")).json()["results"]}
    risk = client.post(url(project, "risks/"), {"title": "No labels", "effect": 3}, format="json").json()
    at = url(project, f"risks/{risk['id']}/")
    version = {"version": risk["version"]}
    assert client.patch(at, {"likelihood": 1, **version}, format="json").json()["effect"] == 3
    assert client.patch(at, {"likelihood": 4, **version}, format="json").status_code == 400
    assert client.post(f"{at}close/").status_code == 204
    assert client.post(f"{at}close/").status_code == 409
    assert client.get(url(project, "risks/")).json()["results"][0]["closed_at"] is not None


def test_asks_and_check_ins(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    given = {"what": "Access", "of_name": "Ida", "since": "2026-01-05", "department": "IT"}
    ask = client.post(url(project, "asks/"), given, format="json").json()
    answered = client.post(url(project, f"asks/{ask['id']}/answer/"), {"answer": "Here"}, format="json")
    assert (answered.json()["answer"], answered.json()["answered_by"]) == ("Here", "Ida")
    assert client.post(url(project, f"asks/{ask['id']}/withdraw/")).status_code == 409
    assert "of_email" not in client.get(url(project, "asks/")).json()["results"][0]
    late = client.post(url(project, "asks/"), {**given, "since": "2999-01-01"}, format="json")
    assert late.json()["error"]["fields"] == {"since": ["A day from 2000 until today."]}
    today = timezone.localdate()
    week = (today - dt.timedelta(days=today.weekday())).isoformat()
    amber = client.post(url(project, "check-ins/"), {"week": week, "health": "amber"}, format="json")
    assert (amber.status_code, list(amber.json()["error"]["fields"])) == (422, ["reason"])
    client.post(
        url(project, "check-ins/"), {"week": week, "health": "amber", "reason": "Labels"}, format="json"
    )
    (row,) = client.get(url(project, "check-ins/")).json()["results"]
    assert (row["week"], row["health"], row["reason"]) == (week, "amber", "Labels")


def test_a_repeated_request_changes_nothing(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    for _ in range(2):
        answer = client.post(
            url(project, "tasks/"), {"title": "Once"}, format="json", headers={"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 201
    assert answer.headers["Idempotent-Replay"] == "true"
    assert project.tasks.count() == 1


def test_nothing_of_another_project_is_reached_or_linked(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    other = open_from_initiative(cast.organization, by=cast.frank, initiative="x", name="Other")
    task = client.post(url(other, "tasks/"), {"title": "Theirs"}, format="json").json()
    at = url(project, f"tasks/{task['id']}/")
    assert client.patch(at, {"title": "Mine", "version": 1}, format="json").status_code == 404
    assert client.delete(at).status_code == 404
    stranger = str(other.members.get(role="lead").pk)
    refused = client.post(url(project, "tasks/"), {"title": "x", "owner": stranger}, format="json")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["owner"])
    outside = by_token(create_token(cast.other, by=cast.charlie, name="t", scopes=["projects:write"])[1])
    for rest in (
        "",
        "tasks/",
        "milestones/",
        "risks/",
        "asks/",
        "check-ins/",
        "readings/",
        "criteria/",
        "papers/",
    ):
        assert outside.get(url(project, rest)).status_code == 404
        assert by_token(tracking(other, cast.frank)).get(url(project, rest)).status_code == 401


def test_an_archived_project_can_be_read_and_not_changed(cast: Any, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    client = api(cast, cast.frank)
    assert client.get(url(project)).status_code == 200
    assert client.post(url(project, "tasks/"), {"title": "x"}, format="json").status_code == 409


def test_readings_stand_behind_the_verdicts(cast: Any, project: Project) -> None:
    record_reading(
        revision_in_force(project.charter),
        "c1",
        by=cast.frank,
        taken_on=dt.date(2026, 3, 2),
        value=0.7,
        unit="fraction",
        metric_key="recall_score",
        candidate="bearing/2",
        data_name="holdout.csv",
    )
    (row,) = api(cast, cast.victor, "projects:read").get(url(project, "readings/")).json()
    assert (row["criterion"], row["value"], row["by_name"]) == ("c1", 0.7, "Frank")


def test_decisions_are_logged_and_read(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    values = {
        "decided": "Two plants first",
        "why": "Data",
        "decided_by": "Gunhild",
        "decided_on": "2026-03-02",
    }
    logged = client.post(url(project, "decisions/"), values, format="json")
    assert logged.status_code == 201
    (row,) = api(cast, cast.victor, "projects:read").get(url(project, "decisions/")).json()["results"]
    assert row == logged.json()
    assert {name: row[name] for name in values} == values
    bad = client.post(url(project, "decisions/"), {"decided": "", "decided_on": "soon"}, format="json")
    assert (bad.status_code, sorted(bad.json()["error"]["fields"])) == (400, ["decided", "decided_on"])


def test_links_and_minutes_are_added_and_put_away(cast: Any, project: Project) -> None:
    client = api(cast, cast.frank)
    link = {"kind": "link", "title": "Wiki", "url": "https://wiki.firm.example/page"}
    minutes = {"kind": "minutes", "title": "Start", "text": "All were there.", "held_on": "2026-03-02"}
    for values in (link, minutes):
        assert client.post(url(project, "papers/"), values, format="json").status_code == 201
    rows = client.get(url(project, "papers/")).json()["results"]
    assert [row["title"] for row in rows] == ["Start", "Wiki"]
    for bad, field in (
        ({"kind": "link", "title": "x"}, "url"),
        ({"kind": "minutes", "title": "x"}, "text"),
        ({"kind": "document", "title": "x"}, "kind"),
        ({"kind": "link", "title": "x", "url": "javascript:alert(1)"}, "url"),
    ):
        refused = client.post(url(project, "papers/"), bad, format="json")
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])
    at = url(project, f"papers/{rows[0]['id']}/")
    assert client.get(f"{at}file/").status_code == 404
    assert client.delete(at).status_code == 204
    assert [row["title"] for row in client.get(url(project, "papers/")).json()["results"]] == ["Wiki"]


def test_documents_are_sent_held_back_let_through_and_downloaded(cast: Any, project: Project) -> None:
    client, reader = api(cast, cast.frank), api(cast, cast.victor, "projects:read")
    acting = b"%PDF-1.7\n1 0 obj\n<< /S /JavaScript >>\nendobj\n%%EOF\n"

    def send(name: str, content: bytes) -> Any:
        return client.post(
            url(project, "documents/"), {"file": SimpleUploadedFile(name, content)}, format="multipart"
        )

    plain, held = send("notes.txt", b"All quiet"), send("form.pdf", acting)
    assert (plain.status_code, plain.json()["is_held"], plain.json()["file"]) == (201, False, "notes.txt")
    assert (held.status_code, held.json()["is_held"]) == (201, True)
    assert "a script" in held.json()["held_because"]
    refused = send("a.exe", b"MZ")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["file"])
    assert client.post(url(project, "documents/"), {}, format="multipart").status_code == 400
    file = reader.get(url(project, f"papers/{plain.json()['id']}/file/"))
    assert (file.content, file["Content-Security-Policy"]) == (b"All quiet", "sandbox")
    assert file["Content-Disposition"].startswith("attachment")
    at = url(project, f"papers/{held.json()['id']}/")
    assert reader.get(f"{at}file/").status_code == 409
    project.members.create(name="Bob", email=cast.bob.email, user=cast.bob, role="contributor")
    assert api(cast, cast.bob).post(f"{at}release/").status_code == 403
    assert client.post(f"{at}release/").json()["is_held"] is False
    assert reader.get(f"{at}file/").content == acting
    assert client.delete(at).status_code == 204
    assert reader.get(f"{at}file/").status_code == 404


def test_leads_say_who_is_on_the_project(cast: Any, project: Project) -> None:
    client, at = api(cast, cast.frank), url(project, "members/")
    values = {"name": "Bob", "email": cast.bob.email, "role": "contributor", "share": 40}
    bob = client.post(at, values, format="json")
    assert (bob.status_code, bob.json()["share"]) == (201, 40)
    assert project.members.get(pk=bob.json()["id"]).user == cast.bob
    assert "email" not in bob.json()
    again = client.post(at, values, format="json")
    assert (again.status_code, list(again.json()["error"]["fields"])) == (422, ["email"])
    for bad in ({"role": "boss"}, {"share": 101}, {"works_as": "wizard"}, {"name": ""}):
        assert client.post(at, {**values, "email": "", **bad}, format="json").status_code == 400
    one = f"{at}{bob.json()['id']}/"
    changed = client.patch(one, {"share": 60, "version": bob.json()["version"]}, format="json").json()
    assert changed["role"] == "contributor"
    viewer = {"role": "viewer", "version": changed["version"]}
    assert client.patch(one, viewer, format="json").json()["share"] == 60
    assert api(cast, cast.bob).post(at, values, format="json").status_code == 403
    assert api(cast, cast.bob).delete(one).status_code == 403
    assert len(api(cast, cast.victor, "projects:read").get(at).json()["results"]) == project.members.count()
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 404
    first, *rest = project.members.filter(role="lead", left_at=None)
    for lead in rest:
        assert client.delete(f"{at}{lead.pk}/").status_code == 204
    version = {"version": mark_of_member(first)}
    assert client.patch(f"{at}{first.pk}/", {"role": "viewer", **version}, format="json").status_code == 409
