"""Who gets what at every address of the product, one file for each app.

A test fails for an address without a row, and for a row that does not hold.
"""

from __future__ import annotations

from tests.accounts import urls as accounts
from tests.assessment import urls as assessment
from tests.charters import urls as charters
from tests.deployments import urls as deployments
from tests.jobs import urls as jobs
from tests.projects import urls as projects
from tests.reports import urls as reports
from tests.roadmap import urls as roadmap
from tests.urls_rows import MISSING, Row, everybody

PROJECT: dict[str, Row] = {
    "healthz": everybody(),
    # For Prometheus alone, which comes with a token of its own.
    "metrics": Row((MISSING,) * 6),
    "favicon": everybody(),
    "api_schema": everybody(),
    "api_docs": everybody(),
    "ui:styleguide": everybody(),
    "ui:styleguide_csv": everybody(make=lambda cast: ["pillars"]),
    "ui:styleguide_json": everybody(make=lambda cast: ["pillars"]),
}
ROWS: dict[str, Row] = {
    **PROJECT,
    **accounts.ROWS,
    **jobs.ROWS,
    **assessment.ROWS,
    **roadmap.ROWS,
    **charters.ROWS,
    **projects.ROWS,
    **deployments.ROWS,
    **reports.ROWS,
}
