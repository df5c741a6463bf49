from django.urls import path

from jobs import views

app_name = "jobs"
urlpatterns = [
    path("<uuid:pk>/", views.show, name="show"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
