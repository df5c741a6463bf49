"""What the live page of a deployment says: its finding, its facts, its alerts, and its figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import TruncDay
from django.urls import reverse
from django.utils import timezone

from assessment.result_words import first_lower
from charters.criteria import COMPARATOR_WORDS, figure
from charters.models import Reading, Revision
from deployments.models import Alert, Deployment, DriftReading, Reference, Release, Replica, ResourceUse
from deployments.references import reference_of
from deployments.release.gate_facts import charter_that_holds
from deployments.release.lifecycle import State
from deployments.release.page import callers_get
from deployments.watch import live_charts as charts
from deployments.watch.alert_rules import CRITERION, DRIFT, headline
from deployments.watch.figures import DAY, MINUTE, begin_of, percentile
from deployments.watch.live_criteria import LiveFigure, figures_of, verdict_words
from deployments.watch.live_figures import Seen, Span, outputs_of, seen_of
from deployments.watch.live_truth import performance
from ui import formats
from ui.charts.spec import ChartSpec
from ui.charts.spec_live import Series
from ui.words import plural

LAST = 10
MOST_READINGS, MOST_ALERTS, MOST_FEATURES = 500, 20, 12


@dataclass(slots=True)
class Live:
    """All that is read for the page, once."""

    deployment: Deployment
    span: Span
    now: dt.datetime
    release: Release | None
    releases: list[Release]
    seen: Seen
    alerts: list[Alert]
    revision: Revision | None
    criteria: list[LiveFigure] = field(default_factory=list)
    drift: list[tuple[dt.datetime, float | None, bool]] = field(default_factory=list)
    last_drift: DriftReading | None = None


def live_of(deployment: Deployment, span: Span, now: dt.datetime) -> Live:
    """Read what the page shows, in a fixed number of queries."""
    releases = list(deployment.releases.exclude(live_at=None).select_related("waiver")[:20])
    release = next((row for row in releases if row.state == State.LIVE), None)
    revision = charter_that_holds(deployment.project) if deployment.project else None
    readings = DriftReading.objects.filter(deployment=deployment, end__lte=now).order_by("-end")
    within = readings.filter(end__gte=now - span.length)
    # What the inputs of the version before were says nothing of the live one.
    own = readings.filter(Q(release=release) | Q(release=None)) if release else readings
    open_ = Alert.objects.filter(deployment=deployment, closed_at=None).order_by("opened_at")
    return Live(
        deployment=deployment,
        span=span,
        now=now,
        release=release,
        releases=releases,
        seen=seen_of(deployment, span, now),
        alerts=list(open_[:MOST_ALERTS]),
        revision=revision,
        criteria=figures_of(deployment, revision, release, now) if revision and release else [],
        drift=_drift(within, span),
        last_drift=own.select_related("release").first(),
    )


def _drift(within: QuerySet[DriftReading], span: Span) -> list[tuple[dt.datetime, float | None, bool]]:
    """The readings of a span, oldest first; where a step is a day, the highest of each day."""
    if span.step == DAY:
        # Grouped by day and not by reading, so that a page of three months reads ninety rows.
        days = within.order_by().annotate(day=TruncDay("end", tzinfo=dt.UTC)).values("day", "simulated")
        highest = days.annotate(psi=Max("psi_max")).order_by("day")
        return [(row["day"], row["psi"], row["simulated"]) for row in highest]
    rows = within.values_list("end", "psi_max", "simulated")[:MOST_READINGS]
    return list(rows)[::-1]


def title_of(live: Live) -> str:
    """The finding: what calls for somebody, or that nothing does."""
    if live.deployment.wanted == Deployment.Wanted.STOPPED:
        return f"Stopped; {first_lower(callers_get(live.deployment))}"
    if live.release is None:
        return "No version is live yet"
    broken = [row for row in live.alerts if row.kind == CRITERION]
    if broken:
        return f"{headline(broken[0].words)}{broken[0].made_up}"
    moved = next((row for row in live.alerts if row.kind == DRIFT), None)
    held = _all_met(live.criteria)
    if moved is not None:
        feature = live.last_drift.psi_feature if live.last_drift else "An input"
        since = formats.day(timezone.localtime(moved.opened_at), year=False)
        said = f"{feature} has drifted since {since}{moved.made_up}"
        return f"The signed criteria still hold, but {said}" if held else said
    if live.alerts:
        return f"{headline(live.alerts[0].words)}{live.alerts[0].made_up}"
    version = f"Version {live.release.version}"
    return f"{version} answers as signed" if held else f"{version} answers, and nothing calls for you"


def lede_of(live: Live) -> str:
    """How much was asked and how fast it was answered."""
    count = live.seen.whole.count
    if not count:
        return f"Nobody has asked it in the last {live.span.back}."
    within = percentile(live.seen.whole.latency, 0.95)
    what = ("simulated request", "simulated requests") if live.seen.is_made_up else ("request", "requests")
    words = f"{plural(count, *what)} in the last {live.span.back}"
    return f"{words}, 95 of 100 answered within {formats.number(within)} ms." if within else f"{words}."


def facts_of(live: Live, kind: str, word: str) -> list[dict[str, Any]]:
    """State, owner, fallback, charter, replicas."""
    deployment = live.deployment
    if live.alerts:
        criterion = any(row.kind == CRITERION for row in live.alerts)
        kind, word = ("bad", "Failing") if criterion else ("watch", "Watch")
        word += "" if any(not row.simulated for row in live.alerts) else " (simulated)"
    owner = deployment.owner_name or "Nobody named"
    if deployment.deputy_name:
        owner = f"{owner}, deputy {deployment.deputy_name}"
    facts: list[dict[str, Any]] = [
        {"term": "State", "value": word, "state": kind},
        {"term": "Owner for operation", "value": owner},
        {"term": "Fallback", "value": _fallback(deployment)},
    ]
    if live.revision is not None:
        charter = live.revision.charter
        facts.append(
            {
                "term": "Charter",
                "value": f"{charter.code}, revision {live.revision.number}",
                "url": reverse("charters:readings", args=[charter.pk]),
            }
        )
    return [*facts, {"term": "Replicas", "value": _replicas(live)}]


def figures(live: Live) -> list[ChartSpec]:
    """The figures in the order of the page; those that have nothing to show are left out."""
    deployment, seen = live.deployment, live.seen
    events = charts.events_of(live.releases, seen)
    last = [live.last_drift] if live.last_drift else []
    found: list[ChartSpec | None] = [
        charts.volume(seen, events),
        charts.latency(seen, deployment, events),
        charts.failures(seen, deployment, events),
        charts.drift(live.drift, live.last_drift, deployment, seen, events),
        charts.predictions(
            outputs_of(deployment, live.span, live.now), _truth_then(live), bool(seen.simulated)
        ),
        performance(deployment, live.span, live.now),
        charts.missing(last, deployment),
        charts.fallbacks(seen, events),
        *_resources(live),
    ]
    return [spec for spec in found if spec is not None]


def criterion_figures(live: Live) -> list[Series]:
    """Each signed live criterion as a line with its target, from its kept readings and its figure now."""
    if not live.criteria or live.revision is None:
        return []
    keys = [item.criterion.key for item in live.criteria]
    rows = Reading.objects.filter(
        revision__charter=live.revision.charter_id,
        criterion__in=keys,
        source=Reading.Source.LIVE,
        noted_at__gte=live.now - live.span.length,
    )
    points: dict[str, dict[dt.datetime, float | None]] = {key: {} for key in keys}
    for key, at, value in rows.order_by("noted_at").values_list("criterion", "noted_at", "value"):
        points[key][timezone.localtime(at)] = value
    made = (
        _criterion(item, points[item.criterion.key], live, at) for at, item in enumerate(live.criteria, 1)
    )
    return [spec for spec in made if spec is not None]


def _criterion(
    item: LiveFigure, points: dict[dt.datetime, float | None], live: Live, at: int
) -> Series | None:
    criterion = item.criterion
    if item.value is not None:
        points[timezone.localtime(live.now)] = item.value
    if criterion.target is None or criterion.comparator is None:
        return None
    if not any(value is not None for value in points.values()):
        return None
    target = figure(criterion.target, criterion.unit)
    holds = {True: "holds", False: "fails", None: "is not read now"}[item.met]
    said = f": {verdict_words(item)}" if item.value is not None else ""
    return Series(
        key=f"criterion-{at}",
        title=f"{criterion.name} {holds}{said}",
        unit=f"{criterion.metric_key}, signed in {live.revision.charter.code if live.revision else ''}",
        n=item.rows or None,
        value_name=criterion.metric_key,
        points=tuple(sorted(points.items())),
        limit=float(criterion.target),
        limit_label=f"Signed: {COMPARATOR_WORDS[criterion.comparator]} {target}",
        from_zero=criterion.target >= 0 and float(criterion.target) < 2,
        span=9,
        note=item.why_not,
    )


def feature_rows(live: Live) -> list[dict[str, Any]]:
    """Drift of each input in the last reading, the one that moved most first."""
    if live.last_drift is None:
        return []
    rows = sorted(live.last_drift.features.items(), key=lambda pair: -(pair[1].get("psi") or -1))
    return [{"name": name, **facts} for name, facts in rows[:MOST_FEATURES]]


def unread(live: Live, drawn: list[Series]) -> list[LiveFigure]:
    """Live criteria without a figure and without a line whose note says why."""
    keys = {spec.key for spec in drawn}
    return [
        item
        for at, item in enumerate(live.criteria, 1)
        if item.value is None and f"criterion-{at}" not in keys
    ]


def _all_met(criteria: list[LiveFigure]) -> bool:
    return bool(criteria) and all(item.met for item in criteria)


def _fallback(deployment: Deployment) -> str:
    words = deployment.fallback_words or deployment.get_fallback_display()
    rehearsed = deployment.rehearsed_on
    return f"{words}, rehearsed {formats.day(rehearsed)}" if rehearsed else words


def _replicas(live: Live) -> str:
    if live.release is None:
        return "None"
    ready = Replica.objects.filter(release=live.release, state=Replica.State.READY).count()
    return f"{ready} of {live.deployment.environment.replicas} answer"


def _truth_then(live: Live) -> dict[str, Any] | None:
    """The column of the reference that the model does not read, where there is one alone: the truth."""
    if live.release is None or live.deployment.project is None:
        return None
    reference: Reference | None = reference_of(
        live.deployment.project, live.release.model, live.release.version
    )
    read = {column.get("name") for column in live.release.signature.get("inputs") or []}
    if reference is None or not read:
        return None
    left = [facts for name, facts in reference.profile.get("columns", {}).items() if name not in read]
    return left[0] if len(left) == 1 else None


def _resources(live: Live) -> list[ChartSpec | None]:
    rows = ResourceUse.objects.filter(
        deployment=live.deployment, start__gte=live.now - live.span.length, start__lte=live.now
    )
    # A page shows so many points at most; the database leaves out what lies between, but for the last ones.
    step = max(int(live.span.length.total_seconds() // 60 // charts.MOST_POINTS), 1) * MINUTE
    first = begin_of(live.now, step)
    wanted = [first - dt.timedelta(seconds=step * at) for at in range(charts.MOST_POINTS + 1)]
    last = list(rows.order_by("-start")[:LAST])
    found = {row.pk: row for row in [*rows.filter(start__in=wanted), *last]}
    kept = sorted(found.values(), key=lambda row: row.start) if step > MINUTE else list(rows)
    memory, processor = charts.used(kept)
    environment = live.deployment.environment
    limit = environment.memory_mb * environment.replicas
    return [charts.memory(memory, limit, live.seen), charts.processor(processor, live.seen)]
