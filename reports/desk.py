"""The desk: who reads it, and what the apps put on it.

Apps contribute by functions named in ``config/panels.py`` under ``desk.waits``, ``desk.late`` and
``desk.line``; they take a Reader and return rows of ``reports/duties.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from accounts.localize import zone_of
from accounts.models import Membership, Organization, User
from reports.duties import Change, Delay, Duty, Stop, finding, in_order, latest, since_words, why_these
from reports.models import DeskVisit

Found = TypeVar("Found")
A_NEW_VISIT = timedelta(hours=1)
WRITE_EVERY = timedelta(minutes=5)
FIRST_VISIT_SHOWS = timedelta(days=7)


@dataclass(frozen=True)
class Reader:
    """The person at the desk, in one organization, at one moment in that organization's time zone."""

    user: User
    membership: Membership
    now: datetime
    _known: dict[Callable[[Reader], Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, ask: Callable[[Reader], Found]) -> Found:
        """What ``ask`` finds for this reader; several parts of the desk ask the same."""
        if ask not in self._known:
            self._known[ask] = ask(self)
        found: Found = self._known[ask]
        return found

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def leads(self) -> bool:
        """Whether facilitating is this reader's work: owners and facilitators."""
        return self.membership.role in ("owner", "facilitator")

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.now.tzinfo)

    def day_of(self, moment: datetime | None) -> date | None:
        return self.local(moment).date() if moment else None


def reader_of(membership: Membership, now: datetime) -> Reader:
    """The reader behind a membership; ``now`` is any aware moment."""
    return Reader(membership.user, membership, now.astimezone(zone_of(membership.organization)))


@dataclass(frozen=True)
class Desk:
    """What one reader finds on the desk; each part is asked for when it is drawn, and once."""

    reader: Reader
    since: datetime | None

    @cached_property
    def waits(self) -> list[Duty]:
        return in_order(
            [duty for rows in _fill("desk.waits", self.reader) for duty in rows], self.reader.today
        )

    @cached_property
    def late(self) -> list[Delay]:
        rows = [delay for rows in _fill("desk.late", self.reader) for delay in rows]
        return sorted(rows, key=lambda delay: (-delay.days, delay.what))

    @cached_property
    def stops(self) -> list[Stop]:
        return list(_fill("desk.line", self.reader))

    @cached_property
    def changes(self) -> list[Change]:
        from reports.desk_changes import changes_since  # reads this module's Reader

        return changes_since(self.reader, self.since or self.reader.now - FIRST_VISIT_SHOWS)

    @property
    def duty_rows(self) -> list[tuple[Duty, str]]:
        """Each duty with how late it is, in words."""
        return [(duty, duty.late_words(self.reader.today)) for duty in self.waits]

    @property
    def since_words(self) -> str:
        return since_words(self.since, self.reader.now)

    @property
    def lede(self) -> str:
        return latest(self.changes, self.since_words)

    @property
    def title(self) -> str:
        return finding(self.waits, self.late, self.reader.today)

    @property
    def reasons(self) -> list[str]:
        return why_these(self.waits)

    @property
    def is_new(self) -> bool:
        """Nothing has begun in this organization: the desk then says how to begin."""
        return not any(stop.reached for stop in self.stops)


def _fill(slot: str, reader: Reader) -> Iterator[Any]:
    """What each function of a slot returns for this reader, in the order of ``config/panels.py``."""
    panels: dict[str, list[str]] = import_string(settings.PANELS)
    for path in panels.get(slot, []):
        yield import_string(path)(reader)


def note_visit(reader: Reader) -> datetime | None:
    """Remember that the reader is here; returns the end of the visit before, None for the first."""
    visit = DeskVisit.objects.filter(user=reader.user, organization=reader.organization).first()
    if visit is None:
        _first_visit(reader)
        return None
    if reader.now - visit.last_seen_at > A_NEW_VISIT:
        visit.before_at = visit.last_seen_at
    if reader.now - visit.last_seen_at > WRITE_EVERY:
        DeskVisit.objects.filter(pk=visit.pk).update(last_seen_at=reader.now, before_at=visit.before_at)
    return reader.local(visit.before_at) if visit.before_at else None


def _first_visit(reader: Reader) -> None:
    try:
        with transaction.atomic():
            DeskVisit.objects.create(
                user=reader.user, organization=reader.organization, last_seen_at=reader.now
            )
    except IntegrityError:
        return  # the same person opened the desk twice at once
