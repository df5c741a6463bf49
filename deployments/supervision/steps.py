"""One release, one step further: files, packages, replicas, test, switch, and its end."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from deployments import drivers, sandbox
from deployments.actions.moving import move
from deployments.drivers.base import Spec
from deployments.evaluation.readings import failures_of, is_measured_as
from deployments.models import Build, Release
from deployments.references import reference_of, smoke_rows
from deployments.release import builds, requirements
from deployments.release.before import kept_as_fallback
from deployments.release.gate import VERIFIED
from deployments.release.lifecycle import ON_THE_WAY, State
from deployments.supervision import journal, smoke, store
from deployments.supervision.background import Background
from deployments.supervision.replicas import Replicas
from projects.tracking import model_files, records

ALL = 100
# A version that cannot be loaded is not tried for ever; one that has answered before is.
MOST_STARTS = 2
# Beyond the time for one answer, what drains gets this much to end.
DRAIN_SECONDS = 5.0
# What can go wrong with a release by its own fault, with a sentence for the person who waits.
FAULTS = (
    model_files.ModelFilesAreAway,
    requirements.NotTaken,
    builds.BuildFailed,
    sandbox.SandboxIsOff,
    smoke.SmokeTestFailed,
    store.FilesHaveChanged,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found out about a version before anything of it runs."""

    sha256: str
    signature: Mapping[str, Any]
    packages: list[str]
    python: str


class Steps:
    """Brings each release on, a step at a time; nothing here waits."""

    def __init__(self, background: Background, replicas: Replicas) -> None:
        self._background = background
        self._replicas = replicas
        self._followed: dict[Hashable, str] = {}

    def advance(self, release: Release) -> None:
        """One step; a fault of the release itself ends it and says why."""
        state = State(release.state)
        if release.cancel_requested and state in ON_THE_WAY:
            self._say(release, "It was called off.")
            move(release, State.CANCELLED)
            return
        try:
            _STEPS[state](self, release)
        except FAULTS as fault:
            if state not in ON_THE_WAY:
                raise
            self._fail(release, str(fault))

    def _waiting(self, release: Release) -> None:
        why = drivers.why_off(release.deployment.environment.driver)
        if why:
            self._fail(release, why)
            return
        self._show(release, "Copies the files of the version")
        done, found = self._background.do(("prepare", release.pk), lambda _: _prepare(release))
        if not done:
            return
        release.files_sha256, release.signature = found.sha256, dict(found.signature)
        release.save(update_fields=["files_sha256", "signature"])
        self._say(release, f"The files of {release} are here, SHA-256 {found.sha256}.")
        other = requirements.other_python(found.python)
        if other:
            self._say(release, f"Warning: {other}")
        if found.packages:
            self._say(
                release, "It needs packages that are not installed: an environment of its own is built."
            )
            move(release, State.BUILDING, step="Builds an environment for its packages")
        else:
            self._say(release, "The installed packages satisfy it.")
            move(release, State.STARTING, step="Starts replicas")

    def _building(self, release: Release) -> None:
        done, build = self._background.do(("build", release.pk), lambda event: _build(release, event))
        self._follow_build(release)
        if done:
            release.build = build
            release.save(update_fields=["build"])
            self._say(release, "The environment is there.")
            move(release, State.STARTING, step="Starts replicas")

    def _starting(self, release: Release) -> None:
        wanted = release.deployment.environment.replicas
        self.keep(release, wanted)
        if self._replicas.failed_starts(release) >= MOST_STARTS:
            self._fail_with_logs(release)
            return
        ready = len(self._replicas.ready(release))
        self._show(release, f"{ready} of {wanted} replicas are ready")
        if ready >= wanted:
            move(release, State.TESTING, step="Asks each replica the reference sample")

    def _testing(self, release: Release) -> None:
        self.keep(release, release.deployment.environment.replicas)
        addresses = [row.address for row in self._replicas.ready(release)]
        done, rows = self._background.do(("smoke", release.pk), lambda _: _smoke(release, addresses))
        if not done:
            return
        if rows:
            self._say(release, f"{rows} rows of the reference sample were answered by each replica.")
        else:
            self._say(release, "There is no reference sample to ask: it is only known to load.")
        move(release, State.READY, step="Ready to take over")

    def _ready(self, release: Release) -> None:
        wanted = release.deployment.environment.replicas
        self.keep(release, wanted)
        if len(self._replicas.ready(release)) < wanted:
            if self._replicas.failed_starts(release) >= MOST_STARTS:
                self._fail_with_logs(release)
        elif release.begin_weight >= ALL:
            self._say(release, "It takes over.")
            move(release, State.LIVE)
        else:
            self._say(release, f"It begins with {release.begin_weight} % of the requests.")
            move(release, State.CANARY)

    def _answering(self, release: Release) -> None:
        self.keep(release, release.deployment.environment.replicas)

    def _draining(self, release: Release) -> None:
        if kept_as_fallback(release.deployment) == release.pk:
            self._show(release, "Kept as the fallback")
            self.keep(release, 1)
            return
        self._background.end(lambda key: key != ("have", release.pk))
        rows = self._replicas.of(release)
        self._replicas.drain(rows)
        longest = release.deployment.environment.timeout_ms / 1000 + DRAIN_SECONDS
        self._replicas.end([row for row in rows if self._replicas.may_end(row, longest)])
        if not self._replicas.of(release):
            move(release, State.STOPPED)

    def keep(self, release: Release, wanted: int) -> None:
        """Have so many replicas: start those that are missing, drain those that are too many."""
        surplus = [row for row in self._replicas.own(release) if row.number > wanted]
        if len(self._replicas.ready(release)) >= wanted:
            # The environment has another driver than they were started by, and its replicas answer now.
            surplus += self._replicas.former(release)
        self._replicas.drain(surplus)
        longest = release.deployment.environment.timeout_ms / 1000 + DRAIN_SECONDS
        self._replicas.end([row for row in surplus if self._replicas.may_end(row, longest)])
        numbers = self._replicas.wants_start(release, wanted)
        if not numbers:
            return
        # Files are checked before each start, and what was lost meanwhile is brought back.
        done, spec = self._background.do(("have", release.pk), lambda event: _have(release, event))
        if done:
            self._replicas.start(release, spec, numbers)

    def _fail(self, release: Release, why: str) -> None:
        self._say(release, f"It failed: {why}")
        move(release, State.FAILED, message=why)

    def _fail_with_logs(self, release: Release) -> None:
        last = release.replicas.exclude(ended_at=None).order_by("-ended_at").first()
        if last is not None:
            said = drivers.driver(last.driver).logs(last.pk.hex[:12])
            journal.quote(release, said)
        self._fail(release, f"A replica does not start: {last.message if last else ''}")

    def _follow_build(self, release: Release) -> None:
        """What the installer has said since the last look."""
        packages = self._followed.get(("packages", release.pk))
        if packages is None:
            found = model_files.describe(_slug(release), release.model, release.version)
            packages = requirements.key(builds.lines_for(found.requirements))
            self._followed["packages", release.pk] = packages
        said = builds.log_of(packages, 1_000_000)
        seen = self._followed.get(("said", release.pk), "")
        journal.quote(release, said.removeprefix(seen))
        self._followed["said", release.pk] = said

    def _show(self, release: Release, step: str) -> None:
        """What the page says of it now."""
        if release.step != step:
            release.step = step
            release.save(update_fields=["step"])

    def _say(self, release: Release, sentence: str) -> None:
        journal.note(release, sentence)


