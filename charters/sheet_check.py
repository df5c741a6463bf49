"""Whether a sealed sign-off sheet is what it says it is: every seal, every byte, every attachment. Pure.

Reading what others made takes time and memory; callers run `check` in a process with limits.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from charters import sealing, sheet
from charters.sealing import Inspection, SealFound
from charters.sheet import Problem, Verdict

RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
NO_SEAL = "This file carries no seal."


def check(pdf: bytes, roots: Sequence[bytes], *, thorough: bool, charter: bytes | None = None) -> Verdict:
    """Look at a sheet and say all that does not fit.

    roots     certificates (DER) whose seals are trusted
    thorough  compare the revisions of the file too
    charter   the full charter that is said to belong to the sheet
    """
    try:
        found = sealing.inspect(pdf, roots, thorough=thorough)
    except sealing.NotReadable as error:
        changed = list(_changed_ranges(pdf))
        return Verdict((*changed, Problem("file", str(error))), {})
    log = _log(found)
    problems = [*_seal_problems(found), *_log_problems(found, log)]
    if log and charter is not None:
        problems.extend(_charter_problems(log, charter))
    text = found.attached.get(sheet.TEXT)
    return Verdict(
        tuple(problems),
        log,
        tuple((seal.name, seal.says) for seal in found.seals),
        found.seals[0].by if found.seals else "",
        hashlib.sha256(text).hexdigest() if text is not None else "",
    )


def _bytes(start: int, end: int) -> str:
    return f"bytes {start} to {end}"


def _changed_ranges(pdf: bytes) -> Iterator[Problem]:
    """In a file that no parser reads: the first range that is not what its seal covers."""
    before = 0
    for number, match in enumerate(RANGE.finditer(pdf), start=1):
        start, after, more = (int(digits) for digits in match.groups())
        end = after + more
        covered = hashlib.sha256(pdf[:start] + pdf[after:end]).hexdigest().upper().encode()
        if end > len(pdf):
            yield Problem(_bytes(before, len(pdf)), f"the file was cut; its seal covers {end} bytes")
            return
        if covered not in pdf[start:after].upper():
            yield Problem(_bytes(before, end), "were changed after they were sealed")
            return
        for says in sealing.form_problems(pdf[start:after]):
            yield Problem(f"seal {number}, {_bytes(start, after)}", says)
            return
        before = end
    if before and before < len(pdf):
        yield Problem(_bytes(before, len(pdf)), "were added after the last seal")


def _seal_problems(found: Inspection) -> Iterator[Problem]:
    if not found.seals and not found.empty:
        yield Problem("file", NO_SEAL)
        return
    total, before, broken = len(found.seals) + len(found.empty), 0, False
    for number, seal in enumerate(found.seals, start=1):
        where = f"seal {number} of {total} ({seal.name or seal.field}), "
        for says in seal.problems:
            # What an earlier seal has named is broken for the later ones too, and said once.
            if says == sealing.COVERED and broken:
                continue
            broken = broken or says == sealing.COVERED
            yield Problem(where + _place(seal, says, before), says)
        if not seal.trusted and not seal.problems:
            yield Problem(where + _bytes(*seal.hole), f"made with a key that is not trusted here: {seal.by}")
        before = seal.end
    for name in found.empty:
        yield Problem(f"field {name}", "its seal is missing")
    if found.seals and before != found.size:
        yield Problem(_bytes(before, found.size), "were added after the last seal")


def _place(seal: SealFound, says: str, before: int) -> str:
    return _bytes(before, seal.end) if says == sealing.COVERED else _bytes(*seal.hole)


def _log(found: Inspection) -> dict[str, Any]:
    try:
        return sheet.read_log(found.attached[sheet.LOG])
    except (KeyError, ValueError):
        return {}


def _log_problems(found: Inspection, log: dict[str, Any]) -> Iterator[Problem]:
    """The attachments, the log and the seals tell of one charter and the same approvals."""
    if not found.seals:
        return
    if not log:
        yield Problem(f"attachment {sheet.LOG}", "is missing or is no log of a sign-off sheet")
        return
    text, paper = found.attached.get(sheet.TEXT), found.attached.get(sheet.PAPER)
    for name, content, key in ((sheet.TEXT, text, "text_sha256"), (sheet.PAPER, paper, "paper_sha256")):
        if content is None:
            yield Problem(f"attachment {name}", "is missing")
        elif hashlib.sha256(content).hexdigest() != log.get(key):
            yield Problem(f"attachment {name}", "is not the one whose SHA-256 the sheet states")
    if text is not None and _head(text) != (log["charter"], log["revision"]):
        code, number = _head(text)
        says = (
            f"is of {code} revision {number}, and the sheet is of {log['charter']} revision {log['revision']}"
        )
        yield Problem(f"attachment {sheet.TEXT}", says)
    wanted = _approvals(log)
    for number, seal in enumerate(found.seals, start=1):
        if number > len(wanted) or (seal.name, seal.says) != wanted[number - 1]:
            yield Problem(f"seal {number} ({seal.field})", "does not say what the log says of this approval")
    if len(wanted) != len(found.seals) + len(found.empty):
        yield Problem("seals", f"{len(found.seals)} for {len(wanted)} approvals in the log")


def _approvals(log: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        return [(sheet.signer(one), sheet.approval(log, one)) for one in log["signatures"]]
    except (KeyError, TypeError, ValueError):
        return []


def _head(text: bytes) -> tuple[str, int]:
    """Code and number of the revision that a canonical text is of."""
    try:
        head = json.loads(text)
        return str(head["code"]), int(head["revision"])
    except (ValueError, KeyError, TypeError):
        return "no charter", 0


def _charter_problems(log: dict[str, Any], charter: bytes) -> Iterator[Problem]:
    """The full charter beside the sheet is the one whose hash the sheet states."""
    if hashlib.sha256(charter).hexdigest() == log.get("paper_sha256"):
        return
    says = "is not the one whose SHA-256 the sheet states"
    try:
        text = sealing.inspect(charter, [], thorough=False).attached.get(sheet.TEXT, b"")
    except sealing.NotReadable:
        text = b""
    code, number = _head(text)
    if text and (code, number) != (log["charter"], log["revision"]):
        says = f"is of {code} revision {number}; this sheet is of {log['charter']} revision {log['revision']}"
    yield Problem("full charter", says)
