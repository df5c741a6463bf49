"""The addresses of the public check."""

from django.urls import path, re_path

from reports import verify_views as views

app_name = "verify"
urlpatterns = [
    path("", views.index, name="index"),
    path("certificates.pem", views.certificates, name="certificates"),
    re_path(r"^(?P<token>[0-9a-f]{32})/$", views.by_token, name="token"),
]
