"""Erasing a person reaches alerts and tables that were answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from deployments.models import Alert, Batch
from deployments.watch.alerting import take, watch_all
from jobs import files
from jobs.models import StoredFile
from tests.charters.cast import PASSWORD
from tests.deployments import live_cast as seen
from tests.deployments import registry_cast as registry

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Gunhild Strand", "gunhild.strand@firm.example"


def test_who_was_told_took_and_asked_is_forgotten(cast: Any) -> None:
    person = User.objects.create_user(ADDRESS, PASSWORD, name=NAME)
    accounts.add_member(cast.organization, user=person, by=None, role="facilitator", functions=[], unit=None)
    deployment = registry.deployment_of(cast, owner=person, owner_name=NAME)
    registry.release_of(deployment)
    seen.drift(deployment, 0.3, at=timezone.now())
    watch_all(timezone.now())
    alert = Alert.objects.get()
    assert [one["name"] for one in alert.told] == [NAME]
    take(alert, by=person, note=f"Write to {ADDRESS}")
    stored = files.store(b"a\n1\n", organization=cast.organization, name="a.csv", content_type="text/csv")
    Batch.objects.create(deployment=deployment, asked_by=person, file=stored, rows=1)
    accounts.erase_person(person, by=person)
    alert.refresh_from_db()
    kept = f"{alert.told} {alert.taken_name} {alert.note} {alert.words}"
    assert NAME not in kept
    assert ADDRESS not in kept
    assert len(alert.told) == 1
    assert not Batch.objects.exists()
    assert not StoredFile.objects.exists()
