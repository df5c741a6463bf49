"""What was tracked: the runs of a project, one of them, several side by side, and registered versions."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.access import Standing, get_standing
from projects.charts import compared_curves, learning_curves, threads_of
from projects.evidence import LARGEST
from projects.tracking import records, server
from projects.tracking.records import Run, TrackingIsAway, Wish
from projects.views.frame import frame, notes
from ui.errors import NotFound
from ui.panels import fill

COLUMNS = 4
# So many runs of a page are looked at for one that goes on; the page then follows.
NEWEST = 3
SILENT = dt.timedelta(hours=2)
APART = dt.timedelta(minutes=5)
FEWEST, MOST = 2, 5
HIGHEST_PAGE = 100_000
STATE_KINDS = {"RUNNING": "open", "FINISHED": "good", "FAILED": "bad", "KILLED": "watch"}
View = Callable[..., HttpResponse]


def tracked(current: str) -> Callable[[View], View]:
    """A page that reads MLflow's tables; it says so where they do not answer, and the rest goes on."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, pk: UUID, **more: Any) -> HttpResponse:
            standing = get_standing(request.user, pk)
            try:
                return view(request, standing, **more)
            except TrackingIsAway as error:
                if request.headers.get("HX-Target") in ("run-live", "runs-live"):
                    return HttpResponse(status=204)  # what stands on the page stays, and it asks again
                context = {
                    **frame(standing, current),
                    "notes": notes(request, standing.project),
                    "reason": str(error),
                }
                return render(request, "projects/tracking_away.html", context)

        return wrapped

    return decorate


