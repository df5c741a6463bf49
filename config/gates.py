"""The `gates` process: machine traffic and content that users made, on a host name of its own.

A small router; the main session never comes here. `uvicorn config.gates:application`.
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from projects.tracking.gate import TrackingGate, answer, respond, run  # noqa: E402
from projects.tracking.intents import settle_open  # noqa: E402
from projects.tracking.server import Receive, Scope, Send  # noqa: E402
from projects.tracking.server import application as tracking_server  # noqa: E402

_tracking = TrackingGate()


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
    else:
        await answer(send, 404, "ENDPOINT_NOT_FOUND", "There is nothing at this address.")


async def _lifespan(receive: Receive, send: Send) -> None:
    """Load MLflow before the first request comes; its own start-up tasks serve parts that are closed here."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                tracking_server()
                await run(settle_open)
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
