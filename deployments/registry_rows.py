"""The rows of the registry: what answers where, how it stands and does, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Max, Q, Sum
from django.utils import timezone

from charters.criteria import Outcome
from charters.keeping import Standing, standings_for
from deployments.models import Alert, Bucket, Change, Deployment, Release, Waiver
from deployments.presentation import deployment_state
from deployments.release.gate_facts import ended_with
from deployments.release.lifecycle import ON_THE_WAY, State
from deployments.watch.figures import DAY, MINUTE, begin_of
from roadmap.queries import today_of

TRAFFIC = dt.timedelta(days=1)
# Of the rolled-up days: today and those before it, what was asked in the last minutes comes later.
LONGER = dt.timedelta(days=29)
# What needs action first.
ORDER = {"bad": 0, "watch": 1, "open": 2, "good": 3, "neutral": 4}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of the last 24 hours and of 30 days, each with whether they were simulated."""

    day: int = 0
    day_simulated: bool = False
    month: int = 0
    month_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment as the registry shows it."""

    deployment: Deployment
    release: Release | None
    kind: str
    word: str
    health_kind: str
    health: str
    # Whether all that is wrong is made up, as in the demo.
    only_simulated: bool
    version: str
    endpoint: str
    charter: str
    verdict_kind: str
    verdict: str
    waiver: str
    traffic: Traffic
    changed_at: dt.datetime | None
    changed: str

    @property
    def needs_attention(self) -> bool:
        """An alert is open, or the last release has failed."""
        return self.health_kind in ("bad", "watch") or self.kind == "bad"


def rows_of(deployments: Sequence[Deployment]) -> list[Row]:
    """One row for each, in the order given."""
    if not deployments:
        return []
    ids = [row.pk for row in deployments]
    releases = _releases(ids)
    standings = _standings(deployments, releases)
    traffic, changes, alerts = _traffic(ids), _last_changes(ids), _alerts(ids)
    waivers = _waivers(releases.values())
    return [
        _row(
            one,
            releases.get(one.pk, {}),
            standings,
            traffic.get(one.pk, Traffic()),
            changes.get(one.pk),
            alerts.get(one.pk, []),
            waivers,
        )
        for one in deployments
    ]


def _row(
    one: Deployment,
    found: dict[str, Release],
    standings: dict[tuple[UUID, str], Standing],
    traffic: Traffic,
    change: Change | None,
    alerts: list[Alert],
    waivers: dict[UUID, Waiver],
) -> Row:
    live, open_ = found.get("live"), found.get("open")
    shown = live or open_ or found.get("last")
    kind, word = deployment_state(one, live, open_, found.get("last"))
    health_kind, health = _health(one, live, alerts)
    verdict_kind, verdict = _verdict(one, shown, standings)
    return Row(
        deployment=one,
        release=shown,
        kind=kind,
        word=word,
        health_kind=health_kind,
        health=health,
        only_simulated=bool(alerts) and all(row.simulated for row in alerts),
        version=str(shown) if shown else f"Version {one.external_version}" if one.external_version else "",
        endpoint=one.endpoint if one.is_external else _address(one),
        charter=one.project.charter.code if one.project and one.project.charter else "",
        verdict_kind=verdict_kind,
        verdict=verdict,
        waiver=_waiver_words(shown, waivers, one),
        traffic=traffic,
        changed_at=change.at if change else None,
        changed=change.words if change else "",
    )


def _address(one: Deployment) -> str:
    return f"/serve/{one.project.slug}/{one.name}/" if one.project else ""


def _releases(ids: Iterable[UUID]) -> dict[UUID, dict[str, Release]]:
    """The live release, the one under way and the last one of each deployment."""
    last = Release.objects.filter(deployment__in=ids).values("deployment").annotate(top=Max("number"))
    tops = {(row["deployment"], row["top"]) for row in last}
    wanted = Release.objects.filter(deployment__in=ids).only(
        "deployment", "number", "model", "version", "state", "weight", "waiver", "live_at", "kind"
    )
    found: dict[UUID, dict[str, Release]] = defaultdict(dict)
    open_states = [*ON_THE_WAY, State.CANARY, State.LIVE]
    numbers = [top for _, top in tops]
    for row in [*wanted.filter(state__in=open_states), *wanted.filter(number__in=numbers)]:
        own = found[row.deployment_id]
        if row.state == State.LIVE:
            own["live"] = row
        elif row.state in open_states:
            own["open"] = row
        if (row.deployment_id, row.number) in tops:
            own["last"] = row
    return found


def _standings(
    deployments: Sequence[Deployment], releases: dict[UUID, dict[str, Release]]
) -> dict[tuple[UUID, str], Standing]:
    """How each charter stands for the version that is deployed."""
    wanted: dict[UUID, set[str | None]] = defaultdict(set)
    for one in deployments:
        found = releases.get(one.pk, {})
        shown = found.get("live") or found.get("open") or found.get("last")
        if one.project is not None and one.project.charter_id is not None and shown is not None:
            wanted[one.project.charter_id].add(shown.label)
    return {(pk, str(label)): standing for (pk, label), standing in standings_for(wanted).items()}


def _verdict(
    one: Deployment, shown: Release | None, standings: dict[tuple[UUID, str], Standing]
) -> tuple[str, str]:
    if one.project is None or one.project.charter_id is None:
        return "neutral", "No charter"
    standing = standings.get((one.project.charter_id, shown.label)) if shown else None
    if standing is None:
        return "neutral", "Nothing to judge"
    musts = [item for item in standing.judged if item.criterion.must]
    met = sum(item.verdict.outcome is Outcome.MET for item in musts)
    missed = any(item.verdict.outcome is Outcome.MISSED for item in musts)
    kind = "good" if met == len(musts) else "bad" if missed else "open"
    return kind, f"{met} of {len(musts)} musts met"


def _traffic(ids: Iterable[UUID]) -> dict[UUID, Traffic]:
    """Requests of two spans; simulated ones never join real ones, and give way to them."""
    now = timezone.now()
    last_day = Q(seconds=MINUTE, start__gte=now - TRAFFIC)
    month = Q(seconds=DAY, start__gte=begin_of(now, DAY) - LONGER)
    rows = Bucket.objects.filter(last_day | month, deployment__in=ids)
    counted = rows.values("deployment", "seconds", "simulated").annotate(n=Sum("count"))
    found: dict[UUID, Traffic] = {}
    for row in counted.order_by("-simulated"):
        if row["n"]:
            name = "day" if row["seconds"] == MINUTE else "month"
            facts: dict[str, Any] = {name: row["n"], f"{name}_simulated": row["simulated"]}
            found[row["deployment"]] = replace(found.get(row["deployment"], Traffic()), **facts)
    return found


def _last_changes(ids: Iterable[UUID]) -> dict[UUID, Change]:
    last = Change.objects.filter(deployment__in=ids).values("deployment").annotate(at=Max("at")).order_by()
    moments = {(row["deployment"], row["at"]) for row in last}
    rows = Change.objects.filter(deployment__in=ids, at__in=[at for _, at in moments]).order_by("at", "pk")
    return {row.deployment_id: row for row in rows if (row.deployment_id, row.at) in moments}


def _alerts(ids: Iterable[UUID]) -> dict[UUID, list[Alert]]:
    found: dict[UUID, list[Alert]] = defaultdict(list)
    for row in Alert.objects.filter(deployment__in=ids, closed_at=None).order_by("opened_at"):
        found[row.deployment_id].append(row)
    return found


def _health(one: Deployment, live: Release | None, alerts: list[Alert]) -> tuple[str, str]:
    if alerts:
        more = f", and {len(alerts) - 1} more" if len(alerts) > 1 else ""
        taken = all(row.taken_at is not None for row in alerts)
        return "watch" if taken else "bad", f"{alerts[0].words}{alerts[0].made_up}{more}"
    if one.is_external:
        return "neutral", "Not watched here"
    return ("good", "Nothing wrong") if live is not None else ("neutral", "–")


def _waivers(found: Iterable[dict[str, Release]]) -> dict[UUID, Waiver]:
    ids = {row.waiver_id for own in found for row in own.values() if row.waiver_id}
    return {row.pk: row for row in Waiver.objects.filter(pk__in=ids).select_related("project__charter")}


def _waiver_words(shown: Release | None, waivers: dict[UUID, Waiver], one: Deployment) -> str:
    row = waivers.get(shown.waiver_id) if shown and shown.waiver_id else None
    if row is None:
        return ""
    holds = row.holds(today_of(one.organization)) and ended_with(row) is None
    return "By waiver" if holds else "Its waiver has ended"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asked the table for. `sort` "" puts first what needs action."""

    text: str = ""
    environment: str = ""
    state: str = ""
    sort: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wish:
        state, sort = given.get("state", ""), given.get("sort", "")
        return cls(
            text="".join(letter for letter in given.get("text", "") if letter >= " ")[:100].strip(),
            environment=given.get("environment", "")[:40],
            state=state if state in STATES else "",
            sort=sort if sort in SORTS else "",
        )

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.environment or self.state)

    def query(self, **other: str) -> str:
        """The same wish as the query of an address, with some of it changed."""
        values = {"text": self.text, "environment": self.environment, "state": self.state, "sort": self.sort}
        return urlencode({name: value for name, value in (values | other).items() if value})