def shown(value: float | None) -> str:
    """A logged value as people read it; nothing logged is a dash."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "not a number"
    if abs(value) > LARGEST:
        return "infinite" if value > 0 else "−infinite"
    return f"{value:.6g}".replace("-", "−", 1) if value < 0 else f"{value:.6g}"


@require_safe
@login_required
@csp_update({"form-action": [settings.GATES_URL]})
@tracked("experiments")
def runs(request: HttpRequest, standing: Standing) -> HttpResponse:
    """The runs, newest first or sorted by a metric."""
    wish = _wish(request)
    page = records.runs_of(standing.project.slug, wish)
    keys = _columns(page.runs, wish.sort)
    filters = {"state": wish.state, "text": wish.text}
    context = {
        **frame(standing, "experiments"),
        "notes": notes(request, standing.project),
        "rows": [
            {
                "run": run,
                "kind": STATE_KINDS.get(run.state, "open"),
                "figures": [(key, shown(run.metrics.get(key))) for key in keys],
            }
            for run in page.runs
        ],
        "heads": [_head(key, wish, filters) for key in keys],
        "wish": wish,
        "states": records.STATES.items(),
        "page": Paginator(range(page.total), records.PAGE).get_page(page.page),
        "query": _query({**filters, "sort": wish.sort, "dir": "" if wish.descending else "asc"}, "&"),
        "filtered": bool(wish.state or wish.text),
        "threads": threads_of(page.runs, keys, _nominated(standing)),
        "live": any(_is_live(run) for run in page.runs[:NEWEST]),
        "why_no_page": server.why_no_page(),
    }
    return render(request, "projects/runs.html", context)


def _nominated(standing: Standing) -> list[str]:
    """The run of the candidate that counts, if there is one."""
    candidate = standing.project.candidates.first()
    return [candidate.run] if candidate is not None and candidate.run else []


def _wish(request: HttpRequest) -> Wish:
    given = request.GET
    number = given.get("page", "")
    return Wish(
        sort=_plain(given.get("sort", ""))[:250],
        descending=given.get("dir") != "asc",
        state=given.get("state", "") if given.get("state") in records.STATES else "",
        text=_plain(given.get("text", ""))[:100].strip(),
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
    )


def _plain(text: str) -> str:
    """Without characters that no database takes."""
    return "".join(letter for letter in text if letter >= " " and not "\ud800" <= letter <= "\udfff")


def _columns(runs: Iterable[Run], sort: str) -> list[str]:
    """The metric that sorts, then those that most runs of the page have logged."""
    counted: dict[str, int] = {}
    for run in runs:
        for key in run.metrics:
            counted[key] = counted.get(key, 0) + 1
    ranked = sorted(counted, key=lambda key: (key.startswith("training_"), -counted[key], key))
    first = [sort] if sort else []
    return [*first, *[key for key in ranked if key != sort]][:COLUMNS]


def _head(key: str, wish: Wish, filters: Mapping[str, str]) -> dict[str, str]:
    """A head that sorts: the first time highest first, then the other way round."""
    mine = wish.sort == key
    turned = {**filters, "sort": key, "dir": "asc" if mine and wish.descending else ""}
    sorted_ = ("descending" if wish.descending else "ascending") if mine else ""
    return {"key": key, "url": f"?{_query(turned)}", "sorted": sorted_}


def _query(values: Mapping[str, str], end: str = "") -> str:
    text = urlencode({name: value for name, value in values.items() if value})
    return f"{text}{end}" if text else ""


@require_safe
@login_required
@tracked("experiments")
def run(request: HttpRequest, standing: Standing, run: str) -> HttpResponse:
    """One run with all that it logged."""
    slug = standing.project.slug
    detail = records.run_detail(slug, run)
    if detail is None:
        raise NotFound
    context = {
        **frame(standing, "experiments"),
        "detail": detail,
        "run": detail.run,
        "kind": STATE_KINDS.get(detail.run.state, "open"),
        "live": _is_live(detail.run),
        "ahead": _is_ahead(detail.run),
        "figures": [(key, shown(value)) for key, value in detail.run.metrics.items()],
        "tags": {key: value for key, value in detail.tags.items() if not key.startswith("mlflow.")},
        "versions": [row for row in records.versions_of(slug) if row.run == run],
        "curves": learning_curves(records.curves_of(slug, run)),
    }
    return render(request, "projects/run.html", context)


def _is_live(run: Run) -> bool:
    """Whether its page asks again by itself. A client that was killed leaves its run running for ever.

    So would one whose clock runs ahead, by what it says.
    """
    if run.state != "RUNNING":
        return False
    seen = records.last_sign_of(run)
    return seen is not None and abs(timezone.now() - seen) < SILENT


def _is_ahead(run: Run) -> bool:
    """Whether a run says that it began after now, beyond what clocks differ by."""
    return run.started_at is not None and run.started_at - timezone.now() > APART


@require_safe
@login_required
@tracked("experiments")
def compare(request: HttpRequest, standing: Standing) -> HttpResponse:
    """Two to five runs side by side, what differs first."""
    chosen = [_plain(one)[:64] for one in request.GET.getlist("run")]
    found = records.runs_by_id(standing.project.slug, chosen[: MOST + 1])
    if not FEWEST <= len(found) <= MOST:
        messages.error(request, f"Choose {FEWEST} to {MOST} runs to compare.")
        return redirect("projects:experiments", standing.project.pk)
    curves = [records.curves_of(standing.project.slug, one.id) for one in found]
    context = {
        **frame(standing, "experiments"),
        "runs": found,
        "figures": compared_curves([one.name or one.id[:8] for one in found], curves),
        "tables": [
            ("Last values", _side_by_side([{k: shown(v) for k, v in run.metrics.items()} for run in found])),
            ("Parameters", _side_by_side([run.params for run in found])),
        ],
    }
    return render(request, "projects/compare.html", context)


def _side_by_side(columns: list[Mapping[str, str]] | list[dict[str, str]]) -> list[dict[str, Any]]:
    """One row for each name, those that differ first."""
    names = sorted({name for column in columns for name in column})
    rows = []
    for name in names:
        cells = [column.get(name, "–") for column in columns]
        rows.append({"name": name, "cells": cells, "differs": len(set(cells)) > 1})
    return sorted(rows, key=lambda row: (not row["differs"], row["name"]))


@require_safe
@login_required
@tracked("models")
def models(request: HttpRequest, standing: Standing) -> HttpResponse:
    """The registered versions, newest first."""
    slug = standing.project.slug
    versions = records.versions_of(slug)
    made_by = {run.id: run for run in records.runs_by_id(slug, [row.run for row in versions if row.run])}
    candidate = standing.project.candidates.first()
    context = {
        **frame(standing, "models"),
        "notes": notes(request, standing.project),
        "rows": [
            {
                "version": row,
                "run": made_by.get(row.run),
                "nominated": candidate is not None
                and (row.model, row.version) == (candidate.model, candidate.version),
            }
            for row in versions
        ],
        "candidate": candidate,
    }
    page = render_to_string("projects/models.html", context, request)
    return HttpResponse(fill(page, request, (standing.project, versions)))
