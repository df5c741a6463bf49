"""How strict an organization is: choices, floors, and that page, freeze and check all follow."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from charters.actions import freeze_revision
from charters.actions.severities import choose_severities
from charters.completeness import RULES
from charters.content import content
from charters.models import RuleChoice
from charters.queries import problems_of
from charters.strictness import rule_rows
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_pages import signed_in
from ui.errors import Invalid

LONG, OWNER = "charter.time_box_too_long", "charter.no_owner_after"
NAMED = (
    "charter.criterion_without_target",
    "charter.time_box_over_funding",
    "charter.no_fallback",
    OWNER,
    "charter.data_not_better",
    "charter.people_over_capacity",
)


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def test_the_rules_that_a_charter_promises_are_there() -> None:
    assert set(NAMED) <= set(content().rules)


def test_every_rule_is_on_the_page_once_and_offers_nothing_below_its_floor() -> None:
    rows = [row for _, rows in rule_rows(content(), {}) for row in rows]
    assert sorted(row.id for row in rows) == sorted(RULES)
    for row in rows:
        assert row.options[0][0] == content().rules[row.id].floor
        assert "{" not in row.sentence
    assert [row.id for row in rows if row.is_fixed]


def test_what_is_chosen_blocks_the_freeze_and_can_be_taken_back(cast: Cast) -> None:
    charter = write_charter(cast, time_end="2027-06-18", funded_until="2027-12-31")
    assert not [problem for problem in problems_of(charter) if problem.blocks]
    changed = choose_severities(cast.organization, {LONG: "block", OWNER: "block"}, by=cast.frida)
    assert changed == {LONG: "block"}
    with pytest.raises(Invalid, match="37 weeks"):
        freeze_revision(charter, by=cast.frida)
    choose_severities(cast.organization, {LONG: ""}, by=cast.frida)
    assert not RuleChoice.objects.exists()
    assert freeze_revision(charter, by=cast.frida).number == 1
    assert AuditEvent.objects.filter(event="charter_rules.chosen").count() == 2


@pytest.mark.parametrize(
    "chosen",
    [{"charter.nothing": "block"}, {LONG: "deny"}, {"charter.seat_missing": "advise"}, {OWNER: "note"}],
)
def test_what_cannot_be_chosen_changes_nothing(cast: Cast, chosen: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        choose_severities(cast.organization, {LONG: "block"} | chosen, by=cast.frida)
    assert not RuleChoice.objects.exists()


def test_leaders_choose_and_members_read(cast: Cast) -> None:
    url = reverse("charters:rules")
    max_, frida = signed_in(cast.max), signed_in(cast.frida)
    assert "<select" not in max_.get(url).content.decode()
    assert max_.post(url, {LONG: "block"}).status_code == 403
    assert frida.post(url, {LONG: "block"}).status_code == 302
    assert RuleChoice.objects.get().severity == "block"
    refused = frida.post(url, {LONG: "advise", "charter.seat_missing": "note"})
    assert refused.status_code == 422
    assert RuleChoice.objects.get().severity == "block"
    assert "One rule is set your way" in frida.get(url).content.decode()
    assert "Check of charters" in frida.get(reverse("accounts:settings")).content.decode()
