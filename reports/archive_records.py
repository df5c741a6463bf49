"""Everything that the tables keep of a project, as plain data and as sheets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import AuditEvent, User
from charters.keeping import decision_of, learnings_of, lived_revision, readings_of, standing_of
from charters.models import Charter, Revision, Signature
from deployments.models import Deployment
from projects.models import Project
from reports.exports import csv_lines, safe

SCHEMA = "throughline.project/1"
PROJECT = (
    "id", "slug", "name", "purpose", "state", "initiative", "starts_on", "ends_on", "sponsor_name",
    "sponsor_email", "checkin_day", "escalate_after", "created_at", "archived_at",
)  # fmt: skip
PEOPLE = ("id", "name", "email", "role", "works_as", "seat", "share", "added_at", "left_at")
TASKS = (
    "id", "title", "note", "column", "place", "owner_id", "due_on", "milestone_id", "version", "created_at",
    "done_at", "archived_at",
)  # fmt: skip
MILESTONES = ("id", "title", "due_on", "done_on", "deliverable", "created_at")
RISKS = ("id", "title", "response", "likelihood", "effect", "owner_id", "created_at", "closed_at")
DECISIONS = ("id", "decided", "why", "decided_by", "decided_on", "logged_at")
PAPERS = (
    "id", "kind", "title", "url", "text", "held_on", "held_because", "released_at", "added_at", "archived_at",
)  # fmt: skip
PAUSES = ("began_on", "ended_on")
CHECKINS = ("week", "health", "reason", "by_name", "asked_at", "answered_at")
ASKS = (
    "id", "what", "why", "of_name", "of_email", "department", "blocks", "since", "needed_by", "escalated_at",
    "answered_at", "answered_by", "answer", "withdrawn_at",
)  # fmt: skip
CANDIDATES = ("id", "model", "version", "model_id", "run", "note", "nominated_at")
READINGS = (
    "criterion", "candidate", "value", "unit", "metric_key", "taken_on", "noted_at", "source", "by_name",
    "data_name", "data_digest", "data_sha256", "slice", "run", "chosen", "answer", "proof",
)  # fmt: skip
DEPLOYMENTS = (
    "id", "kind", "environment", "name", "title", "owner_name", "deputy_name", "endpoint", "vendor",
    "external_version", "since", "note", "fallback", "fallback_value", "fallback_words", "rehearsed_on",
    "wanted", "made_at", "archived_at",
)  # fmt: skip
RELEASES = (
    "number", "kind", "model", "version", "run", "state", "weight", "gate", "why", "asked_name", "asked_at",
    "live_at", "ended_at", "message", "files_sha256",
)  # fmt: skip
CHANGES = ("at", "words", "why", "by_name", "simulated")
WAIVERS = (
    "id", "environment", "model", "version", "checks", "reason", "ends_on", "asked_name", "asked_at",
    "owner_name", "owner_signed_at", "second_name", "second_signed_at", "withdrawn_at",
)  # fmt: skip
LEARNINGS = ("id", "learned", "evidence", "criterion", "item", "initiative", "by_name", "at")
SIGNATURES = ("seat", "role", "name", "email", "sha256", "method", "authenticated", "statement", "signed_at")
DECIDED = (
    "outcome", "reason", "as_agreed", "verdict", "next_action", "next_owner", "next_on", "by_name",
    "decided_at",
)  # fmt: skip
AUDIT = ("number", "created_at", "who", "event", "subject_type", "subject_id", "data", "seal")
# Making an archive is logged too, and would make the next one another.
NOT_TOLD = "project.archived_out"


def records_of(project: Project) -> dict[str, Any]:
    """The whole project as JSON holds it; lists in the order of their making."""
    return {
        "schema": SCHEMA,
        "organization": project.organization.name,
        "project": fields(project, PROJECT),
        "people": [fields(row, PEOPLE) for row in project.members.order_by("added_at", "pk")],
        "milestones": [fields(row, MILESTONES) for row in project.milestones.order_by("created_at", "pk")],
        "tasks": [fields(row, TASKS) for row in project.tasks.order_by("created_at", "pk")],
        "risks": [fields(row, RISKS) for row in project.risks.order_by("created_at", "pk")],
        "decisions": [fields(row, DECISIONS) for row in project.decisions.order_by("logged_at", "pk")],
        "papers": [fields(row, PAPERS) for row in project.papers.order_by("added_at", "pk")],
        "checkins": [fields(row, CHECKINS) for row in project.checkins.order_by("week")],
        "pauses": [fields(row, PAUSES) for row in project.pauses.order_by("began_on", "pk")],
        "asks": [fields(row, ASKS) for row in project.asks.order_by("since", "pk")],
        "candidates": [fields(row, CANDIDATES) for row in project.candidates.order_by("nominated_at", "pk")],
        "deployments": [_deployment(row) for row in project.deployments.order_by("made_at", "pk")],
        "waivers": [fields(row, WAIVERS) for row in project.waivers.order_by("asked_at", "pk")],
        "charter": _charter(project, project.charter) if project.charter is not None else None,
    }


def _deployment(deployment: Deployment) -> dict[str, Any]:
    return {
        **fields(deployment, DEPLOYMENTS),
        "releases": [fields(row, RELEASES) for row in deployment.releases.order_by("number")],
        "history": [fields(row, CHANGES) for row in deployment.changes.order_by("at", "pk")],
    }


def _charter(project: Project, charter: Charter) -> dict[str, Any]:
    lived = lived_revision(charter)
    candidate = project.candidates.first()
    label = candidate.label if candidate else None
    decided = decision_of(charter)
    return {
        "code": charter.code,
        "title": charter.title,
        "state": charter.state,
        "revisions": [_revision(row) for row in Revision.objects.filter(charter=charter).order_by("number")],
        "readings": [fields(row, READINGS) for row in readings_of(charter)],
        "verdict": standing_of(lived, candidate=label).as_json() if lived else None,
        "learning": [fields(row, LEARNINGS) for row in learnings_of(charter)],
        "decision": fields(decided, DECIDED) if decided else None,
    }


def _revision(revision: Revision) -> dict[str, Any]:
    signed = Signature.objects.filter(round__revision=revision).order_by("signed_at", "pk")
    return {
        **fields(revision, ("number", "state", "sha256", "reason", "frozen_at", "in_force_at")),
        "signatures": [fields(row, SIGNATURES) for row in signed],
    }


def fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """These values of a row; days and moments in ISO 8601, ids as text."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | dict | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def sheet(names: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as CSV in UTF-8 with a mark by which spreadsheets know it; no text is read as a formula."""
    lines = csv_lines(names, ([_cell(row.get(name)) for name in names] for row in rows))
    return "".join(lines).encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    return safe(json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value)


def audit_of(project: Project) -> list[dict[str, Any]]:
    """What the audit log says of the project and its charter, oldest first; names as they are today."""
    about = Q(subject_id=str(project.pk)) | Q(data__slug=project.slug)
    if project.charter is not None:
        about |= Q(subject_id=str(project.charter_id)) | Q(data__charter=str(project.charter_id))
    entries = AuditEvent.objects.filter(about, chain__organization=project.organization)
    rows = list(entries.exclude(event=NOT_TOLD).order_by("number"))
    names: dict[UUID | None, str] = {
        user.pk: user.get_full_name() for user in User.objects.filter(pk__in={row.actor_id for row in rows})
    }
    own = tuple(name for name in AUDIT if name != "who")
    return [{**fields(row, own), "who": names.get(row.actor_id, "")} for row in rows]