STATES = {
    "live": "Live",
    "open": "On its way or canary",
    "alert": "With an alert",
    "stopped": "Stopped or failed",
    "external": "Runs elsewhere",
}
SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "title": ("Deployment", lambda row: row.deployment.title.lower()),
    "environment": ("Environment", lambda row: (row.deployment.environment.position, row.deployment.title)),
    "traffic": ("Requests", lambda row: (-row.traffic.day, -row.traffic.month)),
    "changed": ("Last change", lambda row: -(row.changed_at.timestamp() if row.changed_at else 0)),
}


def fitting(rows: Iterable[Row], wish: Wish) -> list[Row]:
    """The rows that were asked for, what needs action first unless another order was asked for."""
    found = [row for row in rows if _fits(row, wish)]
    key = SORTS[wish.sort][1] if wish.sort else _by_need
    return sorted(found, key=key)


def _by_need(row: Row) -> Any:
    worst = min(ORDER[row.health_kind], ORDER[row.kind], ORDER[row.verdict_kind])
    return (worst, row.deployment.title.lower(), str(row.deployment.pk))


def _fits(row: Row, wish: Wish) -> bool:
    one = row.deployment
    if wish.environment and one.environment.slug != wish.environment:
        return False
    if wish.state and not _in_state(row, wish.state):
        return False
    said = f"{one.title} {one.name} {one.owner_name} {row.version} {row.charter} {row.endpoint} {one.vendor}"
    return wish.text.lower() in said.lower()


def _in_state(row: Row, state: str) -> bool:
    if state == "external":
        return row.deployment.is_external
    if state == "alert":
        return row.health_kind in ("bad", "watch")
    if state == "live":
        return row.release is not None and row.release.state == State.LIVE
    if state == "open":
        return row.release is not None and row.release.state in {*ON_THE_WAY, State.CANARY}
    return row.word in ("Stopped", "Failed")
