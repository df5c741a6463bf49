"""Writing the register of data assets and the roster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, Unit, User
from assessment.evidence.models import DataAsset, RoleShare, RosterPerson, RosterSkill
from assessment.evidence.roles import role_book
from ui.errors import Conflict, Invalid

ASSET_FIELDS = (
    "name", "owner", "unit", "place", "labeled", "in_one_repository", "access", "days_to_access",
    "legal_basis", "refresh", "note",
)  # fmt: skip


@dataclass(frozen=True)
class RosterEntry:
    """A person as given: shares by role (sum at most 1), levels by skill (0 to 3)."""

    name: str
    kind: str = "in_house"
    partner: str = ""
    until: date | None = None
    unit: Unit | None = None
    projects: Sequence[str] = ()
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    skills: Mapping[str, int] = field(default_factory=dict)


def save_asset(
    organization: Organization,
    values: Mapping[str, Any],
    *,
    by: User | None,
    asset: DataAsset | None = None,
    base_revision: int | None = None,
) -> DataAsset:
    """Add or change a data asset. With `base_revision`, somebody else's newer version is kept."""
    fields = {name: values[name] for name in ASSET_FIELDS if name in values}
    if not str(fields.get("name", asset.name if asset else "")).strip():
        raise Invalid("A data asset needs a name.", fields={"name": ["Enter a name."]})
    with transaction.atomic():
        try:
            with transaction.atomic():
                if asset is None:
                    asset = DataAsset.objects.create(organization=organization, updated_by=by, **fields)
                    event = "data_asset.added"
                else:
                    _change_asset(asset, fields, by, base_revision)
                    event = "data_asset.changed"
        except IntegrityError as error:
            raise Invalid(
                "A data asset of this name is in the register already.",
                fields={"name": ["Use another name, or change the asset that has it."]},
            ) from error
        _record(organization, by, event, asset)
    return asset


def _change_asset(
    asset: DataAsset, fields: dict[str, Any], by: User | None, base_revision: int | None
) -> None:
    same = DataAsset.objects.filter(pk=asset.pk, archived_at=None)
    if base_revision is not None:
        same = same.filter(revision=base_revision)
    changed = same.update(**fields, updated_by=by, updated_at=timezone.now(), revision=F("revision") + 1)
    if not changed:
        raise Conflict(f"{asset.name} was changed meanwhile. Reload it, then enter your change again.")
    asset.refresh_from_db()


def archive_asset(asset: DataAsset, *, by: User | None) -> None:
    """Take it out of the register; what refers to it keeps it."""
    with transaction.atomic():
        if not DataAsset.objects.filter(pk=asset.pk, archived_at=None).update(archived_at=timezone.now()):
            raise Conflict("This data asset is archived already.")
        _record(asset.organization, by, "data_asset.archived", asset)


def save_person(
    organization: Organization,
    entry: RosterEntry,
    *,
    by: User | None,
    person: RosterPerson | None = None,
    base_revision: int | None = None,
) -> RosterPerson:
    """Add or change somebody on the roster with shares and skills, all at once."""
    _check(entry)
    fields: dict[str, Any] = {
        "name": entry.name.strip(),
        "kind": entry.kind,
        "partner": entry.partner.strip(),
        "until": entry.until,
        "unit": entry.unit,
        "projects": list(entry.projects),
        "projects_at_once": len(entry.projects),
    }
    with transaction.atomic():
        try:
            with transaction.atomic():
                added = person is None
                if person is None:
                    person = RosterPerson.objects.create(organization=organization, **fields)
                else:
                    _change_person(person, fields, base_revision)
        except IntegrityError as error:
            raise Invalid(
                "Somebody of this name is on the roster already.",
                fields={"name": ["Use another name, or change the entry that has it."]},
            ) from error
        RoleShare.objects.filter(person=person).delete()
        RosterSkill.objects.filter(person=person).delete()
        RoleShare.objects.bulk_create(
            [
                RoleShare(person=person, role=role, share=share)
                for role, share in entry.shares.items()
                if share
            ]
        )
        RosterSkill.objects.bulk_create(
            [RosterSkill(person=person, skill=skill, level=level) for skill, level in entry.skills.items()]
        )
        _record(organization, by, "roster.added" if added else "roster.changed", person)
    return person


def _change_person(person: RosterPerson, fields: dict[str, Any], base_revision: int | None) -> None:
    same = RosterPerson.objects.filter(pk=person.pk, archived_at=None)
    if base_revision is not None:
        same = same.filter(revision=base_revision)
    if not same.update(**fields, revision=F("revision") + 1):
        raise Conflict(
            f"{person.name} was changed meanwhile. Reload the entry, then enter your change again."
        )
    person.refresh_from_db()


def _check(entry: RosterEntry) -> None:
    book = role_book()
    problems: dict[str, list[str]] = {}
    if not entry.name.strip():
        problems["name"] = ["Enter a name."]
    if entry.kind not in RosterPerson.Kind.values:
        problems["kind"] = [f"Must be one of {', '.join(RosterPerson.Kind.values)}."]
    unknown = [key for key in entry.shares if key not in book.roles]
    unknown += [key for key in entry.skills if key not in book.skills]
    if unknown:
        problems["roles"] = [f"There is no role or skill {key!r}." for key in unknown]
    if any(not 0 <= share <= 1 for share in entry.shares.values()):
        problems["shares"] = ["Each share is from 0 to 1."]
    elif sum(entry.shares.values(), Decimal(0)) > 1:
        problems["shares"] = ["The shares of one person sum to at most 1."]
    if any(not 0 <= level <= 3 for level in entry.skills.values()):
        problems["skills"] = ["Each skill level is 0, 1, 2 or 3."]
    if problems:
        raise Invalid("Some values of this entry do not fit.", fields=problems)


def archive_person(person: RosterPerson, *, by: User | None) -> None:
    with transaction.atomic():
        if not RosterPerson.objects.filter(pk=person.pk, archived_at=None).update(archived_at=timezone.now()):
            raise Conflict("This entry is archived already.")
        _record(person.organization, by, "roster.archived", person)


def import_assets(
    organization: Organization, rows: Sequence[Mapping[str, Any]], *, by: User | None
) -> tuple[int, int]:
    """Add assets and change those of the same name. Returns how many were added and changed."""
    with transaction.atomic():
        known = {
            a.name.lower(): a for a in DataAsset.objects.filter(organization=organization, archived_at=None)
        }
        changed = 0
        for row in rows:
            present = known.get(str(row["name"]).lower())
            changed += present is not None
            save_asset(organization, row, by=by, asset=present)
    return len(rows) - changed, changed


def import_roster(
    organization: Organization, entries: Sequence[RosterEntry], *, by: User | None
) -> tuple[int, int]:
    """Add people and change those of the same name. Returns how many were added and changed."""
    with transaction.atomic():
        known = {
            p.name.lower(): p
            for p in RosterPerson.objects.filter(organization=organization, archived_at=None)
        }
        changed = 0
        for entry in entries:
            present = known.get(entry.name.lower())
            changed += present is not None
            save_person(organization, entry, by=by, person=present)
    return len(entries) - changed, changed


def _record(organization: Organization, by: User | None, event: str, subject: Any) -> None:
    audit.record(
        organization=organization,
        actor=by,
        event=event,
        subject=subject,
        data={"revision": subject.revision},
        personal={"name": subject.name} if isinstance(subject, RosterPerson) else None,
    )
