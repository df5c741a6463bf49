"""Takes the name and the addresses of an erased person out of what others wrote down. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

NAME = "Erased person"
ADDRESS = "erased address"


def _english(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.isascii()]


class Erased:
    """Who is erased: a name and addresses, and how a text reads without them.

    A text that is nothing but the name becomes "Erased person", one that is nothing but an address becomes
    empty. Inside a sentence addresses go, and the name goes where it has two words or more: a single word
    ("Will", "May") means something else too often.
    """

    def __init__(self, name: str, addresses: Iterable[str]) -> None:
        self.name = " ".join(name.split())
        self.addresses = frozenset(address.strip().lower() for address in addresses if address.strip())
        found = [rf"(?<![\w.+-]){re.escape(address)}(?![\w-])" for address in sorted(self.addresses)]
        self._address = re.compile("|".join(found) or r"(?!)", re.IGNORECASE)
        words = [re.escape(word) for word in self.name.split()]
        full = r"\b" + r"\s+".join(words) + r"\b"
        self._name = re.compile(full if len(words) > 1 else r"(?!)", re.IGNORECASE)

    @property
    def words(self) -> list[str]:
        """One of these stands in every text that names the person, in whatever case.

        SQLite folds English letters alone, and any white space may stand between the words of a name; so a
        name is looked for by its longest English word. Where there is none, the empty word finds everything.
        """
        names = [max(_english(self.name.split()), key=len, default="")] if self.name else []
        return sorted({*(address if address.isascii() else "" for address in self.addresses), *names})

    def text(self, value: str) -> str:
        """`value` without the person."""
        alone = " ".join(value.split()).lower()
        if alone in self.addresses:
            return ""
        if self.name and alone == self.name.lower():
            return NAME
        return self._name.sub(NAME, self._address.sub(ADDRESS, value))

    def value(self, value: Any) -> Any:
        """The same for everything that JSON can hold; keys of records stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if isinstance(value, dict):
            return {key: self.value(part) for key, part in value.items()}
        return value


class Said(Erased):
    """The same for words that may not be empty: what was nothing but an address becomes "Erased person"."""

    def text(self, value: str) -> str:
        return super().text(value) or (NAME if value else "")
