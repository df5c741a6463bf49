"""Using a deployment without a line of code: a form, a file, and what a program needs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person, require_fresh
from deployments.access import Standing, get_standing
from deployments.forms_monitoring import BatchForm, ServingTokenForm
from deployments.models import Batch, Deployment, Release
from deployments.references import reference_of
from deployments.use.asking import Answer, Asker, GatewayAway, address_of
from deployments.use.batches import get_batch, request_batch
from deployments.use.explained import Explained, explained
from deployments.use.form import UseForm, columns_for, example_of, in_words, snippets
from deployments.watch.drifting import live_release
from jobs import files
from jobs.models import Job
from jobs.panel import panel
from projects.actions.tokens import create_project_token
from projects.models import ProjectToken
from ui.errors import Conflict, Invalid

BATCHES_SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def use(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask one row, and read the answer in words."""
    standing = _standing(request, pk)
    form = _form(request, standing.deployment)
    told: dict[str, Any] = {}
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            with Asker(standing.deployment, person(request)) as asker:
                names, row = [column.name for column in form.columns], form.row()
                answer = asker.ask(names, [row])
                told = _told(answer) | _why(asker, answer, names, row)
            _name_fields(form, answer)
        except GatewayAway as away:
            told = {"error": away.message}
    return _page(request, standing, form=form, told=told)


@require_POST
@login_required
def batch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a file answered; the page then shows how far it is."""
    standing = _standing(request, pk)
    form = BatchForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data["file"]
        try:
            request_batch(standing.deployment, by=person(request), name=given.name, content=given.read())
        except Invalid as error:
            form.add_error("file", error.message)
        else:
            return redirect("deployments:use", pk)
    return _page(request, standing, form=_form(request, standing.deployment, blank=True), batch_form=form)


@require_safe
@login_required
def batch_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answers to a file, for whoever asked."""
    found = get_batch(person(request), pk)
    assert found.file is not None  # noqa: S101 - a result has a file
    return HttpResponse(
        files.read(found.file),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, found.file.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@login_required
def make_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A token that opens this deployment alone, shown once; needs a fresh sign-in."""
    standing = _standing(request, pk)
    deployment = standing.deployment
    form = ServingTokenForm(request.POST)
    secret = ""
    if form.is_valid() and deployment.project is not None:
        require_fresh(request)
        _, secret = create_project_token(
            deployment.project,
            by=person(request),
            scope=ProjectToken.Scope.SERVING,
            name=form.cleaned_data["name"],
            only=deployment.name,
        )
        form = ServingTokenForm()
    blank = _form(request, deployment, blank=True)
    return _page(request, standing, form=blank, token_form=form, secret=secret)


def _standing(request: HttpRequest, pk: UUID) -> Standing:
    standing = get_standing(request.user, pk)
    if standing.deployment.is_external:
        raise Conflict(f"{standing.deployment.title} runs elsewhere: it is not asked here.")
    return standing


def _release(deployment: Deployment) -> Release | None:
    return live_release(deployment) or deployment.releases.exclude(live_at=None).first()


def _profile(deployment: Deployment) -> dict[str, Any]:
    release = _release(deployment)
    if release is None or deployment.project is None:
        return {}
    reference = reference_of(deployment.project, release.model, release.version)
    columns: dict[str, Any] = reference.profile.get("columns", {}) if reference else {}
    return columns


def _form(request: HttpRequest, deployment: Deployment, *, blank: bool = False) -> UseForm | None:
    release = _release(deployment)
    columns = columns_for(release.signature or {}) if release else None
    if not columns:
        return None
    posted = request.POST if request.method == "POST" and not blank else None
    return UseForm(posted, columns=columns, profile=_profile(deployment))


def _told(answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        return {"error": answer.error}
    return {
        "answer": in_words(answer.predictions[0] if answer.predictions else None),
        "version": answer.version,
        "fallback": answer.fallback,
        "request_id": answer.request_id,
    }


def _why(asker: Asker, answer: Answer, names: list[str], row: list[Any]) -> dict[str, Any]:
    """Why this version answered so; nothing where the fallback did, or another version would explain."""
    if not answer.ok or answer.fallback:
        return {}
    try:
        found = asker.explain(names, [row])
    except GatewayAway:
        return {}
    if not found.ok:
        return {"explained": Explained(why_not=found.error)}
    return {"explained": explained(found.body)} if found.version == answer.version else {}


def _name_fields(form: UseForm, answer: Answer) -> None:
    """What the gateway found unfit stands beside its field."""
    error = answer.body.get("error")
    fields = error.get("fields") if isinstance(error, dict) else None
    names = {column.name: f"c{at}" for at, column in enumerate(form.columns)}
    for name, words in (fields or {}).items():
        if name in names:
            form.add_error(names[name], list(map(str, words)))


def _page(request: HttpRequest, standing: Standing, **more: Any) -> HttpResponse:
    deployment, by = standing.deployment, person(request)
    release = _release(deployment)
    url = f"{settings.GATES_URL}{address_of(deployment)}"
    key = f"batch:{deployment.pk}:{by.pk}"
    job = Job.objects.filter(key=key).order_by("-created_at").first()
    done = Batch.objects.filter(deployment=deployment, asked_by=by).exclude(done_at=None)
    columns = columns_for(release.signature or {}) if release else None
    context = {
        "deployment": deployment,
        "release": release,
        "is_live": live_release(deployment) is not None,
        "url": url,
        "snippets": snippets(url, example_of(columns, _profile(deployment))),
        "job": panel(job) if job and (job.is_open or not job.message.startswith("Cancelled")) else None,
        "batches": done.select_related("file")[:BATCHES_SHOWN],
        "batch_form": BatchForm(),
        "token_form": ServingTokenForm(),
        **more,
    }
    forms = (context.get(name) for name in ("form", "batch_form", "token_form"))
    status = 422 if any(form is not None and form.is_bound and form.errors for form in forms) else 200
    return render(request, "deployments/use.html", context, status=status)
