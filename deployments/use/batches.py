"""Answering a whole table as a job, through the gateway: bad rows are named, a file is the result."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from deployments.access import get_deployment
from deployments.models import Batch, Deployment
from deployments.references import read_limited
from deployments.tables import MEGABYTE, Unreadable, read_table
from deployments.use.asking import Answer, Asker
from jobs import actions as jobs
from jobs import files
from jobs.models import Job
from jobs.runner import Cancelled, Outcome, Progress
from ui.errors import Conflict, DomainError, Invalid, NotFound
from ui.words import plural

NAME = "deployments.batch"
MOST_BYTES, MOST_ROWS, AT_ONCE = 10 * MEGABYTE, 50_000, 200
MOST_BAD = 1000
TRIES, LONGEST_WAIT = 5, 10.0
ANSWER, NOTE = "answer", "note"
# A cell that begins like this would be run as a formula by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Halted(DomainError):
    """The work cannot go on; the text says why."""

    status = 422
    code = "halted"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one row, and what is to be said of it."""

    answer: Any
    note: str = ""
    bad: bool = False
    fallback: bool = False


def request_batch(deployment: Deployment, *, by: User, name: str, content: bytes) -> Job:
    """Take in a table and have it answered. Raises Invalid for what is none."""
    if len(content) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // MEGABYTE} MB, which is the most.")
    if not name.lower().endswith(".csv"):
        raise _refused("A CSV file (.csv) is answered here.")
    try:
        table = read_limited(read_table, name, content, MOST_ROWS)
    except Unreadable as error:
        raise _refused(str(error)) from error
    with transaction.atomic():
        key = f"batch:{deployment.pk}:{by.pk}"
        if Job.objects.filter(key=key, state__in=Job.OPEN).exists():
            raise Conflict("Another file of yours is being answered. Wait for it, or cancel it.")
        stored = files.store(
            content, organization=deployment.organization, name=name, content_type="text/csv"
        )
        batch = Batch.objects.create(deployment=deployment, asked_by=by, file=stored, rows=table.rows)
        return jobs.request(
            NAME,
            batch.pk,
            title=f"{plural(table.rows, 'row', 'rows')} for {deployment.title}",
            by=by,
            organization=deployment.organization,
            key=key,
            back_url=reverse("deployments:use", args=[deployment.pk]),
        )


def run(progress: Progress, batch_id: str) -> Outcome:
    """The job ``deployments.batch``. Safe to run twice: it begins again until its result is kept."""
    batch = Batch.objects.select_related("deployment", "asked_by", "file").filter(pk=batch_id).first()
    if batch is None or batch.file is None:
        raise NotFound
    back = reverse("deployments:use", args=[batch.deployment_id])
    if batch.done_at is not None:
        return Outcome("The answers are ready.", back)
    try:
        deployment = get_deployment(batch.asked_by, batch.deployment_id)
        table = read_limited(read_table, batch.file.name, files.read(batch.file), MOST_ROWS)
        told = _answers(progress, deployment, batch.asked_by, table.columns)
        if progress.cancelled():
            raise Cancelled
    except (DomainError, Cancelled):
        _drop(batch)
        raise
    left = {name: column for name, column in table.columns.items() if name not in deployment.masked}
    _keep(batch, _csv_of(left, told), told)
    return Outcome(_words(told), back)


def forget_old(now: dt.datetime) -> int:
    """Delete batches that are older than their deployment keeps samples; returns how many."""
    gone = 0
    for batch in Batch.objects.select_related("deployment", "file"):
        if batch.asked_at < now - dt.timedelta(days=batch.deployment.sample_days):
            _drop(batch)
            gone += 1
    return gone


def forget(batches: QuerySet[Batch]) -> int:
    """Delete these tables with their results; returns how many."""
    rows = list(batches.select_related("file"))
    for batch in rows:
        _drop(batch)
    return len(rows)


