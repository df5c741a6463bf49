"""The addresses at which the product is asked to measure a version itself."""

from __future__ import annotations

from django.urls import path

from deployments.views import verifying

urlpatterns = [
    path("verify/<uuid:pk>/", verifying.verify, name="verify"),
    path("verify/again/<uuid:pk>/", verifying.again, name="verify_again"),
]
