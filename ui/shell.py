"""What the top bar shows around every page; filled by the context processor of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """One entry of a menu. ``post``: it changes something (sign out, switch organization) and is a form."""

    name: str
    url: str
    current: bool = False
    post: bool = False


@dataclass(frozen=True)
class Shell:
    """The bar around a page.

    ``organizations`` is empty unless there is one to switch to. ``theme`` is "", "light" or "dark"; empty
    follows the system. ``time_zone`` is the name that the foot shows.
    """

    organization: str = ""
    organizations: Sequence[Link] = ()
    links: Sequence[Link] = ()
    person: str = ""
    person_links: Sequence[Link] = ()
    theme: str = ""
    language: str = "en"
    time_zone: str = ""
