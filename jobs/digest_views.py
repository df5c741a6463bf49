"""How often a member gets the digest, and the page that stops it without a sign-in."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import current_membership
from jobs import digest
from jobs.models import Digest
from ui.errors import NotFound
from ui.forms import PlainForm, Segments

GET_AND_POST = ["GET", "HEAD", "POST"]


class DigestForm(PlainForm):
    every = forms.ChoiceField(choices=Digest.Every.choices, widget=Segments, label="How often")


@require_http_methods(GET_AND_POST)
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose how often the digest of the current organization comes."""
    membership = current_membership(request)
    kept = Digest.objects.filter(membership=membership).first() or Digest(membership=membership)
    form = DigestForm(request.POST if request.method == "POST" else None, initial={"every": kept.every})
    if request.method == "POST" and form.is_valid():
        digest.choose(membership, form.cleaned_data["every"])
        messages.success(request, "Saved.")
        return redirect("accounts:settings")
    context = {"form": form, "organization": membership.organization}
    return render(request, "jobs/digest.html", context, status=422 if form.errors else 200)


@csrf_exempt  # mail programs send the request themselves (RFC 8058); the mark in the address is the proof
@require_http_methods(GET_AND_POST)
@never_cache
def stop(request: HttpRequest, mark: str) -> HttpResponse:
    """Stop the digest by the link of a mail. Opening the page changes nothing: mail scanners open links."""
    membership = digest.membership_of_mark(mark)
    if membership is None:
        raise NotFound
    if request.method == "POST":
        digest.choose(membership, Digest.Every.NEVER)
    name = membership.organization.name
    context = {
        "organization": name,
        "stopped": request.method == "POST",
        "link_bar": {"organization": name, "what": "Mail digest"},
    }
    return render(request, "jobs/digest_stop.html", context)