_STEPS = {
    State.WAITING: Steps._waiting,
    State.BUILDING: Steps._building,
    State.STARTING: Steps._starting,
    State.TESTING: Steps._testing,
    State.READY: Steps._ready,
    State.CANARY: Steps._answering,
    State.LIVE: Steps._answering,
    State.DRAINING: Steps._draining,
}


def spec_of(release: Release) -> Spec:
    deployment = release.deployment
    environment = deployment.environment
    return Spec(
        release=release.pk.hex,
        name=f"{_slug(release)}/{deployment.name}/{release.number}",
        model=store.folder(release.files_sha256),
        python=builds.python_of(release.build),
        memory_mb=environment.memory_mb,
        at_once=environment.at_once,
        timeout_ms=environment.timeout_ms,
        profile=_profile(release),
    )


def _prepare(release: Release) -> Prepared:
    told = model_files.describe(_slug(release), release.model, release.version)
    # Going back means the files that answered then; a version going out means those that were measured.
    sha256 = store.take(_slug(release), release.model, release.version, release.files_sha256)
    _require_measured(release, sha256)
    return Prepared(sha256, told.signature, builds.lines_for(told.requirements), told.python)


def _require_measured(release: Release, sha256: str) -> None:
    """The gate went by readings of this version: its files must not have been replaced since."""
    passed = any(one["key"] == VERIFIED and one["holds"] for one in release.gate)
    project = release.deployment.project
    if project is None or not (passed and release.deployment.environment.wants_verified):
        return
    if release.kind == Release.Kind.DEPLOY and not is_measured_as(
        project, release.model, release.version, sha256
    ):
        raise store.FilesHaveChanged(
            f"The files of {release} are not those that were measured. Have the version measured again, "
            "then deploy it."
        )


def _build(release: Release, event: threading.Event) -> Build | None:
    told = model_files.describe(_slug(release), release.model, release.version)
    packages = builds.lines_for(told.requirements)
    return builds.make(packages, asked_to_end=event) if packages else None


def _have(release: Release, event: threading.Event) -> Spec:
    """Everything that a replica starts from, as it was when the release was made."""
    store.take(_slug(release), release.model, release.version, release.files_sha256)
    if release.build is not None:
        builds.make(release.build.requirements.splitlines(), asked_to_end=event)
    return spec_of(release)


def _smoke(release: Release, addresses: list[str]) -> int:
    if release.deployment.project is None:
        raise AssertionError("what is served here has a project")
    try:
        rows = smoke_rows(release.deployment.project, release.model, release.version) or []
    except records.TrackingIsAway:
        rows = []
    if rows:
        smoke.warm_up_and_test(addresses, rows, release.deployment.environment.timeout_ms)
    return len(rows)


def _profile(release: Release) -> dict[str, Any]:
    project = release.deployment.project
    if project is None:
        return {}
    reference = reference_of(project, release.model, release.version)
    failures = failures_of(project, release.model, release.version)
    return {**(reference.profile if reference else {}), "failures": failures}


def _slug(release: Release) -> str:
    project = release.deployment.project
    return project.slug if project is not None else ""
