"""What the story tells of models in operation: where they run, who answers, and made-up figures of weeks.

The figures are drawn, not measured: no pump has asked. Each row says `simulated`, and so does the page. The
version itself is deployed once its runs are made (`deploy`), by the action behind the button.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils import timezone

from charters.actions import record_reading
from charters.models import Reading
from charters.queries import revision_in_force
from deployments import sandbox
from deployments.actions.environments import save_environment
from deployments.actions.keeping import open_deployment, register_external
from deployments.actions.releasing import request_release
from deployments.models import Alert, Bucket, Change, Deployment, DriftReading, Environment
from deployments.watch.figures import BOUNDS, HOUR, MINUTE, TIMEOUT, begin_of, count_prediction, place_of
from projects.models import Project
from reports.demo.clock import Calendar
from reports.demo.people import OWNER, Firm, settle_mail
from reports.demo.story import FRIDAY, Entry, Story, content

if TYPE_CHECKING:
    from reports.demo.charters import Told

SAID_BY = "Simulated live figures"
NO_PROOF = "Simulated: no pump has sent these figures."
WHY = "Shadow operation beside the service interval, as decided by Rolf Tennfjord and security."
PURPOSE = "Answers are noted beside the rule in use; nobody acts on them."
KEY = "c6"
# What the other inputs drift by, which is nothing to speak of.
QUIET = 0.04
WINDOW_ROWS = 400
NOON, WIDTH_HOURS = 12, 3.5


class Served:
    """One deployment while it is told; the project is opened by the story before."""

    def __init__(self, told: Told, entry: Entry) -> None:
        self.told, self.entry = told, entry
        self.story: Story = told.story
        self.deployment: Deployment

    def open(self) -> None:
        firm, story, entry = self.told.firm, self.story, self.entry
        values = {"name": entry["environment"].title(), "policy": entry["policy"], "purpose": PURPOSE}
        shadow = save_environment(
            firm.organization,
            by=firm.users[OWNER],
            values=values | {"replicas": entry["replicas"], "deployers": Environment.Deployers.LEADS},
        )
        fallback = entry["fallback"]
        project = Project.objects.get(organization=firm.organization, charter=self.told.charter)
        self.deployment = open_deployment(
            project,
            shadow,
            by=self.told.lead,
            name=entry["name"],
            values={
                "title": self.told.entry["title"],
                "owner_name": story.name(entry["owner"]),
                "fallback": fallback["kind"],
                "fallback_value": 0,
                "fallback_words": fallback["value"],
                "rehearsed_on": story.date(fallback["rehearsed_day"]),
            },
        )

    def happens(self, event: Entry) -> None:
        Change.objects.create(
            deployment=self.deployment, kind="told", words=event["text"], at=timezone.now(), simulated=True
        )

    def read(self, value: float) -> None:
        """The figure that answers the signed guard rail, as of the day that is told."""
        revision = revision_in_force(self.told.charter)
        if revision is None:
            raise LookupError(f"{self.told.charter.code} is not in force yet")
        record_reading(
            revision,
            KEY,
            by=None,
            taken_on=timezone.now().astimezone(self.story.zone).date(),
            value=value,
            source=Reading.Source.LIVE,
            candidate=f"{self.entry['name']}/{self.entry['version']}",
            unit="none",
            metric_key="psi_max",
            data_name="live figures",
            by_name=SAID_BY,
            proof=NO_PROOF,
        )
        settle_mail(self.told.firm)

    def alarm(self) -> None:
        """The breach, which the one who answers for the operation took the same morning."""
        alert, story = self.entry["alert"], self.story
        taken, since = alert["acknowledged"], _at(story, alert["since"])
        feature = f"{alert['feature']}, {alert['slice']}"
        words = f"was met, now failing: {alert['value']} ({feature}); asked: at most {alert['limit']}"
        Alert.objects.create(
            deployment=self.deployment,
            kind="criterion",
            key=f"criterion:{KEY}",
            words=f"“{_criterion_name(self.told)}” {words}",
            value=alert["value"],
            limit=alert["limit"],
            opened_at=since,
            told=[{"name": story.name(key), "at": since.isoformat()} for key in alert["told"]],
            told_at=since,
            taken_by=self.told.firm.users[taken["by"]],
            taken_name=story.name(taken["by"]),
            taken_at=_at(story, taken),
            note=f"{taken['note']} Agreed: {alert['agreed_reaction']}",
            simulated=True,
        )


def enter(told: Told, calendar: Calendar) -> None:
    """Enters the deployments of a charter and what is told of them into the calendar."""
    story = told.story
    for entry in story.content["deployments"]:
        if entry["charter"] != told.entry["id"]:
            continue
        served, first = Served(told, entry), entry["since_day"]
        calendar.at(story.moment(first, "05:30"), served.open)
        for event in entry["events"]:
            calendar.at(_at(story, event), partial(served.happens, event))
        told_on = entry["alert"]["psi_by_day"]
        calendar.at(story.moment(first + 1, "06:40"), partial(served.read, told_on[first]))
        since = _at(story, entry["alert"]["since"])
        calendar.at(since, partial(served.read, entry["alert"]["value"]))
        calendar.at(_at(story, entry["alert"]["acknowledged"]), served.alarm)


def enter_elsewhere(story: Story, firm: Firm, calendar: Calendar) -> None:
    """What ran before this tool was used, registered by hand."""
    for entry in story.content["outside_the_tool"]["deployments"]:
        calendar.at(story.moment(-19, "15:20"), partial(_register, story, firm, entry))


def _register(story: Story, firm: Firm, entry: Entry) -> None:
    register_external(
        firm.organization,
        Environment.objects.get(organization=firm.organization, slug=entry["environment"]),
        by=firm.facilitator,
        values={
            "title": entry["name"],
            "owner_name": story.name(entry["owner"]),
            "deputy_name": story.name(entry["deputy"]),
            "vendor": entry["vendor"],
            "external_version": entry["version"],
            "fallback_words": entry["fallback"],
            "since": story.date(entry["since_day"]),
            "note": entry["note"],
        },
    )


def draw(story: Story, firm: Firm) -> None:
    """Traffic and drift from the first day until now, in hours, and in minutes for the last day."""
    until = timezone.now()
    for entry in story.content["deployments"]:
        found = Deployment.objects.filter(organization=firm.organization, name=entry["name"])
        deployment = found.select_related("project").first()
        if deployment is None:
            continue
        chance = np.random.Generator(np.random.PCG64(entry["telemetry"]["seed"]))
        begin = begin_of(story.moment(entry["since_day"], "06:00"), HOUR)
        buckets: list[Bucket] = []
        while begin < until:
            buckets += _an_hour(story, entry, deployment, begin, until, chance)
            begin += dt.timedelta(seconds=HOUR)
        Bucket.objects.bulk_create(buckets, batch_size=500)
        DriftReading.objects.bulk_create(_drift(story, entry, deployment, until, chance))


def deployment_of(project: Project) -> Deployment | None:
    """The demo's deployment of this project, which the loader has made."""
    name = content()["deployments"][0]["name"]
    return Deployment.objects.filter(project=project, name=name, archived_at=None).first()


