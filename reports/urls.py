"""The addresses of reports and exports."""

from django.urls import path

from reports import archive_views, export_views, views

app_name = "reports"
urlpatterns = [
    path("", views.index, name="list"),
    path("made/<uuid:pk>/", views.download, name="download"),
    path("export/<uuid:pk>/answers.csv", export_views.answers, name="answers"),
    path("projects/<uuid:pk>/archive/", archive_views.archive, name="archive"),
    path("projects/<uuid:pk>/archive/make/", archive_views.make, name="archive_make"),
    path("projects/<uuid:pk>/archive/limit/", archive_views.limit, name="archive_limit"),
    path("projects/<uuid:pk>/archive/download/", archive_views.download, name="archive_download"),
    path("<slug:kind>/<slug:pk>/", views.show, name="show"),
    path("<slug:kind>/<slug:pk>/make/", views.make, name="make"),
]
