from django.urls import path

from ui import views

app_name = "ui"
urlpatterns = [
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/<slug:key>.csv", views.styleguide_csv, name="styleguide_csv"),
    path("styleguide/<slug:key>.json", views.styleguide_json, name="styleguide_json"),
]
