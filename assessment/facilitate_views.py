"""What the facilitator does in a round; one address per action."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from accounts.mail import mail_goes_to_files
from assessment import actions, questionnaires
from assessment.access import (
    account_of,
    get_assessment,
    get_assessment_and_membership,
    get_respondent_in,
    sees_names,
)
from assessment.disagreement import counts_of
from assessment.forms import ConsensusForm, InviteForm, ReasonForm, RespondentForm
from assessment.item_page import item_context
from assessment.models import AnswerFile, Assessment
from assessment.qr import qr_path
from jobs import files
from ui.errors import NotFound
from ui.words import counted, plural, sentence

MANAGE = "manage"


@login_required
def invite(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add people from a pasted list or a file."""
    assessment = get_assessment(request.user, pk, need=MANAGE)
    questionnaire = questionnaires.of(assessment)
    form = InviteForm(
        request.POST or None, request.FILES or None, assessment=assessment, questionnaire=questionnaire
    )
    if request.method == "POST" and form.is_valid():
        people = actions.invite_respondents(assessment, form.invitees, by=account_of(request))
        done = "added and invited" if assessment.is_open else "added"
        messages.success(request, f"{sentence(counted(len(people), 'person', 'people'))} {done}.")
        return redirect("assessment:show", pk=pk)
    context = {"assessment": assessment, "form": form, "functions": questionnaire.functions.values()}
    return render(request, "assessment/invite.html", context, status=422 if form.errors else 200)


