"""Pages that belong to no app: the style guide and the answer to a stale form."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ui import samples
from ui.charts.spec import ChartSpec
from ui.downloads import figure_csv, figure_json
from ui.styleguide import parts


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the design with texts as they occur; ``?theme=dark`` or ``light`` sets the theme."""
    return render(request, "styleguide.html", parts(request.GET.get("theme", "")))


@require_GET
def styleguide_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The numbers of a sample figure."""
    return figure_csv(_sample(key))


@require_GET
def styleguide_json(request: HttpRequest, key: str) -> HttpResponse:
    """A sample figure for Plotly."""
    return figure_json(_sample(key))


def _sample(key: str) -> ChartSpec:
    for spec in samples.all_figures():
        if spec.key == key:
            return spec
    raise Http404


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session is gone: says so, and that nothing was changed."""
    return render(request, "stale_form.html", status=403)
