"""Jobs by name: the pages know names, ``config/jobs.py`` knows which function each one runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from jobs.runner import Outcome

JobFunction = Callable[..., "Outcome"]


@cache
def functions() -> Mapping[str, JobFunction]:
    table: Mapping[str, str] = import_string(settings.JOB_FUNCTIONS)
    return {name: _load(path) for name, path in table.items()}


def _load(path: str) -> JobFunction:
    # Imported at the first call: the web process must not pay for what only the worker needs.
    def call(*args: Any) -> Outcome:
        function: JobFunction = import_string(path)
        return function(*args)

    return call


def is_known(name: str) -> bool:
    return name in functions()
