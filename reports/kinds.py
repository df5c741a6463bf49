"""The kinds of report. A new one is a template, a context function and a line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Organization, User
from reports import charter_input, readiness_input, roadmap_input
from reports.subjects import Subject
from ui.errors import NotFound

Data = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How one kind of report is made.

    need     what a reader must be allowed to do with the subject
    find     the subject's door: (user, id, need) to the subject; raises NotFound or NotAllowed
    offers   what of an organization can be printed, the latest first
    inputs   subject to plain data: all that the report says, and nothing else
    render   plain data and paper to the bytes of the PDF; pure
    """

    key: str
    title: str
    about: str
    need: str
    find: Callable[[User, str, str], Subject]
    offers: Callable[[User, Organization], list[Subject]]
    inputs: Callable[[Subject], Data]
    render: Callable[[Data, str], bytes]


KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="readiness",
            title="Readiness report",
            about="Where the organization stands, gate by gate, and where people see different things.",
            need="view",
            find=readiness_input.find,
            offers=readiness_input.offers,
            inputs=readiness_input.inputs,
            render=readiness_input.render,
        ),
        Kind(
            key="roadmap",
            title="Roadmap",
            about="What is done when and why, what it costs, and how sure the plan is.",
            need="view",
            find=roadmap_input.find,
            offers=roadmap_input.offers,
            inputs=roadmap_input.inputs,
            render=roadmap_input.render,
        ),
        Kind(
            key="charter",
            title="Charter",
            about="The frozen text with its success criteria, who signed it when and how.",
            need="view",
            find=charter_input.find,
            offers=charter_input.offers,
            inputs=charter_input.inputs,
            render=charter_input.render,
        ),
    )
}


def get_kind(key: str) -> Kind:
    """The kind by its key; NotFound for any other word."""
    if key not in KINDS:
        raise NotFound
    return KINDS[key]
