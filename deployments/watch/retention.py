"""Sampled rows are kept for as long as their deployment says, and are then gone for good.

SQLite overwrites deleted rows (`secure_delete` in the settings); its log is emptied here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from deployments.models import Deployment, Feedback, Sample
from deployments.use import batches

# Truth and the answer that it was held against; figures over time rest on them.
FEEDBACK_KEPT = dt.timedelta(days=400)
AT_ONCE = 2_000


def forget_old(now: dt.datetime) -> int:
    """Delete what is older than its deployment keeps it; returns how many rows and tables went."""
    gone = 0
    with _for_good():
        for deployment in Deployment.objects.select_related("environment"):
            days = min(deployment.sample_days, deployment.environment.sample_days)
            old = Sample.objects.filter(deployment=deployment, at__lt=now - dt.timedelta(days=days))
            while rows := list(old.values_list("pk", flat=True)[:AT_ONCE]):
                gone += Sample.objects.filter(pk__in=rows).delete()[0]
        gone += batches.forget_old(now)
        gone += Feedback.objects.filter(asked_at__lt=now - FEEDBACK_KEPT).delete()[0]
    return gone


def forget_inputs(deployment: Deployment, columns: list[str] | None = None) -> int:
    """Empty the kept inputs of a deployment, all or some columns of them; answers stay for the figures.

    Returns how many rows were changed.
    """
    changed = 0
    with _for_good(), transaction.atomic():
        rows = Sample.objects.select_for_update().filter(deployment=deployment, row__isnull=False)
        if columns is None:
            return rows.update(row=None)
        for sample in rows.iterator(AT_ONCE):
            left = {name: value for name, value in (sample.row or {}).items() if name not in columns}
            if left != sample.row:
                Sample.objects.filter(pk=sample.pk).update(row=left)
                changed += 1
    return changed


def forget_all(deployment: Deployment) -> int:
    """Delete all sampled rows of a deployment, and the truth told of them."""
    with _for_good(), transaction.atomic():
        gone = Sample.objects.filter(deployment=deployment).delete()[0]
        return gone + Feedback.objects.filter(deployment=deployment).delete()[0]


@contextmanager
def _for_good() -> Iterator[None]:
    """Empty the log of SQLite once all is committed: until then it holds pages as they were before."""
    yield
    if connection.vendor == "sqlite":
        transaction.on_commit(_empty_log)


def _empty_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
