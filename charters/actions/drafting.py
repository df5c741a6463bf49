"""Writing the draft of a charter, field by field, without ever overwriting somebody in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from charters.fields import FAMILIES, FieldError, Value, clean
from charters.models import Charter, DraftField, FieldEdit
from charters.signoff import STATE_WORDS, State
from roadmap.use_case_models import UseCase
from ui.errors import Conflict, Invalid

MOST_FIELDS = 400


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that somebody else changed meanwhile: both values, and the version to write over."""

    name: str
    theirs: Value | None
    mine: Value
    version: int
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Saved:
    """New versions by field name, and the fields that were left alone because both had changed them."""

    versions: dict[str, int]
    conflicts: tuple[FieldConflict, ...]


@transaction.atomic
def create_charter(
    organization: Organization,
    *,
    by: User,
    use_case: UseCase | None = None,
    title: str = "",
    code: str = "",
    plan_item: str = "",
) -> Charter:
    """Begin a charter, from a use case where one is given; its known facts become the first draft."""
    if use_case is not None and use_case.organization_id != organization.pk:
        raise Invalid("This use case belongs to another organization.")
    fields = _first_fields(use_case, title)
    if not fields.get("title"):
        raise Invalid(
            "A charter needs a title or a use case.", fields={"title": ["Name the POC in a few words."]}
        )
    charter = _insert(organization, by, use_case, str(fields["title"]), code.strip(), plan_item)
    _write(charter, by, {name: (value, 1) for name, value in fields.items()})
    audit.record(
        organization=organization,
        actor=by,
        event="charter.created",
        subject=charter,
        data={"code": charter.code, "use_case": use_case.pk if use_case else None},
    )
    return charter


def _first_fields(use_case: UseCase | None, title: str) -> dict[str, Value]:
    raw: dict[str, object] = {"title": title or (use_case.title if use_case else "")}
    if use_case is not None:
        raw["problem"] = use_case.description
        for number, asset in enumerate(use_case.assets.order_by("name"), start=1):
            raw[f"data.{number}"] = {"asset": str(asset.pk), "name": asset.name}
        if use_case.outcome_owner:
            raw["seat.outcome_owner"] = {"name": use_case.outcome_owner}
    try:
        return {name: value for name, given in raw.items() if (value := clean(name, given))}
    except FieldError as error:
        raise Invalid(str(error), fields={"title": [str(error)]}) from error


def _insert(
    organization: Organization, by: User, use_case: UseCase | None, title: str, code: str, plan_item: str
) -> Charter:
    chosen = code or _next_code(organization)
    if len(chosen) > 20:
        raise Invalid("This code is too long.", fields={"code": ["At most 20 characters."]})
    try:
        with transaction.atomic():
            return Charter.objects.create(
                organization=organization,
                code=chosen,
                title=title,
                use_case=use_case,
                plan_item=plan_item[:120],
                created_by=by,
            )
    except IntegrityError as error:
        raise Conflict(f"There is a charter {chosen} already. Choose another code.") from error


