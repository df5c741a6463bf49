"""Where models can run: one file for each kind of place, listed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from deployments.drivers.base import Driver
from deployments.drivers.local import LocalDriver
from deployments.drivers.ray import RayDriver

DRIVERS: Mapping[str, Callable[[], Driver]] = {"local": LocalDriver, "ray": RayDriver}


@cache
def driver(key: str) -> Driver:
    """The driver of an environment; the same one each time, since it remembers what it has started."""
    return DRIVERS[key]()


def why_off(key: str) -> str:
    """Why nothing can be deployed by this driver here; empty where it can."""
    if key not in DRIVERS:
        return "This kind of place is not there on this installation."
    return driver(key).why_off()
