"""The API: each app registers its view sets on one router; the schema stands beside them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter

from accounts import api as accounts
from assessment import api as assessment
from charters import api as charters
from config import views
from deployments import api as deployments
from projects import api as projects
from reports import api as reports
from roadmap import api as roadmap

router = DefaultRouter()
router.include_root_view = False
for app in (accounts, assessment, roadmap, charters, projects, deployments, reports):
    app.register(router)

# Drawing the schema takes seconds and it changes with the version only: each process draws it once.
schema = cache_page(24 * 60 * 60, cache="fragments")(SpectacularAPIView.as_view())

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema, name="api_schema"),
    path("docs/", views.api_docs, name="api_docs"),
    *router.urls,
]
