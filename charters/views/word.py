"""The Word copy of a charter, for everybody who may read the text: members, guests, signatories by link."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.limits import limit
from charters.access import get_charter, get_revision, get_visiting_guest, get_visitor
from charters.word_copy import word_response


@require_safe
@login_required
def word(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text of now, the draft included."""
    return word_response(get_charter(request.user, pk))


@require_safe
@login_required
def revision_word(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One frozen text."""
    charter = get_charter(request.user, pk)
    return word_response(charter, get_revision(charter, number))


@require_safe
@never_cache
def guest_word(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text of now as a guest reads it, so without signatures."""
    guest = get_visiting_guest(request, pk)
    limit("word copy", str(guest.pk), times=30, seconds=3600)
    return word_response(guest.charter, signatures=False)


@require_safe
@never_cache
def sign_word(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text that a signatory is asked to sign."""
    signatory = get_visitor(request, pk).signatory
    limit("word copy", str(signatory.pk), times=30, seconds=3600)
    revision = signatory.round.revision
    return word_response(revision.charter, revision)
