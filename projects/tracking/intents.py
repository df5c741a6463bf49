"""What is about to be written to MLflow, committed before it is forwarded and settled after."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from projects.models import Intent, Project
from projects.tracking import records

# Writes of a training run: many a second, of which one is as good as all.
FOLDED = {"log-batch", "log-metric", "log-parameter", "set-tag", "log-inputs", "outputs", "params", "tags"}
SUBJECT_KEYS = ("run_id", "run_uuid", "experiment_id", "name", "version", "alias", "model_id", "source")
KEPT = 500


class Intents:
    """Intents of one process. Those of one run and second are folded into one row."""

    def __init__(self) -> None:
        self._recent: dict[tuple[UUID, str], tuple[int, UUID]] = {}

    def covers(self, project: Project, path: str, body: Mapping[str, Any]) -> bool:
        """Whether this write is folded into an intent that is there already; asks no database."""
        run = _run_of(body) or path
        return _is_folded(path) and self._recent.get((project.pk, run), (0, None))[0] == int(time.time())

    def begin(
        self, project: Project, *, by: User, method: str, path: str, body: Mapping[str, Any]
    ) -> UUID | None:
        """The id of a new row; None where the same run has one of this second already."""
        subject = {key: str(body[key])[:250] for key in SUBJECT_KEYS if body.get(key)}
        second = int(time.time())
        if self.covers(project, path, body):
            return None
        row = Intent.objects.create(project=project, by=by, method=method, path=path[:300], subject=subject)
        if _is_folded(path):
            if len(self._recent) > KEPT:
                self._recent.clear()
            self._recent[project.pk, _run_of(body) or path] = (second, row.pk)
        return row.pk

    def settle(self, pk: UUID, status: int) -> None:
        """What came of it, by MLflow's answer."""
        state = Intent.State.DONE if status < 400 else Intent.State.FAILED
        Intent.objects.filter(pk=pk, state=Intent.State.OPEN).update(
            state=state, status=status, settled_at=timezone.now()
        )


def _is_folded(path: str) -> bool:
    return path.rpartition("/")[2] in FOLDED


def _run_of(body: Mapping[str, Any]) -> str:
    return str(body.get("run_id") or body.get("run_uuid") or "")[:250]


def settle_open() -> int:
    """Settle what an end without warning has left open; called before the first request. Returns how many.

    A write counts as done unless what it is about is not there: whoever reads intents looks at MLflow again
    anyway, so that one too many costs nothing and one too few would lose news.
    """
    settled = 0
    for intent in Intent.objects.filter(state=Intent.State.OPEN).select_related("project"):
        there = _is_there(intent.project.slug, intent.subject)
        state = Intent.State.DONE if there else Intent.State.FAILED
        settled += Intent.objects.filter(pk=intent.pk, state=Intent.State.OPEN).update(
            state=state, settled_at=timezone.now()
        )
    return settled


def _is_there(workspace: str, subject: Mapping[str, str]) -> bool:
    run = subject.get("run_id") or subject.get("run_uuid")
    return not run or bool(records.runs_by_id(workspace, [run], deleted=True))
