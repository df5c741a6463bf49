"""The forms of the sign page: the honest limits, and who signs in one's place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from accounts.models import User
from charters.limits import Limit
from ui.forms import PlainForm, TextLines

ACCEPT, REFUSE = "accept", "refuse"
ANSWERS = ((ACCEPT, "I accept this"), (REFUSE, "Not acceptable"))


class LimitsForm(PlainForm):
    """One choice for each statement, none made beforehand."""

    def __init__(self, data: Any = None, *, limits: Iterable[Limit]) -> None:
        super().__init__(data)
        self.limits = tuple(limits)
        for limit in self.limits:
            self.fields[name_of(limit)] = forms.ChoiceField(
                choices=ANSWERS,
                widget=forms.RadioSelect(),
                label=limit.title,
                error_messages={"required": "Say whether you accept this.", "invalid_choice": "Choose one."},
            )

    def rows(self) -> list[tuple[Limit, forms.BoundField]]:
        """Each statement with its choice."""
        return [(limit, self[name_of(limit)]) for limit in self.limits]

    @property
    def accepted(self) -> list[str]:
        return self._with(ACCEPT)

    @property
    def refused(self) -> list[str]:
        return self._with(REFUSE)

    def _with(self, answer: str) -> list[str]:
        return [limit.key for limit in self.limits if self.data.get(name_of(limit)) == answer]


def name_of(limit: Limit) -> str:
    return f"limit_{limit.key}"


class DelegateForm(PlainForm):
    """Who signs in one's place, and why."""

    delegate = forms.ChoiceField(
        label="Who signs in your place",
        help_text="A member with an account. They are asked by mail, sign in, and see the whole text.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=TextLines(rows=3),
        label="Why you do not sign yourself",
        help_text="It is kept in the history and shown to those who sign.",
    )

    def __init__(self, data: Any = None, *, people: Sequence[tuple[User, str]]) -> None:
        super().__init__(data)
        self.people = {str(user.pk): user for user, _ in people}
        field = self.fields["delegate"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Choose …"), *((str(user.pk), words) for user, words in people)]

    @property
    def person(self) -> User:
        return self.people[self.cleaned_data["delegate"]]
