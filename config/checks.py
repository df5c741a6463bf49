"""System checks: a setting that cannot work is named at the start, with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def addresses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """PUBLIC_URL and GATES_URL are whole addresses on two different host names."""
    found: list[CheckMessage] = []
    for name, check_id in (("PUBLIC_URL", "throughline.E001"), ("GATES_URL", "throughline.E002")):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            found.append(
                Error(
                    f"{name} is not an address: {getattr(settings, name)!r}.",
                    hint="It takes scheme and host without a path, such as https://throughline.example.org",
                    id=check_id,
                )
            )
    same = urlsplit(settings.PUBLIC_URL).hostname == urlsplit(settings.GATES_URL).hostname
    if not found and same:
        found.append(
            Error(
                "PUBLIC_URL and GATES_URL name the same host.",
                hint="Content made by users needs a host name of its own; cookies ignore ports.",
                id="throughline.E003",
            )
        )
    return found


@register()
def mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Phones reach neither localhost nor a file: say so where a real host name is set and mail is not."""
    real_host = urlsplit(settings.PUBLIC_URL).hostname not in ("localhost", "127.0.0.1", "::1")
    if real_host and not settings.EMAIL_URL and not settings.DEBUG:
        return [
            Warning(
                "Mail goes to files in the data folder, so nobody is reached.",
                hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587",
                id="throughline.W001",
            )
        ]
    return []


@register()
def transport(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Plain http carries sign-ins in the clear on anything but this machine."""
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return [
            Warning(
                f"PUBLIC_URL {settings.PUBLIC_URL} is not encrypted.",
                hint="Set TLS_CERTIFICATE and TLS_KEY, or use https behind a proxy with TRUSTED_PROXIES=1.",
                id="throughline.W002",
            )
        ]
    return []
