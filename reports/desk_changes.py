"""What changed since the reader was last here: entries of the audit log as sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.audit import chain_key
from accounts.models import AuditEvent
from jobs.models import Job
from reports.desk import Reader
from reports.duties import Change, when_words

READ_AT_MOST = 400
SHOW_AT_MOST = 12


@dataclass(frozen=True)
class Named:
    """A subject of an entry as the reader may see it: its name in a sentence and its page."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class Story:
    """How the events of one kind of subject are told.

    ``sentences`` maps an event to a pattern with {actor} and {name}; other events are not news.
    ``names`` turns ids into names and leaves out what the reader may not see. ``actors`` names, by the id of
    an entry, who acted without an account.
    """

    subject_type: str
    sentences: Mapping[str, str]
    names: Callable[[Reader, set[str]], dict[str, Named]]
    actors: Callable[[set[UUID]], dict[UUID, str]] = lambda entries: {}


def changes_since(reader: Reader, since: datetime) -> list[Change]:
    """The latest first, the reader's own doings left out, one row per event, at most twelve."""
    stories = _stories()
    entries = _entries(reader, since, stories)
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.subject_type].add(entry.subject_id)
    names = {kind: stories[kind].names(reader, ids) for kind, ids in wanted.items()}
    actors = _actors(entries, stories)
    changes = []
    for entry in entries:
        named = names[entry.subject_type].get(entry.subject_id)
        if named is not None:
            changes.append(_change(reader, entry, stories[entry.subject_type], named, actors))
    changes += finished_jobs(reader, since)
    changes.sort(key=lambda change: change.at, reverse=True)
    return _without_repeats(changes)[:SHOW_AT_MOST]


def finished_jobs(reader: Reader, since: datetime) -> list[Change]:
    """What the reader asked for and may have left the page of: reports, plans."""
    jobs = Job.objects.filter(
        requested_by=reader.user,
        organization=reader.organization,
        state__in=[Job.State.DONE, Job.State.FAILED],
        finished_at__gt=since,
    )
    found = []
    for job in jobs.order_by("-finished_at")[:SHOW_AT_MOST]:
        at = reader.local(job.finished_at or job.created_at)
        word = "is ready" if job.state == Job.State.DONE else "was not made"
        found.append(
            Change(at, when_words(at, reader.now), f"{job.title} {word}.", job.result_url, job.message)
        )
    return found


def _stories() -> dict[str, Story]:
    panels: dict[str, list[str]] = import_string(settings.PANELS)
    stories: list[Story] = [import_string(path) for path in panels.get("desk.stories", [])]
    return {story.subject_type: story for story in stories}


def _entries(reader: Reader, since: datetime, stories: Mapping[str, Story]) -> list[AuditEvent]:
    events = {event for story in stories.values() for event in story.sentences}
    newest = (
        AuditEvent.objects.filter(
            chain_id=chain_key(reader.organization),
            created_at__gt=since,
            event__in=sorted(events),
            subject_type__in=sorted(stories),
        )
        .exclude(actor=reader.user)
        .select_related("actor")
        .order_by("-number")
    )
    return [entry for entry in newest[:READ_AT_MOST] if entry.event in stories[entry.subject_type].sentences]


def _actors(entries: list[AuditEvent], stories: Mapping[str, Story]) -> dict[UUID, str]:
    """Who acted, by entry: the account, else whom the story names, else nobody in particular."""
    found = {entry.pk: entry.actor.get_full_name() for entry in entries if entry.actor}
    nameless: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        if entry.actor is None:
            nameless[entry.subject_type].add(entry.pk)
    for kind, ids in nameless.items():
        found |= stories[kind].actors(ids)
    return found


def _change(
    reader: Reader, entry: AuditEvent, story: Story, named: Named, actors: Mapping[UUID, str]
) -> Change:
    actor = actors.get(entry.pk, "Somebody by personal link")
    sentence = story.sentences[entry.event].format(actor=actor, name=named.name)
    at = reader.local(entry.created_at)
    return Change(at, when_words(at, reader.now), sentence, named.url)


def _without_repeats(changes: list[Change]) -> list[Change]:
    """The same sentence several times on end is one change, told at its latest time."""
    kept: list[Change] = []
    for change in changes:
        if not kept or kept[-1].sentence != change.sentence:
            kept.append(change)
    return kept
