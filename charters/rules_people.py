"""Completeness rules about the table: who sits there, who is missing, and who has the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from charters.content import Content
from charters.document import CharterText, Seat
from charters.rule_facts import Found, Surroundings, found, scale_to_production

MOST_PROJECTS = 3
EXPERT_GRACE = timedelta(days=14)
FIRST_CHECK_IN = timedelta(days=7)
_TECHNICAL = {"technical_lead", "practitioner"}
_NEVER_EMPTY = {"decision_maker", "outcome_owner", "vendor", "project_lead"}

Condition = Callable[[CharterText, Surroundings], bool]


def _touches(text: CharterText, *what: str) -> bool:
    return bool(text.use_case.touches & set(what))


def _outside_party(text: CharterText) -> bool:
    return text.text("route") in ("vendor", "collaborative")


def _always(text: CharterText, around: Surroundings) -> bool:
    return True


def _legal(text: CharterText, around: Surroundings) -> bool:
    touched = _touches(text, "personal_data", "customers", "staff") or text.use_case.data_origin == "partner"
    return touched or _outside_party(text) or text.text("risk_class") == "high"


def _security(text: CharterText, around: Surroundings) -> bool:
    return text.yes("data_leaves") or _outside_party(text) or text.yes("deployment_in_scope")


def _data_warehouse(text: CharterText, around: Surroundings) -> bool:
    return any(around.assets[need.asset].is_central for need in text.data if need.asset in around.assets)


# When a seat is required, in the words of parties.yaml.
REQUIRED: Mapping[str, Condition] = {
    "decision_maker": _always,
    "outcome_owner": _always,
    "domain_expert": _always,
    "data_owner": lambda text, around: bool(text.data),
    "legal": _legal,
    "security": _security,
    "data_warehouse": _data_warehouse,
    "affected_staff": lambda text, around: _touches(text, "staff") or bool(text.text("work_changes")),
    "sales": lambda text, around: _touches(text, "sales"),
    "marketing": lambda text, around: _touches(text, "marketing"),
    "vendor": lambda text, around: _outside_party(text),
    "project_lead": _always,
    "operator": lambda text, around: scale_to_production(text),
}


def required_parties(text: CharterText, around: Surroundings) -> list[str]:
    """The parties that must be at the table for this charter, in the order of parties.yaml."""
    return [party for party, is_required in REQUIRED.items() if is_required(text, around)]


def empty_until(party: str, text: CharterText, around: Surroundings) -> tuple[bool, date | None]:
    """Whether a party's seat may stay empty, and until which day at most (None: any day)."""
    start, high = text.day("time_start"), text.text("risk_class") == "high"
    if party in _NEVER_EMPTY or (high and party in ("legal", "affected_staff")):
        return False, None
    if party == "data_owner" and any(_status(need.asset, around) == "not_usable_yet" for need in text.data):
        return False, None
    if party == "operator":
        return True, text.day("decision_on")
    if start is None or party in ("sales", "marketing"):
        return True, None
    grace = {"domain_expert": EXPERT_GRACE, "affected_staff": FIRST_CHECK_IN}
    return True, start + grace.get(party, timedelta(0))


def _status(asset: str, around: Surroundings) -> str:
    return around.assets[asset].status if asset in around.assets else ""


def _lacks(party: str, text: CharterText, around: Surroundings, content: Content) -> str:
    """Why a required seat is open, "" if it is filled or explained."""
    name = content.parties[party].name if party in content.parties else party
    seat = text.seat(party)
    if seat is not None and seat.is_filled:
        return ""
    may_be_empty, until = empty_until(party, text, around)
    if not may_be_empty:
        return f"{name} (cannot stay empty)" if seat is not None and seat.reason else name
    if seat is None or not seat.is_explained or seat.filled_until is None:
        return name
    if until is not None and seat.filled_until > until:
        return f"{name} (to be filled by {until.day} {until:%b %Y} at the latest)"
    return ""


def seat_missing(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    missing = [_lacks(party, text, around, content) for party in required_parties(text, around)]
    named = [name for name in missing if name]
    if named:
        yield found("seat", parties=", ".join(named))


def seat_without_address(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for seat in text.seats:
        if seat.is_filled and not seat.email:
            yield found(f"seat.{seat.key}", person=seat.name, party=_party_name(seat, content))


def _party_name(seat: Seat, content: Content) -> str:
    return content.parties[seat.party].name if seat.party in content.parties else seat.party


def no_outcome_owner(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    seat = text.seat("outcome_owner")
    if seat is None or not seat.is_filled or seat.function in _TECHNICAL:
        yield found("seat.outcome_owner")


def criteria_set_without_owner(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    seat = text.seat("outcome_owner")
    if around.owner_touched_criteria is False and seat is not None and seat.is_filled:
        yield found("criterion", owner=seat.name)


def executives_only(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    people = [seat for seat in text.seats if seat.is_filled]
    at_work = any(seat.party == "domain_expert" or seat.function == "practitioner" for seat in people)
    if people and not at_work:
        yield found("seat.domain_expert")


def experts_only(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    seat = text.seat("decision_maker")
    if seat is None or not seat.is_filled:
        yield found("seat.decision_maker")


def late_party(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    start, end = text.day("time_start"), text.day("time_end")
    if start is None or end is None:
        return
    for seat in text.seats:
        if not seat.is_filled and seat.filled_until and seat.filled_until > start + (end - start) / 2:
            yield found(f"seat.{seat.key}", party=_party_name(seat, content))


def high_risk_without_legal(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if text.text("risk_class") != "high":
        return
    for party in ("legal", "affected_staff"):
        seat = text.seat(party)
        if seat is None or not seat.is_filled:
            yield found(f"seat.{party}")
            return


def people_over_capacity(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for member in text.team:
        facts = around.people.get(member.name)
        if facts and member.share is not None and facts.share + member.share > 100:
            yield found(f"team.{member.key}", person=member.name, percent=facts.share + member.share)


def too_many_projects(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for member in text.team:
        facts = around.people.get(member.name)
        if facts and facts.projects >= MOST_PROJECTS:
            yield found(f"team.{member.key}", person=member.name, n=facts.projects)
