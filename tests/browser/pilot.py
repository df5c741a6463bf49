"""A charter that all have signed, whose time box ends this week, and browsers for its people."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any


def set_up() -> None:
    """Runs beside the server, on its database; prints the charter's id and sessions as JSON."""
    from tests.browser.parties import session_of
    from tests.charters.cast import build_cast
    from tests.charters.kept_cast import in_force

    cast = build_cast()
    charter, _ = in_force(cast, **near())
    people = {"frida": cast.frida, "rolf": cast.signers["outcome_owner"]}
    sessions = {who: session_of(user) for who, user in people.items()}
    print(json.dumps({"charter": str(charter.pk), "sessions": sessions}))


def near() -> dict[str, Any]:
    """Changes of the charter of the tests that put its days around today."""
    from tests.charters.cases import complete_fields
    from tests.charters.kept_cast import INTERNAL

    def day(offset: int) -> str:
        return (date.today() + timedelta(days=offset)).isoformat()

    changed: dict[str, Any] = {"time_start": day(-40), "time_end": day(5), "decision_on": day(5)}
    changed |= {"funded_until": day(200)}
    known = {name.replace(".", "__"): value for name, value in complete_fields().items()} | INTERNAL
    for name, value in known.items():
        for moment, offset in (("by", 4), ("on", 30)):
            if isinstance(value, dict) and moment in value:
                changed[name] = {**value, moment: day(offset)}
    return changed
