"""Waivers: what does not hold may pass until a day, if the outcome owner and a second person sign for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit, mail
from accounts.models import Membership, User
from accounts.permissions import PROJECT_BY_ORGANIZATION, project_roles_for, roles_for
from charters.actions import Proof
from charters.actions.deciding import may_decide
from charters.keeping import owner_seat
from charters.models import Signatory
from deployments.models import Environment, Waiver
from deployments.release.gate import TITLES, WAIVABLE
from deployments.release.gate_facts import charter_that_holds, ended_with
from deployments.release.waiver_words import checks_of
from jobs import outbox
from projects.access import standing_of
from projects.models import Project, ProjectMember
from roadmap.queries import today_of
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed
from ui.formats import day

MOST_WORDS = 2000
FURTHEST = dt.timedelta(days=366)
OWNER, SECOND = "outcome owner", "second person"


@transaction.atomic
def ask_waiver(
    project: Project,
    environment: Environment,
    *,
    by: User,
    model: str,
    version: int,
    checks: Sequence[str],
    reason: str,
    ends_on: dt.date,
) -> Waiver:
    """Ask the outcome owner and a second person to let checks pass for one version until a day."""
    reason = reason.strip()
    keys = [key for key in WAIVABLE if key in checks]
    problems: dict[str, list[str]] = {}
    if not keys or len(keys) != len(set(checks)):
        problems["checks"] = [f"At least one of {', '.join(WAIVABLE)}."]
    if not reason or len(reason) > MOST_WORDS or "\x00" in reason:
        problems["reason"] = [f"Say why it may pass: 1 to {MOST_WORDS} characters."]
    today = today_of(project.organization)
    if not today <= ends_on <= today + FURTHEST:
        problems["ends_on"] = ["A day from today on, within a year."]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    if outcome_owner(project) is None:
        raise Conflict("No outcome owner has signed a charter of this project, so nobody can waive.")
    waiver = Waiver.objects.create(
        project=project,
        environment=environment,
        model=model,
        version=version,
        checks=keys,
        reason=reason,
        ends_on=ends_on,
        asked_by=by,
        asked_name=by.get_full_name(),
    )
    _note(waiver, "waiver.asked", by)
    _publish(waiver, "deployment.waiver_asked")
    _ask_signers(waiver, by)
    return waiver


@transaction.atomic
def sign_waiver(waiver: Waiver, *, by: User, proof: Proof) -> Waiver:
    """Sign as outcome owner, or as the second person: a lead of the project who is somebody else."""
    age = (timezone.now() - proof.at).total_seconds()
    if not 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise FreshSignInRequired("Confirm that it is you, then go on.")
    row = _locked(waiver)
    part = part_of(row, by)
    if row.withdrawn_at is not None:
        raise Conflict("This waiver was withdrawn.")
    if today_of(row.project.organization) > row.ends_on:
        raise Conflict(f"Its last day was {day(row.ends_on)}. Ask for another one.")
    if ended_with(row) is not None:
        raise Conflict("The must criteria have changed since it was first signed. Ask for another one.")
    now, name = timezone.now(), by.get_full_name()
    if part == OWNER and row.owner_signed_at is None:
        row.owner, row.owner_name, row.owner_signed_at = by, name, now
    elif part == SECOND and row.second_signed_at is None:
        row.second, row.second_name, row.second_signed_at = by, name, now
    elif not part:
        raise NotAllowed("The outcome owner signs, and a lead of the project who is somebody else.")
    else:
        raise Conflict(f"The {part} has signed already.")
    row.save()
    _note(row, "waiver.signed", by, part=part, how=proof.how[:40], names={"name": name})
    if row.holds(today_of(row.project.organization)):
        _publish(row, "deployment.waiver_holds")
    return row


@transaction.atomic
def withdraw_waiver(waiver: Waiver, *, by: User) -> Waiver:
    """Take a waiver back: who asked for it, who signed it, or a lead. What was deployed by it stays."""
    row = _locked(waiver)
    require_withdrawable(row, by)
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    _note(row, "waiver.withdrawn", by)
    _publish(row, "deployment.waiver_withdrawn")
    return row


def require_withdrawable(waiver: Waiver, by: User) -> None:
    """Raise NotAllowed for whoever may not take it back, Conflict where somebody has."""
    if not may_withdraw(waiver, by):
        raise NotAllowed("Who asked for a waiver withdraws it, who signed it, or a lead of the project.")
    if waiver.withdrawn_at is not None:
        raise Conflict("This waiver was withdrawn already.")


def outcome_owner(project: Project) -> Signatory | None:
    """The seat of the outcome owner who signed the text that holds."""
    revision = charter_that_holds(project)
    return owner_seat(revision) if revision is not None else None


def part_of(waiver: Waiver, user: User) -> str:
    """As whom this person would sign: the outcome owner, the second person, or nobody."""
    # Who has signed stays what they signed as, whoever owns the outcome since.
    if user.pk in (waiver.owner_id, waiver.second_id):
        return OWNER if user.pk == waiver.owner_id else SECOND
    seat = outcome_owner(waiver.project)
    if seat is not None and may_decide(seat, user):
        return OWNER
    project = waiver.project
    open_ = project.archived_at is None and project.organization.archived_at is None
    return SECOND if open_ and standing_of(user, project).may("lead") else ""


def may_withdraw(waiver: Waiver, user: User) -> bool:
    """Whether this person may take the waiver back."""
    standing = standing_of(user, waiver.project)
    mine = user.pk in (waiver.asked_by_id, waiver.owner_id, waiver.second_id)
    archived = waiver.project.organization.archived_at is not None
    return not archived and standing.may("view") and (mine or standing.may("lead"))


def signers_of(waiver: Waiver) -> list[tuple[User, str]]:
    """Who can sign now, and as whom: the outcome owner, and everybody who may be the second person."""
    seat = outcome_owner(waiver.project)
    # Bound when the round was sent, else by its address, as ``charters.access.is_seat_of`` reads it.
    owner = Q() if seat is None else Q(pk=seat.user_id) if seat.user_id else Q(email=seat.email)
    organization = waiver.project.organization
    leading = Membership.objects.filter(
        organization=organization, role__in=roles_for(PROJECT_BY_ORGANIZATION["lead"], organization.state)
    )
    leads = ProjectMember.objects.filter(
        project=waiver.project, role__in=project_roles_for("lead"), left_at=None
    )
    known = Q(pk__in=leading.values("user")) | Q(pk__in=leads.exclude(user=None).values("user"))
    people = User.objects.filter(owner | known, is_active=True).order_by("email")
    return [(person, part) for person in people if (part := part_of(waiver, person))]


def _ask_signers(waiver: Waiver, by: User) -> None:
    """Mail whose signature it waits for; who asked knows it, and the desk shows it to all of them."""
    link = mail.absolute(reverse("deployments:waiver", args=[waiver.pk]))
    checks = "; ".join(title.lower() for title in checks_of(waiver))
    for person, part in signers_of(waiver):
        if person != by:
            mail.send(
                organization=waiver.project.organization,
                to=person.email,
                template="emails/waiver_sign",
                context={
                    "waiver": waiver,
                    "name": person.get_full_name(),
                    "part": part,
                    "checks": checks,
                    "link": link,
                },
                by=by,
            )


def _locked(waiver: Waiver) -> Waiver:
    held = Waiver.objects.select_for_update(of=("self",))
    return held.select_related("project__organization", "project__charter", "environment").get(pk=waiver.pk)


def _note(row: Waiver, event: str, by: User, *, names: dict[str, str] | None = None, **data: str) -> None:
    facts = {
        "slug": row.project.slug,
        "model": row.model,
        "version": row.version,
        "environment": row.environment.name,
        "checks": [TITLES[key] for key in row.checks],
        "ends_on": row.ends_on,
    }
    audit.record(
        organization=row.project.organization,
        actor=by,
        event=event,
        subject=row,
        data={**facts, **data},
        personal=names,
    )


def _publish(row: Waiver, kind: str) -> None:
    facts = {
        "model": row.model,
        "version": str(row.version),
        "environment": row.environment.slug,
        "until": day(row.ends_on),
    }
    outbox.publish(kind, organization=row.project.organization, about=row.project, data=facts)
