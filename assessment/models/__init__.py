"""The tables of assessment, by subject."""

from assessment.evidence.models import DataAsset, RoleShare, RosterPerson, RosterSkill
from assessment.models.answers import Answer, AnswerFile, AnswerHistory, Consensus
from assessment.models.editing import QuestionnaireDraft
from assessment.models.results import Observation, Result
from assessment.models.rounds import Assessment, QuestionnaireVersion, Respondent

__all__ = [
    "Answer",
    "AnswerFile",
    "AnswerHistory",
    "Assessment",
    "Consensus",
    "DataAsset",
    "Observation",
    "QuestionnaireDraft",
    "QuestionnaireVersion",
    "Respondent",
    "Result",
    "RoleShare",
    "RosterPerson",
    "RosterSkill",
]
