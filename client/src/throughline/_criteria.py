"""The signed criteria with their present verdicts, as text and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from throughline._connection import ThroughlineError, get, pages_url, slug

WORDS = {"met": "met", "missed": "missed", "not_yet": "not yet", "does_not_count": "does not count"}
WIDTH = 100
INDENT = " " * 24


@dataclass(frozen=True)
class Criterion:
    """One signed criterion. `value` is the figure behind the verdict, None while there is none."""

    key: str
    name: str
    sentence: str
    must: bool
    outcome: str
    why: str
    value: float | None
    details: Mapping[str, Any]

    def __str__(self) -> str:
        first = f"{WORDS.get(self.outcome, self.outcome):<16}{'must' if self.must else 'should':<8}"
        lines = textwrap.wrap(
            f"{self.name}: {self.sentence}", WIDTH, initial_indent=first, subsequent_indent=INDENT
        )
        lines += textwrap.wrap(self.why, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        return "\n".join(lines)


@dataclass(frozen=True)
class Criteria:
    """What was signed for a project and how it stands; iterates over its criteria.

    `verdict` is met, missed, not_yet or does_not_count, "" where no charter is in force; `candidate` is
    `model/version`, "" while none is nominated.
    """

    project: str
    candidate: str
    verdict: str
    why: str
    criteria: tuple[Criterion, ...]

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.criteria)

    def __len__(self) -> int:
        return len(self.criteria)

    def __str__(self) -> str:
        if not self.verdict:
            return f"{self.project}: no charter is in force, so there are no criteria."
        judged = f"for {self.candidate}" if self.candidate else "no version is nominated"
        head = f"{self.project}: {WORDS.get(self.verdict, self.verdict)}, {judged}\n{self.why}"
        return "\n\n".join([head, *map(str, self.criteria)])


def criteria(*, quiet: bool = False) -> Criteria:
    """Ask for the criteria of the project that MLflow logs to, print them unless `quiet`, and return them.

    Raises ThroughlineError when the address or the token is not one of a project, or nothing answers.
    """
    found = _read(get(f"{pages_url()}/api/v1/projects/{slug()}/criteria/"))
    if not quiet:
        print(found)
    return found


def _read(body: Mapping[str, Any]) -> Criteria:
    verdict = body.get("verdict") or {}
    try:
        return Criteria(
            project=str(body["name"]),
            candidate=str(body["candidate"]),
            verdict=str(verdict.get("outcome", "")),
            why=str(verdict.get("why", "")),
            criteria=tuple(_criterion(one) for one in body["criteria"]),
        )
    except (KeyError, TypeError, AttributeError):
        raise ThroughlineError("The server answered in a form that this version does not know.") from None


def _criterion(one: Mapping[str, Any]) -> Criterion:
    reading = one.get("reading") or {}
    return Criterion(
        key=str(one["key"]),
        name=str(one["name"]),
        sentence=str(one["sentence"]),
        must=bool(one["must"]),
        outcome=str(one["outcome"]),
        why=str(one["why"]),
        value=reading.get("value"),
        details=one,
    )
