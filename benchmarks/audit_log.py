"""Proving the audit log as a JSON line: CPU seconds for 100,000 entries, beside a loop of as many hashes.

python benchmarks/audit_log.py

``floor_s`` is what the HMACs alone take that such a chain needs, one for each field and one for each entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

os.environ["THROUGHLINE_DATA"] = tempfile.mkdtemp(prefix="throughline-bench-")
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from accounts import audit, chain
from accounts.models import AuditClearText, AuditEvent, ChainHead, Organization

ENTRIES = 100_000
BATCH = 5_000
BUDGET = 5.0


def fill() -> int:
    """A chain of entries such as the product writes; returns the number of hashes that prove it."""
    organization = Organization.objects.create(name="Halvorsen Pumps", slug="halvorsen")
    head = ChainHead.objects.create(key=str(organization.pk), organization=organization)
    key, start, previous, hashes = settings.AUDIT_KEY, datetime(2026, 1, 1, tzinfo=UTC), "", 0
    for first in range(0, ENTRIES, BATCH):
        entries: list[AuditEvent] = []
        texts: list[AuditClearText] = []
        for number in range(first + 1, first + BATCH + 1):
            salt, value = secrets.token_hex(16), f"Person {number % 50}"
            personal = {"name": chain.digest(salt, value)} if number % 3 == 0 else {}
            entry = AuditEvent(
                chain=head,
                number=number,
                actor_id=uuid4(),
                event="answers.submitted",
                subject_type="assessment.respondent",
                subject_id=str(uuid4()),
                data={"round": str(uuid4()), "state": "open", "answered": number % 60, "late": False},
                personal=personal,
                created_at=start + timedelta(seconds=number),
                previous=previous,
                key_mark=chain.key_mark(settings.AUDIT_KEY),
            )
            fields = entry.sealed_fields()
            entry.field_marks = chain.field_marks(key, str(entry.pk), fields)
            entry.seal = previous = chain.seal(key, entry.previous, entry.field_marks)
            hashes += len(fields) + 1
            entries.append(entry)
            texts.extend(AuditClearText(event=entry, field="name", value=value, salt=salt) for _ in personal)
        AuditEvent.objects.bulk_create(entries)
        AuditClearText.objects.bulk_create(texts)
    ChainHead.objects.filter(pk=head.pk).update(length=ENTRIES, seal=previous)
    return hashes


def floor(hashes: int) -> float:
    inner = hashlib.sha256(b"k" * 64)
    start = time.process_time()
    for _ in range(hashes):
        one, two = inner.copy(), inner.copy()
        one.update(b'["mark","00000000-0000-0000-0000-000000000000","data.state","open"]')
        two.update(one.digest())
        two.hexdigest()
    return time.process_time() - start


def main() -> None:
    call_command("migrate", verbosity=0)
    hashes = fill()
    wall, start = time.perf_counter(), time.process_time()
    report = audit.verify()
    cpu, wall = time.process_time() - start, time.perf_counter() - wall
    if not report.intact or report.entries < ENTRIES:
        raise SystemExit(f"the chain does not verify: {report.tampering[:3]}")
    figures = {
        "name": "audit_log",
        "entries": report.entries,
        "hashes": hashes,
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 2),
        "budget_s": BUDGET,
        "floor_s": round(floor(hashes), 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
