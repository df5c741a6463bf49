"""What the page with all charters shows: the filter, the rows of one page, what waits for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator

from accounts.models import Membership, User
from charters.finding import CHOICES, Wish, facts_by_charter, found, owners_of, wish_of
from charters.models import Charter, Signatory
from charters.queries import signature_counts, waiting_for
from charters.shown import STATE_KINDS, Rights, state_word
from charters.signoff import State

PER_PAGE = 50
# The list begins with so many of the reader's own; the filter "waits for me" shows the rest.
MOST_MINE = 5
HEADS = (
    ("title", "Charter"),
    ("state", "State"),
    ("due", "Due"),
    ("use_case", "Use case"),
    ("changed", "Changed"),
)


def list_context(membership: Membership, user: User, given: Mapping[str, str]) -> dict[str, Any]:
    """The context of the list for the parameters of its address."""
    organization, wish = membership.organization, wish_of(given)
    mine = waiting_for(user, organization)
    by_charter = {seat.round.revision.charter_id: seat for seat in reversed(mine)}
    rows = found(organization, wish, waiting=frozenset(by_charter))
    page = Paginator(rows, PER_PAGE).get_page(given.get("page"))
    query = urlencode(wish.query())
    return {
        "wish": wish,
        "choices": CHOICES,
        "owners": owners_of(organization),
        "rows": _rows(list(page.object_list), by_charter),
        "page": page,
        "query": f"{query}&" if query else "",
        "heads": {key: _head(wish, key, label) for key, label in HEADS},
        "mine": mine,
        "first_mine": [] if wish.narrows else mine[:MOST_MINE],
        "rights": Rights.of(membership),
    }


def _rows(charters: list[Charter], mine: Mapping[Any, Signatory]) -> list[dict[str, Any]]:
    counts = signature_counts(getattr(charter, "round_id", None) for charter in charters)
    facts = facts_by_charter(charters)
    return [
        {
            "charter": charter,
            "state": state_word(charter.state),
            "kind": STATE_KINDS.get(State(charter.state), "neutral"),
            "signed": counts.get(getattr(charter, "round_id")),  # noqa: B009 (an annotation)
            "facts": facts[charter.pk],
            "seat": mine.get(charter.pk),
        }
        for charter in charters
    ]


def _head(wish: Wish, key: str, label: str) -> dict[str, str]:
    """A head that sorts, and the second time the other way round."""
    mine = (wish.sort or "changed") == key
    falls = wish.descending if mine else key != "changed"
    turned = wish.query() | {"sort": key, "dir": "asc" if falls else "desc"}
    sorted_ = ("descending" if wish.descending else "ascending") if mine else ""
    return {"label": label, "url": f"?{urlencode(turned)}", "sorted": sorted_}
