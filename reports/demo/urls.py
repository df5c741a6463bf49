"""The addresses of the demo's door; they answer 404 unless the demo is switched on."""

from __future__ import annotations

from django.urls import path

from reports.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.choose, name="choose"),
    path("<uuid:pk>/", views.enter, name="enter"),
]
