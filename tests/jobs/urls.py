"""Who gets what at the addresses of webhooks and of the digest."""

from __future__ import annotations

from typing import Any

from jobs.digest import of_member, stop_mark
from jobs.models import GuestDigest, Webhook
from jobs.webhook_delivery import lock_away
from jobs.webhook_signing import new_secret
from tests.urls_rows import IN, MISSING, POST, SIGN_IN, Row, at, everybody, own


def _webhook(cast: Any) -> Webhook:
    return Webhook.objects.create(
        organization=cast.organization,
        name="Team",
        url="https://hooks.example/in",
        areas=["projects"],
        secret=lock_away(new_secret()),
    )


def webhook(cast: Any) -> list[Any]:
    return [_webhook(cast).pk]


def mark(cast: Any) -> list[Any]:
    return [stop_mark(of_member(cast.membership("bob")))]


def of_charlie(cast: Any) -> list[Any]:
    return [GuestDigest.objects.create(organization=cast.organization, user=cast.charlie).pk]


ROWS: dict[str, Row] = {
    "outbox:digest": own("view"),
    "outbox:guest_digest": Row((SIGN_IN, IN, *(MISSING,) * 4), make=of_charlie),
    "outbox:digest_stop": everybody(make=mark),
    "outbox:webhooks": own("manage"),
    "outbox:webhook_add": own("manage", method=POST),
    "outbox:webhook": at("manage", make=webhook),
    "outbox:webhook_test": at("manage", make=webhook, method=POST),
    "outbox:webhook_pause": at("manage", make=webhook, method=POST),
    "outbox:webhook_resume": at("manage", make=webhook, method=POST),
    "outbox:webhook_rotate": at("manage", make=webhook, method=POST),
    "outbox:webhook_delete": at("manage", make=webhook, method=POST),
}
