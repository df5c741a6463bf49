"""Many charters at once, each a copy of one that was written and sent by the code."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from django.utils import timezone

from charters.models import Charter, DraftField, Revision, Signatory, SignoffRound
from tests.charters.cast import Cast, send_charter, without_a_vendor, write_charter

ROUTES = ("vendor", "internal", "collaborative")
RISKS = ("minimal", "limited", "high")


def many_charters(cast: Cast, count: int, *, out: int) -> SignoffRound:
    """So many charters more, with all fields; the first `out` of them wait for signatures."""
    round_ = send_charter(cast, write_charter(cast, **without_a_vendor()))
    first, now = round_.revision.charter, timezone.now()
    begin = Charter.objects.filter(code__startswith="MANY-").count()
    charters = [
        Charter(
            organization=cast.organization,
            code=f"MANY-{begin + n:04d}",
            title=f"Warning {begin + n:04d}",
            state="out" if n < out else "draft",
            latest_number=1 if n < out else 0,
            changed_at=now - dt.timedelta(minutes=n + 1),
        )
        for n in range(count)
    ]
    Charter.objects.bulk_create(charters)
    fields = list(DraftField.objects.filter(charter=first).values_list("name", "value"))
    own = {"route": lambda n: ROUTES[n % 3], "risk_class": lambda n: RISKS[n % 3]}
    own["seat.outcome_owner"] = lambda n: {"name": f"Owner {n % 40:02d}", "email": f"o{n % 40}@o.example"}
    DraftField.objects.bulk_create(
        [
            DraftField(charter=charter, name=name, value=own[name](n) if name in own else value)
            for n, charter in enumerate(charters)
            for name, value in fields
        ],
        batch_size=2000,
    )
    for charter in charters[:out]:
        _send_too(charter, round_)
    return round_


def _send_too(charter: Charter, round_: SignoffRound) -> None:
    """A revision and a round as that of the charter copied, seat by seat."""
    text, seats = round_.revision, list(Signatory.objects.filter(round=round_))
    revision = Revision.objects.create(
        charter=charter, number=1, content=text.content, sha256=text.sha256, state="out"
    )
    mine = SignoffRound.objects.create(
        revision=revision, sha256=round_.sha256, orders=round_.orders, due_on=round_.due_on
    )
    for seat in seats:
        seat.pk, seat.round, seat._state.adding = uuid4(), mine, True
    Signatory.objects.bulk_create(seats)
