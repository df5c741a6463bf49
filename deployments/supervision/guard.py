"""The guard rail of a canary: what it may do wrong until it is taken back by itself."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.models import Bucket, Release
from deployments.watch import figures


def trips(release: Release) -> str:
    """Why a canary is to be taken back; empty where it may go on."""
    guard = release.guard or {}
    if not guard or release.live_at is None:
        return ""
    buckets = Bucket.objects.filter(
        deployment=release.deployment_id,
        release_number=release.number,
        seconds=figures.MINUTE,
        simulated=False,
    )
    return judge(guard, figures.merge(buckets))


def judge(guard: Mapping[str, float], seen: figures.Figures) -> str:
    """The same for given figures: a sentence for the first limit that is passed, once enough was asked."""
    asked = seen.count - seen.errors.get(figures.REFUSED, 0)
    if asked < guard.get("min_requests", 1):
        return ""
    share, most = seen.error_share, guard.get("error_share")
    if share is not None and most is not None and share > most:
        return f"{share * 100:.1f} % of {asked:,} requests failed, and {most * 100:.1f} % are allowed."
    slow, limit = figures.percentile(seen.latency, 0.95), guard.get("p95_ms")
    if slow is not None and limit is not None and slow > limit:
        return f"95 % of requests took up to {slow:,.0f} ms, and {limit:,.0f} ms are allowed."
    return ""
