"""Which charters of an organization a reader wishes to see, and in what order.

Route, risk class and outcome owner are read from the draft's fields, which a frozen text leaves as they were
written into it; so a list needs no text of any revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from accounts.models import Organization
from charters.fields import RISK_CLASSES, ROUTES
from charters.models import Charter, DraftField
from charters.queries import charters_of
from charters.signoff import STATE_WORDS, State
from ui.errors import Invalid

OWNER_FIELD = "seat.outcome_owner"
MOST_LETTERS = 100
MOST_WORDS = 8
MOST_OWNERS = 200
# What may stand in each parameter that takes one of a few words.
STATES = tuple((state.value, STATE_WORDS[state]) for state in State)
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "state": STATES,
    "route": ROUTES,
    "risk": RISK_CLASSES,
    "waiting": (("me", "Waits for me"),),
    "sort": (
        ("changed", "Changed"),
        ("title", "Title"),
        ("state", "State"),
        ("due", "Due"),
        ("use_case", "Use case"),
    ),
    "dir": (("asc", "Ascending"), ("desc", "Descending")),
}
_LIFE = Case(*(When(state=key, then=place) for place, (key, _) in enumerate(STATES)), default=len(STATES))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. Empty means all; `dir` is empty where the usual direction of `sort` is meant."""

    find: str = ""
    state: str = ""
    route: str = ""
    owner: str = ""
    risk: str = ""
    waiting: str = ""
    sort: str = ""
    dir: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was asked for."""
        return any((self.find, self.state, self.route, self.owner, self.risk, self.waiting))

    @property
    def descending(self) -> bool:
        """The latest change comes first, everything else in its natural order, unless asked otherwise."""
        return self.dir == "desc" if self.dir else self.sort in ("", "changed")

    def query(self) -> dict[str, str]:
        """The parameters of an address that wishes the same."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def wish_of(given: Mapping[str, str], *, strict: bool = False) -> Wish:
    """The wish in the parameters of an address. A word that is none of the choices counts as not given.

    With `strict` it raises Invalid, which names the parameter and what may stand there.
    """
    values = {name: _plain(str(given.get(name, ""))) for name in ("find", "owner")}
    problems: dict[str, list[str]] = {}
    for name, choices in CHOICES.items():
        value = str(given.get(name, ""))
        if value in dict(choices):
            values[name] = value
        elif value:
            problems[name] = [f"One of {', '.join(key for key, _ in choices)}."]
    if strict and problems:
        raise Invalid("Charters cannot be listed so.", fields=problems)
    return Wish(**values)


def _plain(text: str) -> str:
    """Without letters that no database takes, and no longer than a search can be."""
    kept = "".join(letter for letter in text[:300] if letter >= " " and not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())[:MOST_LETTERS]


def found(
    organization: Organization, wish: Wish, *, waiting: frozenset[UUID] = frozenset()
) -> QuerySet[Charter]:
    """The charters on the list that fit, in the order wished; `waiting`: those that wait for the reader."""
    rows = charters_of(organization)
    if wish.state:
        rows = rows.filter(state=wish.state)
    for name, value in (("route", wish.route), ("risk_class", wish.risk)):
        if value:
            rows = rows.filter(_holds(name, value=value))
    if wish.owner:
        rows = rows.filter(_holds(OWNER_FIELD, value__name=wish.owner))
    if wish.waiting:
        rows = rows.filter(pk__in=waiting)
    for word in wish.find.split()[:MOST_WORDS]:
        rows = rows.filter(_said(word))
    return rows.order_by(*_order(wish))


def _holds(name: str, *fits: Q, **values: str) -> Exists:
    """The charter has this field, and it fits."""
    return Exists(DraftField.objects.filter(*fits, charter=OuterRef("pk"), name=name, **values))


def _said(word: str) -> Q:
    """The word stands in the code, the title, the use case's title or the outcome owner's name."""
    places = (_contains(place, word) for place in ("code", "title", "use_case__title"))
    return reduce(or_, places) | Q(_holds(OWNER_FIELD, _contains("value__name", word)))


def _contains(place: str, word: str) -> Q:
    """SQLite knows upper and lower case in English letters only, so other words are tried in each case."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    return reduce(or_, (Q(**{f"{place}__icontains": form}) for form in sorted(forms)))


def _order(wish: Wish) -> list[str | Combinable]:
    orders: dict[str, F | Lower | Case] = {
        "title": Lower("title"),
        "state": _LIFE,
        "due": Case(When(state=State.OUT, then=F("round_due"))),
        "use_case": Lower("use_case__title"),
    }
    by = orders.get(wish.sort, F("changed_at"))
    first = by.desc(nulls_last=True) if wish.descending else by.asc(nulls_last=True)
    return [first, "-changed_at", "pk"]


def owners_of(organization: Organization) -> list[str]:
    """The outcome owners to choose from, by name; beyond two hundred the search finds the others."""
    held = DraftField.objects.filter(
        charter__organization=organization,
        charter__archived_at=None,
        name=OWNER_FIELD,
        value__has_key="name",
    )
    names = held.annotate(owner=KT("value__name")).order_by("owner")
    return list(names.values_list("owner", flat=True).distinct()[:MOST_OWNERS])


def facts_by_charter(charters: list[Charter]) -> dict[UUID, dict[str, str]]:
    """Route, risk class and outcome owner in words, by charter, in one query."""
    words = {"route": dict(ROUTES), "risk_class": dict(RISK_CLASSES)}
    facts: dict[UUID, dict[str, str]] = {charter.pk: {} for charter in charters}
    rows = DraftField.objects.filter(charter__in=charters, name__in=[*words, OWNER_FIELD])
    for charter, name, value in rows.values_list("charter", "name", "value"):
        if name == OWNER_FIELD:
            facts[charter]["owner"] = str(value.get("name", "")) if isinstance(value, dict) else ""
        else:
            facts[charter][name] = words[name].get(str(value), "")
    return facts
