"""Models that fail, hang or die, slow clients, a locked database: each gets a clear answer."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from deployments.gateway import gate, telemetry
from deployments.models import Bucket, Deployment, Feedback, Release, Replica, Sample
from tests.deployments import serving
from tests.deployments.serving import ROW, Caller, Fake

pytestmark = pytest.mark.django_db
RECORDS = {"dataframe_records": [ROW]}


def reply(status: int, content: Any) -> serving.Handler:
    async def answer(request: Any) -> Any:
        if isinstance(content, bytes):
            return serving.web.Response(body=content, status=status)
        return serving.web.json_response(content, status=status)

    return answer


FAULTS = {
    "raises": (reply(500, {"error": "ValueError: secret"}), 502, "model"),
    "answers junk": (reply(200, b"<html>"), 502, "model"),
    "answers NaN": (reply(200, b'{"predictions": [NaN]}'), 502, "model"),
    "hangs": (serving.hang, 504, "timeout"),
    "dies each time": (serving.cut, 502, "model"),
    "has too much to do": (reply(503, {"error": "busy"}), 503, "overload"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_model_is_told_counted_and_kept_to_it(
    cast: Any, tmp_path: Path, monkeypatch: Any, name: str
) -> None:
    handler, status, kind = FAULTS[name]
    flood = serving.deployment(cast, timeout_ms=300 if name == "hangs" else 60_000)
    serving.release(flood, [tmp_path / "a"])
    serving.release(serving.deployment(cast, "sound", flood.project, "elsewhere"), [tmp_path / "b"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a", answer=handler).running(), Fake(tmp_path / "b").running():
            return await asyncio.gather(caller.predict(RECORDS), caller.predict(RECORDS, "sound"))

    bad, good = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert good.status == 200
    assert (bad.status, bad.json["error"]["code"]) == (status, kind)
    assert b"secret" not in bad.body
    assert bad.headers["x-request-id"]
    bucket = Bucket.objects.get(deployment=flood)
    assert (bucket.errors, bucket.count, bucket.outputs, bucket.fallbacks) == ({kind: 1}, 1, {}, 0)
    assert not Sample.objects.filter(deployment=flood).exists()


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("fallback", ["constant", "previous"])
def test_the_fallback_answers_instead_marked_and_counted(
    cast: Any, tmp_path: Path, monkeypatch: Any, name: str, fallback: str
) -> None:
    handler, _, kind = FAULTS[name]
    ends = 1_000 if name == "hangs" else 60_000
    flood = serving.deployment(cast, timeout_ms=ends, fallback=fallback, fallback_value="ask a person")
    serving.release(flood, [tmp_path / "old"], number=1, state="stopped", weight=0)
    serving.release(flood, [tmp_path / "new"], number=2)

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "old").running(), Fake(tmp_path / "new", answer=handler).running():
            return await caller.predict({"dataframe_records": [ROW, ROW]})

    answer = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == 200
    assert answer.headers["x-throughline-fallback"] == fallback
    if fallback == "constant":
        assert answer.json == {"predictions": ["ask a person"] * 2}
        assert "x-throughline-version" not in answer.headers
    else:
        assert answer.json == {"predictions": [31.5, 31.5]}
        assert answer.headers["x-throughline-version"] == "flood/1"
    bucket = Bucket.objects.get()
    assert (bucket.release_number, bucket.errors, bucket.fallbacks, bucket.outputs) == (2, {kind: 1}, 1, {})
    assert all(one.fallback for one in Sample.objects.all())


@pytest.mark.parametrize(
    ("fallback", "keeps", "status"),
    [("constant", False, 200), ("previous", True, 200), ("previous", False, 503), ("refuse", False, 503)],
)
def test_a_stopped_model_answers_by_its_fallback(
    cast: Any, tmp_path: Path, monkeypatch: Any, fallback: str, keeps: bool, status: int
) -> None:
    flood = serving.deployment(cast, fallback=fallback, fallback_value=0, wanted="stopped")
    old = serving.release(flood, [tmp_path / "old"], number=1, state="draining")
    # What drifted is still there for its last second, and is not asked.
    serving.release(flood, [tmp_path / "drifted"], number=2, state="draining")
    Deployment.objects.update(kept=old if keeps else None)

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "old").running(), Fake(tmp_path / "drifted").running():
            return await caller.predict(RECORDS), await caller.predict({"dataframe_records": [{"age": "x"}]})

    answer, unfit = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == status
    assert unfit.status == 400
    if status == 503:
        assert answer.json == {"error": {"code": "stopped", "message": "This model is stopped."}}
        assert answer.headers["retry-after"] == "60"
    else:
        assert answer.headers["x-throughline-fallback"] == fallback
        assert answer.headers.get("x-throughline-version") == ("flood/1" if keeps else None)
    assert Bucket.objects.get().errors == {"stopped": 1, "refused": 1}


def test_a_replica_that_dies_in_the_middle_is_replaced_by_another(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a", tmp_path / "b"])

    async def scene(caller: Caller) -> Any:
        dying = Fake(tmp_path / "a", answer=serving.cut)
        async with dying.running(), Fake(tmp_path / "b").running():
            return [(await caller.predict(RECORDS)).status for _ in range(10)], len(dying.asked)

    statuses, asked = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert statuses == [200] * 10
    # After it has died it is asked last.
    assert asked == 1
    assert [one.errors for one in Bucket.objects.all()] == [{}]


def test_a_replica_that_has_gone_is_not_asked_and_one_that_is_back_is(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    live = serving.release(flood, [tmp_path / "gone"])

    def restart() -> None:
        Replica.objects.all().delete()
        Replica.objects.create(release=live, number=0, state="ready", address=f"unix:{tmp_path / 'back'}")
        Deployment.objects.update(changed_at=serving.timezone.now())

    async def scene(caller: Caller) -> Any:
        away = await caller.predict(RECORDS)
        async with Fake(tmp_path / "back").running():
            await serving.sync_to_async(restart)()
            # The routes of this process are older than the restart: it looks again before it gives up.
            return away, await caller.predict(RECORDS)

    away, back = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (away.status, away.json["error"]["code"]) == (503, "away")
    assert away.headers["retry-after"]
    assert back.status == 200


def test_a_new_release_takes_over_what_the_old_one_leaves(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    old = serving.release(flood, [tmp_path / "old"], number=1)

    def switch() -> None:
        serving.release(flood, [tmp_path / "new"], number=2)
        Replica.objects.filter(release=old).update(state="gone")
        Release.objects.filter(pk=old.pk).update(state="stopped")
        Deployment.objects.update(changed_at=serving.timezone.now())

    async def scene(caller: Caller) -> Any:
        statuses = []
        async with Fake(tmp_path / "new").running():
            async with Fake(tmp_path / "old").running():
                statuses.append((await caller.predict(RECORDS)).status)
                await serving.sync_to_async(switch)()
            statuses.append((await caller.predict(RECORDS)).status)
        return statuses

    assert serving.play(monkeypatch, serving.token(flood, cast.frank), scene) == [200, 200]
    assert {one.release_number: one.count for one in Bucket.objects.all()} == {1: 1, 2: 1}


def test_what_the_model_refuses_is_no_error_of_the_model(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast, fallback="constant", fallback_value=0)
    serving.release(flood, [tmp_path / "a"])
    refuse = reply(400, {"error": "age must be below 120"})

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a", answer=refuse).running():
            return await caller.predict(RECORDS)

    answer = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == 400
    assert "age must be below 120" in answer.json["error"]["message"]
    assert Bucket.objects.get().errors == {"refused": 1}


def test_a_body_that_does_not_arrive_ends_in_time(cast: Any, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.05)
    secret = serving.token(flood, cast.frank)

    async def scene(caller: Caller) -> Any:
        headers = {
            "host": "127.0.0.1:8001",
            "authorization": f"Bearer {secret}",
            "content-length": "100",
        }
        path = f"/serve/{await caller.slug()}/flood-risk/invocations"
        begin = [{"type": "http.request", "body": b"{", "more_body": True}]
        return await serving.call(caller.gateway, "POST", path, headers, begin)

    answer = serving.play(monkeypatch, secret, scene)
    assert (answer.status, answer.headers["connection"]) == (408, "close")


def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_is(
    cast: Any, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    monkeypatch.setattr(gate, "MAX_BODY", 1000)

    async def scene(caller: Caller) -> Any:
        return (
            await caller.predict(RECORDS, headers={"content-length": "1001"}),
            await caller.predict(b"[" * 1001),
        )

    answers = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert [one.status for one in answers] == [413, 413]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b'{"dataframe_records": [{"age": NaN, "region": "n"}]}', "NaN is no number"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff", "UTF-8"),
        ({"dataframe_records": []}, "no row"),
        ({"dataframe_records": [{"age": 1}]}, "Missing: region"),
        ({"dataframe_records": [{**ROW, "wealth": 1}]}, "Not known: wealth"),
        ({"dataframe_records": [{**ROW, "age": "old"}]}, "age: Row 1 has 'old' here: a whole number"),
        (b'{"dataframe_records": [{"age": 1, "income": 1e999, "region": "n"}]}', "income: Row 1"),
    ],
)
def test_what_does_not_fit_is_named_and_no_replica_is_asked(
    cast: Any, tmp_path: Path, monkeypatch: Any, body: Any, told: str
) -> None:
    flood = serving.deployment(cast, fallback="constant", fallback_value=1)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running() as fake:
            return await caller.predict(body), len(fake.asked)

    answer, asked = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == 400
    assert told in answer.json["error"]["message"]
    assert asked == 0
    assert Bucket.objects.get().errors == {"refused": 1}


def test_figures_wait_while_the_database_is_locked_and_are_not_lost(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    write, refused = gate.write, []

    def locked(batch: Any) -> None:
        refused.append(batch)
        raise OperationalError("database is locked")

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            monkeypatch.setattr(gate, "write", locked)
            first = await caller.predict(RECORDS)
            await caller.gateway.flush()
            second = await caller.predict(RECORDS)
            monkeypatch.setattr(gate, "write", write)
            return first.status, second.status

    assert serving.play(monkeypatch, serving.token(flood, cast.frank), scene) == (200, 200)
    assert len(refused) == 1
    assert sum(one.count for one in Bucket.objects.all()) == 2


def test_a_database_that_is_away_is_told_and_tried_again(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            find = caller.gateway._bearers.find

            def away(*args: Any, **kwargs: Any) -> Any:
                raise OperationalError("no connection")

            monkeypatch.setattr(caller.gateway._bearers, "find", away)
            without = await caller.predict(RECORDS)
            monkeypatch.setattr(caller.gateway._bearers, "find", find)
            return without, await caller.predict(RECORDS)

    without, back = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (without.status, without.headers["retry-after"]) == (503, "5")
    assert back.status == 200


def test_a_deployment_that_is_deleted_meanwhile_takes_only_its_own_figures_along(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    other = serving.deployment(cast, "other", flood.project)
    serving.release(other, [tmp_path / "b"])

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running(), Fake(tmp_path / "b").running():
            await caller.predict(RECORDS)
            await caller.predict(RECORDS, "other")
            await serving.sync_to_async(flood.delete)()

    serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert [one.deployment for one in Bucket.objects.all()] == [other]


async def endless(request: Any) -> Any:
    answer = serving.web.StreamResponse()
    answer.enable_chunked_encoding()
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await answer.write(b" " * 2**20)
    return answer


async def packed(request: Any) -> Any:
    content = gzip.compress(b'{"predictions": [' + b" " * 2**20 + b"1]}")
    return serving.web.Response(body=content, headers={"Content-Encoding": "gzip"})


async def elsewhere(request: Any) -> Any:
    if request.path == "/other":
        return serving.web.json_response({"predictions": [1]})
    return serving.web.Response(status=307, headers={"Location": "/other"})


DEEP = b'{"predictions": [' + b"[" * 300 + b'"\\u0041"' + b"]" * 300 + b"]}"


@pytest.mark.parametrize("handler", [endless, packed, elsewhere, reply(200, DEEP), reply(200, DEEP[:400])])
def test_an_answer_is_bounded_and_taken_as_it_is(
    cast: Any, tmp_path: Path, monkeypatch: Any, handler: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"])
    replica = Fake(tmp_path / "a", answer=handler)

    async def scene(caller: Caller) -> Any:
        async with replica.running():
            return await caller.predict(RECORDS)

    bad = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (bad.status, bad.json["error"]["code"], len(replica.asked)) == (502, "model", 1)
    assert Bucket.objects.get().errors == {"model": 1}


@pytest.mark.parametrize("deep", [100, 400, 600, 2_000])
@pytest.mark.parametrize("middle", [b"1", b'"\\u0041"'])
@pytest.mark.parametrize("signature", [{}, {"inputs": [{"name": "x", "type": "any"}]}])
def test_lists_in_lists_without_end_are_refused(
    cast: Any, tmp_path: Path, monkeypatch: Any, deep: int, middle: bytes, signature: Any
) -> None:
    flood = serving.deployment(cast)
    serving.release(flood, [tmp_path / "a"], signature=signature)
    body = b'{"dataframe_records": [{"x": ' + b"[" * deep + middle + b"]" * deep + b"}]}"

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "a").running():
            path = f"/serve/{await caller.slug()}/flood-risk/"
            return [await caller.ask(path + what, body) for what in ("invocations", "explain", "feedback")]

    for answer in serving.play(monkeypatch, serving.token(flood, cast.frank), scene):
        assert (answer.status, answer.json["error"]["code"]) == (400, "invalid")


def test_a_table_without_signature_can_be_asked_twice(cast: Any, tmp_path: Path, monkeypatch: Any) -> None:
    flood = serving.deployment(cast, fallback="previous")
    serving.release(flood, [tmp_path / "old"], number=1, state="stopped", weight=0, signature={})
    broken = Fake(tmp_path / "new", answer=reply(500, {"error": "no"}))
    serving.release(flood, [tmp_path / "new"], number=2, signature={})

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "old").running(), broken.running():
            return await caller.predict(b"a,b\n1,x\n2.5,y\n", headers={"content-type": "text/csv"})

    answer = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert (answer.status, answer.json) == (200, {"predictions": [1, 2.5]})


@pytest.mark.parametrize(("fallback", "whose"), [("constant", None), ("previous", 1)])
def test_truth_belongs_to_what_has_answered(
    cast: Any, tmp_path: Path, monkeypatch: Any, fallback: str, whose: int | None
) -> None:
    monkeypatch.setattr(telemetry, "DRAWN_AT_ONCE", 0)
    flood = serving.deployment(cast, fallback=fallback, fallback_value=0)
    serving.release(flood, [tmp_path / "old"], number=1, state="stopped", weight=0)
    serving.release(flood, [tmp_path / "new"], number=2)
    broken = Fake(tmp_path / "new", answer=reply(500, {"error": "no"}))

    async def scene(caller: Caller) -> Any:
        async with Fake(tmp_path / "old").running(), broken.running():
            asked = (await caller.predict(RECORDS)).headers["x-request-id"]
            told = {"request_id": asked, "truth": 1, "prediction": 0}
            return await caller.ask(f"/serve/{await caller.slug()}/flood-risk/feedback", told)

    assert serving.play(monkeypatch, serving.token(flood, cast.frank), scene).status == 200
    truth = Feedback.objects.select_related("release").get()
    assert (truth.release.number if truth.release else None) == whose


def test_who_asks_for_reasons_keeps_nobody_waiting_for_answers(
    cast: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    flood = serving.deployment(cast, at_once=2)
    serving.release(flood, [tmp_path / "a"])
    begun, enough = asyncio.Event(), asyncio.Event()

    async def slow_reasons(request: Any) -> Any:
        if request.path == "/explain":
            begun.set()
            await enough.wait()
            return serving.web.json_response({"explanations": []})
        return serving.web.json_response({"predictions": [1]})

    async def scene(caller: Caller) -> Any:
        path = f"/serve/{await caller.slug()}/flood-risk/explain"
        async with Fake(tmp_path / "a", answer=slow_reasons).running():
            reasons = [asyncio.create_task(caller.ask(path, RECORDS)) for _ in range(6)]
            await begun.wait()
            answer = await caller.predict(RECORDS)
            enough.set()
            return answer, await asyncio.gather(*reasons)

    answer, reasons = serving.play(monkeypatch, serving.token(flood, cast.frank), scene)
    assert answer.status == 200
    assert sorted({one.status for one in reasons}) == [200, 503]
