"""How often a member or a guest gets the digest, and the page that stops it without a sign-in."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import current_membership, person
from accounts.models import Organization
from jobs import digest
from jobs.models import GuestDigest
from jobs.outbox_models import Rhythm
from ui.errors import NotFound
from ui.forms import PlainForm, Segments

GET_AND_POST = ["GET", "HEAD", "POST"]


class DigestForm(PlainForm):
    every = forms.ChoiceField(choices=Rhythm.Every.choices, widget=Segments, label="How often")


@require_http_methods(GET_AND_POST)
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose how often the digest of the current organization comes."""
    membership = current_membership(request)
    return _page(request, digest.of_member(membership), membership.organization, reverse("accounts:settings"))


@require_http_methods(GET_AND_POST)
@login_required
def choose_as_guest(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose how often the digest comes that tells a guest of the own projects in an organization."""
    own = GuestDigest.objects.select_related("organization").filter(pk=pk, user=person(request)).first()
    if own is None:
        raise NotFound
    return _page(request, own, own.organization, reverse("desk"))


def _page(request: HttpRequest, kept: Rhythm, organization: Organization, back: str) -> HttpResponse:
    form = DigestForm(request.POST if request.method == "POST" else None, initial={"every": kept.every})
    if request.method == "POST" and form.is_valid():
        digest.choose(kept, form.cleaned_data["every"])
        messages.success(request, "Saved.")
        return redirect(back)
    context = {
        "form": form,
        "organization": organization,
        "back": back,
        "guest": isinstance(kept, GuestDigest),
    }
    return render(request, "jobs/digest.html", context, status=422 if form.errors else 200)


@csrf_exempt  # mail programs send the request themselves (RFC 8058); the mark in the address is the proof
@require_http_methods(GET_AND_POST)
@never_cache
def stop(request: HttpRequest, mark: str) -> HttpResponse:
    """Stop the digest by the link of a mail. Opening the page changes nothing: mail scanners open links."""
    found = digest.of_mark(mark)
    if found is None:
        raise NotFound
    kept, organization = found
    if request.method == "POST":
        digest.choose(kept, Rhythm.Every.NEVER)
    name = organization.name
    context = {
        "organization": name,
        "stopped": request.method == "POST",
        "link_bar": {"organization": name, "what": "Mail digest"},
    }
    return render(request, "jobs/digest_stop.html", context)
