"""What a deployment needs before the browser: a signed charter, its project, tokens, the first release."""

from __future__ import annotations

import json
import os
import time
from typing import Any

# What the clock of the worker does every ten minutes is done at once here.
PATIENCE = 90


def set_up() -> None:
    """Runs beside the server, on its database; `STEP` says which of the steps."""
    steps = {"begin": begin, "deploy": deploy, "read": read}
    print(json.dumps(steps[os.environ.get("STEP", "begin")]()))


def begin() -> dict[str, Any]:
    """A charter in force with a criterion on live figures, its project, an environment that blocks."""
    from deployments.actions.environments import save_environment
    from projects.actions import open_from_charter
    from projects.actions.tokens import create_project_token
    from tests.browser.parties import session_of
    from tests.browser.pilot import near
    from tests.charters.cast import build_cast
    from tests.charters.kept_cast import in_force

    cast, changes = build_cast(), near()
    changes["criterion__c3"] |= {
        "name": "Answers that fail",
        "metric_key": "error_share",
        "target": "0.05",
        "unit": "fraction",
        "source": "live figures",
    }
    charter, _ = in_force(cast, **changes)
    project = open_from_charter(charter, by=cast.frida)
    values = {"name": "Plant", "policy": "block", "replicas": 1, "deployers": "lead"}
    save_environment(cast.organization, by=cast.olga, values=values)
    tokens = {
        scope: create_project_token(project, by=cast.frida, scope=scope, name="Test")[1]
        for scope in ("tracking", "serving")
    }
    people = {"frida": cast.frida, "rolf": cast.signers["outcome_owner"]}
    sessions = {who: session_of(user) for who, user in people.items()}
    return {"project": str(project.pk), "slug": project.slug, "tokens": tokens, "sessions": sessions}


def deploy() -> dict[str, Any]:
    """The first version, which meets the signed criterion, is nominated and deployed."""
    from accounts.models import User
    from deployments.actions.keeping import open_deployment
    from deployments.actions.releasing import request_release
    from deployments.models import Environment
    from projects.actions.readings import nominate
    from projects.models import Project

    project = Project.objects.select_related("organization", "charter").get()
    frida = User.objects.get(email="frida@cast.example")
    nominate(project, by=frida, model="bearing", version=1)
    found = open_deployment(
        project,
        Environment.objects.get(slug="plant"),
        by=frida,
        name="bearing",
        values={
            "title": "Bearing warning",
            "owner_name": "Frida",
            "fallback": "constant",
            "fallback_value": 0,
            "fallback_words": "The service interval.",
        },
    )
    request_release(found, by=frida, model="bearing", version=1)
    return {"deployment": str(found.pk)}


def read() -> dict[str, Any]:
    """Once the gateway has written what was asked of version 2, its signed criteria are read."""
    from django.db.models import Sum

    from charters.models import Reading
    from deployments.models import Bucket
    from deployments.watch.live_criteria import read_all

    until = time.monotonic() + PATIENCE
    wanted = int(os.environ["ASKED"])
    while (Bucket.objects.filter(release_number=2, seconds=60).aggregate(n=Sum("count"))["n"] or 0) < wanted:
        if time.monotonic() > until:
            raise AssertionError("the gateway has not written its figures")
        time.sleep(0.2)
    read_all()
    rows = Reading.objects.filter(source="live", candidate="bearing/2").order_by("noted_at")
    return {"values": [row.value for row in rows]}
