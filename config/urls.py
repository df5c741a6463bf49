"""The addresses of the `web` process."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config import views

handler400 = "ui.unavailable.bad_request"
handler500 = "ui.unavailable.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg"), name="favicon"),
    path("", include("reports.desk_urls")),
    path("", include("accounts.urls")),
    path("", include("jobs.outbox_urls")),
    path("sign-in/", include("accounts.sign_in_urls")),
    path("assessments/questionnaires/", include("assessment.editing_urls")),
    path("assessments/", include("assessment.urls")),
    path("answer/", include("assessment.answer_urls")),
    path("evidence/", include("assessment.evidence.urls")),
    path("roadmap/use-cases/", include("roadmap.use_case_urls")),
    path("roadmap/", include("roadmap.urls")),
    path("charters/", include("charters.urls")),
    path("projects/", include("projects.urls")),
    path("deployments/", include("deployments.urls")),
    path("reports/", include("reports.urls")),
    path("verify/", include("reports.verify_urls")),
    path("demo/", include("reports.demo.urls")),
    path("jobs/", include("jobs.urls")),
    path("", include("ui.urls")),
    path("api/v1/", include("config.api")),
]
