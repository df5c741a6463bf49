"""Expectations about addresses, in the words of tests/urls_table.py.

What is expected of a visit:

    in       the person is let in: a page, a redirect within, or an answer about the input or the state
    sign-in  sent to sign in (the API: 401)
    403      a member without the right
    404      not there for this person
    link     only with a personal link, so everybody here gets the page that says so (404 or 410)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

IN, SIGN_IN, FORBIDDEN, MISSING, LINK = "in", "sign-in", "403", "404", "link"
POST = "post"
ROLES = ("anonymous", "stranger", "viewer", "member", "facilitator", "owner")


@dataclass(frozen=True)
class Row:
    """Expectations in the order of ``ROLES``; ``make`` builds the arguments of the address from the cast."""

    expected: tuple[str, str, str, str, str, str]
    make: Callable[[Any], list[Any]] | None = None
    method: str = "get"
    data: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, role: str) -> str:
        return self.expected[ROLES.index(role)]


def everybody(**more: Any) -> Row:
    return Row((IN,) * 6, **more)


def signed_in(**more: Any) -> Row:
    """About the visitor alone, or about whatever organization the visitor has."""
    return Row((SIGN_IN, IN, IN, IN, IN, IN), **more)


def own(need: str, **more: Any) -> Row:
    """Pages of the visitor's own organization; the stranger owns one, so the stranger is let into that."""
    return Row((SIGN_IN, IN, *_roles(need)), **more)


def at(need: str, **more: Any) -> Row:
    """Pages of one object of the cast's organization."""
    return Row((SIGN_IN, MISSING, *_roles(need)), **more)


def by_link(**more: Any) -> Row:
    return Row((LINK,) * 6, **more)


def _roles(need: str) -> tuple[str, str, str, str]:
    return {
        "view": (IN, IN, IN, IN),
        "edit": (FORBIDDEN, IN, IN, IN),
        "manage": (FORBIDDEN, FORBIDDEN, IN, IN),
        "own": (FORBIDDEN, FORBIDDEN, FORBIDDEN, IN),
        "restore": (FORBIDDEN, FORBIDDEN, FORBIDDEN, IN),
    }[need]
