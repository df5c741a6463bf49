"""An organization's own initiatives: add, change, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from assessment import questionnaires
from assessment.queries import latest_result
from assessment.question_bank import Questionnaire
from roadmap.catalogue import HIGHEST_LEVEL, gate_rows
from roadmap.models import OwnInitiative
from roadmap.own import OwnInitiativeError, checked, free_key
from roadmap.queries import catalogue_of, own_initiatives
from roadmap.standard import catalogue_for, standard_catalogue
from ui.errors import Conflict, Invalid

MOST = 200


def known_items(organization: Organization) -> dict[str, str]:
    """The items that an initiative may lift, with their text: those of the newest result's questionnaire."""
    return {item.key: item.text for item in _questionnaire(organization).maturity_items}


def _questionnaire(organization: Organization) -> Questionnaire:
    result = latest_result(organization)
    return questionnaires.of(result.assessment) if result else questionnaires.standard()[0]


@transaction.atomic
def add_own_initiative(
    organization: Organization, values: Mapping[str, Any], *, by: User | None
) -> OwnInitiative:
    """Add an initiative; `values` as an entry of the catalogue, the key made from its title.

    With the key of a standard initiative it stands in its place. Raises Invalid with the problems by field.
    """
    if OwnInitiative.objects.filter(organization=organization, archived_at=None).count() >= MOST:
        raise Conflict(f"There are {MOST} own initiatives already. Remove one first.")
    catalogue = catalogue_of(organization)
    key = str(values.get("key") or free_key(str(values.get("title", "")), catalogue.by_key))
    if OwnInitiative.objects.filter(organization=organization, key=key, archived_at=None).exists():
        raise Conflict("There is an own initiative with this key already.")
    content = _checked(organization, {**values, "key": key})
    row = OwnInitiative.objects.create(
        organization=organization, key=content["key"], content=content, created_by=by
    )
    _record(row, by, "initiative.added")
    return row


@transaction.atomic
def change_own_initiative(
    row: OwnInitiative, values: Mapping[str, Any], *, by: User | None, seen: int
) -> OwnInitiative:
    """Change an own initiative as it stood at revision `seen`; a value of None takes the field away.

    Raises Conflict if it has moved on.
    """
    merged = {**row.content, **values, "key": row.key}
    content = _checked(row.organization, merged)
    moved = OwnInitiative.objects.filter(pk=row.pk, revision=seen, archived_at=None).update(
        content=content, revision=seen + 1
    )
    if not moved:
        raise Conflict("Somebody changed this initiative meanwhile. Reload the page, then change it.")
    row.refresh_from_db()
    _record(row, by, "initiative.changed")
    return row


@transaction.atomic
def remove_own_initiative(row: OwnInitiative, *, by: User | None) -> None:
    """Take an own initiative out of the catalogue; plans that hold it keep what they say.

    Raises Conflict while another own initiative waits for it: that one could then never start.
    """
    others = own_initiatives(row.organization).values()
    waiting = [other.title for other in others if row.key in other.prerequisites]
    if waiting and row.key not in standard_catalogue().by_key:
        raise Conflict(f"“{waiting[0]}” waits for it. Change that one first.")
    moved = OwnInitiative.objects.filter(pk=row.pk, archived_at=None).update(archived_at=timezone.now())
    if not moved:
        raise Conflict("Somebody else has removed it already.")
    _record(row, by, "initiative.removed")


def _checked(organization: Organization, values: Mapping[str, Any]) -> dict[str, Any]:
    questionnaire = _questionnaire(organization)
    items = {item.key: HIGHEST_LEVEL for item in questionnaire.maturity_items}
    others = catalogue_for(catalogue_of(organization), items).initiatives
    kept = {name: value for name, value in values.items() if value is not None}
    try:
        return checked(kept, others, items, gate_rows(questionnaire))
    except OwnInitiativeError as error:
        raise Invalid(str(error), fields=error.problems) from error


def _record(row: OwnInitiative, by: User | None, event: str) -> None:
    audit.record(
        organization=row.organization, actor=by, event=event, subject=row, data={"initiative": row.key}
    )
