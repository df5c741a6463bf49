"""A backup restored into an empty place is the same installation."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts import backups
from tests import prepared

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="needs databases of its own"),
]
FILL = """
from django.core.management import call_command
from accounts import actions
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
alice = actions.create_account(email="alice@firm.example", name="Alice")
actions.create_organization(by=alice, name="Halvorsen Pumps")
default_storage.save("reports/one.pdf", ContentFile(b"%PDF-1.7 content"))
call_command("backup", r"FILE")
"""
MORE = """
from django.core.management import call_command
from accounts import actions
from accounts.models import Organization, User
actions.add_unit(Organization.objects.get(), by=User.objects.get(), name="Later")
call_command("verify_audit", print_anchor=True)
"""
DUMP = """
import json
from django.core.management import call_command
call_command("verify_audit")
call_command("migrate", check_unapplied=True, verbosity=0)
from django.db import connection
rows = {}
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names()):
        cursor.execute(f'SELECT * FROM "{table}"')
        rows[table] = sorted(str(row) for row in cursor.fetchall())
print(json.dumps(rows, sort_keys=True))
"""


def manage(place: Path, *arguments: str, fails: bool = False) -> str:
    environment = {**os.environ, "THROUGHLINE_DATA": str(place)}
    environment.pop("PYTEST_VERSION", None)
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert bool(result.returncode) is fails, result.stderr
    return result.stderr if fails else result.stdout


def run(place: Path, code: str) -> str:
    return manage(place, "shell", "-v0", "-c", code)


def files(place: Path) -> dict[str, str]:
    return {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("keys", "files")
        for path in sorted((place / folder).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    place = tmp_path_factory.mktemp("filled")
    file = place.parent / "backup.tar.gz"
    prepared.begin(place)
    run(place, FILL.replace("FILE", str(file)))
    return place, file


def test_restored_into_an_empty_place_it_is_the_same(filled, tmp_path):
    place, file = filled
    manage(tmp_path, "restore", str(file))
    restored = run(tmp_path, DUMP)
    assert restored == run(place, DUMP)
    assert "Intact:" in restored
    assert "alice@firm.example" in restored
    assert files(tmp_path) == files(place)


def test_a_backup_is_for_its_owner_only_and_says_what_it_holds(filled):
    _, file = filled
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    assert {"database.sqlite3", "keys/audit", "keys/secret", "files/reports/one.pdf"} <= set(
        manifest["files"]
    )
    assert all(anchor.startswith("throughline-chain:") for anchor in manifest["anchors"])


def test_a_place_with_data_is_refused_and_an_older_state_is_named(filled, tmp_path):
    _, file = filled
    manage(tmp_path, "restore", str(file))
    note = tmp_path / "anchor.txt"
    note.write_text(run(tmp_path, MORE))
    assert "There is data here already" in manage(tmp_path, "restore", str(file), fails=True)
    assert "Older than what was here" in manage(tmp_path, "restore", str(file), "--force")
    assert "findings in" in manage(tmp_path, "verify_audit", "--anchor", str(note), fails=True)


def test_a_damaged_backup_changes_nothing(filled, tmp_path):
    _, file = filled
    damaged = tmp_path / "damaged.tar.gz"
    with tarfile.open(file) as source, tarfile.open(damaged, "w:gz") as target:
        for entry in source.getmembers():
            content = source.extractfile(entry)
            if entry.name != "keys/audit":
                target.addfile(entry, content)
    assert "keys/audit is missing" in manage(tmp_path, "restore", str(damaged), fails=True)
    damaged.write_bytes(file.read_bytes()[:-200])
    assert "no complete backup" in manage(tmp_path, "restore", str(damaged), fails=True)
    assert "files/reports/one.pdf" not in files(tmp_path)


@pytest.mark.parametrize("name", ["../outside", "/outside", "files/link"])
def test_what_does_not_belong_in_a_backup_is_refused(db, tmp_path, settings, name):
    settings.DATA_DIR = tmp_path
    file, entry = tmp_path / "made-up.tar.gz", tarfile.TarInfo(name)
    if name == "files/link":
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(file, "w:gz") as target:
        target.addfile(entry)
    with pytest.raises(backups.BackupError, match="does not belong in a backup"):
        backups.restore(file)
    assert list(tmp_path.rglob("*")) == [file]
    assert not Path("/outside").exists()
