"""A project with data that nobody wishes for: 200 cards, 60 asks, a year of check-ins, names without end."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.models import User
from charters.models import Charter
from projects.actions import open_from_charter, open_from_initiative
from projects.actions.documents import add_document
from projects.actions.people import add_member
from projects.models import Ask, CheckIn, Milestone, Project, Task
from projects.weeks import monday_of

OF_PROJECT = ("", "board/", "records/", "check-ins/", "waiting/", "close/", "documents/add/", "people/add/")
Paths = dict[str, list[str]]


def ugly(charter: Charter, by: User, names: tuple[str, ...]) -> Paths:
    """Its pages, and those over all projects of its organization; `by` leads it and is asked."""
    project = open_from_charter(charter, by=by)
    today = timezone.localdate()
    Project.objects.filter(pk=project.pk).update(name=f"{names[0]} {names[1]}", purpose=names[0] * 9)
    _fill(project, by, names, today)
    values = {"name": names[1], "email": "", "role": "contributor", "works_as": names[2], "share": 100}
    member = add_member(project, by=by, values=values)
    script = b"%PDF-1.7 << /S /JavaScript >>"
    add_document(project, by=by, name=f"{names[0]}.pdf", content=script, title=names[0])
    add_document(project, by=by, name=f"{names[1]}.txt", content=b"x")
    open_from_initiative(charter.organization, by=by, initiative="begun", name=names[2])
    ask = Ask.objects.create(project=project, what=names[1], of_name=by.get_full_name(), since=today)
    here = f"/projects/{project.pk}/"
    return {
        **{f"a full project’s {place or 'overview'}": ["frida", f"{here}{place}"] for place in OF_PROJECT},
        "its charter": ["frida", f"/charters/{charter.pk}/"],
        "somebody on it": ["frida", f"/projects/people/{member.pk}/"],
        "an ask to me": ["frida", f"/projects/asks/{ask.pk}/own/"],
        "all projects": ["frida", "/projects/?state=all"],
        "no project that fits": ["frida", "/projects/?find=zzzz"],
        "all that is waited for": ["frida", "/projects/waiting/"],
        "who promised how much": ["frida", "/projects/people/"],
        "a full desk": ["frida", "/"],
        "a project of an initiative": ["frida", "/projects/open/initiatives/explain_why_to_those_involved/"],
    }


def _fill(project: Project, by: User, names: tuple[str, ...], today: dt.date) -> None:
    def name(at: int) -> str:
        return names[at % len(names)]

    def ago(days: int) -> dt.date:
        return today - dt.timedelta(days=days)

    members = list(project.members.all())
    columns = Task.Column.values
    Task.objects.bulk_create(
        Task(
            project=project,
            title=name(at),
            column=columns[at % 3],
            place=at,
            owner=members[at % len(members)],
            due_on=ago(at - 90),
        )
        for at in range(200)
    )
    Ask.objects.bulk_create(
        Ask(
            project=project,
            what=name(at),
            why=name(at + 1),
            of_name=name(at + 2),
            department=name(at),
            since=ago(at),
            blocks=bool(at % 2),
            **({"answered_at": timezone.now(), "answer": name(at)} if at % 3 == 0 else {}),
        )
        for at in range(60)
    )
    Milestone.objects.bulk_create(
        Milestone(
            project=project, title=name(at), due_on=ago(70 - at * 9), done_on=ago(60) if at < 3 else None
        )
        for at in range(15)
    )
    states = ("green", "amber", "red", "")
    CheckIn.objects.bulk_create(
        CheckIn(
            project=project,
            week=monday_of(ago(7 * at)),
            health=states[at % 4],
            reason=name(at),
            by=by,
            by_name=name(at),
        )
        for at in range(56)
    )
