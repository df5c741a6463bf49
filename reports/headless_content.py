"""The standard content that headless work rests on, read from its files instead of the database."""

from __future__ import annotations

from functools import lru_cache

from assessment.question_bank import Questionnaire, load_questionnaire
from roadmap.catalogue import Catalogue
from roadmap.standard import FIXTURES, catalogue_for, role_names, standard_catalogue


@lru_cache(maxsize=1)
def questionnaires() -> tuple[Questionnaire, ...]:
    """The questionnaires that come with the product, the standard one first."""
    return tuple(load_questionnaire(path) for path in sorted((FIXTURES / "questionnaires").glob("*.yaml")))


def catalogue(questionnaire: Questionnaire) -> Catalogue:
    """The standard initiatives as far as they speak of the questionnaire's items."""
    return catalogue_for(standard_catalogue(), questionnaire.items)


def role_titles() -> dict[str, str]:
    """The name of each role by its key."""
    return role_names()
