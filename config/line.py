"""The line: five stations from ambition to live model, drawn on every page of an organization."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import find_organization
from accounts.models import Organization
from reports.captions import CAPTIONS

STATIONS = (
    ("Assessments", "assessment:list", "/assessments/"),
    ("Roadmap", "roadmap:plan", "/roadmap/"),
    ("Charters", "charters:list", "/charters/"),
    ("Projects", "projects:list", "/projects/"),
    ("Deployments", "deployments:list", "/deployments/"),
)


@dataclass(frozen=True)
class Station:
    """One stop: ``reached`` once there is something to show; the link is empty where no page is yet."""

    name: str
    url: str
    caption: str
    reached: bool
    current: bool


def stations(request: HttpRequest) -> list[Station]:
    """The stations for this request's page; the current one is known by its address.

    The desk draws the line in full, so that its bar shows names only.
    """
    organization = find_organization(request)
    return [_station(request, organization, *station) for station in STATIONS]


def _station(
    request: HttpRequest, organization: Organization | None, name: str, view: str, prefix: str
) -> Station:
    caption = CAPTIONS[name](organization) if organization and name in CAPTIONS else None
    return Station(
        name=name,
        url=reverse(view) if view else "",
        caption=caption if caption and request.path != "/" else "",
        reached=caption is not None,
        current=request.path.startswith(prefix),
    )
