"""Who is on how many projects with which share: read from projects and the roster, said in sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q

from accounts.models import Membership, Organization
from assessment.evidence.models import RosterPerson
from projects.load import Overload, PersonLoad, Promise, loads, overloads
from projects.models import Project, ProjectMember
from projects.weeks import monday_of
from ui.formats import day
from ui.words import listed

WEEKS = 12
# Projects are looked at so far ahead when one more begins.
FAR = 53


def person_key(user_id: object, email: str, name: str) -> str:
    """Tells people apart: by account, else by address, else by name."""
    return str(user_id or email.strip().lower() or " ".join(name.split()).casefold())


def promises_of(organization: Organization, today: dt.date) -> list[Promise]:
    """The shares in projects under way, in one query; seats at the table without a share promise nothing.

    A project past its last day goes on until somebody closes it.
    """
    rows = ProjectMember.objects.filter(
        ~Q(role=ProjectMember.Role.VIEWER) | Q(share__isnull=False),
        project__organization=organization,
        project__archived_at=None,
        project__state=Project.State.ACTIVE,
        left_at=None,
    ).select_related("project")
    return [
        Promise(
            person=person_key(row.user_id, row.email, row.name),
            name=row.name,
            project=str(row.project_id),
            project_name=row.project.name,
            share=row.share,
            start=row.project.starts_on,
            end=max(row.project.ends_on, today) if row.project.ends_on else None,
        )
        for row in rows
    ]


def capacities_of(organization: Organization) -> dict[str, int]:
    """Percent of a full week by person, from the shares on the roster; who is not on it is left out.

    The roster knows names, and accounts of some: both lead to the same figure.
    """
    users = {
        row.user.get_full_name().casefold(): row.user
        for row in Membership.objects.filter(organization=organization).select_related("user")
    }
    found: dict[str, int] = {}
    roster = RosterPerson.objects.filter(organization=organization, archived_at=None)
    for row in roster.exclude(kind=RosterPerson.Kind.VACANCY).prefetch_related("shares"):
        percent = int(row.fte * 100)
        user = users.get(row.name.casefold())
        for key in {row.user_id, user.pk if user else None, " ".join(row.name.split()).casefold()} - {None}:
            found[str(key)] = percent
    return found


def people_load(organization: Organization, today: dt.date) -> list[PersonLoad]:
    """Everybody on a project for the next twelve weeks."""
    return loads(promises_of(organization, today), capacities_of(organization), monday_of(today), WEEKS)


def promise_of(
    organization: Organization,
    people: Sequence[tuple[str, str, int | None]],
    start: dt.date | None,
    end: dt.date | None,
) -> list[Promise]:
    """What a project to be opened would ask of people, given as (name, address, share)."""
    members = Membership.objects.filter(organization=organization).select_related("user")
    by_email = {row.user.email.lower(): row.user_id for row in members}
    by_name = {row.user.get_full_name().casefold(): row.user_id for row in members}
    return [
        Promise(
            person=person_key(
                by_email.get(email.lower()) if email else by_name.get(name.casefold()), email, name
            ),
            name=name,
            project="",
            project_name="",
            share=share,
            start=start,
            end=end,
        )
        for name, email, share in people
    ]


def overload_sentences(organization: Organization, added: Sequence[Promise], today: dt.date) -> list[str]:
    """Whom one more project would take over what they have, each as a sentence."""
    found = overloads(
        promises_of(organization, today), added, capacities_of(organization), monday_of(today), FAR
    )
    return [_sentence(one) for one in found]


def _sentence(one: Overload) -> str:
    has = "of a full week" if one.capacity == 100 else f"of a full week and has {one.capacity} %"
    held = listed([f"{promise.project_name} {promise.share} %" for promise in one.others[:4]])
    others = f" Promised already: {held}." if held else ""
    return f"{one.name} would be at {one.percent} % {has}, in the week from {day(one.monday)}.{others}"
