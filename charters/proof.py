"""Compares the tables of charters with the audit chain and with the frozen texts, and names what differs.

The chain says what happened; its own entries are checked by `accounts.verification`. Here every revision,
signature and event must be what its entry says, and every entry must still have its row. Sealed sheets,
decisions, readings, change requests and learning follow in `charters.proof_kept`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.utils.dateparse import parse_datetime

from accounts import chain
from accounts.verification import Tampering
from charters.canonical import NotCanonical, digest
from charters.models import Learning, Revision, Signatory, Signature, SignoffEvent, SignoffRound
from charters.proof_kept import check_kept, check_learning
from charters.proof_rows import Rows, rows_of
from charters.signoff import SeatState, State

BATCH = 200
# The state of a revision after its last entry of one of these kinds.
STATE_AFTER = {
    "charter.frozen": State.FROZEN,
    "charter.sent": State.OUT,
    "charter.in_force": State.IN_FORCE,
    "charter.declined": State.DECLINED,
    "charter.changes_requested": State.CHANGES,
    "charter.withdrawn": State.WITHDRAWN,
    "charter.superseded": State.SUPERSEDED,
    "charter.cancelled": State.CANCELLED,
    "charter.decided": State.CLOSED,
}


def check(chains: Sequence[str]) -> Iterator[Tampering]:
    """All tampering in the charters of these chains (organization ids), revision by revision."""
    organizations = [key for key in chains if _is_id(key)]
    revisions = (
        Revision.objects.filter(charter__organization_id__in=organizations)
        .select_related("charter")
        .order_by("charter__organization_id", "charter__code", "number")
        .iterator(chunk_size=BATCH)
    )
    while batch := list(islice(revisions, BATCH)):
        rows = rows_of(batch)
        for revision in batch:
            yield from _check(revision, rows[revision.pk])
    for row, (where, field, says) in check_learning(organizations):
        if isinstance(row, Learning):
            yield Tampering(
                str(row.charter.organization_id), f"charter {row.charter.code}{where}", field, says
            )
        else:
            yield Tampering(row.chain_id, f"charter {row.subject_id}{where}", field, says)


def check_revision(revision: Revision) -> list[Tampering]:
    """All tampering in one revision, for a page that tells of it."""
    return list(_check(revision, rows_of([revision])[revision.pk]))


def _check(revision: Revision, rows: Rows) -> Iterator[Tampering]:
    yield from _check_text(revision, rows)
    for round_ in rows.rounds:
        yield from _check_round(revision, round_, rows)
    yield from _check_state(revision, rows)
    yield from _check_events(revision, rows)
    for row, field, says in check_kept(rows):
        yield _wrong(revision, row, field, says)


def _is_id(key: str) -> bool:
    return len(key) == 36


def _wrong(revision: Revision, row: str, field: str, says: str) -> Tampering:
    name = str(revision.charter.organization_id)
    return Tampering(name, f"charter {revision.charter.code} revision {revision.number}{row}", field, says)


def _check_text(revision: Revision, rows: Rows) -> Iterator[Tampering]:
    if _digest_of(revision.content) != revision.sha256:
        yield _wrong(revision, "", "content", "the text is not the one that was frozen")
    frozen = next(iter(rows.entries_of("charter.frozen")), None)
    if frozen is None:
        yield _wrong(revision, "", "frozen", "the audit chain does not know this revision")
        return
    kept = {"charter": str(revision.charter_id), "number": revision.number, "sha256": revision.sha256}
    for name, value in kept.items():
        if frozen.data.get(name) != value:
            yield _wrong(revision, "", name, f"entry {frozen.number} says {frozen.data.get(name)}")


def _digest_of(content: str) -> str:
    """The SHA-256 of the canonical form: order of keys, normal form and time zone change nothing."""
    try:
        return digest(json.loads(content))
    except (ValueError, NotCanonical, AttributeError):
        return ""


def _check_round(revision: Revision, round_: SignoffRound, rows: Rows) -> Iterator[Tampering]:
    where = f", round {round_.number}"
    if round_.sha256 != revision.sha256:
        yield _wrong(revision, where, "sha256", "the round is over another text")
    seats = {row.seat: row for row in rows.seats.get(round_.pk, ())}
    yield from _check_seats(revision, where, seats)
    signatures = rows.signatures.get(round_.pk, [])
    for signature in signatures:
        yield from _check_signature(revision, f"{where}, {signature.seat}", signature)
    signed = {row.audit_id for row in signatures}
    for entry in rows.entries_of("charter.signed"):
        if entry.data.get("round") == str(round_.pk) and entry.pk not in signed:
            says = f"entry {entry.number} says that {entry.data.get('name')} signed"
            yield _wrong(
                revision,
                f"{where}, {entry.data.get('seat')}",
                "signature",
                f"the signature is missing: {says}",
            )
    held = {row.seat for row in signatures}
    for key, row in seats.items():
        if (row.state == SeatState.SIGNED) != (key in held):
            yield _wrong(revision, f"{where}, {key}", "state", "does not fit the signature")


def _check_seats(revision: Revision, where: str, seats: dict[str, Signatory]) -> Iterator[Tampering]:
    """The seats of the round are those of the frozen plan, with its names and addresses."""
    try:
        plan = json.loads(revision.content)["sign_off"]
        planned = {seat["seat"]: (seat, int(step["step"])) for step in plan for seat in step["seats"]}
    except (ValueError, KeyError, TypeError):
        return  # the text itself was named already
    for key in sorted(planned.keys() ^ seats.keys()):
        yield _wrong(revision, f"{where}, {key}", "seat", "is not in both the text and the round")
    for key in sorted(planned.keys() & seats.keys()):
        seat, step = planned[key]
        kept = {"name": seat["name"], "email": seat["email"], "role": seat["role"], "step": step}
        for name, value in kept.items():
            if getattr(seats[key], name) != value:
                yield _wrong(revision, f"{where}, {key}", name, f"the text says {value}")


def _check_signature(revision: Revision, where: str, row: Signature) -> Iterator[Tampering]:
    entry, data = row.audit, row.audit.data
    if entry.event != "charter.signed" or entry.subject_id != str(revision.pk):
        yield _wrong(revision, where, "audit", f"entry {entry.number} is not of a signature of this revision")
        return
    kept = {
        "sha256": row.sha256,
        "round": str(row.round_id),
        "seat": row.seat,
        "role": row.role,
        "name": row.name,
        "address": row.email,
        "method": row.method,
        "evidence": row.is_evidence,
        "statement": row.statement,
    }
    # Entries of earlier versions do not hold these.
    later = {
        "confirmed": chain.plain(row.confirmed),
        "delegate_name": row.delegate_name,
        "delegate_email": row.delegate_email,
    }
    kept |= {name: value for name, value in later.items() if name in data or value}
    for name, value in kept.items():
        if data.get(name) != value:
            yield _wrong(revision, where, name, f"entry {entry.number} says {data.get(name)}")
    if str(data.get("how", ""))[:40] != row.authenticated:
        yield _wrong(revision, where, "authenticated", f"entry {entry.number} says {data.get('how')}")
    if row.sha256 != revision.sha256:
        yield _wrong(revision, where, "sha256", "the signature is over another text")
    if row.signed_at != _event_time(row):
        yield _wrong(revision, where, "signed_at", "is not the time that was sealed")


def _event_time(row: Signature) -> datetime | None:
    return parse_datetime(str(row.audit.data.get("signed_at", "")))


def _check_state(revision: Revision, rows: Rows) -> Iterator[Tampering]:
    """A revision stands where its last entry left it, and came into force with a complete round only."""
    told = [entry for entry in rows.entries if entry.event in STATE_AFTER]
    if told and revision.state != STATE_AFTER[told[-1].event]:
        says = f"the audit chain says {STATE_AFTER[told[-1].event]}, in entry {told[-1].number}"
        yield _wrong(revision, "", "state", says)
    came = bool(rows.entries_of("charter.in_force"))
    if came and not any(_is_complete(revision, round_, rows) for round_ in rows.rounds):
        yield _wrong(revision, "", "state", "it came into force, and its round is not complete")


def _is_complete(revision: Revision, round_: SignoffRound, rows: Rows) -> bool:
    signed = {row.seat: row.sha256 for row in rows.signatures.get(round_.pk, ())}
    seats = [row.seat for row in rows.seats.get(round_.pk, ())]
    return bool(seats) and all(signed.get(seat) == revision.sha256 for seat in seats)


def _check_events(revision: Revision, rows: Rows) -> Iterator[Tampering]:
    """Every event has its entry, and every entry its event, at the same time."""
    held = set()
    for event in rows.events:
        held.add(event.audit_id)
        if event.audit.event != f"charter.{event.kind}" or event.audit.subject_id != str(revision.pk):
            says = f"entry {event.audit.number} says {event.audit.event}"
            yield _wrong(revision, f", event {event.kind}", "kind", says)
    kinds = {f"charter.{kind}": kind for kind in SignoffEvent.Kind.values}
    for entry in rows.entries:
        if entry.event in kinds and entry.pk not in held:
            says = f"the event of entry {entry.number} is missing"
            yield _wrong(revision, f", event {kinds[entry.event]}", "row", says)
