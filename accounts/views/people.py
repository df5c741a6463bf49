"""Members: who they are, as what they belong, and leaving."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, queries
from accounts.access import current_membership, get_member, person, require, require_fresh
from accounts.forms import FunctionsForm, NameTypedForm, RoleForm
from accounts.models import Membership, Role
from accounts.permissions import allowed


@require_GET
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """The members of the current organization and the invitations that wait."""
    mine = current_membership(request)
    organization = mine.organization
    rows = queries.members(organization)
    manages = allowed(mine.role, "manage", organization.state)
    context = {
        "organization": organization,
        "members": rows,
        "manages": manages,
        "uncovered": queries.uncovered_functions(rows),
        "invitations": queries.open_invitations(organization) if manages else [],
        "troubled": queries.troubled_mail(organization) if manages else 0,
    }
    return render(request, "accounts/people.html", context)


@require_GET
@login_required
def member(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One member, with what the visitor may change about the person."""
    row = get_member(request.user, pk)
    initial = {"functions": row.functions, "unit": row.unit_id}
    return _member_page(request, row, FunctionsForm(organization=row.organization, initial=initial))


def _member_page(request: HttpRequest, row: Membership, form: FunctionsForm) -> HttpResponse:
    mine = require(request.user, row.organization, "view")
    state = row.organization.state
    context = {
        "row": row,
        "is_me": row.user_id == person(request).pk,
        "manages": allowed(mine.role, "manage", state),
        "owns": allowed(mine.role, "own", state),
        "functions_form": form,
        "role_form": RoleForm(initial={"role": row.role}),
    }
    return render(request, "accounts/member.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def functions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct functions and unit."""
    row = get_member(request.user, pk, need="manage")
    form = FunctionsForm(request.POST, organization=row.organization)
    if not form.is_valid():
        return _member_page(request, row, form)
    actions.change_functions(
        row, by=person(request), functions=form.cleaned_data["functions"], unit=form.cleaned_data["unit"]
    )
    messages.success(request, f"{row.user.get_full_name()}: functions and unit saved.")
    return redirect("accounts:people")


@require_POST
@login_required
def role(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a member another role; needs a fresh sign-in."""
    row = get_member(request.user, pk, need="own")
    require_fresh(request)
    changed = actions.change_role(row, by=person(request), role=request.POST.get("role", ""))
    label = Role(changed.role).label
    messages.success(request, f"{row.user.get_full_name()} is now {label.lower()}.")
    return redirect("accounts:people")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then end a membership. Everybody may leave; the rest is for managers."""
    row = get_member(request.user, pk)
    leaving = row.user_id == person(request).pk
    if not leaving:
        get_member(request.user, pk, need="manage")
    name = row.user.get_full_name()
    if request.method == "POST":
        actions.remove_member(row, by=person(request))
        messages.success(request, f"{'You have' if leaving else f'{name} has'} left {row.organization.name}.")
        return redirect("/" if leaving else "accounts:people")
    context = {
        "kind": "People",
        "title": f"Leave {row.organization.name}" if leaving else f"Remove {name}",
        "effects": [
            f"{'You see' if leaving else f'{name} sees'} nothing of {row.organization.name} from then on.",
            "Tokens and personal links of this person in this organization stop working at once.",
            "Answers, signatures and what the audit log holds stay.",
        ],
        "button": "Leave" if leaving else f"Remove {name}",
        "cancel_url": "/people/",
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def erase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then erase who a person is; needs a fresh sign-in and the name typed."""
    row = get_member(request.user, pk)
    if row.user_id != person(request).pk:
        get_member(request.user, pk, need="own")
    name = row.user.get_full_name()
    form = NameTypedForm(request.POST or None, expected=name)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        actions.erase_person(row.user, by=person(request))
        messages.success(request, "The person was erased. The audit log still verifies.")
        return redirect("/")
    context = {
        "kind": "People",
        "title": f"Erase {name}",
        "effects": [
            "Name and address are removed here and emptied in the audit log; the log still verifies.",
            "The person leaves every organization and cannot sign in any more.",
            "Training runs that the person began lose the name. Files that training wrote and the "
            "names of models stay as they are: signed verdicts rest on them.",
            "Signatures keep name and address as signed. This cannot be undone.",
        ],
        "form": form,
        "button": f"Erase {name}",
        "cancel_url": "/people/",
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)
