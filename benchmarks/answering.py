"""Answering and results as JSON lines: CPU milliseconds and queries of a save, a page of 50 items, a result.

python benchmarks/answering.py

Requests run through the whole middleware stack in this process. The floor beside the save is a view with
session, CSRF, membership check and one versioned update with an audit row in one transaction, measured in the
same run. A result page is drawn once per process; the first drawing is reported beside it.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

_folder = tempfile.TemporaryDirectory(prefix="throughline-bench-", ignore_cleanup_errors=True)
os.environ["THROUGHLINE_DATA"] = _folder.name
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path

from accounts import audit, links
from accounts.access import current_membership
from accounts.models import Membership, Organization, User
from assessment import actions, questionnaires, result_page
from assessment.answer_values import AnswerContent
from assessment.models import Answer, Assessment, Respondent
from assessment.question_bank import Questionnaire
from config import urls as project

FAR = datetime(2099, 1, 1, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ROUNDS = 40


def floor_page(request: HttpRequest) -> HttpResponse:
    """Hands out a CSRF token, as every page with a form does."""
    return HttpResponse(request.META.get("CSRF_COOKIE", ""))


def floor_save(request: HttpRequest) -> JsonResponse:
    """The least that a save can be: who asks, one update where the revision stands, one audit row."""
    membership = current_membership(request)
    body = json.loads(request.body)
    with transaction.atomic():
        changed = Answer.objects.filter(pk=body["pk"], revision=body["base"]).update(
            level=body["level"], revision=body["base"] + 1
        )
        audit.record(
            organization=membership.organization, actor=membership.user, event="floor", subject=None, data={}
        )
    return JsonResponse({"revision": body["base"] + changed})


urlpatterns = [path("floor/", floor_save), path("floor/page/", floor_page), *project.urlpatterns]


def report(name: str, milliseconds: float, limit: float | None, **more: object) -> None:
    line = {"benchmark": name, "cpu_ms": round(milliseconds, 2), "limit_ms": limit}
    print(json.dumps({**line, "ok": limit is None or milliseconds <= limit, **more}))


def cpu(run: Callable[[], object], repeats: int = ROUNDS) -> float:
    """Median CPU milliseconds of one call, after a first one that fills caches."""
    run()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def queries(run: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def checked(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, (response.status_code, response.content[:300])
    return response


def people_of(organization: Organization, facilitator: User, count: int, title: str) -> Assessment:
    """An open round with people of every function, without mails."""
    assessment = actions.create_assessment(organization, title=title, by=facilitator)
    functions = list(questionnaires.of(assessment).functions)
    Respondent.objects.bulk_create(
        Respondent(assessment=assessment, name=f"Person {n}", function=functions[n % len(functions)])
        for n in range(count)
    )
    actions.open_round(assessment, by=facilitator)
    return assessment


def visitor(respondent: Respondent) -> Client:
    client = Client(enforce_csrf_checks=True)
    organization = respondent.assessment.organization
    checked(
        client.get(
            links.issue(
                purpose="answer",
                organization=organization,
                subject=respondent,
                address="",
                expires=FAR,
                by=None,
            ),
            follow=True,
        )
    )
    return client


def measure_save(organization: Organization, facilitator: User) -> None:
    assessment = people_of(organization, facilitator, 14, "Save")
    respondent = assessment.respondents.select_related("assessment__organization").first()
    assert respondent is not None
    client = visitor(respondent)
    item = questionnaires.of(assessment).items_for(respondent.function)[0].key
    page = checked(client.get(f"/answer/{respondent.pk}/")).content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    revision = 0

    def save() -> None:
        nonlocal revision
        body = {
            "choice": str(revision % 5),
            "base_revision": revision,
            "comment": "A comment of usual length.",
        }
        response = client.post(
            f"/answer/{respondent.pk}/items/{item}/", json.dumps(body), "application/json",
            headers={"X-CSRFToken": token},
        )  # fmt: skip
        revision = checked(response).json()["revision"]

    spent, floor = cpu(save), measure_floor(facilitator, respondent)
    report("autosave", spent, 8, queries=queries(save), limit_queries=12)
    report(
        "autosave against floor", spent, 2.5 * floor, floor_ms=round(floor, 2), factor=round(spent / floor, 2)
    )


def measure_floor(user: User, respondent: Respondent) -> float:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend=BACKEND)
    answer = Answer.objects.filter(respondent=respondent).get()
    token = checked(client.get("/assessments/new/")).content.decode()
    token = token.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    base = answer.revision

    def save() -> None:
        nonlocal base
        body = {"pk": answer.pk, "level": base % 5, "base": base}
        response = client.post(
            "/floor/", json.dumps(body), "application/json", headers={"X-CSRFToken": token}
        )
        base = checked(response).json()["revision"]

    spent = cpu(save)
    Answer.objects.filter(pk=answer.pk).update(revision=answer.revision)
    return spent


def fifty_items(standard: Questionnaire) -> Questionnaire:
    """The standard texts with 50 items in one dimension, all asked of practitioners."""
    data = standard.to_dict()
    dimension = data["pillars"][0]["dimensions"][0]["key"]
    items = [item for item in data["items"] if item["kind"] == "maturity"][:50]
    for number, item in enumerate(items):
        item["key"] = f"{dimension}.item_{number}"
        item["functions"] = ["practitioner"]
        item.pop("visible_if", None)
    gate = data["gates"][0] | {"item": items[0]["key"]}
    data.update(id="bench", items=items, gates=[gate])
    return Questionnaire.from_dict(data)


def measure_page(organization: Organization, facilitator: User) -> None:
    bank = fifty_items(questionnaires.standard()[0])
    version = actions.publish_questionnaire(bank, by=None)
    assessment = actions.create_assessment(
        organization, title="Page", by=facilitator, questionnaire=version, target_phase=2
    )
    actions.open_round(assessment, by=facilitator)
    respondent = Respondent.objects.create(
        assessment=assessment, name="Person", function="practitioner", accepts_answers=True
    )
    for item in bank.items:
        content = AnswerContent("level", 2, confidence="guess", comment="A comment of usual length.")
        actions.save_answer(respondent, item, content, base_revision=0, by=None)
    client = visitor(respondent)
    code = next(iter(bank.dimensions.values())).code

    def page() -> None:
        text = checked(client.get(f"/answer/{respondent.pk}/dimensions/{code}/")).content
        assert text.count(b"data-item=") == 50

    report("answering page of 50 items", cpu(page), 12, queries=queries(page))


def measure_result(organization: Organization, facilitator: User, count: int) -> int:
    assessment = people_of(organization, facilitator, count, f"Result {count}")
    source = random.Random(count)
    questionnaire = questionnaires.of(assessment)
    Answer.objects.bulk_create(
        Answer(
            respondent=person,
            item=item.key,
            state="level",
            level=source.randint(0, 4),
            revision=1,
            saved_at=FAR,
        )
        for person in assessment.respondents.all()
        for item in questionnaire.items_for(person.function)
        if item.kind == "maturity"
    )
    actions.start_review(assessment, by=facilitator)
    start = time.process_time()
    actions.close(assessment, by=facilitator)
    report(f"close a round of {count} people", (time.process_time() - start) * 1000, None)
    client = Client()
    client.force_login(facilitator, backend=BACKEND)

    def page() -> None:
        checked(client.get(f"/assessments/{assessment.pk}/"))

    def first() -> None:
        result_page.forget()
        page()

    found = queries(page)
    report(
        f"result page for {count} people", cpu(page, 20), 40, queries=found, first_ms=round(cpu(first, 5), 1)
    )
    return found


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"])
def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    facilitator = User.objects.create_user("bench@example.com", "not a password", name="Bench")
    organization = Organization.objects.create(name="Bench", slug="bench")
    Membership.objects.create(user=facilitator, organization=organization, role="owner")
    measure_save(organization, facilitator)
    measure_page(organization, facilitator)
    few, many = (measure_result(organization, facilitator, count) for count in (21, 200))
    # The second result has one before it to be compared with.
    report("result page: more queries for 200 people than for 21", many - few, 1)


if __name__ == "__main__":
    main()
