"""Everything that changes a charter."""

from charters.actions.changing import drop_change
from charters.actions.deciding import Choice, decide
from charters.actions.delegating import name_delegate, take_back
from charters.actions.drafting import (
    FieldConflict,
    Saved,
    archive_charter,
    create_charter,
    save_fields,
)
from charters.actions.ending import cancel_charter
from charters.actions.learning import record_learning, withdraw_learning
from charters.actions.reading import record_reading
from charters.actions.refusing import decline, request_changes
from charters.actions.revising import freeze_revision, start_revision
from charters.actions.rounds import remind, send_for_signature, withdraw
from charters.actions.signing import sign
from charters.actions.succeeding import name_successor
from charters.actions.turns import Proof

__all__ = [
    "Choice",
    "FieldConflict",
    "Proof",
    "Saved",
    "archive_charter",
    "cancel_charter",
    "create_charter",
    "decide",
    "decline",
    "drop_change",
    "freeze_revision",
    "name_delegate",
    "name_successor",
    "record_learning",
    "record_reading",
    "remind",
    "request_changes",
    "save_fields",
    "send_for_signature",
    "sign",
    "start_revision",
    "take_back",
    "withdraw",
    "withdraw_learning",
]
