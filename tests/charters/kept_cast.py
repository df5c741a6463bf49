"""A charter in force, with a short way to sign whatever is out."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from charters.actions import save_fields, sign
from charters.models import Charter, Revision, SignoffRound
from charters.queries import draft_of, in_turn, revision_in_force
from tests.charters.cast import ALL_LIMITS, Cast, fresh, send_charter, visitor, write_charter
from tests.kept import kept

# All seats with accounts, and a question to learn from.
INTERNAL: dict[str, Any] = {
    "route": "internal",
    "seat__vendor": None,
    "clause__internal_team": "Priya, Tomasz, Sunniva",
    "clause__internal_informs": "Visits",
    "clause__internal_communication": "Monthly",
    "clause__internal_keep": "Wiki",
    "clause__internal_hours": "Priya 20",
    "criterion__c4": {
        "name": "Why",
        "kind": "learning_question",
        "question": "Can five say why?",
        "answered_by": "Gunhild Strand",
        "evidence": "Notes",
        "by": "2026-12-11",
    },
}


def sign_all(cast: Cast, round_: SignoffRound) -> None:
    while turn := in_turn(SignoffRound.objects.get(pk=round_.pk)):
        seat = sorted(turn)[0]
        row = visitor(round_, seat)
        by = row.signatory.user
        sign(row, by=by, shown_hash=round_.sha256, proof=fresh(), accepted=ALL_LIMITS)


@kept
def in_force(cast: Cast, **changes: Any) -> tuple[Charter, Revision]:
    charter = write_charter(cast, **{**INTERNAL, **changes})
    # Its sheet waits to be sealed, which takes seconds and is what other tests are about.
    with override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}):
        sign_all(cast, send_charter(cast, charter))
    charter.refresh_from_db()
    revision = revision_in_force(charter)
    assert revision is not None
    return charter, revision


def change_fields(cast: Cast, charter: Charter, **changes: Any) -> None:
    draft = draft_of(charter)
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    values = {
        name: {**draft.values[name], **value}
        if isinstance(value, dict) and value and isinstance(draft.values.get(name), dict)
        else value
        for name, value in fields.items()
    }
    save_fields(
        charter,
        by=cast.frida,
        changes={name: (value, draft.version(name)) for name, value in values.items()},
    )
