"""The addresses of reports and exports."""

from django.urls import path

from reports import export_views, views

app_name = "reports"
urlpatterns = [
    path("", views.index, name="list"),
    path("made/<uuid:pk>/", views.download, name="download"),
    path("export/<uuid:pk>/answers.csv", export_views.answers, name="answers"),
    path("<slug:kind>/<slug:pk>/", views.show, name="show"),
    path("<slug:kind>/<slug:pk>/make/", views.make, name="make"),
]
