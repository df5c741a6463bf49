"""Asking for a fresh sign-in before pages that are not ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.access import require_fresh

View = Callable[..., HttpResponse]


def fresh(view: View) -> View:
    """The view, for people who have just signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_fresh(request)
        return view(request, *args, **kwargs)

    guarded_view: View = login_required(guarded)
    return guarded_view
