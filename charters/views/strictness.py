"""How strict an organization is when it checks its charters."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import current_membership, person
from charters.actions.severities import choose_severities
from charters.completeness import RULES
from charters.content import content
from charters.queries import severities_of
from charters.shown import Rights
from charters.strictness import rule_rows
from ui.errors import Invalid
from ui.words import counted


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule with what it says, its own severity and the organization's."""
    membership = current_membership(request, "manage" if request.method == "POST" else "view")
    errors = ""
    if request.method == "POST":
        chosen = {rule_id: request.POST[rule_id] for rule_id in RULES if rule_id in request.POST}
        try:
            changed = choose_severities(membership.organization, chosen, by=person(request))
        except Invalid as error:
            errors = " ".join(f"{place}: {' '.join(said)}" for place, said in error.fields.items())
        else:
            said = (
                f"{counted(len(changed), 'rule is', 'rules are')} set anew."
                if changed
                else "Nothing changed."
            )
            messages.success(request, said[:1].upper() + said[1:])
            return redirect("charters:rules")
    chosen = severities_of(membership.organization)
    groups = rule_rows(content(), chosen)
    context = {
        "groups": groups,
        "own": sum(row.is_chosen for _, rows in groups for row in rows),
        "count": len(RULES),
        "errors": errors,
        "rights": Rights.of(membership),
        "organization": membership.organization,
    }
    return render(request, "charters/rules.html", context, status=422 if errors else 200)