@login_required
def person(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    """Correct somebody's name, address or function."""
    assessment = get_assessment(request.user, pk, need=MANAGE)
    respondent = get_respondent_in(assessment, person_pk)
    questionnaire = questionnaires.of(assessment)
    form = RespondentForm(request.POST or None, respondent=respondent, questionnaire=questionnaire)
    if request.method == "POST" and form.is_valid():
        actions.correct_respondent(respondent, **form.cleaned_data, by=account_of(request))
        messages.success(request, f"{respondent} is corrected.")
        return redirect("assessment:show", pk=pk)
    context = {"assessment": assessment, "respondent": respondent, "form": form}
    return render(request, "assessment/person.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def person_link(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    """A further personal link, shown once, to hand over in person."""
    assessment = get_assessment(request.user, pk, need=MANAGE)
    respondent = get_respondent_in(assessment, person_pk)
    link = actions.personal_link(respondent, by=account_of(request))
    context = {"assessment": assessment, "respondent": respondent, "link": link, "qr": qr_path(link)}
    return render(request, "assessment/link.html", context)


@require_POST
@login_required
def person_remove(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    respondent = get_respondent_in(assessment, person_pk)
    actions.remove_respondent(respondent, by=account_of(request))
    messages.success(request, f"{respondent} is not asked any more.")
    return redirect("assessment:show", pk=pk)


@require_POST
@login_required
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind everybody who has not handed in."""
    assessment = get_assessment(request.user, pk, need=MANAGE)
    count = actions.remind(assessment, by=account_of(request))
    messages.success(request, f"{sentence(counted(count, 'person is', 'people are'))} reminded.")
    return redirect("assessment:show", pk=pk)


@require_POST
@login_required
def person_remind(request: HttpRequest, pk: UUID, person_pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    respondent = get_respondent_in(assessment, person_pk)
    actions.remind(assessment, only=respondent, by=account_of(request))
    messages.success(request, f"{respondent} is reminded.")
    return redirect("assessment:show", pk=pk)


@require_POST
@login_required
def workshop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A link and a QR code for a room."""
    assessment = get_assessment(request.user, pk, need=MANAGE)
    link = actions.workshop_link(assessment, by=account_of(request))
    context = {"assessment": assessment, "link": link, "qr": qr_path(link)}
    return render(request, "assessment/workshop_link.html", context)


def _links_go_out(people: int) -> str:
    """What opening does with the personal links, which reach nobody while mail goes to files."""
    if not people:
        return "Nobody is mailed: the room answers by one link and its QR code."
    if mail_goes_to_files():
        return "No mail server is set: nobody is mailed. Hand out each link with “Show a link”."
    return f"{sentence(counted(people, 'person is', 'people are'))} mailed a personal link."


@login_required
def open_round(request: HttpRequest, pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    if request.method == "POST":
        actions.open_round(assessment, by=account_of(request))
        messages.success(request, f"{assessment.title} is open.")
        return redirect("assessment:show", pk=pk)
    with_mail = assessment.respondents.exclude(address="").count()
    effects = [
        _links_go_out(with_mail),
        f"The round is {assessment.get_visibility_display().lower()}; that cannot be changed any more.",
        "Answers are taken until you start the review.",
    ]
    return _confirm(request, assessment, "Open the round?", effects, "Open the round", kind="primary")


@login_required
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    if request.method == "POST":
        actions.start_review(assessment, by=account_of(request))
        messages.success(request, "The review has begun. Answers are locked.")
        return redirect("assessment:show", pk=pk)
    missing = assessment.respondents.filter(submitted_at=None).count()
    effects = [
        "Answers are locked. Answers saved by then count, also of those who have not handed in.",
        f"{plural(missing, 'person has', 'people have')} not handed in."
        if missing
        else "Everybody has handed in.",
        "You see which items split the room and record what it agrees on.",
    ]
    return _confirm(request, assessment, "Start the review?", effects, "Start the review", kind="primary")


@login_required
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    if request.method == "POST":
        actions.close(assessment, by=account_of(request))
        messages.success(request, f"{assessment.title} is closed. Its result is frozen.")
        return redirect("assessment:show", pk=pk)
    effects = [
        "Scores, gates and findings are computed and frozen.",
        "Members of the organization see the result by function; respondents see it by their links.",
        "Opening the round again later makes a new result and keeps this one.",
    ]
    return _confirm(request, assessment, "Close the round?", effects, "Close the round", kind="primary")


@login_required
def reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.reopen(assessment, reason=form.cleaned_data["reason"], by=account_of(request))
        messages.success(request, f"{assessment.title} is open again.")
        return redirect("assessment:show", pk=pk)
    effects = [
        "Everybody asked can change answers again.",
        "A result that is frozen stays as it is; closing again makes a new one.",
        "The reason goes into the audit log.",
    ]
    return _confirm(request, assessment, "Open the round again?", effects, "Open again", form=form)


@require_POST
@login_required
def consensus(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Record what the room agreed on, and go on with the next item that splits it."""
    assessment, membership = get_assessment_and_membership(request.user, pk, need=MANAGE)
    item = questionnaires.of(assessment).items.get(key)
    if item is None:
        raise NotFound
    form = ConsensusForm(request.POST)
    if form.is_valid():
        actions.record_consensus(assessment, key, **form.cleaned_data, by=account_of(request))
        messages.success(request, f"Agreed: level {form.cleaned_data['level']}.")
    names = sees_names(membership, assessment)
    context = item_context(assessment, item, counts_of(assessment), names=names, manages=True)
    if not form.is_valid():
        return render(request, "assessment/item.html", context | {"form": form}, status=422)
    following = context["following"]
    if following is None:
        return redirect("assessment:show", pk=pk)
    return redirect("assessment:item", pk=pk, key=following.item.key)


@require_POST
@login_required
def consensus_remove(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    assessment = get_assessment(request.user, pk, need=MANAGE)
    actions.remove_consensus(assessment, key, by=account_of(request))
    return redirect("assessment:item", pk=pk, key=key)


@require_GET
@login_required
def evidence_file(request: HttpRequest, pk: UUID, file_pk: UUID) -> HttpResponse:
    """A file that somebody showed beside an answer; where names may be seen, as a download."""
    assessment, membership = get_assessment_and_membership(request.user, pk)
    kept = (
        AnswerFile.objects.select_related("file")
        .filter(pk=file_pk, respondent__assessment=assessment)
        .first()
    )
    if kept is None or not sees_names(membership, assessment):
        raise NotFound
    disposition = content_disposition_header(True, kept.file.name) or "attachment"
    return HttpResponse(
        files.read(kept.file),
        content_type=kept.file.content_type,
        headers={"Content-Disposition": disposition, "Content-Security-Policy": "sandbox"},
    )


def _confirm(
    request: HttpRequest,
    assessment: Assessment,
    title: str,
    effects: list[str],
    button: str,
    *,
    kind: str = "bad",
    form: Any = None,
) -> HttpResponse:
    context = {
        "kind": assessment.title,
        "title": title,
        "effects": effects,
        "button": button,
        "button_kind": kind,
        "form": form,
        "cancel_url": reverse("assessment:show", args=[assessment.pk]),
    }
    return render(
        request, "ui/confirm.html", context, status=422 if form is not None and form.errors else 200
    )
