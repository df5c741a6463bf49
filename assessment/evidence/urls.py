from django.urls import path

from assessment.evidence import views

app_name = "evidence"
urlpatterns = [
    path("", views.assets, name="assets"),
    path("assets/new/", views.asset_new, name="asset_new"),
    path("assets/import/", views.asset_import, name="asset_import"),
    path("assets/template/", views.asset_template, name="asset_template"),
    path("assets/<uuid:pk>/", views.asset, name="asset"),
    path("assets/<uuid:pk>/archive/", views.asset_archive, name="asset_archive"),
    path("roster/", views.roster, name="roster"),
    path("roster/new/", views.person_new, name="person_new"),
    path("roster/import/", views.roster_import, name="roster_import"),
    path("roster/template/", views.roster_template, name="roster_template"),
    path("roster/<uuid:pk>/", views.person, name="person"),
    path("roster/<uuid:pk>/archive/", views.person_archive, name="person_archive"),
]
