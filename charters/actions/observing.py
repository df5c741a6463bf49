"""What charters show for the next round of the questionnaire, beside what people say."""

from __future__ import annotations

from accounts.models import User
from assessment.actions import record_observation
from charters.document import read
from charters.models import Charter, Decision, Revision
from charters.queries import criteria_changes_until, document_of

# The items that these facts speak to; the observation stands beside what people answered there.
OWNER_ITEM = "culture.stakeholder_alignment.all_at_table"
CRITERIA_ITEM = "culture.stakeholder_alignment.success_defined"
BUSINESS = ("business_lead", "sponsor")


def observe_in_force(charter: Charter, revision: Revision, *, by: User | None) -> None:
    """That a charter was signed, and whether its outcome owner is of the business."""
    seat = read(document_of(revision)).seat("outcome_owner")
    of_business = seat is not None and seat.function in BUSINESS
    who = (
        "an outcome owner from the business" if of_business else "an outcome owner who is not of the business"
    )
    record_observation(
        charter.organization,
        kind="charter.signed_with_owner",
        sentence=f"Charter {charter.code} was signed by all at the table, with {who}.",
        item=OWNER_ITEM,
        value={"business_owner": of_business, "revision": revision.number},
        subject=charter,
        by=by,
    )


def observe_decision(charter: Charter, decision: Decision, *, by: User | None) -> None:
    """Whether the definition of success stood from the first signature to the decision."""
    changes = criteria_changes_until(charter, document_of(decision.revision))
    held = "stood unchanged" if not changes else f"changed {changes} times" if changes > 1 else "changed once"
    record_observation(
        charter.organization,
        kind="charter.criteria_unchanged",
        sentence=f"The success criteria of {charter.code} {held} from the first signature to the decision.",
        item=CRITERIA_ITEM,
        value={"changes": changes, "outcome": decision.outcome, "as_agreed": decision.as_agreed},
        subject=charter,
        by=by,
    )
