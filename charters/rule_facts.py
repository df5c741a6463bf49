"""What the completeness rules look at beside the text, and what a rule gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from charters.content import Content
from charters.document import CharterText


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What the register knows of an asset. `status`: not_usable_yet, acceptable, better or best."""

    name: str
    status: str = ""
    days_to_access: int | None = None
    profiled_on: date | None = None
    is_central: bool = False


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Running work of a person without this charter; `share` in hundredths of a full-time position."""

    share: int = 0
    projects: int = 0
    released_until: date | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Facts from outside the text. None means not known; a rule that needs it then says nothing.

    `people` is by name, `assets` by the id that the charter's data needs carry. `added` and `dropped` count
    criteria and deliverables since the first signature.
    """

    today: date
    people: Mapping[str, PersonFacts] = field(default_factory=dict)
    assets: Mapping[str, AssetFacts] = field(default_factory=dict)
    owner_touched_criteria: bool | None = None
    profiles_known: bool = False
    added: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a rule applies: the name of the field to mend, the values of the rule's sentence."""

    place: str
    values: Mapping[str, Any] = field(default_factory=dict)


Rule = Callable[[CharterText, Surroundings, Content], Iterator[Found]]


def found(place: str, **values: Any) -> Found:
    return Found(place, values)


def scale_to_production(text: CharterText) -> bool:
    return text.yes("deployment_in_scope") or text.yes("to_production")
