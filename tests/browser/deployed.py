"""Deployments with names that nobody wishes for: one that nobody has asked yet, one elsewhere, a waiver."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.models import User
from charters.models import Charter
from deployments.actions.environments import found_environments, save_environment
from deployments.actions.waiving import ask_waiver
from deployments.models import Alert, Deployment, Environment, Release
from projects.actions import open_from_charter

MODEL = "bearing"
Paths = dict[str, list[str]]


def deployed(charter: Charter, by: User, names: tuple[str, ...]) -> Paths:
    """The pages of a deployment without traffic, whose project `by` leads."""
    project = open_from_charter(charter, by=by)
    organization = project.organization
    if not Environment.objects.filter(organization=organization).exists():
        found_environments(organization)
    place = save_environment(
        organization, by=by, values={"name": names[1], "purpose": names[0], "policy": "block"}
    )
    common = {"organization": organization, "environment": place, "owner_name": names[1]}
    row = Deployment.objects.create(
        project=project, name="bearing", title=names[0], fallback_words=names[0] * 2, **common
    )
    Deployment.objects.create(
        name="elsewhere", kind="external", title=names[2], endpoint=f"https://{'x' * 180}.example", **common
    )
    columns = [{"name": name, "type": "double", "required": True} for name in names]
    release = Release.objects.create(
        deployment=row, number=1, model=MODEL, version=1, state="live", weight=100, why=names[1] * 3,
        live_at=timezone.now(), signature={"inputs": columns},
    )  # fmt: skip
    for kind in ("latency", "drift"):
        Alert.objects.create(
            deployment=row,
            kind=kind,
            key=kind,
            words=names[2],
            opened_at=timezone.now() - dt.timedelta(days=1),
        )
    waiver = ask_waiver(
        project, place, by=by, model=MODEL, version=1, checks=["musts"], reason=" ".join(names),
        ends_on=timezone.localdate() + dt.timedelta(days=7),
    )  # fmt: skip
    here = f"/deployments/{row.pk}/"
    return {
        "all deployments": ["frida", "/deployments/"],
        "no deployment that fits": ["frida", "/deployments/?text=zzzz"],
        "environments": ["frida", "/deployments/environments/"],
        "add an environment": ["frida", "/deployments/environments/add/"],
        "register what runs elsewhere": ["frida", "/deployments/external/"],
        "nobody has asked it": ["frida", here],
        "use it": ["frida", f"{here}use/"],
        "its history": ["frida", f"{here}history/"],
        "its owner": ["frida", f"{here}change/"],
        "its limits": ["frida", f"{here}watching/"],
        "stop it": ["frida", f"{here}stop/"],
        "its release": ["frida", f"/deployments/releases/{release.pk}/"],
        "its waiver": ["frida", f"/deployments/waivers/{waiver.pk}/"],
    }
