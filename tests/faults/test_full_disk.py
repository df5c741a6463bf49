"""The database has no room left: what was acknowledged is kept, the rest is told, and room mends it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from assessment import questionnaires
from assessment.models import Answer, AnswerHistory
from tests.assessment.cast import make_cast, make_round, open_link, respondent_of
from tests.faults.watching import intact

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the room of SQLite can be set"),
]


def pragma(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {statement}")
        return int(cursor.fetchone()[0])


def test_saves_against_a_full_disk() -> None:
    person = respondent_of(make_round(make_cast()))
    client = open_link(person)
    client.raise_request_exception = False
    items = [item.key for item in questionnaires.of(person.assessment).maturity_items]

    def save(item: str, base: int) -> Any:
        body = {"choice": "2", "confidence": "guess", "comment": "x" * 1500, "base_revision": base}
        address = reverse("answer:save_item", args=[person.pk, item])
        return client.post(
            address, body, content_type="application/json", headers={"Accept": "application/json"}
        )

    assert pragma(f"max_page_count = {pragma('page_count') + 6}")
    kept: dict[str, int] = {}
    refused = None
    for base in range(20):
        for item in items:
            answer = save(item, base)
            if answer.status_code == 200:
                kept[item] = answer.json()["revision"]
            elif answer.status_code == 503:
                refused = refused or (item, base, answer)
        if refused:
            break
    pragma("max_page_count = 1073741823")
    assert refused
    item, base, answer = refused
    assert "disk is full" in answer.json()["error"]["message"]
    assert answer["Retry-After"] == "5"
    assert dict(Answer.objects.values_list("item", "revision")) == kept
    assert AnswerHistory.objects.count() == sum(kept.values())
    assert save(item, kept.get(item, 0)).status_code == 200
    intact()
