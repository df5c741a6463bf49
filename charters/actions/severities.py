"""How strict an organization is with each rule of completeness."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from charters.content import SEVERITIES, Rule, content
from charters.models import RuleChoice
from charters.queries import severities_of
from ui.errors import Invalid

WORDS = {"note": "a note", "advise": "an advice", "block": "a block"}


@transaction.atomic
def choose_severities(organization: Organization, chosen: Mapping[str, str], *, by: User) -> dict[str, str]:
    """Set the severity of rules by id; "" goes back to the rule's own. Returns what has changed.

    Raises Invalid with every unknown rule, unknown severity and severity below a rule's floor.
    """
    rules = content().rules
    _refuse(chosen, rules)
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    present = severities_of(organization)
    changed = {}
    for rule_id, severity in chosen.items():
        default = rules[rule_id].severity
        wanted = severity or default
        if wanted == present.get(rule_id, default):
            continue
        changed[rule_id] = wanted
        if wanted == default:
            RuleChoice.objects.filter(organization=organization, rule=rule_id).delete()
            continue
        RuleChoice.objects.update_or_create(
            organization=organization,
            rule=rule_id,
            defaults={"severity": wanted, "chosen_by": by, "chosen_at": timezone.now()},
        )
    if changed:
        audit.record(
            organization=organization,
            actor=by,
            event="charter_rules.chosen",
            subject=organization,
            data={"chosen": changed},
        )
    return changed


def _refuse(chosen: Mapping[str, str], rules: Mapping[str, Rule]) -> None:
    errors: dict[str, list[str]] = {}
    for rule_id, severity in chosen.items():
        rule = rules.get(rule_id)
        if rule is None:
            errors[rule_id[:80]] = ["There is no such rule."]
        elif severity and severity not in SEVERITIES:
            errors[rule_id] = [f"One of {', '.join(SEVERITIES)}, or empty for the rule’s own."]
        elif severity and SEVERITIES.index(severity) < SEVERITIES.index(rule.floor):
            errors[rule_id] = [f"This rule is at least {WORDS[rule.floor]}."]
    if errors:
        raise Invalid("Some choices are not possible.", fields=errors)
