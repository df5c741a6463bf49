"""How usable a data asset is, and what it needs next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Asset(Protocol):
    """What the rule reads."""

    place: str
    legal_basis: str
    labeled: bool
    in_one_repository: bool
    access: str


@dataclass(frozen=True)
class AssetStatus:
    """`key` is one of not_usable_yet, acceptable, better, best; `shape` is the state it is drawn with."""

    key: str
    word: str
    shape: str
    next_step: str
    rank: int


def status_of(asset: Asset) -> AssetStatus:
    """No place or no legal basis known: not usable yet; not labeled: acceptable; labeled, in one repository
    and open to every team with a lawful purpose: best; labeled otherwise: better.
    """
    if not asset.place.strip() or not asset.legal_basis.strip():
        missing = [
            word
            for word, known in (
                ("where it is", asset.place.strip()),
                ("on which legal basis it may be used", asset.legal_basis.strip()),
            )
            if not known
        ]
        return AssetStatus("not_usable_yet", "Not usable yet", "bad", f"Find out {' and '.join(missing)}", 0)
    if not asset.labeled:
        step = "Label it with tools: note the outcome beside each record"
        return AssetStatus("acceptable", "Acceptable", "watch", step, 1)
    if asset.in_one_repository and asset.access == "all_lawful":
        return AssetStatus("best", "Best", "good", "Keep it so; add external data where it helps", 3)
    if not asset.in_one_repository:
        return AssetStatus("better", "Better", "open", "Unify it in one shared repository", 2)
    return AssetStatus("better", "Better", "open", "Open it to every team with a lawful purpose", 2)
