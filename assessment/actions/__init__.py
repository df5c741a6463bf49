"""Everything that writes, by subject."""

from assessment.actions.answering import (
    MAX_FILE_BYTES,
    StaleAnswer,
    attach_file,
    begin,
    change_function,
    remove_file,
    save_answer,
    submit,
)
from assessment.actions.observe import record_observation
from assessment.actions.people import (
    correct_respondent,
    invite_respondents,
    join,
    personal_link,
    remind,
    remove_respondent,
    send_invitations,
    workshop_link,
)
from assessment.actions.rounds import (
    close,
    create_assessment,
    load_standard_questionnaires,
    open_round,
    publish_questionnaire,
    record_consensus,
    remove_consensus,
    reopen,
    start_review,
)

__all__ = [
    "MAX_FILE_BYTES",
    "StaleAnswer",
    "attach_file",
    "begin",
    "change_function",
    "close",
    "correct_respondent",
    "create_assessment",
    "invite_respondents",
    "join",
    "load_standard_questionnaires",
    "open_round",
    "personal_link",
    "publish_questionnaire",
    "record_consensus",
    "record_observation",
    "remind",
    "remove_consensus",
    "remove_file",
    "remove_respondent",
    "reopen",
    "save_answer",
    "send_invitations",
    "start_review",
    "submit",
    "workshop_link",
]
