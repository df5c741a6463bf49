"""Reads pasted or uploaded lists of people to ask. All problems are named by line, nothing is guessed."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_LINES = 1000
MAX_NAME = 150
MAX_LINE = 600
_ANGLED = re.compile(r"^(?P<name>[^<>]*)<(?P<address>[^<>]+)>$")


@dataclass(frozen=True)
class Invitee:
    name: str
    address: str
    function: str


@dataclass(frozen=True)
class LineProblem:
    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}"


class InviteesError(ValueError):
    """The list is refused as a whole; `problems` names each line."""

    def __init__(self, problems: list[LineProblem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def read_lines(
    lines: Iterable[str], *, functions: Mapping[str, str], default: str = "", known: Iterable[str] = ()
) -> list[Invitee]:
    """One person a line: name, address and function in any order, parted by comma, semicolon or tab.

    `functions` maps keys to titles; both are understood, without regard to case. `default` is used where a
    line names none. `known` holds addresses that are in the round already. Raises InviteesError.
    """
    words = {_plain(text): key for key, title in functions.items() for text in (key, title)}
    problems: list[LineProblem] = []
    found: list[Invitee] = []
    seen = {address.lower(): 0 for address in known}
    for number, line in enumerate(lines, start=1):
        if number > MAX_LINES:
            problems.append(LineProblem(number, f"A list holds at most {MAX_LINES} lines."))
            break
        if not line.strip() or _is_heading(line):
            continue
        invitee = _read(line, words, default)
        if isinstance(invitee, str):
            problems.append(LineProblem(number, invitee))
            continue
        first = seen.get(invitee.address.lower())
        if first is not None:
            where = f"stands on line {first} already" if first else "is in this round already"
            problems.append(LineProblem(number, f"{invitee.address} {where}."))
            continue
        seen[invitee.address.lower()] = number
        found.append(invitee)
    if problems:
        raise InviteesError(problems)
    return found


def _read(line: str, words: Mapping[str, str], default: str) -> Invitee | str:
    if len(line) > MAX_LINE:
        return f"Longer than {MAX_LINE} characters."
    name_parts: list[str] = []
    addresses: list[str] = []
    function = ""
    for part in _parts(line):
        angled = _ANGLED.match(part)
        if angled:
            addresses.append(angled["address"].strip())
            part = angled["name"].strip().strip('"').strip()
        elif "@" in part:
            addresses.append(part)
            continue
        if not part:
            continue
        if _plain(part) in words and not function:
            function = words[_plain(part)]
        else:
            name_parts.append(part)
    return _checked(name_parts, addresses, function, default)


def _checked(parts: list[str], addresses: list[str], named: str, default: str) -> Invitee | str:
    name, function = ", ".join(parts), named or default
    if len(addresses) != 1:
        return "Holds no e-mail address." if not addresses else "Holds more than one e-mail address."
    try:
        validate_email(addresses[0])
    except ValidationError:
        return f"“{addresses[0]}” is not an e-mail address."
    if len(name) > MAX_NAME:
        return f"The name has {len(name)} characters; at most {MAX_NAME} are kept."
    if not function:
        said = f" “{parts[-1]}” is not one." if parts else ""
        return f"Names no function.{said} Add one to the line, or choose one for all lines that name none."
    if not named and len(parts) > 1:
        return f"“{parts[-1]}” is not a function. Put a name that holds a comma in quotes."
    return Invitee(unicodedata.normalize("NFC", name), addresses[0].lower(), function)


def _parts(line: str) -> list[str]:
    separator = "\t" if "\t" in line else ";" if ";" in line else ","
    row = next(csv.reader(io.StringIO(line.strip()), delimiter=separator, skipinitialspace=True), [])
    return [part.strip() for part in row]


def _plain(text: str) -> str:
    return re.sub(r"[\s_,-]+", " ", text.strip().casefold())


def _is_heading(line: str) -> bool:
    words = {_plain(part) for part in re.split(r"[,;\t]", line)}
    return "@" not in line and bool(words & {"address", "e mail", "email", "mail"}) and "function" in words
