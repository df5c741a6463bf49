"""Signed criteria that live figures answer: read every day, recorded, and told of when one is broken."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from charters.actions import record_reading
from charters.criteria import Criterion, Outcome, Reading, evaluate, is_satisfied
from charters.document import read
from charters.keeping import as_reading, owner_seat, standing_of
from charters.models import Reading as ReadingRow
from charters.models import Revision, Signatory
from charters.queries import document_of
from charters.signoff import SeatState, State
from deployments.evaluation.metrics import NotMeasurable, conditions_of, in_unit, metric_named
from deployments.models import Alert, Bucket, Deployment, DriftReading, Feedback, Release, Sample
from deployments.release.gate_facts import charter_that_holds
from deployments.watch.alert_rules import CRITERION, WAS_MET, Finding
from deployments.watch.alerting import settle
from deployments.watch.drifting import live_release, served
from deployments.watch.figures import MINUTE, Figures, merge, percentile
from deployments.watch.truth import Signed, is_in, measure
from roadmap.queries import today_of
from ui.errors import DomainError

logger = logging.getLogger(__name__)
SOURCE = "live figures"
DAY, WEEKS = dt.timedelta(days=1), dt.timedelta(days=28)
FEWEST_REQUESTS, MOST_PAIRS = 100, 5000
PSI_KEYS = ("psi_max", "psi")
SHARES = ("error_share", "error_rate", "fallback_share", "missing_max", "missing_share")
LATENCIES = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99, "p95_ms": 0.95}
ONLY_LIVE = {*PSI_KEYS, *SHARES, *LATENCIES}


@dataclass(frozen=True, slots=True)
class LiveFigure:
    """A signed criterion with what live figures say of it now: a value in its unit, or why there is none."""

    criterion: Criterion
    value: float | None
    rows: int = 0
    why_not: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the value satisfies what was signed; None without a value."""
        if self.value is None or self.criterion.comparator is None or self.criterion.target is None:
            return None
        value = Decimal(repr(float(self.value)))
        return is_satisfied(self.criterion.comparator, value, self.criterion.target, self.criterion.tolerance)


def is_live(criterion: Criterion) -> bool:
    """Whether the charter names live figures as its data, or names no data for what only they can tell."""
    if criterion.is_question:
        return False
    named = criterion.data.name.strip().lower()
    return named == SOURCE or (not named and criterion.metric_key.strip().lower() in ONLY_LIVE)


def live_criteria(revision: Revision) -> list[Criterion]:
    return [criterion for criterion in read(document_of(revision)).criteria if is_live(criterion)]


def figures_of(
    deployment: Deployment, revision: Revision, release: Release, now: dt.datetime
) -> list[LiveFigure]:
    """Each live criterion of the signed text with the figure of the version that answers."""
    return [_figure(criterion, deployment, release, now) for criterion in live_criteria(revision)]


def read_all(now: dt.datetime | None = None) -> None:
    """Read the live criteria of every project at the deployment that counts, and act on what they say."""
    at = now or timezone.now()
    for deployment in deciding_deployments():
        try:
            read_live(deployment, at)
        except DomainError as error:
            logger.warning("The live criteria of %s were not read: %s", deployment.pk, error)


def deciding_deployments() -> list[Deployment]:
    """Of each project the deployment whose live figures count: that in the last environment by position."""
    chosen: dict[object, Deployment] = {}
    for deployment in served().filter(releases__state="live").distinct():
        held = chosen.get(deployment.project_id)
        if held is None or deployment.environment.position > held.environment.position:
            chosen[deployment.project_id] = deployment
    return list(chosen.values())


def read_live(deployment: Deployment, now: dt.datetime) -> list[LiveFigure]:
    """Record what has a value, open and close alerts, tell the signers of what was met and now fails."""
    release = live_release(deployment)
    revision = charter_that_holds(deployment.project) if deployment.project else None
    if release is None or revision is None:
        return []
    found = figures_of(deployment, revision, release, now)
    for figure in found:
        if figure.met is None:
            continue
        with transaction.atomic():
            _act(deployment, revision, release, figure, now)
    return found


def _act(
    deployment: Deployment, revision: Revision, release: Release, figure: LiveFigure, now: dt.datetime
) -> None:
    key = figure.criterion.key
    alerts = Alert.objects.filter(deployment=deployment, key=f"{CRITERION}:{key}", closed_at=None)
    open_ = alerts.filter(simulated=False).first()
    judged = standing_of(revision, candidate=release.label).judged
    was_met = any(item.criterion.key == key and item.verdict.outcome is Outcome.MET for item in judged)
    was_met = was_met or (open_ is not None and WAS_MET in open_.words)
    told = _record(deployment, revision, release, figure, _last(revision, figure.criterion, release))
    settle(deployment, [finding_of(figure, was_met=was_met)], now)
    if not figure.met and open_ is None:
        owner = owner_seat(revision) if told and revision.state == State.IN_FORCE else None
        _tell_signers(deployment, revision, figure, was_met=was_met, but=owner.email if owner else "")