def get_batch(by: User, pk: UUID) -> Batch:
    """A finished result, for whoever asked for it and still sees the deployment."""
    batch = Batch.objects.select_related("file").filter(pk=pk, asked_by=by).exclude(done_at=None).first()
    if batch is None:
        raise NotFound
    batch.deployment = get_deployment(by, batch.deployment_id)
    return batch


def _answers(
    progress: Progress, deployment: Deployment, by: User, columns: dict[str, list[Any]]
) -> list[Told]:
    names = list(columns)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    told: list[Told] = []
    with Asker(deployment, by) as asker:
        for begin in range(0, len(rows), AT_ONCE):
            progress(f"Row {begin + 1:,} of {len(rows):,}", begin, len(rows))
            told += _told(asker, names, rows[begin : begin + AT_ONCE])
            bad = [at for at, one in enumerate(told) if one.bad]
            if len(bad) > MOST_BAD or (len(bad) == len(told) == AT_ONCE):
                raise Halted(
                    f"{len(bad):,} of the first {len(told):,} rows do not fit, so the rest was not asked. "
                    f"Line {bad[0] + 2}: {told[bad[0]].note}"
                )
    return told


def _told(asker: Asker, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Told]:
    """The answers to some rows; where the gateway refuses them, halves are asked, down to the bad row."""
    answer = _patiently(asker, names, rows)
    if answer.ok and len(answer.predictions) == len(rows):
        note = f"Fallback: {answer.fallback}" if answer.fallback else ""
        return [Told(one, note, fallback=bool(answer.fallback)) for one in answer.predictions]
    if answer.status in (401, 403, 404):
        raise Halted(answer.error)
    if len(rows) == 1:
        return [Told(None, answer.error, bad=True)]
    if answer.status != 400:
        # The model or its place failed, not a row: asking each again would only fail as often.
        return [Told(None, answer.error, bad=True) for _ in rows]
    middle = len(rows) // 2
    return [*_told(asker, names, rows[:middle]), *_told(asker, names, rows[middle:])]


def _patiently(asker: Asker, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
    for at in range(TRIES):
        answer = asker.ask(names, rows)
        if answer.status not in (429, 503):
            return answer
        time.sleep(min(max(answer.retry_after, 0.2 * 2**at), LONGEST_WAIT))
    return answer


def _csv_of(columns: dict[str, list[Any]], told: Sequence[Told]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in [*columns, _free(ANSWER, columns), _free(NOTE, columns)]])
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(told)
    for row, one in zip(rows, told, strict=True):
        writer.writerow([*map(_cell, row), _cell(one.answer), _cell(one.note)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _free(name: str, columns: dict[str, list[Any]]) -> str:
    while name in columns:
        name = f"{name}_"
    return name


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def _keep(batch: Batch, content: bytes, told: Sequence[Told]) -> None:
    asked = batch.file
    with transaction.atomic():
        batch.file = files.store(
            content,
            organization=batch.deployment.organization,
            name=f"answers-{asked.name if asked else 'rows.csv'}",
            content_type="text/csv",
        )
        batch.done_at = timezone.now()
        batch.bad = sum(one.bad for one in told)
        batch.fallbacks = sum(one.fallback for one in told)
        batch.save(update_fields=["file", "done_at", "bad", "fallbacks"])
        files.delete([asked] if asked else [])


@transaction.atomic
def _drop(batch: Batch) -> None:
    stored = batch.file
    batch.delete()
    files.delete([stored] if stored else [])


def _words(told: Sequence[Told]) -> str:
    bad = list(_bad_lines(told))
    rows = plural(len(told), "row is", "rows are")
    words = f"{len(told) - len(bad):,} of {rows} answered."
    used = sum(one.fallback for one in told)
    if used:
        words = f"{words} {used:,} of them by the fallback."
    if bad:
        more = f" and {len(bad) - 5:,} more" if len(bad) > 5 else ""
        words = f"{words} Not answered: line {', '.join(map(str, bad[:5]))}{more}; the file says why."
    return words


def _bad_lines(told: Sequence[Told]) -> Iterator[int]:
    """Lines of the file, of which the first names the columns."""
    return (at + 2 for at, one in enumerate(told) if one.bad)


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": [sentence]})
