"""The address of the desk."""

from django.urls import path

from reports import desk_views

urlpatterns = [path("", desk_views.desk, name="desk")]
