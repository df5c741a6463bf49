"""The addresses of plans and initiatives."""

from __future__ import annotations

from django.urls import path

from roadmap import initiative_views as initiatives
from roadmap import plan_views as plans
from roadmap import request_views as requests

app_name = "roadmap"
urlpatterns = [
    path("", plans.index, name="plan"),
    path("new/", requests.new, name="new"),
    path("history/", plans.history, name="history"),
    path("compare/", plans.compare, name="compare"),
    path("requests/<uuid:pk>/", requests.making, name="making"),
    path("plans/<uuid:pk>/", plans.show, name="show"),
    path("plans/<uuid:pk>/publish/", plans.publish, name="publish"),
    path("plans/<uuid:pk>/archive/", plans.archive, name="archive"),
    path("plans/<uuid:pk>/replan/", requests.replan, name="replan"),
    path("plans/<uuid:pk>/relax/<int:number>/", requests.relax, name="relax"),
    path("plans/<uuid:pk>/what-if/", requests.what_if, name="what_if"),
    path("plans/<uuid:pk>/know/", requests.know, name="know"),
    path("plans/<uuid:pk>/answer/", plans.what_if_answer, name="what_if_answer"),
    path("plans/<uuid:pk>/charts/<slug:key>.csv", plans.chart_csv, name="chart_csv"),
    path("plans/<uuid:pk>/charts/<slug:key>.json", plans.chart_live, name="chart_live"),
    path("initiatives/", initiatives.catalogue, name="initiatives"),
    path("initiatives/new/", initiatives.own_new, name="own_new"),
    path("initiatives/<slug:key>/", initiatives.show, name="initiative"),
    path("initiatives/<slug:key>/progress/", initiatives.progress, name="progress"),
    path("initiatives/<slug:key>/choice/", initiatives.choose, name="choose"),
    path("initiatives/<slug:key>/use-case/", initiatives.bind, name="bind"),
    path("initiatives/<slug:key>/edit/", initiatives.own_edit, name="own_edit"),
    path("initiatives/<slug:key>/remove/", initiatives.own_remove, name="own_remove"),
]
