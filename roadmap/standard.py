"""The content that plans rest on, read from its files once per process: initiatives, roles, rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from roadmap.catalogue import Catalogue, load_catalogue
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
STANDARD = FIXTURES / "initiatives" / "standard.yaml"


@lru_cache(maxsize=1)
def standard_catalogue() -> Catalogue:
    """The standard initiatives. That they reach every gate is proven when content is checked, not here."""
    return load_catalogue(STANDARD)


def catalogue_for(catalogue: Catalogue, items: Collection[str]) -> Catalogue:
    """The catalogue without lifts and needs of items that a questionnaire of one's own does not ask."""
    known = set(items)
    if all(_items_of(initiative) <= known for initiative in catalogue.initiatives):
        return catalogue
    kept = tuple(
        replace(
            initiative,
            lifts=tuple(lift for lift in initiative.lifts if lift.item in known),
            needs=tuple(need for need in initiative.needs if need.item in known),
        )
        for initiative in catalogue.initiatives
    )
    return replace(catalogue, initiatives=kept)


def _items_of(initiative: Any) -> set[str]:
    return {lift.item for lift in initiative.lifts} | {need.item for need in initiative.needs}


@lru_cache(maxsize=1)
def _roles() -> list[dict[str, Any]]:
    content = load_yaml(FIXTURES / "roles.yaml")
    return list(content["roles"])


@lru_cache(maxsize=1)
def role_names() -> dict[str, str]:
    """The name of each role by its key, in the order of the content."""
    return {role["id"]: role["name"] for role in _roles()}


@lru_cache(maxsize=1)
def default_capacity() -> dict[str, int]:
    """Hundredths of an FTE a week by role where no team is given; printed in the content of roles."""
    return {role["id"]: role["default_capacity"] for role in _roles()}


@lru_cache(maxsize=1)
def route_names() -> dict[str, str]:
    """The name of each route to a POC by its key."""
    content = load_yaml(FIXTURES / "routes.yaml")
    return {route["id"]: route["name"] for route in content["routes"]}


@lru_cache(maxsize=1)
def plan_rules() -> dict[str, dict[str, Any]]:
    """The rules of balance for plans by id, each with severity and sentence."""
    content = load_yaml(FIXTURES / "rules.yaml")
    return {rule["id"]: rule for rule in content["plan"]}
