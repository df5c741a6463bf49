"""Learning records: what was learned, and the item or initiative that it informs."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from charters.actions.events import lock
from charters.actions.telling import tell_verdicts
from charters.document import read
from charters.keeping import lived_revision, standing_of
from charters.models import Charter, Learning, Revision
from charters.queries import document_of
from roadmap.actions.initiatives import known_items
from roadmap.queries import catalogue_of
from ui.errors import Conflict, Invalid

LENGTHS = {"learned": 2000, "evidence": 2000}


@transaction.atomic
def record_learning(
    charter: Charter,
    *,
    by: User,
    learned: str,
    evidence: str = "",
    item: str = "",
    initiative: str = "",
    criterion: str = "",
) -> Learning:
    """Keep what was learned. `criterion` is the learning question that it answers, where it answers one."""
    locked = lock(charter)
    revision = lived_revision(locked)
    if revision is None:
        raise Conflict("Learning is recorded once a charter is in force.")
    texts = {"learned": learned.strip(), "evidence": evidence.strip()}
    about = {"item": item, "initiative": initiative, "criterion": criterion}
    problems = _wrong_texts(texts) | _wrong_places(locked, revision, **about)
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    before = standing_of(revision)
    row = Learning.objects.create(charter=locked, by=by, by_name=by.get_full_name(), **texts, **about)
    audit.record(
        organization=locked.organization,
        actor=by,
        event="charter.learned",
        subject=locked,
        data={"learning": row.pk, **about},
        personal=texts,
    )
    tell_verdicts(before, standing_of(revision), by=by, by_name=by.get_full_name())
    return row


def _wrong_texts(texts: Mapping[str, str]) -> dict[str, list[str]]:
    problems = {}
    for name, text in texts.items():
        if len(text) > LENGTHS[name]:
            problems[name] = [f"At most {LENGTHS[name]} characters."]
        if "\x00" in text:
            problems[name] = ["A character that cannot be written."]
    if not texts["learned"]:
        problems["learned"] = ["Say in a sentence or two what is known now."]
    return problems


def _wrong_places(
    charter: Charter, revision: Revision, *, item: str, initiative: str, criterion: str
) -> dict[str, list[str]]:
    """What a record points at and is not there; an empty key points at nothing."""
    problems = {}
    if item and item not in known_items(charter.organization):
        problems["item"] = ["A question of the questionnaire."]
    if initiative and initiative not in catalogue_of(charter.organization).by_key:
        problems["initiative"] = ["An initiative of the catalogue."]
    questions = {one.key for one in read(document_of(revision)).criteria if one.is_question}
    if criterion and criterion not in questions:
        problems["criterion"] = ["A learning question of this charter."]
    return problems


@transaction.atomic
def withdraw_learning(learning: Learning, *, by: User) -> None:
    """Take a record back; it stays in the log and counts no more."""
    revision = lived_revision(lock(learning.charter))
    before = standing_of(revision) if revision is not None else None
    standing = Learning.objects.filter(pk=learning.pk, withdrawn_at=None)
    if not standing.update(withdrawn_at=timezone.now()):
        raise Conflict("This record was withdrawn already.")
    audit.record(
        organization=learning.charter.organization,
        actor=by,
        event="charter.learning_withdrawn",
        subject=learning.charter,
        data={"learning": learning.pk},
    )
    if revision is not None and before is not None:
        tell_verdicts(before, standing_of(revision), by=by, by_name=by.get_full_name())
