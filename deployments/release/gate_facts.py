"""What the gate looks at: the charter, its readings, the references; and the waivers that hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charters.criteria import Criterion, Outcome
from charters.document import read
from charters.keeping import decision_of, lived_revision, readings_of, standing_of
from charters.models import Charter, Decision, Reading, Revision
from charters.queries import document_of, revision_in_force
from charters.verdicts import OF_A_MODEL
from deployments.evaluation.metrics import NotMeasurable, metric_named
from deployments.evaluation.terms import left_open, open_words
from deployments.models import Deployment, Environment, Reference, Waiver
from deployments.release import gate as gate
from projects.models import Project
from roadmap.queries import today_of
from ui.formats import day
from ui.words import plural


@dataclass(frozen=True, slots=True)
class Gate:
    """The list for one version in one environment, what follows from it, and the waivers that it rests on."""

    checks: tuple[gate.Check, ...]
    stance: gate.Stance
    waivers: tuple[Waiver, ...]

    @property
    def in_the_way(self) -> tuple[gate.Check, ...]:
        return gate.in_the_way(self.checks)

    @property
    def waivable(self) -> tuple[gate.Check, ...]:
        """What two people could let pass."""
        return tuple(one for one in self.in_the_way if one.key in gate.WAIVABLE)

    @property
    def used(self) -> Waiver | None:
        """The waiver that lets something pass here, the latest of several."""
        keys = {one.key for one in self.checks if one.waived}
        return next((row for row in self.waivers if keys & set(row.checks)), None)

    def as_json(self) -> list[dict[str, Any]]:
        return [one.as_json() for one in self.checks]


def gate_of(
    deployment: Deployment, model: str, version: int, *, registered_at: dt.datetime | None = None
) -> Gate:
    """The gate for a version at a deployment, which may not be saved yet; read now.

    A model can be deleted and its numbers given out again: a waiver from before `registered_at` was for
    another version of this name.
    """
    project, environment = deployment.project, deployment.environment
    if project is None:
        raise AssertionError("what is served here has a project")
    waivers = [
        row
        for row in waivers_that_hold(project, environment, model, version)
        if registered_at is None or row.asked_at >= registered_at
    ]
    waived = {key for row in waivers for key in row.checks}
    checks = gate.check(_facts(deployment, project, model, version), waived)
    return Gate(checks, gate.stance(checks, environment.policy), tuple(waivers))


def charter_that_holds(project: Project) -> Revision | None:
    """The signed text that a model is held against: in force, or decided with scale."""
    if project.charter is None:
        return None
    revision = revision_in_force(project.charter)
    return revision if revision is not None else _scaled(project.charter)


def _scaled(charter: Charter) -> Revision | None:
    decision = decision_of(charter)
    if decision is None or decision.outcome != Decision.Outcome.SCALE:
        return None
    return lived_revision(charter)


def waivers_that_hold(
    project: Project, environment: Environment, model: str, version: int
) -> Sequence[Waiver]:
    """Both have signed, nobody has withdrawn it, and its last day has not passed; the latest first.

    One that lets criteria pass does so for the criteria that were signed then: a change of the charter that
    changes them ends it.
    """
    today = today_of(project.organization)
    rows = Waiver.objects.filter(project=project, environment=environment, model=model, version=version)
    held = [row for row in rows.select_related("environment") if row.holds(today)]
    revision = charter_that_holds(project) if held else None
    return [row for row in held if revision is None or _is_about(row, revision)]


def ended_with(row: Waiver) -> Revision | None:
    """The text that holds now, where its must criteria are not those that the waiver was signed for."""
    revision = charter_that_holds(row.project) if row.owner_signed_at or row.second_signed_at else None
    return revision if revision is not None and not _is_about(row, revision) else None


def _is_about(row: Waiver, revision: Revision) -> bool:
    """Whether the must criteria are those of the text that was in force when the waiver was signed."""
    if not {gate.MUSTS, gate.VERIFIED} & set(row.checks):
        return True
    first = min(at for at in (row.owner_signed_at, row.second_signed_at) if at is not None)
    then = revision.charter.revisions.filter(in_force_at__lte=first).order_by("-in_force_at").first()
    return then is None or then.pk == revision.pk or _signed_musts(then) == _signed_musts(revision)


def _signed_musts(revision: Revision) -> list[Criterion]:
    return [one for one in read(document_of(revision)).criteria if one.must]


def _facts(deployment: Deployment, project: Project, model: str, version: int) -> gate.Facts:
    revision = charter_that_holds(project)
    words = f"{model} version {version}"
    return gate.Facts(
        version=words,
        charter=f"{revision.charter.code} revision {revision.number}" if revision else "",
        musts=_musts(revision, f"{model}/{version}") if revision else (),
        wants_verified=deployment.environment.wants_verified,
        fallback=deployment.fallback_words.strip(),
        fallback_lacks=_fallback_lacks(deployment),
        owner=deployment.owner_name.strip(),
        reference=_reference(project, model, version),
    )


def _musts(revision: Revision, label: str) -> tuple[gate.Must, ...]:
    rows = readings_of(revision.charter)
    standing = standing_of(revision, candidate=label, rows=rows)
    # What was verified stays verified when a live figure or a figure of the project's own follows it.
    verified = standing_of(
        revision, candidate=label, rows=[row for row in rows if row.source == Reading.Source.VERIFIED]
    )
    proved = {
        item.criterion.key: item.row
        for item in verified.judged
        if item.verdict.outcome is Outcome.MET and item.row is not None
    }
    return tuple(
        gate.Must(
            name=item.criterion.name or item.criterion.question,
            met=item.verdict.outcome is Outcome.MET,
            why=item.verdict.why,
            of_model=item.criterion.kind in OF_A_MODEL,
            verified=item.criterion.key in proved,
            chosen=_chosen(item.criterion, proved.get(item.criterion.key)),
        )
        for item in standing.judged
        if item.criterion.must
    )


def _chosen(criterion: Criterion, row: Reading | None) -> str:
    """What of a verified reading is not as signed. Readings of before it was kept say what was open."""
    if row is None or row.chosen:
        return row.chosen if row is not None else ""
    try:
        return open_words(left_open(metric_named(criterion.metric_key), criterion.data))
    except NotMeasurable:
        return ""


def _fallback_lacks(deployment: Deployment) -> str:
    if deployment.fallback == Deployment.Fallback.CONSTANT and deployment.fallback_value is None:
        return "A constant was chosen, and no value is given."
    return ""


def _reference(project: Project, model: str, version: int) -> str:
    row = Reference.objects.filter(project=project, model=model, version=version).first()
    if row is None:
        return ""
    rows = plural(row.rows, "row", "rows")
    return f"{rows}, {row.get_source_display().lower()} on {day(row.made_at)}."