def _next_code(organization: Organization) -> str:
    """Initials of the organization and the next free number, such as HP-03."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    initials = "".join(word[0] for word in organization.name.split() if word[0].isalnum())[:3].upper() or "C"
    taken = set(
        Charter.objects.filter(organization=organization, code__istartswith=f"{initials}-").values_list(
            "code", flat=True
        )
    )
    number = next(n for n in range(1, len(taken) + 2) if f"{initials}-{n:02d}" not in taken)
    return f"{initials}-{number:02d}"


@transaction.atomic
def save_fields(charter: Charter, *, by: User, changes: Mapping[str, tuple[object, int]]) -> Saved:
    """Save fields of the draft. `changes` maps names to (value, version that was shown; 0 for a new field).

    A field that has moved on since is left as it is and comes back in `conflicts`, unless both wrote the same
    or the value sent is the very one that was shown. Raises Invalid with every value that a field cannot
    hold, and Conflict when the charter is no draft any more.
    """
    cleaned = _clean_all(changes)
    locked = lock_draft(charter)
    current = {row.name: row for row in _rows(locked, cleaned)}
    shown = _shown(locked, {name: seen for name, (_, seen) in cleaned.items()})
    writes: dict[str, tuple[Value, int]] = {}
    conflicts = []
    for name, (value, seen) in cleaned.items():
        row = current.get(name)
        version = row.version if row else 0
        if _same(row.value if row else _blank(name), value):
            continue
        if seen == version:
            writes[name] = (value, version + 1)
        elif not _same(shown.get(name, _blank(name)), value):
            conflicts.append(_conflict(name, row, value))
    _write(locked, by, writes)
    if writes:
        _touch(locked, by, writes)
    return Saved({name: version for name, (_, version) in writes.items()}, tuple(conflicts))


@transaction.atomic
def archive_charter(charter: Charter, *, by: User) -> None:
    """Take a charter off the list. One that is out for signature is withdrawn first."""
    changed = Charter.objects.filter(pk=charter.pk, archived_at=None).exclude(state=State.OUT)
    if not changed.update(archived_at=timezone.now()):
        raise Conflict("A charter that is out for signature cannot be archived; withdraw it first.")
    audit.record(
        organization=charter.organization, actor=by, event="charter.archived", subject=charter, data={}
    )


def lock_draft(charter: Charter) -> Charter:
    """The charter under lock, if its draft may be written. Raises Conflict otherwise."""
    locked = Charter.objects.select_for_update(of=("self",)).select_related("organization").get(pk=charter.pk)
    if locked.archived_at:
        raise Conflict("This charter is archived.")
    if not locked.is_draft:
        words = STATE_WORDS[State(locked.state)].lower()
        raise Conflict(
            f"Revision {locked.latest_number} is {words}; its text does not change. "
            "Start a new revision to change it."
        )
    return locked


def _clean_all(changes: Mapping[str, tuple[object, int]]) -> dict[str, tuple[Value, int]]:
    if len(changes) > MOST_FIELDS:
        raise Invalid(f"At most {MOST_FIELDS} fields at a time.")
    cleaned: dict[str, tuple[Value, int]] = {}
    problems: dict[str, list[str]] = {}
    for name, (value, seen) in changes.items():
        try:
            cleaned[name] = (clean(name, value), seen)
        except FieldError as error:
            problems[name[:80]] = [str(error)]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    return cleaned


def put_back(charter: Charter, fields: Mapping[str, Value], *, by: User) -> None:
    """Make the draft these fields again, as a further version of each field that differs.

    The caller holds the lock and leaves the entry that says why.
    """
    rows = {row.name: row for row in DraftField.objects.filter(charter=charter)}
    writes: dict[str, tuple[Value, int]] = {}
    for name in rows.keys() | fields.keys():
        held = rows[name].value if name in rows else _blank(name)
        value = fields.get(name, _blank(name))
        if not _same(held, value):
            writes[name] = (value, rows[name].version + 1 if name in rows else 1)
    _write(charter, by, writes)


def _blank(name: str) -> Value:
    return {} if name.partition(".")[0] in FAMILIES and "." in name else ""


def _same(one: object, other: object) -> bool:
    """Equal, or both empty: a box that was never ticked and one that was emptied are one thing."""
    return one == other or (not one and not other)


def _rows(charter: Charter, names: Mapping[str, object]) -> list[DraftField]:
    return list(DraftField.objects.filter(charter=charter, name__in=list(names)).select_related("edited_by"))


def _shown(charter: Charter, seen: Mapping[str, int]) -> dict[str, Value]:
    """The values at the versions that the writer saw."""
    edits = FieldEdit.objects.filter(charter=charter, name__in=list(seen))
    return {
        name: value
        for name, version, value in edits.values_list("name", "version", "value")
        if seen[name] == version
    }


def _conflict(name: str, row: DraftField | None, mine: Value) -> FieldConflict:
    if row is None:
        return FieldConflict(name, None, mine, 0, "Somebody", "")
    who = row.edited_by.get_full_name() if row.edited_by else "Somebody"
    return FieldConflict(name, row.value, mine, row.version, who, row.edited_at.isoformat())


def _write(charter: Charter, by: User, writes: Mapping[str, tuple[Value, int]]) -> None:
    now = timezone.now()
    DraftField.objects.bulk_create(
        [
            DraftField(charter=charter, name=name, value=value, version=version, edited_by=by, edited_at=now)
            for name, (value, version) in writes.items()
        ],
        update_conflicts=True,
        unique_fields=["charter", "name"],
        update_fields=["value", "version", "edited_by", "edited_at"],
    )
    FieldEdit.objects.bulk_create(
        [
            FieldEdit(charter=charter, name=name, value=value, version=version, by=by, at=now)
            for name, (value, version) in writes.items()
        ]
    )


def _touch(charter: Charter, by: User, writes: Mapping[str, tuple[Value, int]]) -> None:
    changed: dict[str, object] = {"changed_at": timezone.now()}
    if "title" in writes:
        changed["title"] = writes["title"][0]
    Charter.objects.filter(pk=charter.pk).update(**changed)
    audit.record(
        organization=charter.organization,
        actor=by,
        event="charter.edited",
        subject=charter,
        data={"versions": {name: version for name, (_, version) in writes.items()}},
    )
