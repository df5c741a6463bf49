"""What a model needs of packages, and whether this installation has it. Pure.

Only names of packages with their versions are taken: a path, an address or an option of the installer would
fetch something that nobody can hold to a hash, or run something while it is installed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Iterable, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

MOST = 200
# What answers for a model in the sandbox, besides what the model itself asks for.
SERVED_BY = ("aiohttp",)
_LOADERS = ("mlflow", "mlflow-skinny")


class NotTaken(Exception):
    """A line of the requirements that is not installed here; the sentence says why."""


def parse(lines: Iterable[str]) -> list[Requirement]:
    """The requirements that count for this Python, A to Z, each once as it is written."""
    found: dict[str, Requirement] = {}
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise NotTaken(
                f"“{line[:100]}” is no package with a version: only those are installed."
            ) from error
        if requirement.url:
            raise NotTaken(f"“{line[:100]}” is an address: only packages of the index are installed.")
        if requirement.marker is None or requirement.marker.evaluate():
            requirement.marker = None
            requirement.name = canonicalize_name(requirement.name)
            found[str(requirement)] = requirement
    if len(found) > MOST:
        raise NotTaken(f"The model asks for more than {MOST} packages.")
    return [found[name] for name in sorted(found)]


def missing(requirements: Sequence[Requirement]) -> list[str]:
    """Those that the installed packages do not satisfy."""
    return [str(requirement) for requirement in requirements if not _is_there(requirement)]


def to_install(requirements: Sequence[Requirement]) -> list[str]:
    """All that an environment of its own needs: the model's packages, and what answers for it."""
    names = {requirement.name for requirement in requirements}
    added = [] if names & set(_LOADERS) else [f"mlflow=={importlib.metadata.version('mlflow')}"]
    added += [f"{name}=={importlib.metadata.version(name)}" for name in SERVED_BY if name not in names]
    return sorted([*map(str, requirements), *added])


def other_python(logged: str) -> str:
    """What to know of a version that was logged with another Python than its replicas run; empty for none.

    Pickled code is bound to the minor version; a patch of it changes nothing.
    """
    found = re.match(r"(\d+)\.(\d+)", logged)
    here = sys.version_info
    if found is None or (int(found[1]), int(found[2])) == here[:2]:
        return ""
    return (
        f"It was logged with Python {found[0]} and runs on Python {here.major}.{here.minor} here: what is "
        f"pickled may not load, or may act differently. To be sure, log it with Python "
        f"{here.major}.{here.minor}."
    )


def key(lines: Sequence[str]) -> str:
    """The name of the environment that has these: the same lines on the same Python make the same."""
    parts = [sorted(lines), sys.implementation.cache_tag, platform.machine(), platform.libc_ver()[0]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is_there(requirement: Requirement, depth: int = 0) -> bool:
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    if not requirement.specifier.contains(version, prereleases=True):
        return False
    # An extra is there when what it brings is there.
    if not requirement.extras or depth > 3:
        return True
    brought = [Requirement(line) for line in importlib.metadata.requires(requirement.name) or []]
    return all(
        _is_there(one, depth + 1)
        for extra in requirement.extras
        for one in brought
        if one.marker is not None and one.marker.evaluate({"extra": extra}) and not one.marker.evaluate()
    )
