from django.urls import path

from assessment import answer_result, answer_save, answer_views

app_name = "answer"
urlpatterns = [
    path("<uuid:pk>/enter/", answer_views.enter, name="enter"),
    path("<uuid:pk>/join/", answer_views.join, name="join"),
    path("<uuid:pk>/", answer_views.first, name="first"),
    path("<uuid:pk>/start/", answer_views.start, name="start"),
    path("<uuid:pk>/function/", answer_views.function, name="function"),
    path("<uuid:pk>/dimensions/<str:code>/", answer_views.dimension, name="dimension"),
    path("<uuid:pk>/dimensions/<str:code>/save/", answer_views.save, name="save"),
    path("<uuid:pk>/rest/", answer_views.rest, name="rest"),
    path("<uuid:pk>/rest/<str:code>/", answer_views.rest_dimension, name="rest_dimension"),
    path("<uuid:pk>/rest/<str:code>/save/", answer_views.rest_save, name="rest_save"),
    path("<uuid:pk>/items/<str:item>/", answer_save.save_item, name="save_item"),
    path("<uuid:pk>/items/<str:item>/files/", answer_save.upload, name="upload"),
    path("<uuid:pk>/files/<uuid:file_pk>/", answer_views.file, name="file"),
    path("<uuid:pk>/files/<uuid:file_pk>/remove/", answer_save.remove_file, name="remove_file"),
    path("<uuid:pk>/review/", answer_views.review, name="review"),
    path("<uuid:pk>/submit/", answer_views.submit, name="submit"),
    path("<uuid:pk>/done/", answer_views.done, name="done"),
    path("<uuid:pk>/leave/", answer_views.leave, name="leave"),
    path("<uuid:pk>/result/", answer_result.result, name="result"),
]
