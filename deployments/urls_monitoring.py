"""The addresses around live models: what they are watched by, and how they are used."""

from __future__ import annotations

from django.urls import path

from deployments.views import live, references, using, watching

urlpatterns = [
    path("reference/<slug:slug>/<str:model>/<int:version>/", references.reference, name="reference"),
    path("alerts/<uuid:pk>/take/", live.take_alert, name="take_alert"),
    path("<uuid:pk>/", live.show, name="show"),
    path("<uuid:pk>/charts/<slug:name>.csv", live.chart_csv, name="chart_csv"),
    path("<uuid:pk>/watching/", watching.watching, name="watching"),
    path("<uuid:pk>/samples/reference/", watching.take_reference, name="samples_reference"),
    path("<uuid:pk>/samples/delete/", watching.delete, name="samples_delete"),
    path("<uuid:pk>/use/", using.use, name="use"),
    path("<uuid:pk>/use/file/", using.batch, name="batch"),
    path("<uuid:pk>/use/token/", using.make_token, name="token"),
    path("batches/<uuid:pk>/", using.batch_file, name="batch_file"),
]
