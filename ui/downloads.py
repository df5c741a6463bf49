"""Answers that carry the numbers of a figure: as CSV to keep, as JSON for the interactive one."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse

from ui.charts import plotly
from ui.charts.spec import ChartSpec
from ui.charts.table import csv_text


def figure_csv(spec: ChartSpec) -> HttpResponse:
    """The table of a figure as a file; the mark at its start lets spreadsheets read it as UTF-8."""
    response = HttpResponse("\ufeff" + csv_text(spec), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{spec.key}.csv"'
    return response


def figure_json(spec: ChartSpec) -> JsonResponse:
    """What "Explore" asks for."""
    return JsonResponse(plotly.figure(spec))
