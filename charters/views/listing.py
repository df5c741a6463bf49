"""Finding, beginning and reading charters."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import current_membership, person
from accounts.models import User
from charters.access import get_charter, get_charter_and_membership, get_revision, may_cancel
from charters.actions.templates import begin_charter
from charters.content import content
from charters.diff import compare
from charters.document import read
from charters.forms import NewCharterForm
from charters.history import changes_in_words, history_of, revisions_of
from charters.kept_page import kept_context, learned_elsewhere
from charters.list_page import list_context
from charters.models import Charter, Revision, SignoffRound
from charters.queries import (
    criteria_changes_until,
    current_document,
    current_revision,
    document_of,
    latest_revision,
    problems_of,
    since_first_signature,
    waiting_for,
)
from charters.shown import (
    STATE_KINDS,
    Rights,
    caption_of,
    facts_of,
    kind_of,
    lede_of,
    signature_blocks,
    state_word,
    stations_of,
    views_of,
)
from charters.signoff import State
from charters.talk import Talk, comments_of, open_count, remarks, talk_of
from ui.errors import NotFound
from ui.panels import fill, mark


@require_safe
@login_required
def charter_list(request: HttpRequest) -> HttpResponse:
    """The charters of the organization that fit what was asked for, after those that wait for this person."""
    context = list_context(current_membership(request), person(request), request.GET)
    return render(request, "charters/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Begin a charter, from a use case or from nothing."""
    membership = current_membership(request, "edit")
    organization = membership.organization
    copied = _copied(request)
    initial = {name: request.GET.get(name) for name in ("use_case", "template")}
    form = NewCharterForm(
        request.POST or None,
        organization=organization,
        copied=copied,
        initial=initial | {"copy_of": copied.pk if copied else None},
    )
    if request.method == "POST" and form.is_valid():
        charter = begin_charter(organization, by=person(request), **form.cleaned_data)
        messages.success(request, f"Charter {charter.code} is begun.")
        return redirect("charters:write", charter.pk, "problem")
    context = {"form": form, "copied": copied}
    return render(request, "charters/new.html", context, status=422 if form.errors else 200)


def _copied(request: HttpRequest) -> Charter | None:
    """The charter to be copied, by the address or the form; NotFound for one of others."""
    wanted = request.POST.get("copy_of") or request.GET.get("copy")
    if not wanted:
        return None
    try:
        return get_charter(request.user, UUID(wanted))
    except ValueError:
        raise NotFound from None


@require_safe
@login_required
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The charter as it stands: its draft, or the text of its latest revision with its signatures."""
    charter, membership = get_charter_and_membership(request.user, pk)
    document = current_document(charter)
    latest = latest_revision(charter) if charter.is_draft else current_revision(charter)
    round_ = _round_of(latest) if latest and not charter.is_draft else None
    in_force = Revision.objects.filter(charter=charter, state=State.IN_FORCE).first()
    problems = problems_of(charter, document) if charter.is_draft else []
    user, rights = person(request), Rights.of(membership)
    mine = [seat for seat in waiting_for(user, charter.organization) if seat.round == round_]
    context = {
        "charter": charter,
        "revision": None if charter.is_draft else latest,
        "latest": latest,
        "in_force": in_force,
        "kind": kind_of(charter, in_force),
        "open_comments": open_count(charter) if charter.is_draft else 0,
        "lede": lede_of(charter, problems, round_, latest),
        "facts": facts_of(read(document), charter),
        "views": views_of(document),
        "talk": _talk(charter, document, user),
        "write": charter.pk if rights.edit else None,
        "problems": problems,
        "blocking": [problem for problem in problems if problem.blocks],
        "round": round_,
        "signatures": signature_blocks(round_, viewer=user),
        "mine": mine[0] if mine else None,
        "rights": rights,
        "may_cancel": may_cancel(charter, user, manages=rights.manage),
        "changes": _changes(charter, document),
        "kept": kept_context(charter, user, membership),
        "learned_elsewhere": learned_elsewhere(charter),
        "line_stations": stations_of(charter, caption_of(charter, round_)),
        "project": fill(mark("charters.project", "all"), request, charter),
    }
    return render(request, "charters/show.html", context)


def _talk(charter: Charter, document: dict[str, object], user: User) -> dict[str, Talk]:
    """What is said about the draft by section; a frozen text takes no comments."""
    if not charter.is_draft:
        return {}
    return talk_of(document, remarks(comments_of(charter), document, viewer=user.pk))


def _changes(charter: object, document: dict[str, object]) -> object:
    found = since_first_signature(charter, document)  # type: ignore[arg-type]
    if found is None or not found[1].changes:
        return None
    first, difference = found
    return {
        "first": first,
        "difference": difference,
        "criteria": criteria_changes_until(charter, document),  # type: ignore[arg-type]
        "rows": changes_in_words(difference, document_of(first)),
    }


def _round_of(revision: Revision) -> SignoffRound | None:
    round_ = SignoffRound.objects.filter(revision=revision).order_by("-number").first()
    if round_ is not None:
        round_.revision = revision
    return round_


@require_safe
@login_required
def revision(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One frozen text with its signatures, whatever came after it."""
    charter, _ = get_charter_and_membership(request.user, pk)
    row = get_revision(charter, number)
    document = document_of(row)
    round_ = _round_of(row)
    context = {
        "charter": charter,
        "revision": row,
        "state": state_word(row.state),
        "state_kind": STATE_KINDS.get(State(row.state), "neutral"),
        "views": views_of(document),
        "title": document["fields"].get("title", ""),
        "signatures": signature_blocks(round_),
        "round": round_,
    }
    return render(request, "charters/revision.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All revisions, what changed between them, and every event."""
    charter, _ = get_charter_and_membership(request.user, pk)
    rows = revisions_of(charter)
    steps = []
    for earlier, later in pairwise(rows):
        before, after = document_of(earlier), document_of(later)
        difference = compare(before, after)
        steps.append({"later": later, "difference": difference, "rows": changes_in_words(difference, before)})
    context = {
        "charter": charter,
        "revisions": [
            (row, state_word(row.state), STATE_KINDS.get(State(row.state), "neutral"))
            for row in reversed(rows)
        ],
        "steps": list(reversed(steps)),
        "events": history_of(charter),
        "remarks": remarks(comments_of(charter), current_document(charter)),
    }
    return render(request, "charters/history.html", context)


@require_safe
@login_required
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the draft lacks, each with a link to the place where it is mended."""
    charter, membership = get_charter_and_membership(request.user, pk)
    if not charter.is_draft:
        return redirect("charters:show", charter.pk)
    document = current_document(charter)
    problems = problems_of(charter, document)
    said = remarks(comments_of(charter), document, viewer=person(request).pk)
    context = {
        "charter": charter,
        "problems": problems,
        "blocking": [problem for problem in problems if problem.blocks],
        "advice": [problem for problem in problems if not problem.blocks],
        "rights": Rights.of(membership),
        "rule_count": len(content().rules),
        "remarks": said,
        "open_comments": sum(remark.is_open for remark in said),
        "line_stations": stations_of(charter, caption_of(charter, None)),
    }
    return render(request, "charters/review.html", context)
