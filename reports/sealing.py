"""The job that seals: full charter, sign-off sheet, one seal for each approval, kept once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from accounts import audit
from accounts.localize import as_in
from charters import seal_keys, sheet
from charters.actions.sheets import Made, keep_sheet
from charters.models import Revision, SealedSheet, Signature, SignoffEvent, SignoffRound
from charters.queries import charter_document
from charters.seal_keys import SealKey, SealKeyError
from charters.signoff import State
from jobs.runner import Outcome, Progress
from reports import charter_input
from reports.sheet import place_of, render_sheet, render_stamps
from reports.subjects import Subject
from ui.errors import Conflict, NotFound

STEPS = 4


def seal(progress: Progress, round_id: str) -> Outcome:
    """The job ``charters.seal``. Safe to run twice and to be killed: all is kept in one transaction."""
    rows = SignoffRound.objects.select_related("revision__charter__organization")
    round_ = rows.filter(pk=round_id, state=State.IN_FORCE).first()
    if round_ is None:
        raise NotFound
    back = progress.job.back_url
    if SealedSheet.objects.filter(round=round_).exists():
        return Outcome("The sign-off sheet is sealed.", back)
    made = make_sheet(round_, progress)
    progress("Keeping the sheet", 3, STEPS)
    keep_sheet(round_, made, by=progress.job.requested_by)
    return Outcome("The sign-off sheet is sealed and mailed to everybody who signed.", back)


def make_sheet(round_: SignoffRound, progress: Any = None) -> Made:
    """The sealed sheet and the full charter of a completed round. Writes nothing."""
    step = progress or (lambda *_: None)
    revision, key = round_.revision, installation_key()
    step("Laying out the charter", 0, STEPS)
    with as_in(revision.charter.organization):
        paper = _paper(revision)
        token = secrets.token_hex(16)
        log = _log(round_, token, paper)
        step("Laying out the sheet", 1, STEPS)
        plain = render_sheet(log, revision.content.encode(), paper)
        stamps = render_stamps(log)
    step("Sealing", 2, STEPS)
    return Made(
        sheet=_sealed(plain, stamps, log, key),
        paper=paper,
        token=token,
        key_mark=key.mark,
        time_stamped=bool(settings.SEAL_TIME_STAMPS),
        sealed_at=datetime.fromisoformat(log["sealed_at"]),
    )


def installation_key() -> SealKey:
    """The key that seals here: the one named by setting, or the installation's own."""
    folder = Path(settings.KEYS_DIR)
    try:
        if settings.SEAL_KEY:
            chain = Path(settings.SEAL_CERTIFICATE) if settings.SEAL_CERTIFICATE else None
            return seal_keys.outside_key(folder, Path(settings.SEAL_KEY), chain, settings.SEAL_KEY_PASSWORD)
        return seal_keys.own_key(folder, host())
    except SealKeyError as error:
        raise Conflict(str(error)) from error


def host() -> str:
    """The name of this installation in its certificates."""
    return urlsplit(settings.PUBLIC_URL).netloc or "localhost"


def _paper(revision: Revision) -> bytes:
    """The full charter, as on the day on which it came into force."""
    charter = revision.charter
    name = f"{charter.code} {charter.title}, revision {revision.number}"
    at = revision.in_force_at or revision.frozen_at
    subject = Subject(charter.organization, str(revision.pk), name, at, revision)
    return charter_input.render(charter_input.inputs(subject), "A4")


def _log(round_: SignoffRound, token: str, paper: bytes) -> dict[str, Any]:
    revision = round_.revision
    charter = revision.charter
    signatures = list(
        Signature.objects.filter(round=round_).select_related("audit").order_by("signed_at", "audit__number")
    )
    limits = {item["key"]: item["text"] for row in signatures for item in row.confirmed}
    return {
        "format": sheet.FORMAT,
        "installation": settings.PUBLIC_URL,
        "organization": charter.organization.name,
        "charter": charter.code,
        "title": charter.title or charter.code,
        "revision": revision.number,
        "round": round_.number,
        "text_sha256": revision.sha256,
        "paper_sha256": hashlib.sha256(paper).hexdigest(),
        "statement": signatures[0].statement if signatures else "",
        "limits": list(limits.values()),
        "criteria_changes": charter_document(revision).criteria_changes,
        "in_force_at": (revision.in_force_at or revision.frozen_at).isoformat(),
        "sealed_at": timezone.now().replace(microsecond=0).isoformat(),
        "anchor": audit.anchor(charter.organization),
        "verify": f"{settings.PUBLIC_URL}/verify/{token}/",
        "signatures": [_signature(row) for row in signatures],
        "events": _events(revision),
    }


def _signature(row: Signature) -> dict[str, Any]:
    return {
        "seat": row.seat,
        "role": row.role,
        "name": row.name,
        "address": row.email,
        "delegate": row.delegate_name,
        "delegate_address": row.delegate_email,
        "signed_at": row.signed_at.isoformat(),
        "method": row.method,
        "how": row.authenticated,
        "evidence": row.is_evidence,
        "sha256": row.sha256,
        "entry": row.audit.number,
        "entry_seal": row.audit.seal,
    }


def _events(revision: Revision) -> list[dict[str, Any]]:
    """What happened to the revision, with the seals that the log gave to it."""
    rows = SignoffEvent.objects.filter(revision=revision).select_related("audit").order_by("audit__number")
    return [
        {
            "kind": row.kind,
            "at": row.at.isoformat(),
            "entry": row.audit.number,
            "id": str(row.audit_id),
            "previous": row.audit.previous,
            "seal": row.audit.seal,
        }
        for row in rows
    ]


def _sealed(plain: bytes, stamps: bytes, log: Mapping[str, Any], key: SealKey) -> bytes:
    from charters import sealing  # takes half a second and 40 MB, which no page should pay

    seals = []
    for at, one in enumerate(log["signatures"]):
        page, box = place_of(at, len(log["signatures"]))
        seals.append(
            sealing.Seal(
                field=sheet.field_of(at + 1, one["seat"]),
                name=sheet.signer(one),
                says=sheet.approval(log, one),
                ask=log["verify"],
                page=page,
                box=box,
            )
        )
    try:
        return sealing.add_seals(plain, seals, stamps, key, time_stamps=settings.SEAL_TIME_STAMPS)
    except sealing.NotSealable as error:
        raise Conflict(str(error)) from error
