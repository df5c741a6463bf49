"""The one page from a registered version to a release: the gate as a list, and the button beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import person
from deployments.access import may_deploy, require_nameable
from deployments.actions import keeping, moving, releasing
from deployments.evaluation.readings import differences_of
from deployments.forms import DeployForm, refuse
from deployments.models import Deployment, Environment, Release
from deployments.references import find_reference
from deployments.release.endpoints import NEW, endpoint_for, endpoints_of
from deployments.release.gate import CHARTER, FALLBACK, MUSTS, OWNER, REFERENCE, VERIFIED, Stance
from deployments.release.gate_facts import Gate, gate_of
from deployments.release.lifecycle import State
from deployments.release.requirements import other_python
from projects.access import get_project_named
from projects.models import Project
from projects.tracking import records
from projects.tracking.model_files import ModelFilesAreAway, describe
from projects.tracking.records import TrackingIsAway
from ui.errors import Conflict, Invalid, NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to go where: a version, an environment, and the endpoint, which may be new."""

    project: Project
    environment: Environment
    model: str
    version: int
    deployment: Deployment
    endpoints: tuple[Deployment, ...]

    @property
    def is_new(self) -> bool:
        return self.deployment._state.adding

    @property
    def words(self) -> str:
        return f"{self.model} version {self.version}"

    def url(self, **other: str) -> str:
        values = {
            "environment": self.environment.slug,
            "endpoint": NEW if self.is_new else str(self.deployment.pk),
        }
        query = "&".join(f"{name}={value}" for name, value in (values | other).items())
        return f"{reverse('deployments:deploy', args=[self.project.slug, self.model, self.version])}?{query}"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def deploy(request: HttpRequest, slug: str, model: str, version: int) -> HttpResponse:
    """Show the gate of the chosen environment; take the press."""
    choice = _choice(request, slug, model, version)
    may = may_deploy(request.user, choice.project, choice.environment)
    if request.method == "POST" and not may:
        who = choice.environment.get_deployers_display()
        raise NotAllowed(f"In {choice.environment.name}, these may deploy: {who}.")
    find_reference(choice.project, model, version)
    gate = gate_of(choice.deployment, model, version)
    live = None if choice.is_new else choice.deployment.releases.filter(state=State.LIVE).first()
    form = _form(request, choice, gate, live) if may else None
    if request.method == "POST" and form is not None and form.is_valid():
        made = _press(request, choice, form)
        if made is not None:
            messages.success(request, f"{made} is on its way.")
            return redirect("deployments:release", made.pk)
    failed = form is not None and bool(form.errors)
    return render(
        request, "deployments/deploy.html", _context(choice, gate, live, form), status=422 if failed else 200
    )


def _context(choice: Choice, gate: Gate, live: Release | None, form: DeployForm | None) -> dict[str, Any]:
    open_ = None if choice.is_new else releasing.under_way(choice.deployment)
    environments = Environment.objects.filter(organization=choice.project.organization, archived_at=None)
    return {
        "choice": choice,
        "gate": gate,
        "python": _python(choice),
        "differences": differences_of(choice.project, f"{choice.model}/{choice.version}"),
        "shut": gate.stance is Stance.SHUT and not _mends(choice, gate),
        "mends": gate.stance is Stance.SHUT and _mends(choice, gate),
        "warned": gate.stance is Stance.WARNED,
        "places": [(one, choice.url(environment=one.slug, endpoint="")) for one in environments],
        "endpoints": [(one, choice.url(endpoint=str(one.pk))) for one in choice.endpoints],
        "new_url": choice.url(endpoint=NEW),
        "live": live,
        "open": open_,
        "form": form,
        "ways": _ways(choice),
        "waiver_url": reverse(
            "deployments:waiver_new", args=[choice.project.slug, choice.model, choice.version]
        )
        + f"?environment={choice.environment.slug}",
    }


def _mends(choice: Choice, gate: Gate) -> bool:
    """Whether all that is in the way is filled in by the form of a new endpoint."""
    return choice.is_new and {one.key for one in gate.in_the_way} <= {FALLBACK, OWNER}


def _python(choice: Choice) -> str:
    """A warning where the version was logged with another Python; nothing where its files cannot be read."""
    try:
        return other_python(describe(choice.project.slug, choice.model, choice.version).python)
    except (ModelFilesAreAway, TrackingIsAway, OSError):
        return ""


def _ways(choice: Choice) -> dict[str, tuple[str, str]]:
    """Where each check is mended: the words of the link and its address."""
    project = choice.project
    found = {
        MUSTS: ("Criteria", reverse("projects:criteria", args=[project.pk])),
        VERIFIED: ("Let the product measure it", reverse("deployments:verify", args=[project.pk])),
        REFERENCE: (
            "Reference sample",
            reverse("deployments:reference", args=[project.slug, choice.model, choice.version]),
        ),
    }
    if project.charter_id:
        found[CHARTER] = ("Charter", reverse("charters:show", args=[project.charter_id]))
    if not choice.is_new:
        url = reverse("deployments:change", args=[choice.deployment.pk])
        found |= {FALLBACK: ("Owner and fallback", url), OWNER: ("Owner and fallback", url)}
    return found


def _choice(request: HttpRequest, slug: str, model: str, version: int) -> Choice:
    project = get_project_named(request.user, slug)
    require_nameable(model, version)
    try:
        rows = records.versions_of(project.slug)
    except TrackingIsAway as error:
        raise Conflict("Tracking does not answer, so versions cannot be looked up. Try again.") from error
    if not any((row.model, row.version) == (model, version) for row in rows):
        raise NotFound
    places = list(Environment.objects.filter(organization=project.organization, archived_at=None))
    wanted = request.GET.get("environment", "")
    environment = next((one for one in places if one.slug == wanted), places[0] if places else None)
    if environment is None:
        raise Conflict("The organization has no environment. An owner or facilitator makes one.")
    endpoints = endpoints_of(project, environment)
    chosen = endpoint_for(project, environment, model, endpoints, wanted=request.GET.get("endpoint", ""))
    return Choice(project, environment, model, version, chosen, endpoints)


def _form(request: HttpRequest, choice: Choice, gate: Gate, live: Release | None) -> DeployForm:
    names = ("title", "name", "owner_name", "deputy_name", "fallback", "fallback_words")
    return DeployForm(
        request.POST if request.method == "POST" else None,
        new=choice.is_new,
        warns=gate.stance is Stance.WARNED,
        replaces=live is not None,
        initial={name: getattr(choice.deployment, name) for name in names},
    )


def _press(request: HttpRequest, choice: Choice, form: DeployForm) -> Release | None:
    """The release, made together with its endpoint where that is new; None where something was refused."""
    values = form.cleaned_data
    try:
        with transaction.atomic():
            deployment = choice.deployment
            if choice.is_new:
                deployment = keeping.open_deployment(
                    choice.project,
                    choice.environment,
                    by=person(request),
                    name=values["name"],
                    values=form.endpoint_values,
                )
            return releasing.request_release(
                deployment,
                by=person(request),
                model=choice.model,
                version=choice.version,
                why=values["why"],
                begin_weight=values.get("begin_weight", moving.ALL),
                guard=form.guard,
            )
    except Invalid as error:
        refuse(form, error.fields, error.message)
    except Conflict as error:
        refuse(form, {}, error.message)
    return None
