"""Answers for one model: runs inside the sandbox, listens on a socket that it was handed, knows nothing else.

    python -I app.py --listen NUMBER --ready NUMBER --model FOLDER [--profile FILE]

GET /ping says whether it answers and how much it is at; POST /invocations predicts; POST /explain tells why.
Both numbers are open files: a socket that is bound, and what gets a byte once the model is loaded; so there
is no folder of the machine that anything here can write to. With --socket PATH it makes its own, for trials.
Needs mlflow (the model's own version of it) and aiohttp.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import importlib.util
import json
import math
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web

MOST_BYTES = 32 * 1024 * 1024
MOST_WORDS = 300
# An explanation bounds itself, between its calls of the model; one that takes longer than this hangs.
EXPLAIN_SECONDS, MOST_EXPLAINED = 40.0, 8


class Refused(Exception):
    """The model does not take this input."""


class Model:
    """The loaded model, and the ways to ask it; all of it may take long and runs in threads."""

    def __init__(self, folder: str, profile: str) -> None:
        import mlflow.pyfunc

        self.model = mlflow.pyfunc.load_model(folder)
        self.schema = self.model.metadata.get_input_schema()
        self.profile = json.loads(Path(profile).read_text(encoding="utf-8")) if profile else {}
        self._explain: Callable[..., Any] | None = None

    def predict(self, body: bytes) -> dict[str, Any]:
        from mlflow.exceptions import MlflowException

        rows, params = self._rows(body)
        try:
            answer = self.model.predict(rows, params=params) if params else self.model.predict(rows)
        except MlflowException as error:
            raise Refused(reason_of(error)) from error
        return {"predictions": plain(answer)}

    def explain(self, body: bytes) -> dict[str, Any]:
        rows, _ = self._rows(body)
        if self._explain is None:
            # By its path: the code of a model may bring a module of the same name.
            place = Path(__file__).with_name("explain.py")
            spec = importlib.util.spec_from_file_location("throughline_explain", place)
            if spec is None or spec.loader is None:
                raise Refused("This model cannot be explained here.")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._explain = module.explain
        return {"explanations": plain(self._explain(self.model, rows, self.profile))}

    def _rows(self, body: bytes) -> tuple[Any, Any]:
        from mlflow.exceptions import MlflowException
        from mlflow.pyfunc.scoring_server import infer_and_parse_data

        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused("The body is no JSON.") from error
        if not isinstance(given, dict):
            raise Refused('The body is an object with "dataframe_split".')
        params = given.pop("params", None)
        if params is not None and not isinstance(params, dict):
            raise Refused("params: an object.")
        try:
            return infer_and_parse_data(given, self.schema), params
        except MlflowException as error:
            raise Refused(reason_of(error)) from error
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise Refused(f"The rows cannot be read: {words_of(error)}") from error


class Replica:
    """Takes requests, hands them to threads, and knows which of them hang."""

    def __init__(self, model: Model, *, at_once: int, hang_seconds: float, alone_seconds: float) -> None:
        self.model = model
        self.at_once = at_once
        self.hang_seconds = hang_seconds
        self.alone_seconds = alone_seconds
        self.threads = ThreadPoolExecutor(at_once, thread_name_prefix="predict")
        # Explaining is slow, and must not keep predictions waiting.
        self.explaining = ThreadPoolExecutor(1, thread_name_prefix="explain")
        # When each that a thread is at counts as hanging.
        self.hangs_at: dict[int, float] = {}
        self.numbers = count()
        # With those that still wait for a thread.
        self.predicted = self.explained = 0
        self.asked_at = time.monotonic()

    async def ping(self, request: web.Request) -> web.Response:
        self.asked_at = time.monotonic()
        stuck = sum(self.asked_at > hangs_at for hangs_at in self.hangs_at.values())
        told = {"busy": self.predicted + self.explained, "stuck": stuck}
        return web.json_response(told, status=503 if stuck else 200)

    async def invocations(self, request: web.Request) -> web.Response:
        if self.predicted >= 4 * self.at_once:
            return _too_many()
        self.predicted += 1
        try:
            return await self._work(self.threads, self.model.predict, request, self.hang_seconds)
        finally:
            self.predicted -= 1

    async def explain(self, request: web.Request) -> web.Response:
        if self.explained >= MOST_EXPLAINED:
            return _too_many()
        self.explained += 1
        try:
            patience = max(self.hang_seconds, EXPLAIN_SECONDS)
            return await self._work(self.explaining, self.model.explain, request, patience)
        finally:
            self.explained -= 1

    async def _work(
        self,
        threads: ThreadPoolExecutor,
        ask: Callable[[bytes], dict[str, Any]],
        request: web.Request,
        patience: float,
    ) -> web.Response:
        self.asked_at = time.monotonic()
        body = await request.read()
        loop = asyncio.get_running_loop()
        status, answer = await loop.run_in_executor(threads, self._ask, ask, body, patience)
        return web.Response(body=answer, status=status, content_type="application/json")

    def _ask(self, ask: Callable[[bytes], dict[str, Any]], body: bytes, patience: float) -> tuple[int, bytes]:
        number = next(self.numbers)
        self.hangs_at[number] = time.monotonic() + patience
        try:
            return 200, json.dumps(ask(body), allow_nan=False).encode()
        except Refused as refused:
            return 400, json.dumps({"error": words_of(refused)}).encode()
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            return 500, json.dumps({"error": f"{type(error).__name__}: {words_of(error)}"}).encode()
        finally:
            del self.hangs_at[number]

    async def watch(self) -> None:
        """End when nobody has asked for long: whoever has started this is gone and does not come back."""
        while time.monotonic() - self.asked_at < self.alone_seconds:
            await asyncio.sleep(min(self.alone_seconds, 10))
        print("Nobody asks any more; this replica ends.", flush=True)
        os._exit(0)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MOST_BYTES)
        application.router.add_get("/ping", self.ping)
        application.router.add_post("/invocations", self.invocations)
        application.router.add_post("/explain", self.explain)
        return application


def _too_many() -> web.Response:
    return web.json_response({"error": "Too many requests wait already."}, status=503)


def words_of(error: BaseException) -> str:
    """The first line of an error, short."""
    told = str(error).strip().splitlines()
    return told[0][:MOST_WORDS] if told else "no reason given"


def reason_of(error: Any) -> str:
    """What MLflow says, without the rows that it quotes before and what it tells after."""
    told = str(error.message).partition(" IMPORTANT:")[0]
    if told.startswith("Failed to enforce schema"):
        return told.rpartition("Error: ")[2]
    return told.partition(" Error: ")[0]


def plain(value: Any) -> Any:
    """What a model has answered, as JSON knows it; a number that is none becomes null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    if isinstance(value, dt.date | dt.timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


async def serve(replica: Replica, given: argparse.Namespace) -> None:
    runner = web.AppRunner(replica.application(), access_log=None, handler_cancellation=False)
    await runner.setup()
    if given.socket:
        # Bound under another name first: the socket that others look for answers from its first moment.
        hidden = Path(given.socket).with_name("n")  # no longer than the other: such paths may not be long
        hidden.unlink(missing_ok=True)
        await web.UnixSite(runner, str(hidden)).start()
        hidden.rename(given.socket)
    else:
        await web.SockSite(runner, socket.socket(fileno=given.listen)).start()
        os.write(given.ready, b"1")
        os.close(given.ready)
    print("Ready.", flush=True)
    await replica.watch()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", default="")
    parser.add_argument("--listen", type=int)
    parser.add_argument("--ready", type=int)
    parser.add_argument("--model", required=True)
    parser.add_argument("--profile", default="")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--hang-seconds", type=float, default=30)
    parser.add_argument("--alone-seconds", type=float, default=3600)
    given = parser.parse_args()
    print(f"Loading the model with Python {sys.version.split()[0]}.", flush=True)
    model = Model(given.model, given.profile)
    replica = Replica(
        model, at_once=given.at_once, hang_seconds=given.hang_seconds, alone_seconds=given.alone_seconds
    )
    asyncio.run(serve(replica, given))


if __name__ == "__main__":
    main()
