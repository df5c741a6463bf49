"""What use cases and plans keep of an erased person: the work, without the name."""

from __future__ import annotations

from accounts.erased_words import Erased
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from roadmap.models import InitiativeChoice, ItemProgress, NextStep, OwnInitiative, UseCase


def erase(user: User, addresses: set[str]) -> None:
    """Forget the person in what is still written on; frozen plans name nobody."""
    here = organizations_of(user)
    erased = Erased(user.name, addresses)
    for use_case in UseCase.objects.filter(organization__in=here):
        team = erased.value(use_case.team)
        if team != use_case.team:
            UseCase.objects.filter(pk=use_case.pk).update(team=team)
    words = ["title", "description", "outcome_owner", "other_uses", "lessons"]
    rewrite(UseCase.objects.filter(organization__in=here), words, erased, counts=True)
    rewrite(ItemProgress.objects.filter(organization__in=here), ["note"], erased, counts=True)
    rewrite(InitiativeChoice.objects.filter(organization__in=here), ["reason"], erased)
    rewrite(NextStep.objects.filter(organization__in=here), ["title", "owner"], erased)
    for own in OwnInitiative.objects.filter(organization__in=here):
        content = erased.value(own.content)
        if content != own.content:
            OwnInitiative.objects.filter(pk=own.pk).update(content=content)