def is_deployed(project: Project) -> bool:
    """Whether the version was asked for, or there is nothing that could run it."""
    deployment = deployment_of(project)
    return deployment is None or deployment.releases.exists() or bool(sandbox.why_off())


def deploy(project: Project, *, by: Any) -> None:
    """The best version, by the action behind the button; safe to repeat."""
    deployment, candidate = deployment_of(project), project.candidates.first()
    if deployment is None or candidate is None or is_deployed(project):
        return
    request_release(deployment, by=by, model=candidate.model, version=candidate.version, why=WHY)


def _at(story: Story, entry: Entry) -> dt.datetime:
    return story.moment(entry["day"], entry["time"])


def _criterion_name(told: Told) -> str:
    return str(told.entry["criteria"][int(KEY[1:]) - 1]["name"])


def _drift(
    story: Story, entry: Entry, deployment: Deployment, until: dt.datetime, chance: np.random.Generator
) -> list[DriftReading]:
    """A reading each morning; between the days of the file the way is straight."""
    alert = entry["alert"]
    told = {int(day): float(value) for day, value in alert["psi_by_day"].items()}
    days, rows, day = sorted(told), [], min(told)
    while (end := story.moment(day, "06:30")) <= until:
        value = round(float(np.interp(day, days, [told[one] for one in days])), 3)
        features = {
            name: _feature(value if name == alert["feature"] else QUIET * float(chance.random()))
            for name in story.content["training"]["features"]
        }
        rows.append(
            DriftReading(
                deployment=deployment,
                start=end - dt.timedelta(days=1),
                end=end,
                rows=WINDOW_ROWS,
                features=features,
                psi_max=value,
                psi_feature=alert["feature"],
                simulated=True,
            )
        )
        day += 1
    return rows


def _feature(value: float) -> dict[str, Any]:
    return {
        "kind": "number",
        "psi": round(value, 3),
        "ks": round(value / 2, 3),
        "js": None,
        "missing": 0.0,
        "missing_then": 0.0,
        "rows": WINDOW_ROWS,
        "why_not": "",
    }


def _an_hour(
    story: Story,
    entry: Entry,
    deployment: Deployment,
    begin: dt.datetime,
    until: dt.datetime,
    chance: np.random.Generator,
) -> list[Bucket]:
    """The hour, and its minutes where it lies in the last day."""
    telemetry, local = entry["telemetry"], begin.astimezone(story.zone)
    low, high = telemetry["requests_weekend" if local.weekday() > FRIDAY else "requests_per_workday"]
    # Requests come with the working day: most in the hours around noon, in a bell of that width.
    share = np.exp(-(((local.hour - NOON) / WIDTH_HOURS) ** 2) / 2) / (WIDTH_HOURS * np.sqrt(2 * np.pi))
    minutes = chance.integers(0, 60, int(chance.poisson(chance.uniform(low, high) * share)))
    median = chance.uniform(*telemetry["latency_p95_ms"]) / 1.9
    rows: dict[tuple[int, dt.datetime], Bucket] = {}
    for minute in sorted(int(one) for one in minutes):
        moment = begin + dt.timedelta(minutes=minute)
        if moment >= until:
            break
        took = float(chance.lognormal(np.log(median), np.log(1.9) / 1.645))
        wrong, alarm = chance.random(2) < (telemetry["error_share"], telemetry["alarm_share"])
        places = [(HOUR, begin)]
        if moment > until - dt.timedelta(days=1):
            places.append((MINUTE, moment))
        for seconds, start in places:
            row = rows.setdefault((seconds, start), _empty(deployment, seconds, start))
            _count(row, took, int(alarm), wrong=bool(wrong))
    return list(rows.values())


def _empty(deployment: Deployment, seconds: int, start: dt.datetime) -> Bucket:
    return Bucket(
        deployment=deployment,
        release_number=1,
        seconds=seconds,
        start=start,
        simulated=True,
        latency=[0] * (len(BOUNDS) + 1),
        errors={},
        outputs={},
    )


def _count(row: Bucket, took: float, alarm: int, *, wrong: bool) -> None:
    row.count += 1
    row.latency[place_of(took)] += 1
    if wrong:
        row.errors[TIMEOUT] = row.errors.get(TIMEOUT, 0) + 1
        row.fallbacks += 1
        return
    row.rows += 1
    count_prediction(row.outputs, alarm)
