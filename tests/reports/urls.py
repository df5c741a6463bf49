"""Who gets what at the addresses of the desk, of reports and of jobs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from assessment.models import Result
from jobs.models import Job
from tests.assessment.urls import closed, closed_with
from tests.projects import cast as projects
from tests.urls_rows import FORBIDDEN, MISSING, POST, SIGN_IN, Row, at, by_link, everybody, own, signed_in


def result(cast: Any) -> list[Any]:
    return ["readiness", Result.objects.get(assessment=closed(cast)).pk]


def project(cast: Any) -> list[Any]:
    return [projects.project(cast.organization, cast.frank).pk]


def somebodys_job(cast: Any) -> list[Any]:
    """A job of a person outside the cast: nobody else learns that it exists."""
    return [Job.objects.create(name="reports.render", title="A report", organization=cast.organization).pk]


def nobodys() -> Row:
    """An address of something that is not there."""
    return Row((SIGN_IN, *(MISSING,) * 5), make=lambda cast: [uuid4()])


ROWS: dict[str, Row] = {
    "desk": signed_in(),
    "verify:index": everybody(),
    "verify:token": Row((MISSING,) * 6, make=lambda cast: ["0" * 32]),
    "verify:certificates": everybody(),
    "demo:choose": by_link(),
    "demo:enter": by_link(make=lambda cast: [uuid4()], method=POST),
    "jobs:show": Row((SIGN_IN, *(MISSING,) * 5), make=somebodys_job),
    "jobs:cancel": Row((SIGN_IN, *(MISSING,) * 5), make=somebodys_job, method=POST),
    "reports:list": own("view"),
    "reports:archive": at("manage", make=project),
    "reports:archive_make": at("manage", make=project, method=POST),
    "reports:archive_limit": at("manage", make=project, method=POST),
    "reports:archive_download": Row((SIGN_IN, MISSING, FORBIDDEN, FORBIDDEN, MISSING, MISSING), make=project),
    "reports:show": at("view", make=result),
    "reports:make": at("view", make=result, method=POST),
    "reports:download": nobodys(),
    "reports:answers": at("manage", make=closed_with()),
    "report-list": own("view"),
    "report-offers": own("view"),
    "report-detail": nobodys(),
    "report-file": nobodys(),
    "report-request-list": own("view", method=POST),
    "report-request-detail": Row((SIGN_IN, *(MISSING,) * 5), make=somebodys_job),
    "report-request-cancel": Row((SIGN_IN, *(MISSING,) * 5), make=somebodys_job, method=POST),
    "export-detail": at("manage", make=closed_with()),
}
