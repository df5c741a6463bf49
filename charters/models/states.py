"""The states of a charter, a revision and a round, with the words that pages use."""

from __future__ import annotations

from charters.signoff import STATE_WORDS, SeatState, State

STATE_CHOICES = [(state, STATE_WORDS[state]) for state in State]
REVISION_STATE_CHOICES = [(state, words) for state, words in STATE_CHOICES if state is not State.DRAFT]
# A round ends the way its revision does, once; what happens to the revision later is not its affair.
ROUND_STATES = [
    State.OUT,
    State.IN_FORCE,
    State.DECLINED,
    State.CHANGES,
    State.WITHDRAWN,
    State.SUPERSEDED,
]
ROUND_STATE_CHOICES = [(state, STATE_WORDS[state]) for state in ROUND_STATES]
SEAT_STATE_CHOICES = [(state.value, state.value) for state in SeatState]
