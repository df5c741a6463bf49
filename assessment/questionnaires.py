"""Published questionnaires: read once per process, because a published version never changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from accounts.models import Organization
from assessment.models import Assessment, QuestionnaireVersion
from assessment.question_bank import Questionnaire, load_questionnaire
from ui.errors import Invalid

STANDARD = Path(settings.BASE_DIR) / "fixtures" / "questionnaires"


@lru_cache(maxsize=64)
def by_version(pk: int) -> Questionnaire:
    """The questionnaire of a `QuestionnaireVersion`."""
    version = QuestionnaireVersion.objects.get(pk=pk)
    return Questionnaire.from_dict(version.content, name=str(version))


def of(assessment: Assessment) -> Questionnaire:
    return by_version(assessment.questionnaire_id)


def newest(organization: Organization) -> QuestionnaireVersion:
    """The organization's own newest version, else the standard one."""
    published = QuestionnaireVersion.objects.defer("content")
    own = published.filter(organization=organization).order_by("-published_at", "-version").first()
    standard = published.filter(organization=None).order_by("-version").first()
    found = own or standard
    if found is None:
        raise Invalid("No questionnaire has been published yet. Load the content first.")
    return found


def has_any(organization: Organization) -> bool:
    """Whether a round could be created for this organization without loading content first."""
    return QuestionnaireVersion.objects.filter(Q(organization=organization) | Q(organization=None)).exists()


@lru_cache(maxsize=1)
def standard() -> tuple[Questionnaire, ...]:
    """The questionnaires that come with the product, read from their files."""
    return tuple(load_questionnaire(path) for path in sorted(STANDARD.glob("*.yaml")))
