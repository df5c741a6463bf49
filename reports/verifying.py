"""What can be said of a PDF that somebody hands in: is it intact, who signed what when, what came after.

A sheet of this installation is known by its bytes, so nothing of it is parsed: they are compared with what
was kept. Anything else is looked at in a process with limits, and gets an answer about the file alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from charters import seal_keys, sheet
from charters.models import Revision, SealedSheet, Signature
from charters.proof import check_revision
from charters.shown import state_word
from charters.signoff import State
from jobs import files
from ui import limited
from ui.errors import DomainError
from ui.formats import moment

MAX_BYTES = 10_000_000
SECONDS, MEGABYTES = 20, 700
# As text, or with the slashes in the octal form that texts of a PDF may have.
TOKEN = re.compile(rb"(?:/|\\057)verify(?:/|\\057)([0-9a-f]{32})")
ROWS = SealedSheet.objects.select_related(
    "file", "paper", "audit", "round__revision__charter__organization", "round"
)


@dataclass(frozen=True)
class Answer:
    """What a reader is told. `kind` is a state of the design system: good, watch or bad."""

    kind: str
    title: str
    says: Sequence[str] = ()
    problems: Sequence[str] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def by_token(token: str) -> SealedSheet | None:
    return ROWS.filter(token=token).first()


def look_at(content: bytes) -> Answer:
    """The answer to a file."""
    if b"%PDF-" not in content[:1024]:
        return Answer("bad", "This is not a PDF", ["Hand in the sealed sign-off sheet as you received it."])
    mark = hashlib.sha256(content).hexdigest()
    known = ROWS.filter(file__sha256=mark).first()
    if known is not None:
        return told(known)
    paper = ROWS.filter(paper__sha256=mark).first()
    if paper is not None:
        return told(paper, paper_only=True)
    for match in TOKEN.finditer(content):
        changed = by_token(match[1].decode())
        if changed is not None:
            return _changed(content, changed)
    return _strange(content)


def told(row: SealedSheet, *, paper_only: bool = False, seen: bool = True) -> Answer:
    """What this installation knows of a sheet of its own. `seen`: the file itself was handed in."""
    revision = row.round.revision
    tampered = _tampered(row)
    facts = facts_of(row)
    if tampered:
        return Answer(
            "bad",
            "The record of this sheet was changed here",
            ["What this installation holds differs from its own log. Trust the file and ask who runs it."],
            tampered,
            facts if not seen else {},
        )
    later = _later(revision)
    if not seen:
        title = f"Revision {revision.number} of {revision.charter.code} has a sealed sheet"
        says = ["This tells what was sealed. To see whether your file is that sheet, hand it in below."]
    elif paper_only:
        title = "This is the full charter that was signed"
        says = ["It is byte for byte the file whose SHA-256 stands on the sealed sign-off sheet."]
    else:
        title = "This sheet is intact"
        says = ["It is byte for byte what this installation sealed: text, approvals, attachments and seals."]
    return Answer("watch" if later else "good", title, [*says, *later], (), facts)


def facts_of(row: SealedSheet) -> dict[str, Any]:
    """What the sheet says; addresses stay on the paper."""
    revision = row.round.revision
    signed = Signature.objects.filter(round=row.round).select_related("audit").order_by("signed_at")
    return {
        "organization": revision.charter.organization.name,
        "code": revision.charter.code,
        "title": revision.charter.title,
        "number": revision.number,
        "sha256": revision.sha256,
        "paper": row.paper.sha256,
        "sealed_at": moment(row.sealed_at),
        "signed": [
            {
                "name": one.delegate_name or one.name,
                "instead_of": one.name if one.delegate_name else "",
                "role": one.role,
                "when": sheet.utc(one.signed_at.isoformat()),
                "how": sheet.how({"how": one.authenticated, "method": one.method}),
                "evidence": one.is_evidence,
            }
            for one in signed
        ],
    }


def _tampered(row: SealedSheet) -> list[str]:
    """Where tables and log of this revision differ, and whether the kept files are still the sealed ones."""
    found = [f"{one.row}, {one.field}" for one in check_revision(row.round.revision)]
    for kept in (row.file, row.paper):
        try:
            files.read(kept)
        except OSError:
            found.append(f"the kept file {kept.name} is missing or was changed")
    return found


def _later(revision: Revision) -> list[str]:
    """What has become of the revision since, as sentences; nothing while it is in force and the latest."""
    says = []
    if revision.state != State.IN_FORCE:
        says.append(
            f"Revision {revision.number} is no longer in force: {state_word(revision.state).lower()}."
        )
    newer = Revision.objects.filter(charter_id=revision.charter_id, number__gt=revision.number).order_by(
        "number"
    )
    last = newer.last()
    if last is not None:
        says.append(f"There is a newer revision, {last.number}: {last.get_state_display().lower()}.")
    return says


def _changed(content: bytes, row: SealedSheet) -> Answer:
    """A file that was a sheet of ours: where it differs from what was sealed."""
    title = "This file was changed after it was sealed"
    try:
        kept = files.read(row.file)
    except OSError:
        return Answer("bad", title, ["What was sealed cannot be read here to compare it."])
    if content.startswith(kept):
        says = f"Bytes {len(kept)} to {len(content)} were added after the last seal."
    elif kept.startswith(content):
        says = f"The file was cut: {len(content)} of {len(kept)} bytes are left, and seals are missing."
    else:
        at = next(
            (place for place, (one, two) in enumerate(zip(content, kept, strict=False)) if one != two), 0
        )
        says = f"It differs from what was sealed from byte {at} on."
    return Answer("bad", title, ["Do not rely on it. Ask for the sheet as it was mailed."], [says])


def _strange(content: bytes) -> Answer:
    """A file that this installation does not know: what its seals say by themselves."""
    roots = seal_keys.roots(Path(settings.KEYS_DIR))
    try:
        verdict = limited.call(
            sheet.check,
            content,
            roots,
            False,
            what="Reading this PDF",
            megabytes=MEGABYTES,
            seconds=SECONDS,
            preload=("charters.sheet_check",),
        )
    except DomainError as error:
        return Answer("bad", "This PDF cannot be checked", [error.message])
    if not verdict.seals:
        return Answer(
            "bad",
            "Nothing to rely on in this file",
            ["It is no sign-off sheet that this installation has sealed."],
            [str(problem) for problem in verdict.problems],
        )
    if verdict.intact:
        says = [
            "Its seals are intact and by the key of this installation, which has no record of it. An older "
            "database may have been restored. Ask who runs this installation."
        ]
        return Answer("watch", "Sealed here, and not on record", says)
    return Answer(
        "bad",
        "This installation did not seal this file as it is",
        ["A sheet of another installation is checked there, or with its certificate by verify_charter."],
        [str(problem) for problem in verdict.problems[:8]],
    )
