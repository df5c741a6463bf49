"""Whom a visitor can be, in the order in which it is worth being them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Membership
from reports.demo.story import content

# The rest follow in the order of the file.
WORTH_SEEING = {
    "rolf": "A leader’s desk: what waits for him, what is late, what changed since his last visit.",
    "nils": "The facilitator: runs rounds, plans the roadmap, writes charters, prints reports.",
    "solveig": "The owner: decides with the outcome owners, signs last, reads the audit log.",
    "yusuf": "A signatory who has not signed yet, and says why.",
    "priya": "A practitioner: answers differently from her leaders on purpose.",
}


@dataclass(frozen=True)
class Part:
    """One person of the story as the page shows them."""

    pk: UUID
    name: str
    job: str
    role: str
    functions: str
    why: str


def parts(members: Iterable[Membership]) -> list[Part]:
    """The people that can be entered, those worth seeing first."""
    by_address = {membership.user.email: membership for membership in members}
    people = {entry["id"]: entry for entry in content()["people"]}
    order = [*WORTH_SEEING, *(key for key in people if key not in WORTH_SEEING)]
    return [
        _part(by_address[people[key]["mail"]], people[key]["job"], WORTH_SEEING.get(key, ""))
        for key in order
        if people[key]["mail"] in by_address
    ]


def _part(membership: Membership, job: str, why: str) -> Part:
    return Part(
        pk=membership.user_id,
        name=membership.user.get_full_name(),
        job=job,
        role=membership.get_role_display(),
        functions=", ".join(membership.function_names()),
        why=why,
    )
