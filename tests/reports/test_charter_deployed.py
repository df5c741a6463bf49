"""A printed charter tells where its models answered, and what two people let pass for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from charters.keeping import lived_revision
from reports.kinds import KINDS
from tests.deployments.registry_cast import deployment_of, release_of, waiver_of

pytestmark = pytest.mark.django_db


def test_releases_and_waivers_stand_in_the_history(cast: Any) -> None:
    deployment = deployment_of(cast)
    project = deployment.project
    assert project is not None
    kind = KINDS["charter"]
    revision = lived_revision(project.charter)
    subject = kind.find(cast.frank, str(revision.pk), "view")
    assert not any("bearing" in line for _, line in kind.inputs(subject)["history"])

    gate = [
        {"key": "charter", "words": "Charter in force", "holds": True, "why": "", "waived": False},
        {"key": "musts", "words": "Every must is met", "holds": False, "why": "", "waived": True},
    ]
    release_of(deployment, gate=gate, asked_name="Ida")
    release_of(deployment, version=2, state="failed")
    now = timezone.now()
    signed = {"owner_signed_at": now, "second_signed_at": now, "owner_name": "Rolf", "second_name": "Ida"}
    waiver_of(cast, project=project, **signed)
    lines = [line for _, line in kind.inputs(subject)["history"] if "bearing" in line]
    assert lines[1] == (
        "Deployed: bearing version 1 in Staging, asked for by Ida, Frank answers for its operation. "
        "At the gate this did not hold: every must is met (waived)."
    )
    assert len(lines) == 2
    assert "asked for by Frank, signed by Rolf and Ida" in lines[0]
