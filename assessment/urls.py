from django.urls import path

from assessment import facilitate_views as facilitate
from assessment import views

app_name = "assessment"
urlpatterns = [
    path("", views.list_rounds, name="list"),
    path("new/", views.create, name="create"),
    path("<uuid:pk>/", views.show, name="show"),
    path("<uuid:pk>/invite/", facilitate.invite, name="invite"),
    path("<uuid:pk>/remind/", facilitate.remind, name="remind"),
    path("<uuid:pk>/workshop-link/", facilitate.workshop, name="workshop"),
    path("<uuid:pk>/open/", facilitate.open_round, name="open"),
    path("<uuid:pk>/review/", facilitate.review, name="review"),
    path("<uuid:pk>/close/", facilitate.close, name="close"),
    path("<uuid:pk>/reopen/", facilitate.reopen, name="reopen"),
    path("<uuid:pk>/people/<uuid:person_pk>/", facilitate.person, name="person"),
    path("<uuid:pk>/people/<uuid:person_pk>/link/", facilitate.person_link, name="person_link"),
    path("<uuid:pk>/people/<uuid:person_pk>/remind/", facilitate.person_remind, name="person_remind"),
    path("<uuid:pk>/people/<uuid:person_pk>/remove/", facilitate.person_remove, name="person_remove"),
    path("<uuid:pk>/files/<uuid:file_pk>/", facilitate.evidence_file, name="file"),
    path("<uuid:pk>/items/<str:key>/", views.item, name="item"),
    path("<uuid:pk>/items/<str:key>/consensus/", facilitate.consensus, name="consensus"),
    path("<uuid:pk>/items/<str:key>/consensus/remove/", facilitate.consensus_remove, name="consensus_remove"),
    path("<uuid:pk>/dimensions/<str:code>/", views.dimension, name="dimension"),
    path("<uuid:pk>/charts/<slug:key>.csv", views.chart_csv, name="chart_csv"),
    path("<uuid:pk>/charts/<slug:key>.json", views.chart_live, name="chart_live"),
    path("<uuid:pk>/compare/<uuid:other>/", views.compare, name="compare"),
]
