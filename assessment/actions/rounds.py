"""The life of a round: created, opened, reviewed, closed, opened again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, Unit, User
from assessment import questionnaires
from assessment.actions.people import send_invitations
from assessment.gates import last_phase
from assessment.models import Assessment, Consensus, QuestionnaireVersion, Respondent, Result
from assessment.queries import compute, consensus_levels, other_answers, preferred_route
from assessment.question_bank import Questionnaire
from assessment.scoring import canonical_json, digest
from ui.errors import Conflict, Invalid


def publish_questionnaire(
    questionnaire: Questionnaire, *, organization: Organization | None = None, by: User | None
) -> QuestionnaireVersion:
    """Keep a version. The same content again changes nothing; other content under its number is refused."""
    with transaction.atomic():
        version, made = QuestionnaireVersion.objects.get_or_create(
            organization=organization,
            key=questionnaire.id,
            version=questionnaire.version,
            defaults={
                "title": questionnaire.title,
                "content": questionnaire.to_dict(),
                "content_hash": questionnaire.content_hash,
            },
        )
        if version.content_hash != questionnaire.content_hash:
            raise Conflict(
                f"Version {questionnaire.version} of {questionnaire.title} is published with other content. "
                "A published version never changes; raise the version number."
            )
        if made:
            audit.record(
                organization=organization,
                actor=by,
                event="questionnaire.published",
                subject=version,
                data={"key": version.key, "version": version.version, "hash": version.content_hash},
            )
    return version


def load_standard_questionnaires(*, by: User | None = None) -> list[QuestionnaireVersion]:
    """Publish what comes with the product; safe to run at every start."""
    return [publish_questionnaire(found, by=by) for found in questionnaires.standard()]


def create_assessment(
    organization: Organization,
    *,
    title: str,
    by: User | None,
    unit: Unit | None = None,
    visibility: str = "named",
    target_phase: int = 2,
    target_date: date | None = None,
    due_on: date | None = None,
    questionnaire: QuestionnaireVersion | None = None,
) -> Assessment:
    """A draft round on the newest published questionnaire, or on the one named."""
    if questionnaire is None:
        if not QuestionnaireVersion.objects.filter(organization=None).exists():
            load_standard_questionnaires()
        questionnaire = questionnaires.newest(organization)
    highest = last_phase(questionnaires.by_version(questionnaire.pk))
    if not 2 <= target_phase <= highest:
        raise Invalid(f"The target phase must be 2 to {highest}.", fields={"target_phase": ["Out of range."]})
    with transaction.atomic():
        assessment = Assessment.objects.create(
            organization=organization,
            unit=unit,
            title=title.strip() or "Readiness round",
            questionnaire=questionnaire,
            visibility=visibility,
            target_phase=target_phase,
            target_date=target_date,
            due_on=due_on,
            facilitator=by,
        )
        _record(assessment, "assessment.created", by, visibility=visibility)
    return assessment


def open_round(assessment: Assessment, *, by: User | None) -> None:
    """From draft to open: answers are taken from now on, and everybody added so far is invited."""
    with transaction.atomic():
        _move(assessment, "draft", "open", opened_at=timezone.now())
        Respondent.objects.filter(assessment=assessment).update(accepts_answers=True)
        send_invitations(assessment, assessment.respondents.filter(invited_at=None), by=by)
        _record(assessment, "assessment.opened", by)


def start_review(assessment: Assessment, *, by: User | None) -> None:
    """From open to review: answers are locked, saves under way are waited for."""
    with transaction.atomic():
        _move(assessment, "open", "review", review_at=timezone.now())
        Respondent.objects.filter(assessment=assessment).update(accepts_answers=False)
        _record(assessment, "assessment.review_started", by)


def reopen(assessment: Assessment, *, by: User | None, reason: str) -> None:
    """Back to open from review or closed. A frozen result stays; closing again makes a new one."""
    if not reason.strip():
        raise Invalid("Say why the round is opened again.", fields={"reason": ["A reason is needed."]})
    before = assessment.state
    if before not in ("review", "closed"):
        raise Conflict("Only a round that is in review or closed can be opened again.")
    with transaction.atomic():
        _move(assessment, before, "open", review_at=None, closed_at=None)
        Respondent.objects.filter(assessment=assessment).update(accepts_answers=True)
        audit.record(
            organization=assessment.organization,
            actor=by,
            event="assessment.reopened",
            subject=assessment,
            data={"before": before},
            personal={"reason": reason.strip()},
        )


def record_consensus(
    assessment: Assessment,
    item: str,
    *,
    level: int,
    reason: str,
    who_differs: str = "",
    by: User | None,
) -> Consensus:
    """What the room agreed on, in review. Recording again replaces it; the audit log keeps both."""
    questionnaire = questionnaires.of(assessment)
    if item not in {known.key for known in questionnaire.maturity_items}:
        raise Invalid("Consensus can be recorded on questions with five sentences only.")
    if not 0 <= level <= 4:
        raise Invalid("Choose a level from 0 to 4.", fields={"level": ["0 to 4."]})
    if not reason.strip():
        raise Invalid(
            "Write down the reason in the room’s words.", fields={"reason": ["A reason is needed."]}
        )
    with transaction.atomic():
        _hold_review(assessment)
        consensus, _ = Consensus.objects.update_or_create(
            assessment=assessment,
            item=item,
            defaults={
                "level": level,
                "reason": reason.strip()[:4000],
                "who_differs": who_differs.strip()[:300],
                "recorded_by": by,
                "recorded_at": timezone.now(),
            },
        )
        audit.record(
            organization=assessment.organization,
            actor=by,
            event="consensus.recorded",
            subject=assessment,
            data={"item": item, "level": level},
            personal={"reason": consensus.reason, "who_differs": consensus.who_differs},
        )
    return consensus


def remove_consensus(assessment: Assessment, item: str, *, by: User | None) -> None:
    with transaction.atomic():
        _hold_review(assessment)
        if Consensus.objects.filter(assessment=assessment, item=item).delete()[0]:
            _record(assessment, "consensus.removed", by, item=item)


def close(assessment: Assessment, *, by: User | None) -> Result:
    """From review to closed, with a frozen result.

    Scores are computed before the transaction, while review keeps answers locked; the transaction then
    refuses if the round was moved or a consensus was changed meanwhile.
    """
    if assessment.state != "review":
        raise Conflict("Start the review first; only a round in review can be closed.")
    agreed = consensus_levels(assessment)
    content = frozen_content(assessment)
    with transaction.atomic():
        now = timezone.now()
        moved = Assessment.objects.filter(
            pk=assessment.pk, state="review", review_at=assessment.review_at
        ).update(state="closed", closed_at=now)
        if not moved or consensus_levels(assessment) != agreed:
            raise Conflict("This round was changed meanwhile. Look at it again, then close it.")
        number = assessment.results.aggregate(last=Max("number"))["last"] or 0
        result = Result.objects.create(
            assessment=assessment,
            number=number + 1,
            canonical=canonical_json(content),
            inputs_hash=content["inputs_hash"],
            result_hash=digest(content),
            engine_version=content["engine_version"],
            created_by=by,
        )
        _record(assessment, "assessment.closed", by, result=str(result.pk), hash=result.result_hash)
    assessment.state, assessment.closed_at = "closed", now
    return result


def frozen_content(assessment: Assessment) -> dict[str, Any]:
    """The result with what its page and its reports need beside the scores; no names, no addresses."""
    content = compute(assessment).to_dict()
    invited = assessment.respondents.count()
    consensus = Consensus.objects.filter(assessment=assessment).order_by("item")
    content["round"] = {
        "title": assessment.title,
        "invited": invited,
        "preferred_route": preferred_route(assessment),
        "target_date": assessment.target_date.isoformat() if assessment.target_date else None,
        "consensus": [
            {"item": found.item, "level": found.level, "reason": found.reason} for found in consensus
        ],
    }
    if not assessment.is_confidential:
        content["round"]["other_answers"] = other_answers(assessment)
    return content


def _move(assessment: Assessment, before: str, after: str, **times: Any) -> None:
    if not Assessment.objects.filter(pk=assessment.pk, state=before).update(state=after, **times):
        raise Conflict("Somebody else was faster: this round is in another state now. Reload the page.")
    assessment.state = after
    for name, value in times.items():
        setattr(assessment, name, value)


def _hold_review(assessment: Assessment) -> None:
    """Take the round's row for this transaction, if it is in review."""
    if not Assessment.objects.filter(pk=assessment.pk, state="review").update(state="review"):
        raise Conflict("Consensus is recorded while a round is in review.")


def _record(assessment: Assessment, event: str, by: User | None, **data: object) -> None:
    audit.record(organization=assessment.organization, actor=by, event=event, subject=assessment, data=data)
