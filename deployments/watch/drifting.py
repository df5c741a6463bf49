"""Measuring drift by the clock: sampled rows of a live version against its reference sample."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import QuerySet
from django.utils import timezone

from deployments.models import Deployment, DriftReading, Release, Sample
from deployments.references import columns_of, reference_of
from deployments.release.lifecycle import State
from deployments.watch.drift import FEWEST_ROWS, compare

logger = logging.getLogger(__name__)
WINDOW, LONGEST_WINDOW = dt.timedelta(days=1), dt.timedelta(days=7)
MOST_ROWS = 5000
EVERY = dt.timedelta(hours=1)


def measure_all(now: dt.datetime | None = None) -> int:
    """Measure each live version whose own last reading is an hour old; returns how many."""
    at = now or timezone.now()
    fresh = DriftReading.objects.filter(
        end__gt=at - EVERY, simulated=False, release__state=State.LIVE
    ).values("deployment")
    found = served().filter(releases__state=State.LIVE).exclude(pk__in=fresh).distinct()
    measured = 0
    for deployment in found:
        try:
            measured += measure(deployment, at) is not None
        except Exception:
            # The rows of one model keep no other from being watched.
            logger.exception("The drift of %s was not measured", deployment.pk)
    return measured


def measure(deployment: Deployment, now: dt.datetime) -> DriftReading | None:
    """One reading over the rows of the last day, or of up to a week where a day has too few.

    None where there is no live version, no reference sample, or no row that came after the last reading.
    """
    release = live_release(deployment)
    if release is None or deployment.project is None:
        return None
    reference = reference_of(deployment.project, release.model, release.version)
    last = DriftReading.objects.filter(release=release, simulated=False).order_by("-end").first()
    samples = Sample.objects.filter(release=release, simulated=False, row__isnull=False, at__lte=now)
    if reference is None or not samples.filter(at__gt=last.end if last else now - LONGEST_WINDOW).exists():
        return None
    begin = now - WINDOW
    if samples.filter(at__gt=begin).count() < FEWEST_ROWS:
        begin = now - LONGEST_WINDOW
    rows = list(samples.filter(at__gt=begin).order_by("-at").values_list("at", "row")[:MOST_ROWS])
    found = compare(reference.profile, columns_of([row for _, row in rows if isinstance(row, dict)]))
    return DriftReading.objects.create(
        deployment=deployment,
        release=release,
        reference=reference,
        start=min((at for at, _ in rows), default=begin),
        end=now,
        rows=found.rows,
        features=found.features,
        psi_max=found.psi_max,
        psi_feature=found.psi_feature[:250],
    )


def served() -> QuerySet[Deployment]:
    """Deployments that are served here and should run."""
    return Deployment.objects.filter(
        kind=Deployment.Kind.SERVED, archived_at=None, wanted=Deployment.Wanted.RUNNING
    ).select_related("organization", "project__charter", "environment", "owner")


def live_release(deployment: Deployment) -> Release | None:
    """The version that answers, apart from a canary."""
    return deployment.releases.filter(state=State.LIVE).order_by("-number").first()