def finding_of(figure: LiveFigure, *, was_met: bool) -> Finding:
    """What alerting makes of a figure."""
    criterion = figure.criterion
    value, limit = figure.value or 0.0, float(criterion.target or 0)
    said = "" if figure.met else f" {WAS_MET}" if was_met else " is not met"
    words = f"“{criterion.name}”{said}: {verdict_words(figure)}"
    return Finding(f"{CRITERION}:{criterion.key}", CRITERION, not figure.met, words, value, limit)


def verdict_words(figure: LiveFigure) -> str:
    """The value and what was asked, such as "0.31; asked: at most 0.2"."""
    criterion = figure.criterion
    reading = Reading(
        value=_rounded(figure.value),
        unit=criterion.unit,
        metric_key=criterion.metric_key,
        data_name=criterion.data.name,
        slice=criterion.slice,
    )
    return evaluate(criterion, reading).why.rstrip(".")


def _last(revision: Revision, criterion: Criterion, release: Release) -> ReadingRow | None:
    rows = ReadingRow.objects.filter(
        revision=revision,
        criterion=criterion.key,
        source=ReadingRow.Source.LIVE,
        candidate=release.label,
    )
    return rows.order_by("-noted_at").first()


def _record(
    deployment: Deployment,
    revision: Revision,
    release: Release,
    figure: LiveFigure,
    before: ReadingRow | None,
) -> bool:
    """A reading a day, and one more when the verdict changes; none that would not count. Whether it was."""
    criterion, today = figure.criterion, today_of(deployment.organization)
    reading = Reading(
        value=_rounded(figure.value),
        unit=criterion.unit,
        metric_key=criterion.metric_key,
        taken_on=today,
        data_name=criterion.data.name,
        data_sha256=criterion.data.sha256,
        data_digest=criterion.data.digest,
        slice=criterion.slice,
        candidate=release.label,
    )
    verdict = evaluate(criterion, reading)
    if verdict.outcome is Outcome.DOES_NOT_COUNT:
        return False
    kept = before is not None and before.taken_on == today
    if kept and before is not None and evaluate(criterion, as_reading(before)).outcome is verdict.outcome:
        return False
    record_reading(
        revision,
        criterion.key,
        by=None,
        taken_on=today,
        value=reading.value,
        source=ReadingRow.Source.LIVE,
        data_sha256=reading.data_sha256,
        candidate_judged=release.label,
        candidate=release.label,
        unit=criterion.unit,
        metric_key=criterion.metric_key,
        data_name=criterion.data.name,
        data_digest=criterion.data.digest,
        slice=criterion.slice,
        by_name=f"Live figures of {deployment.title}"[:300],
        proof=mail.absolute(reverse("deployments:show", args=[deployment.pk])),
    )
    return True


