"""When a live model calls for somebody: figures against their limits. Pure.

A rule says "over", "within" or nothing: nothing where too little is known to open an alert or to close one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FEWEST_REQUESTS = 20
ERRORS, LATENCY, DRIFT, MISSING, REPLICAS, CRITERION = (
    "errors",
    "latency",
    "drift",
    "missing",
    "replicas",
    "criterion",
)
# What a signed criterion is that live figures no longer meet.
WAS_MET = "was met, now failing"
KIND_WORDS = {
    ERRORS: "Failed answers",
    LATENCY: "Slow answers",
    DRIFT: "Drift",
    MISSING: "Missing values",
    REPLICAS: "Replica down",
    CRITERION: "Signed criterion",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Where alerts begin; None for never."""

    error_share: float
    latency_ms: float | None
    drift: float
    missing: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of late; None is not known. `missing` is beyond what the reference sample has."""

    requests: int = 0
    error_share: float | None = None
    p95_ms: float | None = None
    psi: float | None = None
    psi_feature: str = ""
    missing: float | None = None
    missing_feature: str = ""
    ready: int | None = None
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that could be judged."""

    key: str
    kind: str
    over: bool
    words: str
    value: float
    limit: float


def judge(facts: Facts, limits: Limits) -> Iterator[Finding]:
    """Each rule that enough is known for."""
    busy = facts.requests >= FEWEST_REQUESTS
    if busy and facts.error_share is not None:
        yield _finding(
            ERRORS,
            facts.error_share,
            limits.error_share,
            f"{_percent(facts.error_share)} of the answers failed, limit {_percent(limits.error_share)}",
        )
    if busy and facts.p95_ms is not None and limits.latency_ms is not None:
        words = f"95 % of the answers take up to {facts.p95_ms:,.0f} ms, limit {limits.latency_ms:,.0f} ms"
        yield _finding(LATENCY, facts.p95_ms, limits.latency_ms, words)
    if facts.psi is not None:
        words = f"Drift {facts.psi:.2f} of {facts.psi_feature}, limit {limits.drift:.2f}"
        yield _finding(DRIFT, facts.psi, limits.drift, words)
    if facts.missing is not None:
        more = _percent(max(facts.missing, 0.0))
        words = (
            f"{facts.missing_feature}: {more} more values missing than in the reference, "
            f"limit {_percent(limits.missing)}"
        )
        yield _finding(MISSING, facts.missing, limits.missing, words)
    if facts.ready is not None and facts.wanted:
        words = f"{facts.ready} of {facts.wanted} replicas answer"
        short = facts.ready < facts.wanted
        yield Finding(REPLICAS, REPLICAS, short, words, float(facts.ready), float(facts.wanted))


def _finding(kind: str, value: float, limit: float, words: str) -> Finding:
    return Finding(kind, kind, value > limit, words, value, limit)


def headline(words: str) -> str:
    """An alert in a few words: what is wrong, without the limit and without the figure of a criterion."""
    for mark in (f"” {WAS_MET}", "” is not met"):
        if f"{mark}: " in words:
            return words.partition(f"{mark}: ")[0] + mark
    return words.rpartition(", limit ")[0] or words


def _percent(share: float) -> str:
    value = share * 100
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"
