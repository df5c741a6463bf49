"""What must hold before a version goes out: six checks in a fixed order, each with its reason. Pure.

The gate is the signed text itself: that a charter is in force, that every must criterion is met by this very
version, and that what was agreed for the day something goes wrong is filled in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

CHARTER, MUSTS, VERIFIED = "charter", "musts", "verified"
FALLBACK, OWNER, REFERENCE = "fallback", "owner", "reference"
KEYS = (CHARTER, MUSTS, VERIFIED, FALLBACK, OWNER, REFERENCE)
TITLES = {
    CHARTER: "A charter is in force",
    MUSTS: "Every must criterion is met by this version",
    VERIFIED: "The readings are verified",
    FALLBACK: "The fallback is filled in",
    OWNER: "An owner for operation is named",
    REFERENCE: "A reference sample is there",
}
# Nobody owns an outcome without a signed charter, so nobody can waive that there is none.
WAIVABLE = (MUSTS, VERIFIED, FALLBACK, OWNER, REFERENCE)
BLOCK, WARN, RECORD = "block", "warn", "record"


class Stance(StrEnum):
    """What the environment makes of the list."""

    OPEN = "open"
    WARNED = "warned"
    NOTED = "noted"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Must:
    """A must criterion as it stands for the version; `of_model` where a figure of the model is read."""

    name: str
    met: bool
    why: str = ""
    of_model: bool = True
    verified: bool = False
    # What the charter leaves open and who had it measured chose, in words.
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at. `charter` is its code while it is in force, else empty."""

    version: str
    charter: str = ""
    musts: tuple[Must, ...] = ()
    wants_verified: bool = False
    fallback: str = ""
    # Why the fallback that was chosen cannot answer yet, else empty.
    fallback_lacks: str = ""
    owner: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list: whether it holds, why, and what to do where it does not."""

    key: str
    holds: bool
    why: str
    todo: str = ""
    waived: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.key]

    @property
    def stands(self) -> bool:
        """Whether it is in the way of nothing: it holds, or two people have let it pass."""
        return self.holds or self.waived

    def as_json(self) -> dict[str, Any]:
        """As a release keeps it."""
        return {
            "key": self.key,
            "words": self.title,
            "holds": self.holds,
            "why": self.why,
            "waived": self.waived,
        }


def check(facts: Facts, waived: Collection[str] = ()) -> tuple[Check, ...]:
    """The six checks in their order; those in `waived` are marked where they do not hold."""
    found = (
        _charter(facts),
        _musts(facts),
        _verified(facts),
        _fallback(facts),
        _owner(facts),
        _reference(facts),
    )
    return tuple(
        replace(one, waived=not one.holds and one.key in waived and one.key in WAIVABLE) for one in found
    )


def in_the_way(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks that neither hold nor are waived."""
    return tuple(one for one in checks if not one.stands)


def stance(checks: Iterable[Check], policy: str) -> Stance:
    """What follows from the list where the environment has this policy."""
    if not in_the_way(checks):
        return Stance.OPEN
    return {WARN: Stance.WARNED, RECORD: Stance.NOTED}.get(policy, Stance.SHUT)


def _charter(facts: Facts) -> Check:
    if facts.charter:
        return Check(CHARTER, True, f"{facts.charter} is in force.")
    return Check(CHARTER, False, "No text is signed and in force.", "Have the charter of the project signed.")


def _musts(facts: Facts) -> Check:
    if not facts.charter:
        return Check(MUSTS, False, "Without a charter in force there is no criterion to meet.")
    if not facts.musts:
        return Check(MUSTS, True, "The charter has no must criterion.")
    open_ones = [must for must in facts.musts if not must.met]
    if not open_ones:
        many = f"All {len(facts.musts)} are" if len(facts.musts) > 1 else "It is"
        return Check(MUSTS, True, f"{many} met by {facts.version}.")
    whys = " ".join(f"“{must.name}”: {must.why or 'nothing is read yet.'}" for must in open_ones)
    return Check(
        MUSTS,
        False,
        f"{len(open_ones)} of {len(facts.musts)} not met by {facts.version}. {whys}",
        "Hand in the missing readings, nominate a version that meets them, or ask for a waiver.",
    )


def _verified(facts: Facts) -> Check:
    if not facts.wants_verified:
        return Check(VERIFIED, True, "This environment does not ask for it.")
    own = [must for must in facts.musts if must.of_model]
    open_ones = [must for must in own if not must.verified]
    if facts.charter and not open_ones:
        why = "The product ran the evaluation itself." if own else "There is none."
        chosen = "; ".join(f"“{must.name}”: {must.chosen}" for must in own if must.chosen)
        chose = f" Not signed, but chosen by who had it measured: {chosen}." if chosen else ""
        return Check(VERIFIED, True, why + chose)
    names = ", ".join(f"“{must.name}”" for must in open_ones)
    why = f"Self-reported or not read: {names}." if names else "There is no signed criterion to verify."
    return Check(VERIFIED, False, why, "Let the product run the evaluation on the file that was signed.")


def _fallback(facts: Facts) -> Check:
    if facts.fallback and not facts.fallback_lacks:
        return Check(FALLBACK, True, facts.fallback)
    if facts.fallback:
        return Check(FALLBACK, False, facts.fallback_lacks, "Fill it in, or choose another fallback.")
    return Check(
        FALLBACK,
        False,
        "Nothing says what happens when the model cannot answer.",
        "Write down what people or the system then do.",
    )


def _owner(facts: Facts) -> Check:
    if facts.owner:
        return Check(OWNER, True, f"{facts.owner} answers for its operation.")
    return Check(OWNER, False, "Nobody answers for its operation.", "Name a person who does.")


def _reference(facts: Facts) -> Check:
    if facts.reference:
        return Check(REFERENCE, True, facts.reference)
    return Check(
        REFERENCE,
        False,
        f"There are no rows to test {facts.version} with, and to hold live inputs against.",
        "Upload rows of the training data, or log them with throughline.log_reference.",
    )
