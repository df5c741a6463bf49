"""The people of a running round, those who have not handed in first."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.mail import mail_goes_to_files
from accounts.models import OutgoingMail
from assessment import questionnaires
from assessment.models import Assessment
from assessment.queries import PersonRow
from ui import formats
from ui.words import counted, plural, sentence

ORDER = {"started": 0, "invited": 1, "not_invited": 2, "submitted": 3}
WORDS = {
    "submitted": ("good", "Handed in"),
    "started": ("open", "Begun"),
    "invited": ("open", "Invited"),
    "not_invited": ("neutral", "Not invited yet"),
}


def people_context(assessment: Assessment, people: list[PersonRow]) -> dict[str, Any]:
    questionnaire = questionnaires.of(assessment)
    mails = _mail_states(assessment, [row.respondent.address for row in people])
    rows = [
        {
            "row": row,
            "state": WORDS[row.respondent.progress],
            "function": questionnaire.functions[row.respondent.function].title,
            "mail": mails.get(row.respondent.address, ""),
        }
        for row in sorted(people, key=lambda row: (ORDER[row.respondent.progress], row.share))
    ]
    submitted = sum(row.respondent.submitted_at is not None for row in people)
    return {
        "assessment": assessment,
        "rows": rows,
        "to_files": mail_goes_to_files() and submitted < len(people),
        "may_remind": submitted < len(people),
        "title": _title(assessment, len(people), submitted),
        "facts": _facts(assessment, people, submitted),
        "buttons": _buttons(assessment, people, submitted),
        "missing": [
            function.title
            for key, function in questionnaire.functions.items()
            if not any(row.respondent.function == key for row in people)
        ]
        if people
        else [],
    }


def _title(assessment: Assessment, asked: int, submitted: int) -> str:
    if not asked:
        return f"{assessment.title} has nobody to ask yet"
    if assessment.state == "draft":
        return f"{assessment.title} is ready to open for {counted(asked, 'person', 'people')}"
    if submitted == asked:
        return f"Everybody has handed in: {counted(asked, 'person', 'people')}"
    if not submitted:
        return f"None of {counted(asked, 'person', 'people')} has handed in yet"
    return sentence(
        f"{counted(submitted, 'person', 'people')} of {asked} {'has' if submitted == 1 else 'have'} handed in"
    )


def _facts(assessment: Assessment, people: list[PersonRow], submitted: int) -> list[dict[str, str]]:
    answered = sum(row.answered for row in people)
    asked = sum(row.asked for row in people)
    until = formats.day(assessment.due_on) if assessment.due_on else "No day set"
    return [
        {"term": "State", "value": assessment.get_state_display()},
        {"term": "Handed in", "value": f"{submitted} of {plural(len(people), 'person', 'people')}"},
        {"term": "Answers", "value": f"{answered:,} of {asked:,}"},
        {"term": "Until", "value": until},
        {"term": "Who sees what", "value": assessment.get_visibility_display()},
    ]


def _buttons(assessment: Assessment, people: list[PersonRow], submitted: int) -> list[dict[str, Any]]:
    def url(name: str) -> str:
        return reverse(f"assessment:{name}", args=[assessment.pk])

    if assessment.state == "draft":
        if not people:
            return [
                {"label": "Open for a workshop…", "url": url("open")},
                {"label": "Add people", "url": url("invite"), "kind": "primary"},
            ]
        return [
            {"label": "Add people", "url": url("invite")},
            {"label": "Open the round…", "url": url("open"), "kind": "primary"},
        ]
    review = {"label": "Start the review…", "url": url("review")}
    if people and submitted == len(people):
        return [{"label": "Add people", "url": url("invite")}, review | {"kind": "primary"}]
    return [review, {"label": "Add people", "url": url("invite"), "kind": "primary"}]


def _mail_states(assessment: Assessment, addresses: list[str]) -> dict[str, str]:
    """What became of the newest mail to each address, where it did not simply arrive."""
    found: dict[str, str] = {}
    mails = OutgoingMail.objects.filter(
        organization=assessment.organization,
        to__in=[address for address in addresses if address],
        template__startswith="emails/answer",
    ).order_by("created_at")
    for to, state in mails.values_list("to", "state"):
        found[to] = {"failed": "mail not sent", "bounced": "mail came back"}.get(state, "")
    return found
