"""A charter in force with its sealed sheet, for tests of sealing, verification and tampering."""

from __future__ import annotations

from functools import cache
from typing import Any

from charters.actions import sign
from charters.actions.sheets import Made, keep_sheet
from charters.models import SealedSheet, SignoffRound
from charters.queries import in_turn
from reports.sealing import make_sheet
from tests.charters.cast import ALL_LIMITS, Cast, build_cast, fresh, send_charter, visitor, write_charter
from tests.kept import kept

# All seats with accounts, four of them, so that a round can be signed without links.
FOUR = ("decision_maker", "outcome_owner", "legal", "domain_expert")


@cache
def four_parties() -> dict[str, Any]:
    """Changes of the complete charter that leave four parties at the table and need no link."""
    return {"route": "internal", "seat__vendor": None, "clause__internal_team": "Priya, Tomasz, Sunniva",
            "clause__internal_informs": "Visits", "clause__internal_communication": "Monthly",
            "clause__internal_keep": "Wiki", "clause__internal_hours": "Priya 20",
            "criterion__c4": {"name": "Why", "kind": "learning_question", "question": "Can five say why?",
                              "answered_by": "Gunhild", "evidence": "Notes", "by": "2026-12-11"}}  # fmt: skip


@kept
def in_force(cast: Cast, **changes: Any) -> SignoffRound:
    """A charter that all have signed."""
    round_ = send_charter(cast, write_charter(cast, **{**four_parties(), **changes}))
    while turn := sorted(in_turn(SignoffRound.objects.get(pk=round_.pk))):
        sign(
            visitor(round_, turn[0]),
            by=cast.signers[turn[0]],
            shown_hash=round_.sha256,
            proof=fresh(),
            accepted=ALL_LIMITS,
        )
    return SignoffRound.objects.select_related("revision__charter__organization").get(pk=round_.pk)


def sealed(cast: Cast | None = None, **changes: Any) -> SealedSheet:
    """The sealed sheet of such a charter."""
    return seal(in_force(cast or build_cast(), **changes))


def seal(round_: SignoffRound) -> SealedSheet:
    """The sheet of a round that nobody has touched since it ended."""
    return keep_sheet(round_, sheet_of(round_), by=None)


@cache
def sheet_of(round_: SignoffRound) -> Made:
    """Made once: a round whose rows were put back has the same id, and would have the same sheet."""
    return make_sheet(round_)
