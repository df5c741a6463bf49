"""Rotating the key of the audit log: old and new entries verify, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.db import transaction
from pytest_django.fixtures import Settings

from accounts import audit, chain
from accounts.models import AuditEvent
from config import keys


@pytest.fixture
def folder(tmp_path: Path, settings: Settings, db: None) -> Path:
    settings.KEYS_DIR = tmp_path
    start_again(tmp_path, settings)
    return tmp_path


def start_again(folder: Path, settings: Settings) -> None:
    """What a start of the product reads from the data folder."""
    settings.AUDIT_KEY = keys.ensure_key(folder, "audit")
    settings.AUDIT_RETIRED_KEYS = keys.retired_keys(folder, "audit")


def write_entry() -> AuditEvent:
    with transaction.atomic():
        return audit.record(organization=None, actor=None, event="test.happened", subject=None, data={})


def test_what_each_key_sealed_verifies_after_two_rotations(folder: Path, settings: Settings) -> None:
    marks = set()
    for _ in range(3):
        marks.add(write_entry().key_mark)
        call_command("rotate_audit_key")
        assert audit.verify().intact  # a process that has not been started again
        start_again(folder, settings)
        assert audit.verify().intact
    assert len(marks) == 3
    assert len(settings.AUDIT_RETIRED_KEYS) == 3
    settings.AUDIT_RETIRED_KEYS = settings.AUDIT_RETIRED_KEYS[:-1]
    assert {found.field for found in audit.verify().tampering} == {"key_mark"}


def test_the_old_key_vouches_for_the_new_one(folder: Path, settings: Settings) -> None:
    old = settings.AUDIT_KEY
    call_command("rotate_audit_key")
    start_again(folder, settings)
    entry = AuditEvent.objects.get(event="audit_key.rotated")
    assert entry.key_mark == entry.data["before"] == chain.key_mark(old)
    assert entry.data["after"] == chain.key_mark(settings.AUDIT_KEY) == write_entry().key_mark
    assert old != settings.AUDIT_KEY


def test_a_rotation_that_is_cut_off_changes_nothing(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, real = settings.AUDIT_KEY, os.replace

    def fail_at_the_key(source: Any, target: Any) -> None:
        if Path(target).name == "audit":
            raise OSError("no space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_at_the_key)
    with pytest.raises(OSError, match="no space"):
        call_command("rotate_audit_key")
    monkeypatch.undo()
    start_again(folder, settings)
    assert old == settings.AUDIT_KEY
    assert not AuditEvent.objects.filter(event="audit_key.rotated").exists()
    write_entry()
    assert audit.verify().intact


def test_keys_are_readable_for_their_owner_alone(folder: Path) -> None:
    call_command("rotate_audit_key")
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert len(found) == 2
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert (folder / "audit-retired").stat().st_mode & 0o777 == 0o700


def test_a_start_reads_the_retired_keys_from_the_data_folder(tmp_path: Path) -> None:
    keys.ensure_key(tmp_path / "keys", "audit")
    keys.replace_key(tmp_path / "keys", "audit", keys.new_key())
    code = "from config import settings; print(len(settings.AUDIT_RETIRED_KEYS))"
    environment = {**os.environ, "THROUGHLINE_DATA": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=live.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split()[-1] == "1"
