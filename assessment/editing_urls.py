"""The addresses of the editor of questionnaires."""

from __future__ import annotations

from django.urls import path

from assessment import editing_file_views as files
from assessment import editing_views as views

app_name = "questionnaires"
urlpatterns = [
    path("", views.index, name="list"),
    path("versions/<int:pk>/", views.version, name="version"),
    path("versions/<int:pk>/sheet/", files.export_version, name="version_export"),
    path("start/<slug:key>/", views.start, name="start"),
    path("<uuid:pk>/", views.draft, name="draft"),
    path("<uuid:pk>/frame/", views.frame, name="frame"),
    path("<uuid:pk>/sheet/", files.export, name="export"),
    path("<uuid:pk>/import/", files.import_sheet, name="import"),
    path("<uuid:pk>/publish/", files.publish, name="publish"),
    path("<uuid:pk>/discard/", files.discard, name="discard"),
    path("<uuid:pk>/items/new/", views.add, name="add"),
    path("<uuid:pk>/items/<str:key>/", views.item, name="item"),
    path("<uuid:pk>/items/<str:key>/drop/", views.drop, name="drop"),
]
