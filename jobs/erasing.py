"""What webhooks keep of an erased person: nothing but names that others gave them, which are rewritten."""

from __future__ import annotations

from accounts.erased_words import Erased
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from jobs.models import GuestDigest, Webhook


def erase(user: User, addresses: set[str]) -> None:
    """Take the person out of the names of webhooks. Events hold no people; digests go with the member."""
    GuestDigest.objects.filter(user=user).delete()
    own = Webhook.objects.filter(organization__in=organizations_of(user))
    rewrite(own, ["name"], Erased(user.name, addresses))
