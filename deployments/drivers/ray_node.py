"""One replica on a node of a Ray cluster: an actor of Ray Serve that keeps it in the sandbox and passes
requests on to its socket. Imported by Ray on the node, where this installation lies at the same path.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.drivers.base import CannotStart, Health, Seen, Spec
from deployments.replies import TooLarge, read_up_to

if TYPE_CHECKING:
    import aiohttp
    from starlette.requests import Request
    from starlette.responses import Response

START_SECONDS = 150.0
WATCH_SECONDS = 0.25
MOST_BYTES = 64 * 1024 * 1024
# Every path that a replica has; the gateway asks for nothing else.
PATHS = frozenset({"ping", "invocations", "explain"})
# By it the gateway tells a replica's answer from what the proxy before it says when there is none.
MARK = {"X-Throughline-Replica": "1"}


class OnNode:
    """Holds one replica: started with the actor, ended with it."""

    def __init__(self, replica: str, spec: Mapping[str, Any], place: str, sandbox: str) -> None:
        from django.conf import settings

        if not settings.configured:
            # Nothing but this: the node has no database and no keys.
            settings.configure(DATA_DIR=place, SANDBOX=sandbox)
        from deployments.drivers.local import LocalDriver

        self._replica = replica
        self._driver = LocalDriver()
        self._spec = Spec(
            **{**spec, "model": Path(spec["model"]), "python": Path(spec["python"])},
        )
        self._session: aiohttp.ClientSession | None = None
        self._address = ""
        # Serve makes the actor in its own event loop; looking at processes needs none.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replica")
        self._thread.submit(self._begin).result()
        # What it uses is looked at as often as on our own machine, whoever asks.
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    async def __call__(self, request: Request) -> Response:
        from starlette.responses import JSONResponse, Response

        path = request.url.path.rpartition("/")[2]
        if path not in PATHS:
            return JSONResponse({"error": "There is nothing at this address."}, 404)
        if path == "ping":
            return JSONResponse(await self._ping(), headers=MARK)
        session = self._connected()
        body = await request.body()
        headers = {"Content-Type": "application/json"}
        asked = session.post(f"http://replica/{path}", data=body, headers=headers, allow_redirects=False)
        async with asked as answer:
            try:
                content = await read_up_to(answer, MOST_BYTES)
            except TooLarge:
                return JSONResponse({"error": "The answer is too large."}, 500, headers=MARK)
            return Response(content, answer.status, headers=MARK, media_type="application/json")

    def __del__(self) -> None:
        with suppress(Exception):
            self._ended.set()
            self._driver.stop([self._replica])

    def _watch(self) -> None:
        with suppress(RuntimeError):
            while not self._ended.wait(WATCH_SECONDS):
                self._thread.submit(self._driver.status, [self._replica]).result()

    def _begin(self) -> None:
        self._driver.deploy(self._spec, [self._replica])
        until = time.monotonic() + START_SECONDS
        while True:
            seen = self._driver.status([self._replica])[self._replica]
            if seen.health == Health.READY:
                self._address = seen.address.removeprefix("unix:")
                return
            late = time.monotonic() > until
            if seen.health != Health.STARTING or late:
                self._driver.stop([self._replica])
                raise CannotStart(seen.message or f"It was not ready after {START_SECONDS:.0f} seconds.")
            time.sleep(0.2)

    async def _ping(self) -> dict[str, Any]:
        seen = await self._look()
        return {
            "health": seen.health,
            "message": seen.message,
            "busy": seen.busy,
            "rss_mb": seen.rss_mb,
            "cpu_seconds": seen.cpu_seconds,
        }

    async def _look(self) -> Seen:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._thread, self._driver.status, [self._replica])
        return found[self._replica]

    def _connected(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            connector = aiohttp.UnixConnector(self._address, limit=0)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False
            )
        return self._session
