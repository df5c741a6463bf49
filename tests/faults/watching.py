"""What the fault tests look at: how many rows stand where, whether the chain verifies, how much is tried.

``FAULTS`` is how often a fault is tried; a small number in the usual run, ``FAULTS=200`` by hand.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection

from accounts import audit

TIMES = int(os.environ.get("FAULTS", "5"))
# What a request writes beside its matter.
BESIDE = ("Session", "UserSession", "IdempotencyKey")


def rows() -> Counter[str]:
    """How many rows stand in each table."""
    return Counter(
        {
            model.__name__: model._base_manager.count()
            for model in apps.get_models()
            if model.__name__ not in BESIDE
        }
    )


def intact() -> None:
    """The audit log verifies, also against what charters say."""
    report = audit.verify()
    assert report.intact, [str(finding) for finding in report.tampering]


@dataclass
class Failing:
    """Lets the database fail at the n-th call; ``calls`` counts them."""

    at: int
    calls: int = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.calls += 1
        if self.calls == self.at:
            raise OperationalError("the connection was cut by a test")
        return execute(sql, params, many, context)


@contextmanager
def failing(at: int) -> Iterator[Failing]:
    fault = Failing(at)
    with connection.execute_wrapper(fault):
        yield fault
