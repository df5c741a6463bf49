"""Who gets what at the addresses of projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from projects.actions.documents import add_document
from projects.actions.talking import ask_somebody
from projects.actions.tokens import create_project_token
from projects.actions.work import add_paper, add_task, save_milestone, save_risk
from projects.models import Project
from tests.kept import kept
from tests.projects import cast as made
from tests.urls_rows import FORBIDDEN, IN, MISSING, POST, SIGN_IN, Row, at, by_link, own

Make = Callable[[Any], list[Any]]


@kept
def _project(cast: Any) -> Project:
    return made.project(cast.organization, cast.frank)


def project_with(*more: Any) -> Make:
    return lambda cast: [_project(cast).pk, *more]


def in_force(cast: Any) -> list[Any]:
    return [made.charter_in_force(cast.organization, cast.frank).pk]


def task(cast: Any) -> list[Any]:
    return [add_task(_project(cast), by=cast.frank, values={"title": "Label"}).pk]


def milestone(cast: Any) -> list[Any]:
    return [save_milestone(_project(cast), values={"title": "Data is there"}).pk]


def risk(cast: Any) -> list[Any]:
    return [save_risk(_project(cast), values={"title": "No labels"}).pk]


def paper(cast: Any) -> list[Any]:
    values = {"kind": "link", "title": "Wiki", "url": "https://wiki.example.org/"}
    return [add_paper(_project(cast), by=cast.frank, values=values).pk]


def document(cast: Any) -> list[Any]:
    kept = add_document(_project(cast), by=cast.frank, name="notes.txt", content=b"Agreed.")
    return [kept.pk]


def token(cast: Any) -> list[Any]:
    made_token, _ = create_project_token(_project(cast), by=cast.frank, scope="tracking", name="Notebook")
    return [made_token.pk]


def ask(cast: Any) -> list[Any]:
    values = {"what": "Access to the archive", "of_name": "Ida", "since": dt.date(2026, 1, 5)}
    return [ask_somebody(_project(cast), by=cast.frank, values=values).pk]


def slug_with(*more: Any) -> Make:
    return lambda cast: [_project(cast).slug, *more]


def member(cast: Any) -> list[Any]:
    return [_project(cast).members.exclude(role="lead")[0].pk]


def ask_of_bob(cast: Any) -> list[Any]:
    values = {"what": "Access to the archive", "of_name": "Bob", "of_email": cast.bob.email}
    return [ask_somebody(_project(cast), by=cast.frank, values=values).pk]


def slug_and(make: Make) -> Make:
    """The short name of the project that the object was made in, and the object's id."""

    def both(cast: Any) -> list[Any]:
        arguments = make(cast)
        return [Project.objects.get(organization=cast.organization).slug, *arguments]

    return both


ROWS: dict[str, Row] = {
    "projects:list": own("view"),
    "projects:open": at("manage", make=in_force, method=POST),
    "projects:open_initiative": own("manage", make=lambda cast: ["explain_why_to_those_involved"]),
    "projects:show": at("view", make=project_with()),
    "projects:close": at("manage", make=project_with()),
    "projects:move": at("manage", make=project_with(), method=POST, data={"to": "paused"}),
    "projects:board": at("view", make=project_with()),
    "projects:task_add": at("manage", make=project_with(), method=POST),
    "projects:task": at("view", make=task),
    "projects:task_move": at("manage", make=task, method=POST, data={"column": "done"}),
    "projects:task_archive": at("manage", make=task, method=POST),
    "projects:records": at("view", make=project_with()),
    "projects:chart_csv": at("view", make=project_with("milestones")),
    "projects:record_add": at("manage", make=project_with("risk")),
    "projects:milestone": at("manage", make=milestone),
    "projects:risk": at("manage", make=risk),
    "projects:risk_close": at("manage", make=risk, method=POST),
    "projects:document_add": at("manage", make=project_with()),
    "projects:document": at("view", make=document),
    "projects:document_release": at("manage", make=document, method=POST),
    "projects:paper_archive": at("manage", make=paper, method=POST),
    "projects:checkins": at("view", make=project_with()),
    "projects:asks": at("view", make=project_with()),
    "projects:experiments": at("view", make=project_with()),
    "projects:tracking_page": at("view", make=project_with(), method=POST),
    "projects:compare": at("view", make=project_with()),
    "projects:run": at("view", make=project_with("a1b2")),
    "projects:models": at("view", make=project_with()),
    "projects:nominate": at(
        "manage", make=project_with(), method=POST, data={"model": "bearing", "version": "1"}
    ),
    "projects:criteria": at("view", make=project_with()),
    "projects:criteria_read": at("manage", make=project_with(), method=POST),
    "projects:connect": at("view", make=project_with()),
    "projects:arrival": at("view", make=project_with()),
    "projects:token_make": at("manage", make=project_with(), method=POST, data={"name": "Notebook"}),
    "projects:token_revoke": Row((SIGN_IN, MISSING, MISSING, MISSING, IN, IN), make=token, method=POST),
    "projects:people": Row((SIGN_IN, IN, FORBIDDEN, FORBIDDEN, IN, IN)),
    "projects:member_add": at("manage", make=project_with()),
    "projects:member": at("manage", make=member),
    "projects:member_leave": at("manage", make=member, method=POST),
    "projects:waiting": own("view"),
    "projects:ask_own": Row((SIGN_IN, MISSING, MISSING, IN, MISSING, MISSING), make=ask_of_bob),
    "projects:ask_withdraw": at("manage", make=ask, method=POST),
    "projects:ask_answer": at("manage", make=ask),
    "projects:ask_link": by_link(make=ask),
    "project-list": own("view"),
    "project-detail": at("view", make=slug_with()),
    "project-criteria": at("view", make=slug_with()),
    "project-readings": at("view", make=slug_with()),
    "project-tasks": at("view", make=slug_with()),
    "project-task": at("manage", make=slug_and(task), method="delete"),
    "project-milestones": at("view", make=slug_with()),
    "project-milestone": at("manage", make=slug_and(milestone), method="patch"),
    "project-risks": at("view", make=slug_with()),
    "project-risk": at("manage", make=slug_and(risk), method="patch"),
    "project-close-risk": at("manage", make=slug_and(risk), method=POST),
    "project-decisions": at("view", make=slug_with()),
    "project-papers": at("view", make=slug_with()),
    "project-paper": at("manage", make=slug_and(paper), method="delete"),
    "project-paper-file": at("view", make=slug_and(document)),
    "project-documents": at("manage", make=slug_with(), method=POST),
    "project-release": at("manage", make=slug_and(document), method=POST),
    "project-members": at("view", make=slug_with()),
    "project-member": at("manage", make=slug_and(member), method="patch"),
    "project-checkins": at("view", make=slug_with()),
    "project-asks": at("view", make=slug_with()),
    "project-answer": at("manage", make=slug_and(ask), method=POST),
    "project-withdraw": at("manage", make=slug_and(ask), method=POST),
}
