"""Writing use cases: create, change, archive, and what their charters report back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, Unit, User
from assessment.evidence.models import DataAsset
from roadmap.use_case_models import UseCase
from roadmap.use_case_rubric import AXES, rubric
from ui.errors import Conflict, Invalid

TEXTS = {"title": 150, "description": 5000, "outcome_owner": 150, "other_uses": 2000, "lessons": 5000}
NOTE_LENGTH = 300


@transaction.atomic
def create_use_case(organization: Organization, *, by: User, values: Mapping[str, Any]) -> UseCase:
    """Add an idea. `values` as in `change_use_case`; a title is required."""
    cleaned = _cleaned(organization, values)
    if not cleaned.get("title"):
        raise Invalid("A use case needs a title.", fields={"title": ["Say in a few words what it is."]})
    assets = cleaned.pop("assets", [])
    use_case = UseCase.objects.create(organization=organization, created_by=by, updated_by=by, **cleaned)
    use_case.assets.set(assets)
    audit.record(
        organization=organization,
        actor=by,
        event="use_case.created",
        subject=use_case,
        data={"title": use_case.title},
    )
    return use_case


@transaction.atomic
def change_use_case(use_case: UseCase, *, by: User, values: Mapping[str, Any], seen: int) -> UseCase:
    """Change fields of a use case as it stood at revision `seen`; raises Conflict if it has moved on.

    Keys of `values`: title, description, outcome_owner, other_uses, lessons, unit, problem_type, data_origin,
    horizon, touches, levels (question id to {"level", "note"}), assets (ids of data assets).
    """
    cleaned = _cleaned(use_case.organization, values)
    assets = cleaned.pop("assets", None)
    if cleaned.get("title") == "":
        raise Invalid("A use case needs a title.", fields={"title": ["Say in a few words what it is."]})
    moved = UseCase.objects.filter(pk=use_case.pk, revision=seen, archived_at=None).update(
        revision=seen + 1, updated_by=by, updated_at=timezone.now(), **cleaned
    )
    if not moved:
        raise _stale(use_case, cleaned)
    use_case.refresh_from_db()
    if assets is not None:
        use_case.assets.set(assets)
    audit.record(
        organization=use_case.organization,
        actor=by,
        event="use_case.changed",
        subject=use_case,
        data={"fields": sorted(cleaned) + (["assets"] if assets is not None else []), "revision": seen + 1},
    )
    return use_case


@transaction.atomic
def archive_use_case(use_case: UseCase, *, by: User) -> None:
    """Take a use case off the list; it stays readable and can be taken back."""
    _set_archived(use_case, by=by, at=timezone.now(), event="use_case.archived")


@transaction.atomic
def restore_use_case(use_case: UseCase, *, by: User) -> None:
    _set_archived(use_case, by=by, at=None, event="use_case.restored")


@transaction.atomic
def record_charter(
    use_case: UseCase,
    *,
    by: User | None,
    state: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    budget: Decimal = Decimal(0),
    team: Iterable[str] = (),
) -> None:
    """What the charter of a use case says about its state, time, money and people."""
    if state not in UseCase.State.values:
        raise ValueError(f"{state} is no state of a use case")
    UseCase.objects.filter(pk=use_case.pk).update(
        state=state, starts_on=starts_on, ends_on=ends_on, budget=budget, team=sorted(set(team))
    )
    audit.record(
        organization=use_case.organization,
        actor=by,
        event="use_case.state",
        subject=use_case,
        data={"state": state, "starts_on": starts_on, "ends_on": ends_on},
    )


def _set_archived(use_case: UseCase, *, by: User, at: Any, event: str) -> None:
    changed = UseCase.objects.filter(pk=use_case.pk, archived_at__isnull=at is not None).update(
        archived_at=at
    )
    if not changed:
        raise Conflict("Somebody else has done this already.")
    audit.record(organization=use_case.organization, actor=by, event=event, subject=use_case, data={})


def _stale(use_case: UseCase, wanted: Mapping[str, Any]) -> Conflict:
    current = UseCase.objects.filter(pk=use_case.pk).select_related("updated_by").first()
    if current is None or current.archived_at:
        return Conflict("This use case is archived. Restore it to change it.")
    theirs = {name: getattr(current, name) for name in wanted if name != "unit"}
    return Conflict(
        f"{current.updated_by or 'Somebody'} has changed this use case since you opened it.",
        revision=current.revision,
        theirs=theirs,
        mine={name: value for name, value in wanted.items() if name != "unit"},
    )


def _cleaned(organization: Organization, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values by model field; every problem is named at once."""
    problems: dict[str, list[str]] = {}
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        try:
            cleaned[name] = _clean_one(organization, name, value)
        except ValueError as error:
            problems[name] = [str(error)]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    return cleaned


def _clean_one(organization: Organization, name: str, value: Any) -> Any:
    if name in TEXTS:
        return _text(value, TEXTS[name])
    if name in ("problem_type", "data_origin", "horizon"):
        return _choice(value, [key for key, _ in rubric().facts[name].options])
    if name == "touches":
        known = [key for key, _ in rubric().facts["touches"].options]
        return sorted({_choice(item, known) for item in _list(value)}, key=known.index)
    if name == "levels":
        return _levels(value)
    if name == "unit":
        return _unit(organization, value)
    if name == "assets":
        return _assets(organization, value)
    raise ValueError("There is no such field.")


def _text(value: Any, length: int) -> str:
    if not isinstance(value, str):
        raise ValueError("A text.")
    text = value.replace("\r\n", "\n").strip()
    if len(text) > length:
        raise ValueError(f"At most {length} characters.")
    if "\x00" in text:
        raise ValueError("A character that cannot be written.")
    return text


def _choice(value: Any, known: list[str]) -> str:
    if value in ("", None):
        return ""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"One of {', '.join(known)}.")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) > 100:
        raise ValueError("A list.")
    return list(value)


def _levels(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise ValueError("An object of questions with level and note.")
    known = {question.id for axis in AXES for question in rubric().questions[axis]}
    unknown = sorted(str(key)[:40] for key in value if key not in known)
    if unknown:
        raise ValueError(f"No such question: {', '.join(unknown)}.")
    return {key: _level(entry) for key, entry in value.items()}


def _level(entry: Any) -> dict[str, Any]:
    record = entry if isinstance(entry, Mapping) else {"level": entry}
    level = record.get("level")
    if level is not None and (isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 4):
        raise ValueError("A level is a whole number from 0 to 4, or null for “I don't know”.")
    return {"level": level, "note": _text(record.get("note", ""), NOTE_LENGTH)}


def _unit(organization: Organization, value: Any) -> Unit | None:
    if value in ("", None):
        return None
    if isinstance(value, Unit):
        found = value if value.organization_id == organization.pk else None
    else:
        found = Unit.objects.filter(organization=organization, pk=_uuid(value)).first()
    if found is None:
        raise ValueError("Choose a unit of this organization.")
    return found


def _assets(organization: Organization, value: Any) -> list[DataAsset]:
    ids = {_uuid(item.pk if isinstance(item, DataAsset) else item) for item in _list(value)}
    found = list(DataAsset.objects.filter(organization=organization, pk__in=ids))
    if len(found) != len(ids):
        raise ValueError("Choose data assets of this organization.")
    return found


def _uuid(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except (ValueError, ValidationError):
        raise ValueError("An id of this organization.") from None
