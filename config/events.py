"""What apps tell to webhooks and digests: kinds of events, and the objects that they are about.

``words`` follows in digests; ``{name}`` is the object's, the rest comes from the event's data.
"""

from __future__ import annotations

from jobs.event_kinds import Kind, Subject

CHARTER, READINGS, DECISION = "charters:show", "charters:readings", "charters:decision"
PROJECT, ASKS, CHECKINS = "projects:show", "projects:asks", "projects:checkins"
DEPLOYMENT, LIVE = "deployments:history", "deployments:show"
CRITERIA, RECORDS = "projects:criteria", "projects:records"

SUBJECTS: dict[str, Subject] = {
    "charters.charter": Subject("charter", "charters.access.get_charter"),
    "projects.project": Subject("project", "projects.access.get_project"),
    "deployments.deployment": Subject("deployment", "deployments.access.get_deployment"),
}
KINDS: dict[str, Kind] = {
    "charter.sent": Kind("charters", "Revision {revision} of {name} went out for signature.", CHARTER),
    "charter.declined": Kind("charters", "A signature of {name} was declined.", CHARTER),
    "charter.withdrawn": Kind("charters", "{name} was withdrawn from signature.", CHARTER),
    "charter.in_force": Kind("charters", "{name} is in force.", CHARTER),
    "charter.change_opened": Kind("charters", "Change request {change} of {name} was opened.", CHARTER),
    "charter.change_dropped": Kind("charters", "Change request {change} of {name} was dropped.", CHARTER),
    "charter.change_in_force": Kind(
        "charters", "A change of {name} is in force: revision {revision}.", CHARTER
    ),
    "charter.cancelled": Kind("charters", "{name} was cancelled.", CHARTER),
    "charter.decided": Kind("charters", "{name} was decided: {outcome}.", DECISION),
    "charter.verdict_changed": Kind(
        "verdicts", "The verdict of {name} was “{was}” and is “{now}”.", READINGS
    ),
    "criterion.verdict_changed": Kind(
        "verdicts", "“{criterion}” of {name} was “{was}” and is “{now}”.", READINGS
    ),
    "reading.run_edited": Kind(
        "verdicts", "The run behind “{criterion}” of {name} was edited: a new reading was kept.", READINGS
    ),
    "reading.run_deleted": Kind(
        "verdicts", "The run behind “{criterion}” of {name} was deleted; the reading stays.", READINGS
    ),
    "reading.differs": Kind(
        "verdicts",
        "The product measured {measured} for “{criterion}” of {name}; {reported} was reported.",
        READINGS,
    ),
    "project.opened": Kind("projects", "{name} was opened.", PROJECT),
    "project.asked": Kind("projects", "{name} waits for an answer.", ASKS),
    "project.ask_answered": Kind("projects", "{name} got an answer it waited for.", ASKS),
    "project.ask_withdrawn": Kind("projects", "{name} took an ask back.", ASKS),
    "project.ask_escalated": Kind(
        "projects", "An answer that {name} waits for is overdue; its sponsor was told.", ASKS
    ),
    "project.checked_in": Kind("projects", "{name} checked in: {health}.", CHECKINS),
    "project.checkin_missing": Kind(
        "projects", "The check-in of {name} for the week of {week} is missing.", CHECKINS
    ),
    "project.candidate_nominated": Kind("projects", "{name} nominated {model} version {version}.", CRITERIA),
    "project.decision_logged": Kind("projects", "{name} logged a decision.", RECORDS),
    "deployment.alert_opened": Kind("deployments", "{name} calls for somebody: {words}.", LIVE),
    "deployment.alert_closed": Kind("deployments", "An alert of {name} is over.", LIVE),
    "deployment.canary": Kind(
        "deployments", "{model} version {version} answers a share of the requests of {name}.", DEPLOYMENT
    ),
    "deployment.failed": Kind("deployments", "Release {release} of {name} has failed.", DEPLOYMENT),
    "deployment.released": Kind("deployments", "{model} version {version} is live at {name}.", DEPLOYMENT),
    "deployment.rolled_back": Kind(
        "deployments", "{name} was rolled back to {model} version {version}.", DEPLOYMENT
    ),
    "deployment.stopped": Kind("deployments", "{name} was stopped.", DEPLOYMENT),
    "deployment.waiver_asked": Kind(
        "deployments", "{name}: a waiver for {model} version {version} waits for two signatures.", PROJECT
    ),
    "deployment.waiver_holds": Kind(
        "deployments",
        "{name}: a waiver for {model} version {version} is signed by two, until {until}.",
        PROJECT,
    ),
    "deployment.waiver_withdrawn": Kind(
        "deployments", "{name}: a waiver for {model} version {version} was withdrawn.", PROJECT
    ),
}
