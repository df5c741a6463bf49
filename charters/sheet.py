"""What a sign-off sheet says, as one mapping that is printed, attached as log.json and checked again. Pure.

`log` holds, all of it JSON: format, installation, organization, charter, title, revision, round,
text_sha256, paper_sha256, statement, limits, criteria_changes, in_force_at, sealed_at, anchor, verify,
signatures and events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FORMAT = 1
TEXT, LOG, PAPER = "charter.json", "log.json", "charter.pdf"
Log = Mapping[str, Any]

KIND_OF_SIGNATURE = (
    "These are simple electronic signatures: approvals given inside Throughline by people who had just shown "
    "who they are, in the way that stands beside each name. They are not advanced or qualified signatures. "
    "No certificate bears the name of a person.",
    "Each approval has a seal by the key of the installation. A seal shows that this paper is as the "
    "installation made it. That a person agreed is shown by the log of the installation, of which this paper "
    "holds a part and the end at that time.",
)
NOT_EVIDENCE = (
    "Approvals with this mark were given in a demo, or by link while mail went to files only. They show how "
    "signing works and prove nothing."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit, and where: a seal, an attachment or a range of bytes."""

    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `log` is what the sheet says, empty where it cannot be read."""

    problems: tuple[Problem, ...]
    log: dict[str, Any]
    seals: tuple[tuple[str, str], ...] = ()
    by: str = ""
    text_sha256: str = ""

    @property
    def intact(self) -> bool:
        return not self.problems


def check(pdf: bytes, roots: Sequence[bytes], thorough: bool, charter: bytes | None = None) -> Verdict:
    """`sheet_check.check`, whose import takes half a second and 40 MB: for a process with limits."""
    from charters import sheet_check

    return sheet_check.check(pdf, roots, thorough=thorough, charter=charter)


def field_of(number: int, seat: str) -> str:
    """The name of the field of one seal; a name of a field holds no full stop."""
    return f"seal_{number:02d}_{seat.replace('.', '_')}"


def how(signature: Log) -> str:
    """How the person had shown who they are, in words."""
    detail = str(signature["how"]).strip()
    if signature["method"] == "link":
        return "personal link and a code mailed to the address"
    return f"signed in with an account ({detail})" if detail else "signed in with an account"


def utc(text: str) -> str:
    """Gives "20 Nov 2026, 14:03:22 UTC" for an ISO moment: a paper that is read anywhere."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"


def approval(log: Log, signature: Log) -> str:
    """What the field of a seal says: person, role, revision, time and how authenticated."""
    who, role = str(signature["name"]), str(signature["role"])
    if signature["delegate"]:
        who, role = str(signature["delegate"]), f"{role}, in place of {who}"
    marked = "" if signature["evidence"] else " Not evidence."
    return (
        f"{who}, {role}, agreed to revision {log['revision']} of {log['charter']} on "
        f"{utc(signature['signed_at'])}: {how(signature)}.{marked}"
    )


def signer(signature: Log) -> str:
    """The name of who acted: the delegate where there is one."""
    return str(signature["delegate"] or signature["name"])


def written(log: Log) -> bytes:
    """The log as the bytes that are attached."""
    return json.dumps(log, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_log(content: bytes) -> dict[str, Any]:
    """The log again. Raises ValueError for what is none."""
    found = json.loads(content)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError("not a log of a sign-off sheet that this version reads")
    for name, kind in (("charter", str), ("revision", int), ("signatures", list), ("text_sha256", str)):
        if not isinstance(found.get(name), kind):
            raise ValueError(f"the log does not say {name}")
    return found
