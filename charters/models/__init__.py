"""The tables of charters, in the order of their life: written, signed, kept alive."""

from charters.models.drafting import (
    Charter,
    CharterTemplate,
    DraftField,
    FieldComment,
    FieldEdit,
    Guest,
    RuleChoice,
)
from charters.models.keeping import ChangeRequest, Decision, Learning, Reading, SealedSheet
from charters.models.signing import (
    EventKind,
    Revision,
    Signatory,
    Signature,
    SignoffEvent,
    SignoffRound,
)
from charters.models.states import REVISION_STATE_CHOICES, STATE_CHOICES

__all__ = [
    "REVISION_STATE_CHOICES",
    "STATE_CHOICES",
    "ChangeRequest",
    "Charter",
    "CharterTemplate",
    "Decision",
    "DraftField",
    "EventKind",
    "FieldComment",
    "FieldEdit",
    "Guest",
    "Learning",
    "Reading",
    "Revision",
    "RuleChoice",
    "SealedSheet",
    "Signatory",
    "Signature",
    "SignoffEvent",
    "SignoffRound",
]
