"""What rounds and evidence keep of an erased person: levels under "Erased person", and no words.

Levels stay, since function figures and frozen results rest on them. Names, addresses, comments, texts, links
and files go, also from the history of answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import audit
from accounts.actions.persons import forget_addresses
from accounts.erased_words import NAME, Erased
from accounts.erasing import organizations_of, rewrite
from accounts.models import Organization, PersonalLink, User
from assessment import questionnaires
from assessment.models import (
    Answer,
    AnswerFile,
    AnswerHistory,
    Assessment,
    Consensus,
    DataAsset,
    Observation,
    Respondent,
    RosterPerson,
)
from jobs import files


def erase(user: User, addresses: set[str]) -> None:
    """Forget the person in every round and register; called in the transaction of the erasure."""
    people = list(
        Respondent.objects.annotate(lower=Lower("address"))
        .filter(Q(user=user) | Q(lower__in=addresses))
        .select_related("assessment__questionnaire")
    )
    own = {person.address.lower() for person in people if person.address} | addresses
    places = {person.assessment.organization_id for person in people}
    organizations = list(Organization.objects.filter(Q(pk__in=organizations_of(user)) | Q(pk__in=places)))
    _erase_answers(people)
    _erase_respondents(people)
    forget_addresses(own)
    erased = Erased(user.name, own)
    audit.erase_clear_text(own, [])
    audit.erase_clear_text_with(erased, organizations)
    _erase_from_roster(user, organizations)
    _erase_from_texts(organizations, erased)


def _erase_answers(people: Sequence[Respondent]) -> None:
    """Empty words and values that are words. A text answered is as if it had been taken back."""
    shown = list(AnswerFile.objects.filter(respondent__in=people).select_related("file"))
    AnswerFile.objects.filter(pk__in=[row.pk for row in shown]).delete()
    files.delete([row.file for row in shown])
    for model in (Answer, AnswerHistory):
        model.objects.filter(respondent__in=people).update(comment="", would_know="", link="")
        for person in people:
            items = questionnaires.of(person.assessment).items
            texts = [key for key, item in items.items() if item.kind == "text"]
            rows = model.objects.filter(respondent=person, item__in=texts, state="value")
            rows.update(state="open", value=None)


def _erase_respondents(people: Sequence[Respondent]) -> None:
    ids = [str(person.pk) for person in people]
    links = PersonalLink.objects.filter(subject_type=Respondent._meta.label_lower, subject_id__in=ids)
    links.filter(revoked_at=None).update(revoked_at=timezone.now())
    links.update(address="")
    audit.erase_clear_text_about([*people, *links])
    running = Q(assessment__state__in=[Assessment.State.DRAFT, Assessment.State.OPEN])
    asked = Respondent.objects.filter(pk__in=ids)
    answered = Exists(AnswerHistory.objects.filter(respondent=OuterRef("pk")))
    asked.filter(running, ~answered, started_at=None).delete()
    asked.update(name=NAME, address="", user=None, accepts_answers=False)


def _erase_from_roster(user: User, organizations: list[Organization]) -> None:
    """People of the roster have a name alone, so the name decides; the row is archived with its shares."""
    same = Q(user=user)
    if user.name:
        same |= Q(name__iexact=user.name, organization__in=organizations)
    rows = list(RosterPerson.objects.filter(same))
    audit.erase_clear_text_about(rows)
    for row in rows:
        row.skills.all().delete()
        RosterPerson.objects.filter(pk=row.pk).update(
            name=NAME,
            user=None,
            projects=[],
            revision=row.revision + 1,
            archived_at=row.archived_at or timezone.now(),
        )


def _erase_from_texts(organizations: list[Organization], erased: Erased) -> None:
    """What others wrote about the person. A frozen result keeps the reason of a consensus as it was."""
    within = Q(respondent__assessment__organization__in=organizations)
    for model in (Answer, AnswerHistory):
        rewrite(model.objects.filter(within), ["comment", "would_know"], erased)
    rounds = Consensus.objects.filter(assessment__organization__in=organizations)
    rewrite(rounds, ["reason", "who_differs"], erased)
    assets = DataAsset.objects.filter(organization__in=organizations)
    rewrite(assets, ["owner", "place", "note"], erased, counts=True)
    rewrite(Observation.objects.filter(organization__in=organizations), ["sentence"], erased)
