"""Who gets what at the addresses of webhooks and of the digest."""

from __future__ import annotations

from typing import Any

from jobs.digest import stop_mark
from jobs.models import Webhook
from jobs.webhook_delivery import lock_away
from jobs.webhook_signing import new_secret
from tests.urls_rows import POST, Row, at, everybody, own


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
    return [stop_mark(cast.membership("bob"))]


ROWS: dict[str, Row] = {
    "outbox:digest": own("view"),
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
