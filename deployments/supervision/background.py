"""Slow work beside the supervisor's turns, each piece under a key, its result taken up by a later turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass(slots=True)
class _Piece:
    future: Future[Any]
    asked_to_end: threading.Event


class Background:
    """Runs functions in threads; `do` is asked again each turn until the answer is there."""

    def __init__(self, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="supervisor")
        self._pieces: dict[Hashable, _Piece] = {}

    def do(self, key: Hashable, function: Callable[[threading.Event], Any]) -> tuple[bool, Any]:
        """(whether it is done, its result); starts it when first asked, raises what it raised.

        The function is handed the event by which it is asked to end early.
        """
        piece = self._pieces.get(key)
        if piece is None:
            event = threading.Event()
            self._pieces[key] = _Piece(self._threads.submit(_call, function, event), event)
            return False, None
        if not piece.future.done():
            return False, None
        del self._pieces[key]
        return True, piece.future.result()

    def end(self, keep: Callable[[Hashable], bool]) -> None:
        """Ask all that is no longer wanted to end, and forget what came of it."""
        for key in [key for key in self._pieces if not keep(key)]:
            self._pieces[key].asked_to_end.set()
            if self._pieces[key].future.done() or self._pieces[key].future.cancel():
                del self._pieces[key]

    def close(self) -> None:
        self.end(lambda key: False)
        self._threads.shutdown(wait=True, cancel_futures=True)


def _call(function: Callable[[threading.Event], Any], event: threading.Event) -> Any:
    try:
        return function(event)
    finally:
        connections.close_all()
