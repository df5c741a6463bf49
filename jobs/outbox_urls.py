"""The addresses of webhooks and of the digest."""

from __future__ import annotations

from django.urls import path

from jobs import digest_views as digest
from jobs import webhook_views as webhooks

app_name = "outbox"
urlpatterns = [
    path("settings/digest/", digest.choose, name="digest"),
    path("settings/digest/<uuid:pk>/", digest.choose_as_guest, name="guest_digest"),
    path("digest/stop/<str:mark>/", digest.stop, name="digest_stop"),
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/new/", webhooks.add, name="webhook_add"),
    path("settings/webhooks/<uuid:pk>/", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<uuid:pk>/test/", webhooks.test, name="webhook_test"),
    path("settings/webhooks/<uuid:pk>/pause/", webhooks.pause, name="webhook_pause"),
    path("settings/webhooks/<uuid:pk>/resume/", webhooks.resume, name="webhook_resume"),
    path("settings/webhooks/<uuid:pk>/rotate/", webhooks.rotate, name="webhook_rotate"),
    path("settings/webhooks/<uuid:pk>/delete/", webhooks.delete, name="webhook_delete"),
]
