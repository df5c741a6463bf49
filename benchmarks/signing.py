"""Signing as JSON lines: CPU milliseconds of a sign request, and of the page before it.

python benchmarks/signing.py

Requests run through the whole middleware stack in this process, by somebody whose sign-in is fresh. The floor
beside them is the least that a signature can be: session, membership, one row and one sealed entry in one
transaction. Each signature is of another charter and one of seven in its step, so that nobody else is asked.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

_folder = tempfile.TemporaryDirectory(prefix="throughline-bench-", ignore_cleanup_errors=True)
os.environ["THROUGHLINE_DATA"] = _folder.name
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client, override_settings
from django.urls import path

from accounts import audit
from accounts.access import current_membership, require_fresh
from charters.models import Signatory, SignoffRound
from config import urls as project
from tests.charters.cast import ACCEPTED, Cast, build_cast, send_charter, without_a_vendor, write_charter

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ROUNDS = 12
LIMIT_MS = 30.0


def floor_sign(request: HttpRequest) -> JsonResponse:
    """The least that signing can be: who asks, that the sign-in is fresh, one update, one sealed entry."""
    membership = current_membership(request)
    require_fresh(request)
    with transaction.atomic():
        changed = Signatory.objects.filter(pk=request.POST["pk"], reason="").update(reason="floor")
        audit.record(
            organization=membership.organization, actor=membership.user, event="floor", subject=None, data={}
        )
    return JsonResponse({"changed": changed})


urlpatterns = [path("floor/", floor_sign), *project.urlpatterns]


def report(name: str, times: list[float], limit: float | None) -> None:
    """One line; the 95th percentile stands beside the median that is held to the limit."""
    median, ordered = statistics.median(times), sorted(times)
    line = {"benchmark": name, "cpu_ms": round(median, 2), "limit_ms": limit}
    late = round(ordered[int(len(ordered) * 0.95) - 1], 2)
    print(json.dumps({**line, "ok": limit is None or median <= limit, "p95_ms": late}))


def measured(run: Callable[[Any], object], subjects: list[Any]) -> list[float]:
    """CPU milliseconds of one run for each subject after a first one that fills caches."""
    run(subjects[0])
    run(subjects[1])
    times = []
    for subject in subjects[2:]:
        start = time.process_time()
        run(subject)
        times.append((time.process_time() - start) * 1000)
    return times


def signed_in(cast: Cast) -> Client:
    client = Client()
    user = cast.signers["legal"]
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def rounds_of(cast: Cast) -> list[SignoffRound]:
    return [send_charter(cast, write_charter(cast, **without_a_vendor())) for _ in range(ROUNDS + 2)]


def main() -> None:
    call_command("migrate", verbosity=0)
    cast = build_cast()
    client = signed_in(cast)
    rounds = rounds_of(cast)
    seats = [Signatory.objects.select_related("round").get(round=row, seat="legal") for row in rounds]

    def floor(seat: Signatory) -> None:
        assert client.post("/floor/", {"pk": seat.pk}).status_code == 200

    def show(seat: Signatory) -> None:
        assert client.get(f"/charters/sign/{seat.pk}/").status_code == 200

    def sign(seat: Signatory) -> None:
        signing = {"sha256": seat.round.sha256, **ACCEPTED}
        assert client.post(f"/charters/sign/{seat.pk}/submit/", signing).status_code == 302

    with override_settings(ROOT_URLCONF="__main__", ALLOWED_HOSTS=["testserver"]):
        times = measured(floor, seats)
        report("signing.floor", times, None)
        times = measured(show, seats)
        report("signing.page", times, None)
        times = measured(sign, seats)
        report("signing.sign", times, LIMIT_MS)


if __name__ == "__main__":
    main()
