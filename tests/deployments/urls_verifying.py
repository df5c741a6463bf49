"""Who gets what at the addresses of verified readings."""

from __future__ import annotations

from typing import Any

from deployments.models import Evaluation
from jobs import files
from tests.projects import cast as made
from tests.urls_rows import POST, Row, at


def _project(cast: Any) -> list[Any]:
    return [made.project(cast.organization, cast.frank).pk]


def _evaluation(cast: Any) -> list[Any]:
    project = made.project(cast.organization, cast.frank)
    file = files.store(b"a\n1\n", organization=cast.organization, name="a.csv", content_type="text/csv")
    found = Evaluation.objects.create(
        project=project, model="bearing", version=1, file=file, sha256=file.sha256, target="a"
    )
    return [found.pk]


ROWS: dict[str, Row] = {
    "deployments:verify": at("view", make=_project),
    "deployments:verify_again": at("manage", make=_evaluation, method=POST),
}
