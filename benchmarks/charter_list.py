"""The list of charters as JSON lines: CPU milliseconds of the page with 1,000 charters, beside a floor.

python benchmarks/charter_list.py

Requests run through the whole middleware stack in this process. Fifty of the charters are out for
signature and wait for the reader. The floor is the least that a list can be: session, membership, one page of
fifty rows drawn by a template of its own, without the frame of the product.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from typing import Any

_folder = tempfile.TemporaryDirectory(prefix="throughline-bench-", ignore_cleanup_errors=True)
os.environ["THROUGHLINE_DATA"] = _folder.name
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path

from accounts.access import current_membership
from charters.models import Charter
from config import urls as project
from tests.charters.cast import Cast, build_cast
from tests.charters.many import many_charters

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CHARTERS, WAITING, RUNS = 1000, 50, 30
LIMIT_MS = 60.0
ADDRESSES = {
    "list": "/charters/",
    "last_page": "/charters/?sort=title&page=20",
    "search": "/charters/?find=warning+01&sort=due",
    "filter": "/charters/?route=vendor&risk=minimal&owner=Owner+00",
    "waiting": "/charters/?waiting=me",
}
ROWS = "{% for row in page %}<p>{{ row.title }}, {{ row.state }}</p>{% endfor %}"


@login_required
def floor_list(request: HttpRequest) -> HttpResponse:
    """The least that a list can be: who reads, how many there are, fifty of them."""
    organization = current_membership(request).organization
    rows = Charter.objects.filter(organization=organization, archived_at=None).order_by("-changed_at", "pk")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return HttpResponse(engines["django"].from_string(ROWS).render({"page": page}))


urlpatterns = [path("floor/", floor_list), *project.urlpatterns]


def report(name: str, client: Client, address: str, limit: float | None) -> None:
    """One line: the median after two runs that fill caches, with the queries of one request."""
    times = [_cpu_ms(client, address) for _ in range(RUNS + 2)][2:]
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    median = statistics.median(times)
    line: dict[str, Any] = {"benchmark": f"charters.{name}", "cpu_ms": round(median, 2), "limit_ms": limit}
    late = round(sorted(times)[int(len(times) * 0.95) - 1], 2)
    ok = limit is None or median <= limit
    print(json.dumps({**line, "ok": ok, "p95_ms": late, "queries": len(queries)}))


def _cpu_ms(client: Client, address: str) -> float:
    start = time.process_time()
    assert client.get(address).status_code == 200
    return (time.process_time() - start) * 1000


def signed_in(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.signers["legal"], backend=BACKEND)
    return client


def main() -> None:
    call_command("migrate", verbosity=0)
    cast = build_cast()
    many_charters(cast, CHARTERS - 1, out=WAITING)
    client = signed_in(cast)
    with override_settings(ROOT_URLCONF="__main__", ALLOWED_HOSTS=["testserver"]):
        report("floor", client, "/floor/", None)
        for name, address in ADDRESSES.items():
            report(name, client, address, LIMIT_MS)


if __name__ == "__main__":
    main()
