"""The card of a version, put together from what was tracked and what was signed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from charters.document import CharterText
from charters.keeping import standing_of
from charters.kept_page import VerdictRow, verdict_rows
from charters.limits import Limit, limits_of
from charters.models import Revision, Signatory
from charters.signoff import SeatState
from charters.signoff import State as CharterState
from deployments.models import Reference, Release
from deployments.references import reference_of
from deployments.release.gate_facts import charter_that_holds
from projects.models import Project
from projects.tracking import records
from projects.tracking.records import Input, Run, TrackingIsAway, Version
from ui.formats import day


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of one version; `away` where tracking does not answer and its run cannot be read."""

    model: str
    version: int
    registered: Version | None
    run: Run | None
    inputs: tuple[Input, ...]
    away: bool
    reference: Reference | None
    releases: tuple[Release, ...]
    revision: Revision | None = None
    verdicts: tuple[VerdictRow, ...] = ()
    limits: tuple[Limit, ...] = ()
    signed: tuple[Signatory, ...] = ()
    text: CharterText = field(default_factory=CharterText)

    @property
    def name(self) -> str:
        return f"{self.model} version {self.version}"


def card_of(project: Project, model: str, version: int) -> Card | None:
    """The card; None for a version that was neither registered nor ever deployed."""
    releases = Release.objects.filter(deployment__project=project, model=model, version=version)
    deployed = tuple(releases.select_related("deployment__environment").order_by("-asked_at")[:20])
    registered, run, inputs, away = _tracked(project, model, version)
    if registered is None and not deployed:
        return None
    card = Card(
        model=model,
        version=version,
        registered=registered,
        run=run,
        inputs=inputs,
        away=away,
        reference=reference_of(project, model, version),
        releases=deployed,
    )
    revision = charter_that_holds(project)
    return _signed(card, revision) if revision is not None else card


def _signed(card: Card, revision: Revision) -> Card:
    """The card with what was signed: criteria with their verdicts for it, honest limits, and by whom."""
    standing = standing_of(revision, candidate=f"{card.model}/{card.version}")
    seats = Signatory.objects.filter(
        round__revision=revision, round__state=CharterState.IN_FORCE, state=SeatState.SIGNED
    )
    return replace(
        card,
        revision=revision,
        verdicts=tuple(verdict_rows(standing)),
        limits=limits_of(standing.text, day=day),
        signed=tuple(seats.order_by("step", "name")),
        text=standing.text,
    )


def _tracked(
    project: Project, model: str, version: int
) -> tuple[Version | None, Run | None, tuple[Input, ...], bool]:
    try:
        rows = records.versions_of(project.slug)
        found = next((row for row in rows if (row.model, row.version) == (model, version)), None)
        detail = records.run_detail(project.slug, found.run) if found and found.run else None
    except TrackingIsAway:
        return None, None, (), True
    return found, detail.run if detail else None, detail.inputs if detail else (), False
