"""The addresses of deployments."""

from __future__ import annotations

from django.urls import path

from deployments import urls_monitoring, urls_verifying
from deployments.views import deploying, environments, keeping, registry, running, waiving

VERSION = "<slug:slug>/<str:model>/<int:version>/"
app_name = "deployments"
urlpatterns = [
    path("", registry.registry, name="list"),
    path("environments/", environments.environments, name="environments"),
    path("environments/add/", environments.add, name="environment_add"),
    path("environments/<uuid:pk>/", environments.change, name="environment"),
    path("environments/<uuid:pk>/archive/", environments.archive, name="environment_archive"),
    path("external/", keeping.external, name="external"),
    path(f"deploy/{VERSION}", deploying.deploy, name="deploy"),
    path(f"card/{VERSION}", registry.card, name="card"),
    path(f"waive/{VERSION}", waiving.ask, name="waiver_new"),
    path("projects/<uuid:pk>/waivers/", waiving.waivers, name="waivers"),
    path("waivers/<uuid:pk>/", waiving.waiver, name="waiver"),
    path("waivers/<uuid:pk>/sign/", waiving.sign, name="waiver_sign"),
    path("waivers/<uuid:pk>/withdraw/", waiving.withdraw, name="waiver_withdraw"),
    path("releases/<uuid:pk>/", running.release, name="release"),
    path("releases/<uuid:pk>/progress/", running.progress, name="progress"),
    path("releases/<uuid:pk>/cancel/", running.cancel, name="cancel"),
    path("releases/<uuid:pk>/weight/", running.weight, name="weight"),
    path("releases/<uuid:pk>/promote/", running.promote, name="promote"),
    path("<uuid:pk>/history/", running.history, name="history"),
    path("<uuid:pk>/change/", keeping.change, name="change"),
    path("<uuid:pk>/archive/", keeping.archive, name="archive"),
    path("<uuid:pk>/roll-back/", running.roll_back, name="roll_back"),
    path("<uuid:pk>/stop/", running.stop, name="stop"),
    path("<uuid:pk>/start/", running.start, name="start"),
    *urls_monitoring.urlpatterns,
    *urls_verifying.urlpatterns,
]
