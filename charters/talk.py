"""What is said about a draft, by the section in which the field stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from charters.content import content
from charters.fields import BY_NAME, FAMILIES
from charters.history import label_of
from charters.models import Charter, FieldComment, Guest
from charters.sections import SECTIONS, section_of


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment as it reads: where it belongs, who said it (a guest with the company), and who settled it."""

    pk: UUID
    field: str
    label: str
    words: str
    who: str
    company: str
    at: datetime
    number: int
    settled_at: datetime | None
    settled_by: str
    own: bool

    @property
    def is_open(self) -> bool:
        return self.settled_at is None


@dataclass(frozen=True, slots=True)
class Talk:
    """The remarks of one section, open ones first, and the fields that can be remarked upon."""

    key: str
    options: tuple[tuple[str, str], ...]
    remarks: tuple[Remark, ...] = field(default_factory=tuple)

    def about(self, name: str) -> Talk:
        """What is said about one field of the section."""
        options = tuple(option for option in self.options if option[0] == name)
        return Talk(self.key, options, tuple(said for said in self.remarks if said.field == name))

    @property
    def open_count(self) -> int:
        return sum(remark.is_open for remark in self.remarks)


def comments_of(charter: Charter, *, guest: Guest | None = None) -> list[FieldComment]:
    """The comments of a charter; a guest reads the guest's own alone."""
    rows = FieldComment.objects.filter(charter=charter).select_related("by", "guest", "settled_by")
    return list(rows.filter(guest=guest) if guest else rows)


def open_count(charter: Charter) -> int:
    return FieldComment.objects.filter(charter=charter, settled_at=None).count()


def remarks(
    comments: Iterable[FieldComment], document: Mapping[str, Any], *, viewer: UUID | int | None = None
) -> list[Remark]:
    """Comments in words, open ones first; `viewer` is the account whose own comments are marked."""
    found = [_remark(comment, document, viewer) for comment in comments]
    return sorted(found, key=lambda remark: (not remark.is_open, remark.at))


def talk_of(document: Mapping[str, Any], said: Iterable[Remark]) -> dict[str, Talk]:
    """Every section with its remarks and its fields."""
    by_section: dict[str, list[Remark]] = {}
    for remark in said:
        by_section.setdefault(section_of(remark.field), []).append(remark)
    return {
        section.key: Talk(
            section.key,
            _options(section.fields, section.families, document),
            tuple(by_section.get(section.key, ())),
        )
        for section in SECTIONS
    }


def place_label(name: str, document: Mapping[str, Any]) -> str:
    """The label of a field, of a record, or of a kind of records."""
    if name in FAMILIES:
        return f"{FAMILIES[name].label}: all"
    if name in BY_NAME:
        return BY_NAME[name].label
    return label_of(f"{name}.", document).removesuffix(": ")


def _options(
    fields: Iterable[str], families: Iterable[str], document: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    names = [name for name in fields if not name.startswith("order_")]
    for family in families:
        names += [f"{family}.{key}" for key in document.get(family, {})]
        if family == "clause":
            route = content().routes.get(str(document.get("fields", {}).get("route", "")))
            names += [f"clause.{clause.id}" for clause in (route.clauses if route else ())]
        names.append(family)
    return tuple((name, place_label(name, document)) for name in dict.fromkeys(names))


def _remark(comment: FieldComment, document: Mapping[str, Any], viewer: UUID | int | None) -> Remark:
    guest = comment.guest
    who = guest.name if guest else comment.by.get_full_name() if comment.by else "Somebody"
    return Remark(
        pk=comment.pk,
        field=comment.field,
        label=place_label(comment.field, document),
        words=comment.words,
        who=who,
        company=guest.company if guest else "",
        at=comment.at,
        number=comment.for_number,
        settled_at=comment.settled_at,
        settled_by=comment.settled_by.get_full_name() if comment.settled_by else "",
        own=viewer is not None and comment.by_id == viewer,
    )
