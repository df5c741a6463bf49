"""The two small forms of respondents."""

from __future__ import annotations

from typing import Any

from django import forms

from assessment.question_bank import Questionnaire
from ui.forms import PlainForm


class FunctionForm(PlainForm):
    """The hat one answers with."""

    function = forms.ChoiceField(label="You answer as", widget=forms.RadioSelect)

    def __init__(self, *args: Any, questionnaire: Questionnaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["function"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            (key, f"{function.title}: {function.description}")
            for key, function in questionnaire.functions.items()
        ]


class JoinForm(FunctionForm):
    """Who is in the room."""

    name = forms.CharField(label="Your name", max_length=150)
    field_order = ["name", "function"]
