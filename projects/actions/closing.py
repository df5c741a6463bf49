"""How a project ends, pauses or goes on: by its lead, or because its charter was decided."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from charters.models import Charter, Decision
from charters.signoff import State as CharterState
from projects.actions.talking import withdraw_ask
from projects.models import Ask, LoggedDecision, Milestone, Pause, Project
from roadmap.actions import record_progress
from roadmap.models import ItemProgress
from roadmap.queries import catalogue_of, today_of
from ui.errors import Conflict, Invalid

MOST_WORDS = 2000
LIVING = (Project.State.ACTIVE, Project.State.PAUSED)


@transaction.atomic
def close_project(project: Project, *, by: User, reason: str, done: bool = False) -> None:
    """End a project by hand; with `done` its initiative is done on the roadmap.

    A charter in force is decided by its outcome owner first; that closes the project where it says stop.
    """
    reason = reason.strip()[:MOST_WORDS]
    if not reason:
        raise Invalid("Closing needs a reason.", fields={"reason": ["Say what came of it, or why it ends."]})
    in_force = Charter.objects.filter(project=project, state=CharterState.IN_FORCE)
    if in_force.exists():
        raise Conflict("The charter is in force: its outcome owner decides how the project ends.")
    _close(project, by=by)
    _log(project, by=by, decided="The project is closed.", why=reason, who=by.get_full_name())
    if done and project.initiative in catalogue_of(project.organization).by_key:
        state = ItemProgress.State.DONE
        record_progress(project.organization, project.initiative, by=by, state=state)


def _close(project: Project, *, by: User | None) -> None:
    """Whoever is still waited for is let go, so that no link and no clock runs on."""
    _move(project, Project.State.CLOSED, by=by)
    for ask in Ask.objects.select_related("project__organization").filter(
        project=project, answered_at=None, withdrawn_at=None
    ):
        withdraw_ask(ask, by=by)


@transaction.atomic
def move_project(project: Project, to: str, *, by: User, left: str = "") -> None:
    """Pause a project, or take it up again, also after it was closed.

    `left` is the state in which its mover saw it: Conflict where it stands otherwise by now.
    """
    if to not in LIVING:
        raise Invalid("There is no such state.", fields={"to": ["One of active, paused."]})
    if left and project.state != left:
        raise Conflict(f"The project is {project.get_state_display().lower()} by now. Look at it again.")
    if project.initiative and project.state == Project.State.CLOSED:
        others = Project.objects.filter(
            organization=project.organization, initiative=project.initiative, charter=None, archived_at=None
        )
        if project.charter_id is None and others.filter(state__in=LIVING).exclude(pk=project.pk).exists():
            raise Conflict("This initiative has another project by now.")
    _move(project, Project.State(to), by=by)


def _move(project: Project, to: Project.State, *, by: User | None) -> None:
    before, today = project.state, timezone.localdate()
    if before == to:
        raise Conflict(f"The project is {to.label.lower()} already.")
    if not Project.objects.filter(pk=project.pk, state=before).update(state=to, changed_at=timezone.now()):
        raise Conflict("Somebody else was faster. Look at how the project stands now.")
    project.state = to
    if to == Project.State.ACTIVE:
        for pause in Pause.objects.filter(project=project, ended_on=None):
            # A clock that was set back ends it on the day on which it began.
            pause.ended_on = max(pause.began_on, today)
            pause.save(update_fields=["ended_on"])
    elif before == Project.State.ACTIVE:
        Pause.objects.get_or_create(project=project, ended_on=None, defaults={"began_on": today})
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.moved",
        subject=project,
        data={"slug": project.slug, "before": before, "state": str(to)},
    )


def follow_decision(decision: Decision, by: User) -> None:
    """What the decision of a charter does to its project, in the transaction of the decision.

    Stop closes it. Scale and iterate let it go on until the next step is done, which becomes a milestone.
    """
    charter_id = decision.revision.charter_id
    project = Project.objects.select_related("organization").filter(charter=charter_id).first()
    if project is None:
        return
    word = decision.get_outcome_display()
    _log(project, by=by, decided=f"{word}: {decision.next_action}", why=decision.reason, who=decision.by_name)
    if decision.outcome == Decision.Outcome.STOP:
        if project.state != Project.State.CLOSED:
            _close(project, by=by)
        return
    Milestone.objects.create(project=project, title=decision.next_action[:300], due_on=decision.next_on)
    if decision.next_on and (project.ends_on is None or project.ends_on < decision.next_on):
        Project.objects.filter(pk=project.pk).update(ends_on=decision.next_on)
    if project.state != Project.State.ACTIVE:
        _move(project, Project.State.ACTIVE, by=by)


def _log(project: Project, *, by: User, decided: str, why: str, who: str) -> None:
    LoggedDecision.objects.create(
        project=project,
        logged_by=by,
        decided=decided,
        why=why,
        decided_by=who,
        decided_on=today_of(project.organization),
    )
