"""The result of a closed round for those who answered: by function, without names."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from assessment.answer_views import by_respondent
from assessment.models import Respondent
from assessment.queries import earlier_result, result_of
from assessment.result_page import result_view


@require_GET
@by_respondent
def result(request: HttpRequest, respondent: Respondent) -> HttpResponse:
    assessment = respondent.assessment
    found = result_of(assessment)
    if assessment.state != "closed" or found is None:
        return redirect("answer:first", pk=respondent.pk)
    found.assessment = assessment
    context = {
        "view": result_view(found, earlier_result(found), why_urls=False),
        "result": found,
        "assessment": assessment,
        "link_bar": {"organization": assessment.organization.name, "what": assessment.title},
    }
    return render(request, "answer/result.html", context)
