"""Reading what a replica answers, up to a bound: what runs there is the code of others. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp


class TooLarge(Exception):
    """There was more than the bound; the rest was not read."""


async def read_up_to(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body, of at most so many bytes, whatever its headers say. Raises `TooLarge`.

    The body is taken as it was sent: the session must not unpack it, a few bytes could become gigabytes.
    """
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > most:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)
