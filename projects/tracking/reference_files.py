"""Where the client's reference sample of a version lies in the artifact store; read, never run."""

from __future__ import annotations

import re
from pathlib import Path

from projects.tracking import records, server

# As client/src/throughline/_reference.py writes it, beside the model or beside its run.
FILE = Path("throughline", "reference.parquet")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def reference_file(slug: str, model: str, version: int) -> Path | None:
    """The sample that `throughline.log_reference` kept with the version or with its run; None without one."""
    rows = records.fetch(
        """SELECT run_id, source FROM model_versions WHERE workspace = :workspace AND name = :name
        AND version = :version AND current_stage <> 'Deleted_Internal'""",
        {"workspace": slug, "name": model, "version": version},
    )
    if not rows:
        return None
    model_id = str(rows[0]["source"] or "").removeprefix("models:/")
    places = [_of_model(slug, model_id), _of_run(slug, str(rows[0]["run_id"] or ""))]
    return next((found for place in places if (found := _inside(slug, place))), None)


def _of_model(slug: str, model_id: str) -> str:
    if not _ID.fullmatch(model_id):
        return ""
    rows = records.fetch(
        """SELECT m.artifact_location AS place FROM logged_models m
        JOIN experiments e ON e.experiment_id = m.experiment_id
        WHERE m.model_id = :model AND e.workspace = :workspace""",
        {"model": model_id, "workspace": slug},
    )
    return str(rows[0]["place"] or "") if rows else ""


def _of_run(slug: str, run: str) -> str:
    if not _ID.fullmatch(run):
        return ""
    rows = records.fetch(
        """SELECT r.artifact_uri AS place FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
        WHERE r.run_uuid = :run AND e.workspace = :workspace""",
        {"run": run, "workspace": slug},
    )
    return str(rows[0]["place"] or "") if rows else ""


def _inside(slug: str, place: str) -> Path | None:
    """The file below the project's own folder of the store, whatever the kept place says."""
    scheme, _, below = place.partition(":/")
    if scheme != "mlflow-artifacts":
        return None
    root = server.folder() / "artifacts"
    found = (root / below.lstrip("/") / FILE).resolve()
    own = (root / "workspaces" / slug).resolve()
    return found if found.is_relative_to(own) and found.is_file() else None
