"""Stations of the line that nothing in this installation reaches yet."""

from __future__ import annotations

from reports.desk import Reader
from reports.duties import Stop


def deployments(reader: Reader) -> Stop:
    return Stop("Deployments", "", reached=False, headline="Not reached", note="A met charter opens one.")
