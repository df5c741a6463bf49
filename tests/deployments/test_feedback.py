"""Truth by request id: kept once, beside the answer that it is held against."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from deployments.gateway import request_ids
from deployments.models import Feedback, Sample
from tests.deployments import serving
from tests.deployments.serving import ROW, Caller, Fake

pytestmark = pytest.mark.django_db


def known(of: Any, *, days: float = 0, release: int = 1) -> str:
    at = timezone.now() - dt.timedelta(days=days)
    return request_ids.make(settings.SECRET_KEY.encode(), str(of.pk), at, release)


async def tell(caller: Caller, body: Any) -> Any:
    return await caller.ask(f"/serve/{await caller.slug()}/flood-risk/feedback", body)


def test_truth_meets_its_answer_also_for_one_row_of_several(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    live = serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            one = await caller.predict({"dataframe_records": [ROW]})
            two = await caller.predict({"dataframe_records": [ROW, {**ROW, "age": 1}]})
        ids = [one.headers["x-request-id"], two.headers["x-request-id"]]
        rows = [{"request_id": ids[0], "truth": "yes"}, {"request_id": f"{ids[1]}.1", "truth": 2}]
        return (
            ids,
            await tell(caller, {"feedback": rows}),
            await tell(caller, {"request_id": ids[1], "truth": [0, 7]}),
        )

    (first, second), told, again = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (told.status, told.json) == (200, {"stored": 2, "with_answer": 2})
    assert again.json == {"stored": 2, "with_answer": 2}
    kept = {one.request_id: one for one in Feedback.objects.all()}
    assert {key: (one.output, one.truth) for key, one in kept.items()} == {
        first: (31.5, "yes"),
        f"{second}.0": (31.5, 0),
        # Told again, it is what was told last.
        f"{second}.1": (2.5, 7),
    }
    assert {one.release for one in kept.values()} == {live}
    asked = Sample.objects.get(request_id=first).at
    assert abs(kept[first].asked_at - asked) < dt.timedelta(milliseconds=2)


def test_an_answer_that_was_not_drawn_is_told_along(cast: Any, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [])
    with_it, without = known(flood, days=3), known(flood, days=3)

    async def scene(caller: Caller) -> Any:
        first = await tell(caller, {"request_id": with_it, "truth": True, "prediction": False})
        # Told again without it, what was known stays.
        await tell(caller, {"request_id": with_it, "truth": False})
        return first, await tell(caller, {"request_id": without, "truth": 1})

    first, second = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (first.json["with_answer"], second.json["with_answer"]) == (1, 0)
    kept = Feedback.objects.get(request_id=with_it)
    assert (kept.output, kept.truth, kept.release.number) == (False, False, 1)
    assert timezone.now() - kept.asked_at > dt.timedelta(days=2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "feedback"),
        ({"feedback": []}, "feedback"),
        ({"feedback": [{"request_id": "GOOD", "truth": 1}] * 1001}, "feedback"),
        ({"feedback": [{"request_id": "GOOD", "truth": 1}], "more": 1}, "feedback"),
        ({"request_id": "GOOD"}, "feedback"),
        ({"request_id": "GOOD", "truth": None}, "truth"),
        ({"request_id": "GOOD", "truth": {"a": 1}}, "truth"),
        ({"request_id": "GOOD", "truth": "x" * 301}, "truth"),
        ({"request_id": "GOOD", "truth": "\0"}, "body"),
        ({"request_id": "GOOD", "truth": 2**70}, "truth"),
        ({"request_id": "GOOD", "truth": [1], "prediction": [1, 2]}, "prediction"),
        ({"request_id": "GOOD", "truth": [1] * 1001}, "feedback"),
        ({"request_id": "GOOD", "truth": 1, "colour": 1}, "feedback"),
        ({"request_id": "FOREIGN", "truth": 1}, "request_id"),
        ({"request_id": "OLD", "truth": 1}, "request_id"),
        ({"request_id": "LATER", "truth": 1}, "request_id"),
        ({"request_id": 5, "truth": 1}, "request_id"),
        ({"request_id": "x", "truth": 1}, "request_id"),
        (
            {"feedback": [{"request_id": "GOOD", "truth": 1}, {"request_id": "FOREIGN", "truth": 1}]},
            "request_id",
        ),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_of_it_is(
    cast: Any, monkeypatch: Any, body: Any, field: str
) -> None:
    flood = serving.deployment(cast)
    other = serving.deployment(cast, "other", flood.project)
    ids = {
        "GOOD": known(flood),
        "FOREIGN": known(other),
        "OLD": known(flood, days=401),
        "LATER": known(flood, days=-1),
    }

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(part) for key, part in value.items()}
        if isinstance(value, list):
            return [fill(part) for part in value]
        return ids.get(value, value) if isinstance(value, str) else value

    async def scene(caller: Caller) -> Any:
        return await tell(caller, fill(body))

    answer = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == 400
    fields = answer.json["error"].get("fields", {"body": []})
    assert field in fields
    assert not Feedback.objects.exists()
