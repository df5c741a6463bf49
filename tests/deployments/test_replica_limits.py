"""How a replica divides its time: answers first, explanations beside them. Without a real model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from deployments.replica import app
from tests.deployments.stage import PATIENCE


class Slow:
    """Waits in what it is told to, until it is let go."""

    def __init__(self, *waits_in: str) -> None:
        self.waits_in, self.go = waits_in, threading.Event()

    def predict(self, body: bytes) -> dict[str, Any]:
        if "predict" in self.waits_in:
            self.go.wait(PATIENCE)
        return {"predictions": []}

    def explain(self, body: bytes) -> dict[str, Any]:
        if "explain" in self.waits_in:
            self.go.wait(PATIENCE)
        return {"explanations": []}


def play(model: Slow, scene: Callable[[TestClient[Any, Any]], Awaitable[None]], **limits: Any) -> None:
    given: Any = {"at_once": 1, "hang_seconds": 60.0, "alone_seconds": 60.0} | limits

    async def whole() -> None:
        made: Any = model
        async with TestClient(TestServer(app.Replica(made, **given).application())) as client:
            try:
                await scene(client)
            finally:
                model.go.set()

    asyncio.run(whole())


async def busy(client: TestClient[Any, Any], wanted: int) -> tuple[int, dict[str, int]]:
    """Status and words of a ping, once it is at so much."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await client.get("/ping")
            told = await answer.json()
            if told["busy"] == wanted:
                return answer.status, told


@pytest.mark.parametrize(("path", "stuck"), [("/explain", 0), ("/invocations", 1)])
def test_an_explanation_may_take_longer_than_an_answer(path: str, stuck: int) -> None:
    async def scene(client: TestClient[Any, Any]) -> None:
        waiting = asyncio.create_task(client.post(path, data=b"{}"))
        await busy(client, 1)
        await asyncio.sleep(0.05)
        status, told = await busy(client, 1)
        assert (status, told["stuck"]) == (503 if stuck else 200, stuck)
        waiting.cancel()

    play(Slow("explain", "predict"), scene, hang_seconds=0.01)


def test_explanations_that_wait_turn_no_answer_away() -> None:
    async def scene(client: TestClient[Any, Any]) -> None:
        waiting = [
            asyncio.create_task(client.post("/explain", data=b"{}")) for _ in range(app.MOST_EXPLAINED)
        ]
        await busy(client, app.MOST_EXPLAINED)
        assert (await client.post("/explain", data=b"{}")).status == 503
        assert (await client.post("/invocations", data=b"{}")).status == 200
        for one in waiting:
            one.cancel()

    play(Slow("explain"), scene)
