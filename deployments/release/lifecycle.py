"""How a release moves: from asked to live, and out again. Pure.

    waiting -> building -> starting -> testing -> ready -> canary -> live -> draining -> stopped
                                                    \\-------------^

Every state but the last three can also fail or be cancelled; what has failed, stopped or was cancelled
never moves again: a roll-back is a new release of an old version.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    WAITING = "waiting"
    BUILDING = "building"
    STARTING = "starting"
    TESTING = "testing"
    READY = "ready"
    CANARY = "canary"
    LIVE = "live"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    State.WAITING: "Waiting",
    State.BUILDING: "Being built",
    State.STARTING: "Starting",
    State.TESTING: "Being tested",
    State.READY: "Ready",
    State.CANARY: "Canary",
    State.LIVE: "Live",
    State.DRAINING: "Ends its last answers",
    State.STOPPED: "Stopped",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
}
# On its way: somebody waits for it, and it can be cancelled.
ON_THE_WAY = frozenset({State.WAITING, State.BUILDING, State.STARTING, State.TESTING, State.READY})
# It has replicas that should be there.
WITH_REPLICAS = frozenset(
    {State.STARTING, State.TESTING, State.READY, State.CANARY, State.LIVE, State.DRAINING}
)
ANSWERING = frozenset({State.CANARY, State.LIVE})
OVER = frozenset({State.STOPPED, State.FAILED, State.CANCELLED})
_ENDS = {State.FAILED, State.CANCELLED}
_MOVES: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.BUILDING, State.STARTING, *_ENDS}),
    State.BUILDING: frozenset({State.STARTING, *_ENDS}),
    State.STARTING: frozenset({State.TESTING, *_ENDS}),
    State.TESTING: frozenset({State.READY, *_ENDS}),
    State.READY: frozenset({State.CANARY, State.LIVE, *_ENDS}),
    State.CANARY: frozenset({State.LIVE, State.DRAINING, State.FAILED}),
    State.LIVE: frozenset({State.DRAINING, State.FAILED}),
    State.DRAINING: frozenset({State.STOPPED, State.FAILED}),
}


def may_move(now: State, then: State) -> bool:
    """Whether a release in the state `now` may go to `then`."""
    return then in _MOVES.get(now, frozenset())
