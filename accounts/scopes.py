"""What a token may be made for: an area of the product, to read or to change. To change includes to read."""

from __future__ import annotations

from typing import Final

AREAS: Final = {
    "organization": "the organization, its members and invitations",
    "audit": "the audit log",
    "assessments": "assessments, answers and results",
    "evidence": "data assets and the roster",
    "roadmap": "use cases, plans and the catalogue",
    "charters": "charters and sign-off",
    "projects": "projects and their work",
    "deployments": "deployments, releases and environments",
    "reports": "reports and exports",
}
READ_ONLY: Final = frozenset({"audit"})

SCOPES: Final[dict[str, str]] = {
    f"{area}:{verb}": f"{'Read' if verb == 'read' else 'Read and change'} {words}"
    for area, words in AREAS.items()
    for verb in ("read", "write")
    if not (verb == "write" and area in READ_ONLY)
}


def grants(scopes: list[str], area: str, *, write: bool) -> bool:
    """Whether a token with ``scopes`` may read (or, with ``write``, change) things of ``area``."""
    if f"{area}:write" in scopes:
        return True
    return not write and f"{area}:read" in scopes
