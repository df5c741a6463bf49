"""The addresses of use cases."""

from __future__ import annotations

from django.urls import path

from roadmap import use_case_views as views

app_name = "use_cases"
urlpatterns = [
    path("", views.use_case_list, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.show, name="show"),
    path("<uuid:pk>/edit/", views.edit, name="edit"),
    path("<uuid:pk>/archive/", views.archive, name="archive"),
    path("<uuid:pk>/restore/", views.restore, name="restore"),
]
