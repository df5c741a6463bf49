"""What the gateway answers, whom it asks, and what it counts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from django.utils import timezone

from deployments.models import Bucket, Deployment, Release, Replica, Sample
from projects.actions.tokens import revoke_project_token
from projects.models import ProjectToken
from tests.deployments import serving
from tests.deployments.serving import ROW, Caller, Fake

pytestmark = pytest.mark.django_db
RECORDS = {"dataframe_records": [ROW]}


def test_a_prediction_is_passed_on_marked_and_counted(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast, masked=["region"])
    live = serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running() as fake:
            answer = await caller.predict({"inputs": [ROW, {"age": 1, "region": "south"}]})
            return answer, fake.asked

    answer, asked = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (answer.status, answer.json) == (200, {"predictions": [31.5, 1]})
    assert asked == [
        {
            "dataframe_split": {
                "columns": ["age", "income", "region"],
                "data": [[30, 1.5, "north"], [1, None, "south"]],
            }
        }
    ]
    assert answer.headers["x-throughline-version"] == "flood/1"
    assert "x-throughline-fallback" not in answer.headers
    bucket = Bucket.objects.get()
    assert (bucket.deployment, bucket.release_number, bucket.seconds) == (flood, 1, 60)
    assert (bucket.count, bucket.rows, bucket.errors, bucket.fallbacks) == (1, 2, {}, 0)
    assert sum(bucket.latency) == 1
    assert sum(bucket.outputs["bins"].values()) == 2
    samples = {one.request_id: one for one in Sample.objects.all()}
    request = answer.headers["x-request-id"]
    assert set(samples) == {f"{request}.0", f"{request}.1"}
    first = samples[f"{request}.0"]
    assert (first.row, first.output, first.release) == ({"age": 30, "income": 1.5}, 31.5, live)
    assert ProjectToken.objects.get().last_used_at is not None


@pytest.mark.parametrize("where", ["deployment", "environment"])
def test_where_inputs_are_not_kept_only_answers_are(
    cast: Any, tmp_path: Path, monkeypatch: Any, where: str
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    row = flood if where == "deployment" else flood.environment
    type(row).objects.update(keeps_samples=False)

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            return await caller.predict(RECORDS)

    assert serving.play(monkeypatch, serving.token(flood, cast.frank), scene).status == 200
    sample = Sample.objects.get()
    assert (sample.row, sample.output) == (None, 31.5)


def test_a_switch_that_is_turned_while_a_row_waits_counts(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            await caller.predict(RECORDS)
            await serving.sync_to_async(Deployment.objects.update)(keeps_samples=False)

    serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert Sample.objects.get().row is None


@pytest.mark.parametrize(
    ("only", "scope", "status"),
    [("", "serving", 200), ("flood-risk", "serving", 200), ("other", "serving", 401), ("", "tracking", 401)],
)
def test_a_token_opens_what_it_is_for(
    cast: Any, tmp_path: Path, monkeypatch: Any, only: str, scope: str, status: int
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            return await caller.predict(RECORDS)

    secret = serving.token(flood, cast.frank, only=only, scope=scope)
    assert serving.play(monkeypatch, secret, scene).status == status


def test_strangers_learn_nothing_and_a_revoked_token_is_off_at_once(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    secret = serving.token(flood, cast.frank)
    other = {"host": "elsewhere.example"}

    async def scene(caller: Caller) -> Any:
        slug = await caller.slug()
        async with Fake(tmp_path / "a").running():
            unknown = await caller.predict(RECORDS, "no-such-name")
            wrong = await caller.predict(RECORDS, secret="tlp_" + "a" * 43)
            nobody = await caller.ask(f"/serve/{slug}/no-such-name/invocations", RECORDS, secret="")
            foreign = await caller.predict(RECORDS, headers=other)
            origin = await caller.predict(RECORDS, headers={"origin": "https://evil.example"})
            reads = [await caller.predict(RECORDS, method=method) for method in ("GET", "PUT", "OPTIONS")]
            odd = [
                await caller.ask(f"/serve/{slug}/{path}", RECORDS)
                for path in (
                    "flood-risk/ping",
                    "flood-risk/../x/invocations",
                    "flood-risk",
                    "a b/invocations",
                )
            ]
            await caller.predict(RECORDS)
            await serving.sync_to_async(revoke_project_token)(
                await serving.sync_to_async(ProjectToken.objects.get)(), by=cast.frank
            )
            return [
                unknown,
                wrong,
                nobody,
                foreign,
                origin,
                *reads,
                *odd,
                await caller.predict(RECORDS),
            ]

    answers = serving.play(monkeypatch, secret, scene)
    assert [one.status for one in answers] == [
        404,
        401,
        401,
        403,
        403,
        405,
        405,
        405,
        404,
        404,
        404,
        404,
        401,
    ]
    assert answers[1].body == answers[2].body
    assert "access-control-allow-origin" not in answers[4].headers
    assert answers[5].headers["allow"] == "POST"
    # The model may be asked while the right to its answer is; nothing of it leaves.
    assert "predictions" not in answers[-1].json


def test_shares_of_the_traffic_are_kept(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"], number=1, weight=80)
    serving.release(flood, [tmp_path / "b"], number=2, weight=20, state="canary")

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running(), Fake(tmp_path / "b").running():
            return [(await caller.predict(RECORDS)).headers["x-throughline-version"] for _ in range(200)]

    versions = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert 15 <= versions.count("flood/2") <= 75
    for number in (1, 2):
        counted = sum(one.count for one in Bucket.objects.filter(release_number=number))
        assert counted == versions.count(f"flood/{number}")


def test_a_change_of_routing_shows_within_a_moment(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    old = serving.release(flood, [tmp_path / "a"])

    def switch() -> None:
        serving.release(flood, [tmp_path / "b"], number=2)
        Release.objects.filter(pk=old.pk).update(state="draining", weight=0)
        Deployment.objects.update(changed_at=timezone.now())

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running(), Fake(tmp_path / "b").running():
            before = await caller.predict(RECORDS)
            await serving.sync_to_async(switch)()
            versions = []
            while "flood/2" not in versions:
                versions.append((await caller.predict(RECORDS)).headers["x-throughline-version"])
            return before.headers["x-throughline-version"], [
                (await caller.predict(RECORDS)).headers["x-throughline-version"] for _ in range(5)
            ]

    before, after = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert before == "flood/1"
    assert set(after) == {"flood/2"}


def test_an_archived_or_external_deployment_has_no_address(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast, archived_at=timezone.now())
    serving.release(flood, [tmp_path / "a"])
    serving.deployment(cast, "vendor", flood.project, kind="external")

    async def scene(caller: Caller) -> Any:
        return await caller.predict(RECORDS), await caller.predict(RECORDS, "vendor")

    answers = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert [one.status for one in answers] == [404, 404]


def test_a_release_without_replicas_gets_no_requests(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"], number=1, weight=1)
    starting = serving.release(flood, [tmp_path / "b"], number=2, weight=99, state="canary")
    Replica.objects.filter(release=starting).update(state="starting")

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            return [(await caller.predict(RECORDS)).status for _ in range(10)]

    assert set(serving.play(monkeypatch, serving.token(flood, cast.frank), scene)) == {200}


def test_explanations_come_from_the_replica_and_are_not_counted(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        path = f"/serve/{await caller.slug()}/flood-risk/explain"
        async with Fake(tmp_path / "a").running():
            many = {"dataframe_records": [ROW] * 21}
            return await caller.ask(path, RECORDS), await caller.ask(path, many)

    good, many = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (good.status, good.json) == (200, {"explanations": [31.5]})
    assert (many.status, many.json["error"]["fields"]) == (400, {"body": ["1 to 20 rows."]})
    assert not Bucket.objects.exists()


def test_explanations_say_nothing_of_masked_columns(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """Though the replica has begun with the whole sample, and another deployment masks them."""
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    other = serving.deployment(cast, "other", project=flood.project, masked=["region"])
    serving.release(other, [])
    parts = [
        {"feature": "region", "value": "north", "typical": "Gunhild", "contribution": 0.5},
        {"feature": "age", "value": 30, "typical": 41, "contribution": 0.1},
    ]
    flips = [
        {"feature": "region", "from": "north", "to": "Gunhild"},
        {"feature": "age", "from": 30, "to": 41},
    ]
    told = [{"of": "the answer", "contributions": parts, "flip": flip} for flip in flips]

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"explanations": told})

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a", answer=answer).running():
            return await caller.ask(f"/serve/{await caller.slug()}/flood-risk/explain", RECORDS)

    reply = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert reply.status == 200
    assert b"Gunhild" not in reply.body
    first, second = reply.json["explanations"]
    assert first["contributions"] == [{**parts[0], "typical": None}, parts[1]]
    assert (first["flip"], second["flip"]) == (None, flips[1])


def test_each_deployment_describes_itself(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        return await caller.ask(f"/serve/{await caller.slug()}/flood-risk/openapi.json", method="GET")

    answer = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    row = answer.json["components"]["schemas"]["Row"]
    assert row["properties"]["income"] == {"type": ["number", "null"]}
    assert row["required"] == ["age", "region"]
    assert answer.json["servers"][0]["url"].endswith(f"/serve/{flood.project.slug}/flood-risk")
    assert answer.json["info"]["title"] == "Flood-Risk"


def test_requests_at_once_reach_the_replica_that_is_least_busy(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast, at_once=2)
    serving.release(flood, [tmp_path / "a", tmp_path / "b"])
    begun, free = asyncio.Semaphore(0), asyncio.Event()

    async def wait(request: Any) -> Any:
        begun.release()
        await free.wait()
        return serving.web.json_response({"predictions": [1]})

    async def scene(caller: Caller) -> Any:
        one, two = Fake(tmp_path / "a", answer=wait), Fake(tmp_path / "b", answer=wait)
        async with one.running(), two.running():
            waiting = [asyncio.create_task(caller.predict(RECORDS)) for _ in range(4)]
            for _ in waiting:
                await begun.acquire()
            too_many = await caller.predict(RECORDS)
            free.set()
            return [(await task).status for task in waiting], too_many, len(one.asked), len(two.asked)

    statuses, too_many, one, two = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert statuses == [200] * 4
    assert (one, two) == (2, 2)
    assert (too_many.status, too_many.json["error"]["code"]) == (503, "overload")
    assert too_many.headers["retry-after"] == "1"
    assert Bucket.objects.get().errors == {"overload": 1}
