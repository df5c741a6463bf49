"""The test before a release answers anybody: each replica is asked the reference sample."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from deployments.replies import TooLarge, read_up_to

# The first answer loads what was left for later, and may take longer than any after it.
WARM_UP_SECONDS = 60.0
_MOST_BYTES = 16 * 1024 * 1024


class SmokeTestFailed(Exception):
    """A replica does not answer as it should; the sentence says what it did instead."""


def warm_up_and_test(addresses: Sequence[str], rows: Sequence[Mapping[str, Any]], timeout_ms: int) -> None:
    """Ask each replica all rows at once to warm it up, then one within the time for one answer."""

    async def all_of_them() -> None:
        for address in addresses:
            await _test(address, rows, timeout_ms / 1000)

    asyncio.run(all_of_them())


def body_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as MLflow's servers take them."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    data = [[_plain(row.get(name)) for name in columns] for row in rows]
    return {"dataframe_split": {"columns": columns, "data": data}}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


async def _test(address: str, rows: Sequence[Mapping[str, Any]], seconds: float) -> None:
    kind, _, path = address.partition(":")
    connector = aiohttp.UnixConnector(path) if kind == "unix" else None
    base = "http://replica" if kind == "unix" else address
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        try:
            await _ask(session, base, rows, WARM_UP_SECONDS)
            await _ask(session, base, rows[:1], seconds)
        except TimeoutError as error:
            raise SmokeTestFailed("The reference sample was not answered in time.") from error
        except aiohttp.ClientError as error:
            raise SmokeTestFailed("A replica ended while it was asked the reference sample.") from error
        except TooLarge as error:
            raise SmokeTestFailed("The answer to the reference sample is too large.") from error


async def _ask(
    session: aiohttp.ClientSession, base: str, rows: Sequence[Mapping[str, Any]], seconds: float
) -> None:
    limit = aiohttp.ClientTimeout(total=seconds)
    async with session.post(
        f"{base}/invocations", json=body_of(rows), timeout=limit, allow_redirects=False
    ) as answer:
        content = await read_up_to(answer, _MOST_BYTES)
        try:
            told = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise SmokeTestFailed("The answer to the reference sample is no JSON.") from error
    said = told.get("error") if isinstance(told, dict) else None
    if answer.status != 200:
        raise SmokeTestFailed(f"The reference sample is answered by an error: {str(said)[:300]}")
    predictions = told.get("predictions") if isinstance(told, dict) else None
    if predictions is None or (isinstance(predictions, list) and len(predictions) != len(rows)):
        raise SmokeTestFailed(f"{len(rows)} rows of the reference sample do not get one answer each.")