def _tell_signers(
    deployment: Deployment, revision: Revision, figure: LiveFigure, *, was_met: bool, but: str
) -> None:
    """One mail to each address that signed the text, but for the one that the charter has told."""
    seats = Signatory.objects.filter(round__revision=revision, state=SeatState.SIGNED)
    people = {seat.email: seat.name for seat in seats if seat.email != but}
    for email, name in sorted(people.items()):
        mail.send(
            organization=deployment.organization,
            to=email,
            template="emails/live_breach",
            context={
                "name": name,
                "charter": revision.charter,
                "deployment": deployment,
                "criterion": figure.criterion.name,
                "said": WAS_MET if was_met else "is not met",
                "was_met": was_met,
                "why": verdict_words(figure),
                "link": mail.absolute(reverse("charters:readings", args=[revision.charter_id])),
            },
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _figure(criterion: Criterion, deployment: Deployment, release: Release, now: dt.datetime) -> LiveFigure:
    key = criterion.metric_key.strip().lower()
    if criterion.slice.strip() and (key in ONLY_LIVE or key.startswith("missing_")):
        return LiveFigure(criterion, None, why_not=f"This figure is not kept by slice ({criterion.slice}).")
    if key in PSI_KEYS or key.startswith("missing_"):
        return _of_drift(criterion, key, release, now)
    if key in SHARES or key in LATENCIES:
        return _of_buckets(criterion, key, deployment, release, now)
    return _of_truth(criterion, release, now)


def _of_drift(criterion: Criterion, key: str, release: Release, now: dt.datetime) -> LiveFigure:
    # What was made up is of no release.
    rows = DriftReading.objects.filter(deployment=release.deployment_id, end__gt=now - DAY, end__lte=now)
    last = rows.filter(release=release, simulated=False).order_by("-end").first()
    if last is None or last.psi_max is None:
        why = "No drift was measured in the last day."
        if rows.filter(simulated=True).exists():
            why = "The drift of the last day is simulated; it is shown and never counts."
        return LiveFigure(criterion, None, why_not=why)
    if key in PSI_KEYS:
        return LiveFigure(criterion, last.psi_max, last.rows)
    share = max((facts["missing"] for facts in last.features.values()), default=0.0)
    return LiveFigure(criterion, _in_percent(share, criterion), last.rows)


def _of_buckets(
    criterion: Criterion, key: str, deployment: Deployment, release: Release, now: dt.datetime
) -> LiveFigure:
    seen = _seen(deployment, release, now)
    if seen.count < FEWEST_REQUESTS:
        why = f"{seen.count} requests in the last day, {FEWEST_REQUESTS} are needed."
        return LiveFigure(criterion, None, seen.count, why)
    if key in LATENCIES:
        value = percentile(seen.latency, LATENCIES[key])
        return LiveFigure(criterion, value, seen.count, "" if value is not None else "No answer was timed.")
    share = seen.fallback_share if key == "fallback_share" else seen.error_share
    if share is None:
        return LiveFigure(criterion, None, seen.count, "No request could be answered.")
    return LiveFigure(criterion, _in_percent(share, criterion), seen.count)


def _seen(deployment: Deployment, release: Release, now: dt.datetime) -> Figures:
    return merge(
        Bucket.objects.filter(
            deployment=deployment,
            release_number=release.number,
            seconds=MINUTE,
            simulated=False,
            start__gt=now - DAY,
        )
    )


def _of_truth(criterion: Criterion, release: Release, now: dt.datetime) -> LiveFigure:
    """Over what was asked in the last four weeks and whose truth is known by now."""
    try:
        metric = metric_named(criterion.metric_key)
        conditions = conditions_of(criterion.slice)
        begin = now - WEEKS
        told = pairs_in(release, begin, now, conditions) if conditions else pairs_of(release, begin, now)
        threshold = criterion.data.threshold
        signed = Signed(criterion.data.positive_class, None if threshold is None else float(threshold))
        found = measure(metric, told, signed=signed)
        value = None if found.value is None else in_unit(metric, found.value, criterion.unit)
    except NotMeasurable as error:
        return LiveFigure(criterion, None, why_not=str(error))
    return LiveFigure(criterion, value, found.rows, found.why_not)


def pairs_of(release: Release, begin: dt.datetime, end: dt.datetime) -> Sequence[tuple[object, object]]:
    """Answers and their truth, the latest first."""
    rows = Feedback.objects.filter(release=release, simulated=False, asked_at__gt=begin, asked_at__lte=end)
    return list(rows.order_by("-asked_at").values_list("output", "truth")[:MOST_PAIRS])


def pairs_in(
    release: Release, begin: dt.datetime, end: dt.datetime, conditions: Sequence[tuple[str, str]]
) -> Sequence[tuple[object, object]]:
    """The same of one slice: of the rows whose inputs were sampled and are still kept.

    Which rows are sampled is drawn by chance, whatever stands in them, so that a slice is no other for it.
    Raises NotMeasurable where no inputs are kept, or a column of the slice is not among them.
    """
    told = Feedback.objects.filter(release=release, simulated=False, asked_at__gt=begin, asked_at__lte=end)
    kept = Sample.objects.filter(
        release=release, simulated=False, row__isnull=False, request_id__in=told.values("request_id")
    )
    newest = kept.order_by("-at").values_list("request_id", "row")[:MOST_PAIRS]
    rows = {item: row for item, row in newest if isinstance(row, dict)}
    if not rows:
        raise NotMeasurable("Of no row whose truth is known the inputs are kept.")
    for name, _ in conditions:
        if not any(name in row for row in rows.values()):
            raise NotMeasurable(f"{name} is not among the inputs that are kept of this deployment.")
    inside = {item for item, row in rows.items() if is_in(row, conditions)}
    found = told.order_by("-asked_at").values_list("request_id", "output", "truth")
    return [(output, truth) for item, output, truth in found.iterator() if item in inside]


def _in_percent(share: float, criterion: Criterion) -> float:
    return share * 100 if criterion.unit == "percent" else share
