"""The `gates` process: machine traffic and content that users made, on a host name of its own.

A small router; the main session never comes here. `uvicorn config.gates:application`.
"""

from __future__ import annotations

import asyncio
import logging
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from deployments.gateway.gate import ServingGateway  # noqa: E402
from projects.tracking.gate import AWAY, TrackingGate, answer, respond, run  # noqa: E402
from projects.tracking.intents import settle_open  # noqa: E402
from projects.tracking.server import Receive, Scope, Send  # noqa: E402
from projects.tracking.server import application as tracking_server  # noqa: E402

logger = logging.getLogger(__name__)


class HostedTracking:
    """The gate before MLflow. Its server takes seconds to load, and nothing else waits for it."""

    def __init__(self) -> None:
        self._gate = TrackingGate()
        self._loading = asyncio.Lock()
        self._is_loaded = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await self.load():
            await answer(send, 503, "TEMPORARILY_UNAVAILABLE", AWAY)
            return
        await self._gate(scope, receive, send)

    async def load(self) -> bool:
        """Load MLflow once and settle what was left open; what fails is tried again with the next request."""
        async with self._loading:
            if not self._is_loaded:
                try:
                    await run(_load_tracking)
                    self._is_loaded = True
                except Exception:
                    logger.exception("MLflow could not be loaded")
            return self._is_loaded


def _load_tracking() -> None:
    tracking_server()
    settle_open()


_tracking = HostedTracking()
_serving = ServingGateway()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Lead a request to its gate; everything else does not exist."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    elif scope["path"] == "/healthz":
        await respond(send, 200, {"status": "ok"})
    elif scope["path"].startswith("/mlflow/"):
        await _tracking(scope, receive, send)
    elif scope["path"].startswith("/serve/"):
        await _serving(scope, receive, send)
    else:
        await answer(send, 404, "ENDPOINT_NOT_FOUND", "There is nothing at this address.")


async def _lifespan(receive: Receive, send: Send) -> None:
    """Begin to load MLflow, and write what is counted before the end.

    MLflow's own start-up tasks serve parts that are closed here.
    """
    begun = set()
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            begun.add(asyncio.create_task(_tracking.load()))
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await _serving.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
