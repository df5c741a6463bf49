"""From a body to an answer: what fits is asked of a release, and where that fails the fallback answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from deployments.gateway import bodies, request_ids
from deployments.gateway.bodies import Table, Unfit
from deployments.gateway.fitting import Column, columns_of, fit
from deployments.gateway.replicas import Failed, Replicas
from deployments.gateway.routes import Route, Routes, Target
from deployments.gateway.telemetry import Asked, Telemetry
from deployments.models import Deployment
from deployments.use.explained import unsaid
from deployments.watch import figures
from projects.tracking.gate import run
from projects.tracking.server import Send

# From here on a body is read in a thread, so that it keeps nobody else waiting.
LARGE = 32 * 1024
# The share of the time that the model has where an earlier version must still be able to answer in time.
FIRST_SHARE = 0.7
# Reasons take many predictions each, so that they get more time and fewer rows.
EXPLAIN_TIMES, EXPLAIN_ROWS, EXPLAIN_AT_ONCE = 4, 20, 2
STATUSES = {
    figures.TIMEOUT: 504,
    figures.OVERLOAD: 503,
    figures.MODEL: 502,
    figures.AWAY: 503,
    figures.STOPPED: 503,
}
RETRY_AFTER = {figures.OVERLOAD: "1", figures.AWAY: "2", figures.STOPPED: "60"}
Rows = tuple[list[str], list[list[Any]]]


@dataclass(slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def error(
        cls,
        status: int,
        code: str,
        message: str,
        *,
        fields: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """An error in the shape that the API has."""
        told: dict[str, Any] = {"code": code, "message": message}
        if fields:
            told["fields"] = fields
        return cls(status, json.dumps({"error": told}).encode(), dict(headers or {}))

    @classmethod
    def unfit(cls, unfit: Unfit) -> Reply:
        return cls.error(400, "invalid", unfit.message, fields=unfit.fields)

    async def send(self, send: Send) -> None:
        named = {
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body)),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **self.headers,
        }
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        await send({"type": "http.response.body", "body": self.body})


@dataclass(slots=True)
class Answer:
    """Of the model, or of what answered in its place."""

    body: bytes
    predictions: list[Any]
    target: Target | None
    fallback: str = ""


class Answering:
    """How this process answers."""

    def __init__(self, routes: Routes, replicas: Replicas, telemetry: Telemetry) -> None:
        self._routes = routes
        self._replicas = replicas
        self._telemetry = telemetry
        self._key = settings.SECRET_KEY.encode()

    async def predict(self, route: Route, content: bytes, kind: str) -> Reply:
        """Rows in, predictions out; counted, whatever comes of it."""
        begun, at = time.perf_counter(), timezone.now()
        target = route.choose() if route.is_running else None
        number = target.number if target else 0
        asked = Asked(route.deployment, number, "", at, 0.0)
        asked.request = request_ids.make(self._key, str(route.deployment), at, number)
        try:
            table = await _parsed(content, kind)
            reply = await self._answer(route, target, table, asked)
        except Unfit as unfit:
            asked.error = figures.REFUSED
            reply = Reply.unfit(unfit)
        reply.headers["X-Request-Id"] = asked.request
        asked.milliseconds = (time.perf_counter() - begun) * 1000
        self._telemetry.count(asked)
        return reply

    async def _answer(self, route: Route, target: Target | None, table: Table, asked: Asked) -> Reply:
        ends = asyncio.get_running_loop().time() + route.timeout
        previous = route.fallback == Deployment.Fallback.PREVIOUS
        first = ends - (route.timeout * (1 - FIRST_SHARE) if previous else 0)
        rows = await _fitted(table, target.columns if target else columns_of(route.signature))
        try:
            answer = await self._ask_model(route, target, table, rows, first)
        except Failed as failed:
            asked.error = failed.kind
            instead = await self._fall_back(route, target, table, len(rows[1]), ends)
            if instead is None:
                return _failure(failed)
            answer = instead
        answered = answer.target.number if answer.target else 0
        if answered != asked.number:
            # Truth that comes later belongs to what has answered, not to what was asked first.
            asked.request = request_ids.make(self._key, str(route.deployment), asked.at, answered)
        return _told(route, asked, answer, rows)

    async def _ask_model(
        self, route: Route, target: Target | None, table: Table, rows: Rows, ends: float
    ) -> Answer:
        """Ask the chosen release; where all its replicas have gone, look where requests go by now."""
        if not route.is_running:
            raise Failed(figures.STOPPED, "This model is stopped.")
        gone: set[UUID] = set()
        try:
            async with asyncio.timeout_at(ends):
                if target is not None:
                    try:
                        return await self._ask(target, rows, route.at_once, gone)
                    except Failed as failed:
                        if failed.kind != figures.AWAY:
                            raise
                now = await self._looked_again(route)
                target = now.choose(gone) if now and now.is_running else None
                if target is None:
                    raise Failed(figures.AWAY, "No replica of this model answers.")
                return await self._ask(target, await _fitted(table, target.columns), route.at_once, gone)
        except TimeoutError:
            raise Failed(figures.TIMEOUT, f"The model did not answer within {route.timeout:g} s.") from None

    async def _looked_again(self, route: Route) -> Route | None:
        await run(self._routes.look)
        return self._routes.known(route.slug, route.name)

    async def _ask(self, target: Target, rows: Rows, at_once: int, gone: set[UUID]) -> Answer:
        body = json.dumps({"dataframe_split": {"columns": rows[0], "data": rows[1]}}).encode()
        status, content = await self._replicas.ask(target, "/invocations", body, at_once=at_once, gone=gone)
        found = _read(status, content)
        predictions = found.get("predictions")
        if not isinstance(predictions, list):
            predictions = [predictions]
        return Answer(content, predictions, target)

    async def _fall_back(
        self, route: Route, tried: Target | None, table: Table, rows: int, ends: float
    ) -> Answer | None:
        """The answer that the charter foresees; None where it foresees none, or that fails too."""
        if route.fallback == Deployment.Fallback.CONSTANT and route.fallback_value is not None:
            predictions = [route.fallback_value] * rows
            body = json.dumps({"predictions": predictions}).encode()
            return Answer(body, predictions, None, Deployment.Fallback.CONSTANT)
        if route.fallback != Deployment.Fallback.PREVIOUS:
            return None
        number = tried.number if tried else 0
        others = [one for one in (*route.targets, *route.spare) if one.number != number and one.places]
        for other in others[:1]:
            try:
                async with asyncio.timeout_at(ends):
                    answer = await self._ask(other, await _fitted(table, other.columns), route.at_once, set())
            except (Failed, Unfit, TimeoutError):
                return None
            answer.fallback = Deployment.Fallback.PREVIOUS
            return answer
        return None

    async def explain(self, route: Route, content: bytes, kind: str) -> Reply:
        """Why the model answers as it does, for a few rows; no prediction is counted for it."""
        target = route.choose() if route.is_running else None
        table = await _parsed(content, kind)
        if len(table.rows) > EXPLAIN_ROWS:
            bodies.refuse(f"{len(table.rows)} rows are too many.", "body", f"1 to {EXPLAIN_ROWS} rows.")
        if target is None:
            return _failure(Failed(figures.AWAY, "No replica of this model answers."))
        rows = await _fitted(table, target.columns)
        body = json.dumps({"dataframe_split": {"columns": rows[0], "data": rows[1]}}).encode()
        try:
            async with asyncio.timeout(route.timeout * EXPLAIN_TIMES):
                status, answer = await self._replicas.ask(
                    target, "/explain", body, at_once=EXPLAIN_AT_ONCE, gone=set()
                )
                told = _read(status, answer)
        except TimeoutError:
            return _failure(Failed(figures.TIMEOUT, "Explaining takes too long. Send fewer rows."))
        except Failed as failed:
            return _failure(failed)
        if target.hidden:
            answer = json.dumps(unsaid(told, target.hidden)).encode()
        return Reply(200, answer, {"X-Throughline-Version": target.label})


async def _parsed(content: bytes, kind: str) -> Table:
    if len(content) < LARGE:
        return bodies.parse(content, kind)
    return await asyncio.to_thread(bodies.parse, content, kind)


async def _fitted(table: Table, columns: list[Column] | None) -> Rows:
    if len(table.rows) * len(table.rows[0]) < LARGE // 16:
        return fit(table, columns)
    return await asyncio.to_thread(fit, table, columns)


def _read(status: int, content: bytes) -> dict[str, Any]:
    """What a replica answered. Raises `Unfit` for input that the model refuses, `Failed` for all else."""
    try:
        found = bodies.load(content)
    except Unfit:
        found = None
    if status == 200 and isinstance(found, dict) and not bodies.is_deep(found):
        return found
    if status == 400 and isinstance(found, dict):
        raise Unfit(f"The model refuses this input: {str(found.get('error', ''))[:500]}", {})
    if status == 503:
        raise Failed(figures.OVERLOAD, "The model has as many requests as it can take.")
    raise Failed(figures.MODEL, "The model failed on this input. Its log says why.")


def _told(route: Route, asked: Asked, answer: Answer, rows: Rows) -> Reply:
    """The answer with its marks, and what is counted of it."""
    asked.rows = len(rows[1])
    asked.predictions = answer.predictions
    asked.columns, asked.data = rows
    asked.keeps_inputs, asked.masked = route.keeps_inputs, route.masked
    reply = Reply(200, answer.body)
    if answer.target is not None:
        reply.headers["X-Throughline-Version"] = answer.target.label
        asked.release = answer.target.release
        if not answer.fallback:
            asked.number = answer.target.number
    if answer.fallback:
        asked.fallback = True
        reply.headers["X-Throughline-Fallback"] = answer.fallback
    return reply


def _failure(failed: Failed) -> Reply:
    after = RETRY_AFTER.get(failed.kind)
    headers = {"Retry-After": after} if after else {}
    return Reply.error(STATUSES[failed.kind], failed.kind, failed.message, headers=headers)
