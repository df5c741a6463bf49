"""Asks replicas over their sockets: the least busy one first, another when one has gone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import aiohttp

from deployments.gateway.routes import Place, Target
from deployments.replies import TooLarge, read_up_to
from deployments.watch import figures

MOST_BYTES = 64 * 1024 * 1024
# One that refused a connection is asked last for so long; its row may say so later than its socket.
REST_SECONDS = 1.0
KEPT_ALIVE = 15.0
_JSON = {"Content-Type": "application/json"}
# What replicas on a cluster put on their answers (deployments/drivers/ray_node.py).
MARK = "X-Throughline-Replica"


@dataclass(frozen=True, slots=True)
class Failed(Exception):
    """The model gave no answer: why, as deployments/watch/figures.py names it, and a sentence."""

    kind: str
    message: str


class _Gone(Exception):
    """Nobody listens there."""


class _Lost(Exception):
    """The connection ended before there was an answer."""


class Replicas:
    """The connections of this process, and what runs over them now."""

    def __init__(self) -> None:
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        # By address and path: those who ask for reasons take no place of those who ask for answers.
        self._busy: Counter[tuple[str, str]] = Counter()
        self._resting: dict[str, float] = {}

    async def ask(
        self, target: Target, path: str, body: bytes, *, at_once: int, gone: set[UUID]
    ) -> tuple[int, bytes]:
        """Status and body of an answer. Replicas that are not there any more are added to `gone`.

        A connection that is cut in the middle is tried once more: to predict changes nothing.
        """
        again = True
        while True:
            place = self._pick(target, path, at_once, gone)
            try:
                return await self._post(place, path, body)
            except _Gone:
                gone.add(place.replica)
                self._resting[place.address] = time.monotonic() + REST_SECONDS
            except _Lost:
                if not again:
                    raise Failed(figures.MODEL, "The model ended while it answered.") from None
                again = False
                self._resting[place.address] = time.monotonic() + REST_SECONDS

    def _pick(self, target: Target, path: str, at_once: int, gone: Collection[UUID]) -> Place:
        there = [place for place in target.places if place.replica not in gone]
        if not there:
            raise Failed(figures.AWAY, "No replica of this model answers.")
        free = [place for place in there if self._busy[place.address, path] < at_once]
        if not free:
            raise Failed(figures.OVERLOAD, "The model has as many requests as it can take.")
        now = time.monotonic()
        return min(
            free,
            key=lambda place: (self._resting.get(place.address, 0) > now, self._busy[place.address, path]),
        )

    async def _post(self, place: Place, path: str, body: bytes) -> tuple[int, bytes]:
        session, base = self._session(place.address)
        busy = place.address, path
        self._busy[busy] += 1
        try:
            async with session.post(
                f"{base}{path}", data=body, headers=_JSON, allow_redirects=False
            ) as answer:
                if place.address.startswith("http") and MARK not in answer.headers:
                    # The proxy of a cluster, which has nobody at this address any more.
                    raise _Gone
                return answer.status, await read_up_to(answer, MOST_BYTES)
        except TooLarge:
            raise Failed(figures.MODEL, "The model’s answer is too large.") from None
        except aiohttp.ClientConnectorError as error:
            raise _Gone from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise _Lost from error
        finally:
            self._busy[busy] -= 1
            if not self._busy[busy]:
                del self._busy[busy]

    def _session(self, address: str) -> tuple[aiohttp.ClientSession, str]:
        kind, _, path = address.partition(":")
        session = self._sessions.get(address)
        if session is None:
            connector: aiohttp.BaseConnector = (
                aiohttp.UnixConnector(path, limit=0, keepalive_timeout=KEPT_ALIVE)
                if kind == "unix"
                else aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE)
            )
            session = self._sessions[address] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return session, "http://replica" if kind == "unix" else address.rstrip("/")

    async def prune(self, addresses: Collection[str]) -> None:
        """Close the connections to what is not asked any more; those that still wait for an answer stay."""
        needed = {*addresses, *(address for address, _ in self._busy)}
        for address in [one for one in self._sessions if one not in needed]:
            await self._sessions.pop(address).close()
        now = time.monotonic()
        self._resting = {one: until for one, until in self._resting.items() if until > now}

    async def close(self) -> None:
        """Close all connections, also those that wait."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
