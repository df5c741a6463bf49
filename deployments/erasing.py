"""What deployments keep of an erased person: what was deployed, when and why, without the name.

Signatures under waivers stay as they were given: a later report must be able to say who let a check pass.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.erased_words import Erased, Said
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from deployments.models import Alert, Batch, Change, Deployment, Environment, Reference, Release, Waiver
from deployments.use.batches import forget as forget_batches
from jobs.models import StoredFile


def erase(user: User, addresses: set[str]) -> None:
    """Take the person out of owners, histories, reasons and notes; who signed a waiver stays signed."""
    here = organizations_of(user)
    erased, said = Erased(user.name, addresses), Said(user.name, addresses)
    deployments = Deployment.objects.filter(organization__in=here)
    rewrite(deployments, ["owner_name", "deputy_name", "vendor", "title"], said)
    rewrite(deployments, ["fallback_words", "note"], erased)
    rewrite(Environment.objects.filter(organization__in=here), ["name", "purpose"], said)
    inside = {"deployment__in": deployments}
    rewrite(Release.objects.filter(**inside), ["asked_name", "why", "message"], said)
    rewrite(Change.objects.filter(**inside), ["by_name", "words", "why"], said)
    rewrite(Alert.objects.filter(**inside), ["taken_name", "note"], said)
    _forget_told(Alert.objects.filter(**inside), said)
    references = Reference.objects.filter(project__organization__in=here, file__isnull=False)
    rewrite(StoredFile.objects.filter(pk__in=references.values("file")), ["name"], said)
    forget_batches(Batch.objects.filter(asked_by=user))
    waivers = Waiver.objects.filter(project__organization__in=here)
    rewrite(waivers, ["asked_name"], said)
    unsigned = waivers.filter(Q(owner_signed_at=None) & Q(second_signed_at=None))
    rewrite(unsigned, ["reason"], said)


def _forget_told(alerts: QuerySet[Alert], said: Said) -> None:
    """Who was told of an alert is kept with the alert; an erased person was told as nobody in particular."""
    for alert in alerts.exclude(told=[]):
        told = [{**one, "name": said.text(str(one.get("name", "")))} for one in alert.told]
        if told != alert.told:
            Alert.objects.filter(pk=alert.pk).update(told=told)
