"""The test before a release answers anybody, against replicas that answer in odd ways."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from deployments.supervision import smoke
from tests.deployments.serving import Fake, Handler

ROWS = [{"a": 1.0}, {"a": 2.0}]


def tried(socket: Path, answer: Handler) -> None:
    async def whole() -> None:
        async with Fake(socket, answer=answer).running():
            await asyncio.to_thread(smoke.warm_up_and_test, [f"unix:{socket}"], ROWS, 60_000)

    asyncio.run(whole())


async def wide(request: Any) -> web.Response:
    """Each row gets a long list, as of a model that embeds texts."""
    rows = len((await request.json())["dataframe_split"]["data"])
    return web.json_response({"predictions": [[0.123456789] * 40_000] * rows})


async def endless(request: Any) -> Any:
    return web.Response(body=b" " * (smoke._MOST_BYTES + 1))


async def deep(request: Any) -> Any:
    return web.Response(body=b"[" * 100_000)


def test_an_answer_may_come_in_many_parts(tmp_path: Path) -> None:
    tried(tmp_path / "a", wide)


@pytest.mark.parametrize(("answer", "words"), [(endless, "is too large"), (deep, "is no JSON")])
def test_what_is_no_answer_is_told(tmp_path: Path, answer: Handler, words: str) -> None:
    with pytest.raises(smoke.SmokeTestFailed, match=words):
        tried(tmp_path / "a", answer)
