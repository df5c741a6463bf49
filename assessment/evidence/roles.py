"""The seven roles and the skills each needs, as the content file names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from ui.yaml_file import load_yaml

CONTENT = Path(settings.BASE_DIR) / "fixtures" / "roles.yaml"


@dataclass(frozen=True)
class Skill:
    key: str
    name: str
    group: str
    sentence: str


@dataclass(frozen=True)
class Role:
    """`needs`: level 0 to 3 by skill; `core`: the skills without which nobody covers the role."""

    key: str
    name: str
    responsibility: str
    needs: Mapping[str, int]
    core: tuple[str, ...]
    default_capacity: int


@dataclass(frozen=True)
class RoleBook:
    roles: dict[str, Role]
    skills: dict[str, Skill]
    levels: dict[int, str]


@lru_cache(maxsize=1)
def role_book() -> RoleBook:
    """Read once per process; content does not change while it runs."""
    data: dict[str, Any] = load_yaml(CONTENT)
    roles = [
        Role(
            row["id"], row["name"], row["responsibility"], dict(row["needs"]), tuple(row["core"]),
            int(row["default_capacity"]),
        )
        for row in data["roles"]
    ]  # fmt: skip
    skills = [Skill(row["id"], row["name"], row["group"], row["sentence"]) for row in data["skills"]]
    return RoleBook(
        {role.key: role for role in roles},
        {skill.key: skill for skill in skills},
        {int(level): text for level, text in data["skill_levels"].items()},
    )
