"""Guests of a charter: invited and let go by those who run it; the guest's own page by link."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import links, mail
from accounts.access import person
from accounts.limits import limit
from accounts.models import PersonalLink
from charters.access import get_charter, get_guest, get_visiting_guest
from charters.actions.commenting import add_comment
from charters.actions.guests import GUEST, copy_link, invite_guest, remind_guest, revoke_guest
from charters.document import read
from charters.forms import GuestForm
from charters.models import Charter, Guest
from charters.queries import current_document
from charters.sections import section_of
from charters.shown import caption_of, facts_of, state_word, stations_of, views_of
from charters.talk import comments_of, remarks, talk_of
from ui.errors import Invalid

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
@login_required
@never_cache
def guests(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who from outside may read this charter, and a form to invite one more."""
    charter = get_charter(request.user, pk, need="manage")
    form = GuestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limit("charter guest", str(charter.pk), times=30, seconds=3600)
        try:
            guest = invite_guest(charter, by=person(request), **form.cleaned_data)
        except Invalid as error:
            form.add_errors(error.fields)
        else:
            messages.success(request, f"{guest.name} is invited and gets a link by mail.")
            return redirect("charters:guests", charter.pk)
    return _page(request, charter, form)


def _page(
    request: HttpRequest, charter: Charter, form: GuestForm, copied: dict[str, str] | None = None
) -> HttpResponse:
    invited = list(Guest.objects.filter(charter=charter).order_by("name", "pk"))
    here = [guest for guest in invited if guest.revoked_at is None]
    gone = [guest for guest in invited if guest.revoked_at is not None]
    context = {
        "charter": charter,
        "form": form,
        "rows": [{"guest": guest, "link": _last_link(guest)} for guest in here]
        + [{"guest": guest, "link": None} for guest in gone],
        "here": len(here),
        "copied": copied,
        "can_copy": mail.mail_goes_to_files(),
        "now": timezone.now(),
        "line_stations": stations_of(charter, caption_of(charter, None)),
    }
    return render(request, "charters/guests.html", context, status=422 if form.errors else 200)


def _last_link(guest: Guest) -> PersonalLink | None:
    return links.links_to(guest, GUEST).filter(revoked_at=None).first()


@require_POST
@login_required
@never_cache
def guest_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a further link once, to hand over in person."""
    guest = get_guest(request.user, pk)
    address = copy_link(guest, by=person(request))
    return _page(request, guest.charter, GuestForm(), {"name": guest.name, "link": address})


@require_POST
@login_required
def guest_remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mail the link again."""
    guest = get_guest(request.user, pk)
    limit("charter guest", str(guest.charter_id), times=30, seconds=3600)
    remind_guest(guest, by=person(request))
    messages.success(request, f"{guest.name} gets a new link by mail.")
    return redirect("charters:guests", guest.charter_id)


@require_POST
@login_required
def guest_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a guest's links."""
    guest = get_guest(request.user, pk)
    revoke_guest(guest, by=person(request))
    messages.success(request, f"{guest.name} can no longer open the charter.")
    return redirect("charters:guests", guest.charter_id)


@require_safe
@never_cache
def guest_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The charter as its guest reads it: the text of now, and the guest's own comments."""
    guest = get_visiting_guest(request, pk)
    Guest.objects.filter(pk=guest.pk, opened_at=None).update(opened_at=timezone.now())
    return render(request, "charters/guest.html", _guest_context(guest))


@require_POST
@never_cache
def guest_comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A guest's comment at a field of the draft."""
    guest = get_visiting_guest(request, pk)
    limit("guest comment", str(guest.pk), times=60, seconds=3600)
    field = request.POST.get("field", "")
    try:
        add_comment(guest.charter, field=field, words=request.POST.get("words", ""), guest=guest)
    except Invalid as error:
        messages.error(request, " ".join(text for said in error.fields.values() for text in said))
    else:
        messages.success(request, "Your comment is kept.")
    response = redirect("charters:guest", guest.pk)
    response["Location"] += f"#section-{section_of(field)}"
    return response


def _guest_context(guest: Guest) -> dict[str, Any]:
    charter = guest.charter
    document = current_document(charter)
    said = remarks(comments_of(charter, guest=guest), document)
    return {
        "guest": guest,
        "charter": charter,
        "link_bar": {
            "organization": charter.organization.name,
            "what": f"Charter {charter.code}",
            "share": None,
        },
        "line_stations": None,
        "title": str(document["fields"].get("title", "")) or charter.code,
        "number": document["revision"],
        "state": state_word(charter.state).lower(),
        "facts": facts_of(read(document), charter),
        "views": views_of(document),
        "talk": talk_of(document, said) if charter.is_draft else {},
    }
