"""Settings that cannot work are named, each with what to do."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as live
from pytest_django.fixtures import Settings

from config import checks


@pytest.mark.parametrize(
    ("public", "gates", "ids"),
    [
        ("http://localhost:8000", "http://127.0.0.1:8001", []),
        ("localhost:8000", "http://127.0.0.1:8001", ["throughline.E001"]),
        ("https://a.example.org/app", "https://b.example.org", ["throughline.E001"]),
        ("https://a.example.org", "ftp://b.example.org", ["throughline.E002"]),
        ("https://a.example.org", "https://a.example.org:8443", ["throughline.E003"]),
    ],
)
def test_addresses(settings: Settings, public: str, gates: str, ids: list[str]) -> None:
    settings.PUBLIC_URL, settings.GATES_URL = public, gates
    assert [message.id for message in checks.addresses(None)] == ids


def test_a_real_host_without_mail_or_tls_is_warned_of(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.EMAIL_URL = "http://throughline.example.org", ""
    messages = checks.mail(None) + checks.transport(None)
    assert [message.id for message in messages] == ["throughline.W001", "throughline.W002"]
    assert all(message.hint for message in messages)


def test_every_setting_from_the_environment_is_documented() -> None:
    code = "".join(
        (live.BASE_DIR / name).read_text() for name in ("config/settings.py", "config/launcher.py")
    )
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code)) | set(
        re.findall(r'environ\.get\("([A-Z_]+)"', code)
    )
    documented = set(
        re.findall(r"^\| `([A-Z_]+)`", (live.BASE_DIR / "docs/settings.md").read_text(), re.MULTILINE)
    )
    assert read - documented == set()
    assert documented - read == set()
