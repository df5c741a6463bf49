"""Signing in again before something that matters, by what the person has: password, app or mailed code."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import ReauthenticateForm as SecondFactorForm
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts import codes
from accounts.access import is_fresh, person, take_suspended
from accounts.forms import CodeForm, ConfirmPasswordForm
from accounts.limits import limit
from accounts.models import User

PURPOSE = "confirm"
TRIES, WINDOW = 10, 600


@require_GET
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for what the person can prove; nothing to do when the sign-in is fresh."""
    if is_fresh(request):
        return _go_on(request, request.GET)
    return _page(request, request.GET)


def _page(request: HttpRequest, where: QueryDict, **forms: Any) -> HttpResponse:
    user = person(request)
    second_factor = is_mfa_enabled(user)
    context = {
        "by_password": user.has_usable_password(),
        "by_second_factor": second_factor,
        "by_code": _may_use_code(user),
        "password_form": ConfirmPasswordForm(prefix="p"),
        "second_factor_form": CodeForm(prefix="s"),
        "code_form": CodeForm(prefix="c"),
        "sent_to": codes.sent_to(request, PURPOSE),
        "next": where.get("next", "/"),
        "resume": where.get("resume", ""),
        **forms,
    }
    failed = any(form.errors for form in forms.values())
    return render(request, "accounts/confirm.html", context, status=422 if failed else 200)


def _may_use_code(user: User) -> bool:
    """With a second factor a mailbox alone must not be enough."""
    return not is_mfa_enabled(user)


def _count(request: HttpRequest) -> None:
    limit("confirm", str(person(request).pk), times=TRIES, seconds=WINDOW)


@require_POST
@login_required
def by_password(request: HttpRequest) -> HttpResponse:
    """Confirm with the password."""
    _count(request)
    form = ConfirmPasswordForm(request.POST, prefix="p")
    user = person(request)
    if form.is_valid():
        check = PasswordForm({"password": form.cleaned_data["password"]}, user=user)
        if check.is_valid():
            record_authentication(request, user, method="password", reauthenticated=True)
            return _go_on(request, request.POST)
        form.add_error("password", "This is not your password.")
    return _page(request, request.POST, password_form=form)


@require_POST
@login_required
def by_second_factor(request: HttpRequest) -> HttpResponse:
    """Confirm with a code of the authenticator app, or a recovery code."""
    _count(request)
    form = CodeForm(request.POST, prefix="s")
    if form.is_valid():
        check = SecondFactorForm({"code": form.cleaned_data["code"]}, user=person(request))
        if check.is_valid():
            check.save()
            return _go_on(request, request.POST)
        form.add_error("code", "This is not the current code.")
    return _page(request, request.POST, second_factor_form=form)


@require_POST
@login_required
def send_code(request: HttpRequest) -> HttpResponse:
    """Mail a code to the person's address."""
    user = person(request)
    if _may_use_code(user):
        codes.send(
            request, purpose=PURPOSE, address=user.email, what="confirm that it is you", organization=None
        )
    return _page(request, request.POST)


@require_POST
@login_required
def by_code(request: HttpRequest) -> HttpResponse:
    """Confirm with the mailed code."""
    _count(request)
    user = person(request)
    form = CodeForm(request.POST, prefix="c")
    if _may_use_code(user) and form.is_valid():
        if codes.check(request, purpose=PURPOSE, code=form.cleaned_data["code"]) == user.email:
            record_authentication(request, user, method="code", reauthenticated=True)
            return _go_on(request, request.POST)
        form.add_error("code", "This is not the code, or it is older than ten minutes.")
    return _page(request, request.POST, code_form=form)


def _go_on(request: HttpRequest, where: QueryDict) -> HttpResponse:
    """Repeat the form that was held back, or return to the page that asked."""
    waiting = take_suspended(request, where.get("resume", ""))
    if waiting:
        return _repeat(request, waiting)
    target = where.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A path only: `redirect` takes any other word for the name of a view.
    return redirect(target if safe and target.startswith("/") else "/")


def _repeat(request: HttpRequest, waiting: dict[str, Any]) -> HttpResponse:
    """Send the held-back form to its view. Forgery was checked when it came, rights are checked now."""
    path, _, query = waiting["path"].partition("?")
    fields = QueryDict(mutable=True)
    for name, values in waiting["fields"].items():
        fields.setlist(name, values)
    match = resolve(path)
    request.method = "POST"
    request.path = request.path_info = path
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
    request.POST = fields  # type: ignore[assignment]
    request.resolver_match = match
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer
