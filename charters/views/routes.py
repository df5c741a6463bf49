"""The guide to a route: which of the three fits, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import current_membership
from accounts.models import Membership
from charters.access import get_charter_and_membership
from charters.content import content
from charters.document import CharterText, read
from charters.models import Charter
from charters.queries import current_document
from charters.route_facts import guide_facts, sources
from charters.route_guide import Reason, guide
from charters.shown import Rights, caption_of, stations_of
from roadmap.use_case_access import get_use_case
from roadmap.use_case_models import UseCase
from ui.errors import NotFound


@require_safe
@login_required
def route_guide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The guide for a charter that is begun."""
    charter, membership = get_charter_and_membership(request.user, pk)
    text = read(current_document(charter))
    return _page(request, membership, charter=charter, use_case=charter.use_case, text=text)


@require_safe
@login_required
def route_guide_before(request: HttpRequest) -> HttpResponse:
    """The guide before a charter is begun, for a use case where one is chosen."""
    membership = current_membership(request)
    wanted, use_case = request.GET.get("use_case", ""), None
    if wanted:
        try:
            use_case = get_use_case(request.user, UUID(wanted))
        except ValueError:
            raise NotFound from None
    return _page(request, membership, use_case=use_case)


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    use_case: UseCase | None,
    charter: Charter | None = None,
    text: CharterText | None = None,
) -> HttpResponse:
    organization = membership.organization
    known = content()
    found = guide(guide_facts(organization, use_case=use_case, text=text), known)
    places = sources(organization, use_case, charter)
    context = {
        "charter": charter,
        "use_case": use_case,
        "use_cases": UseCase.objects.filter(organization=organization, archived_at=None)
        if not charter
        else (),
        "guide": found,
        "rows": [
            {
                "route": known.routes[item.route],
                "points": item.points,
                "reasons": [_shown(reason, places) for reason in item.reasons],
                "obstacles": [_shown(reason, places) for reason in item.obstacles],
                "unknown": [_shown(reason, places) for reason in item.unknown],
                "chosen": bool(text) and text is not None and text.text("route") == item.route,
                "open": not found.is_clear and _is_near(at, found.proposals[0].points, item.points),
            }
            for at, item in enumerate(found.proposals)
        ],
        "first": known.routes[found.first.route],
        "second": known.routes[found.proposals[1].route],
        "rights": Rights.of(membership),
        **({"line_stations": stations_of(charter, caption_of(charter, None))} if charter else {}),
    }
    return render(request, "charters/route_guide.html", context)


def _is_near(at: int, first: int, points: int) -> bool:
    return at == 0 or abs(first - points) < 2


def _shown(reason: Reason, places: dict[str, tuple[str, str]]) -> dict[str, Any]:
    word, url = places[reason.source]
    return {"reason": reason, "word": word, "url": url}
