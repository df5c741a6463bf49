"""What forms say where something is missing or does not fit: what to enter, in words of the product."""

from __future__ import annotations

import pytest
from django import forms
from django.template import Context, Template

from ui.forms import PlainForm, either


class Sample(PlainForm):
    title = forms.CharField(max_length=5)
    your_name = forms.CharField()
    sla_hours = forms.IntegerField(label="SLA in hours", max_value=10)
    due = forms.DateField(label="Answers until")
    target = forms.ChoiceField(label="Target phase", choices=[("2", "2")])
    seats = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(label="I have read it")
    mail = forms.EmailField(label="Address", error_messages={"required": "Where shall we write to?"})
    pasted = either(forms.CharField(required=False))
    note = forms.CharField(required=False)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("title", "Enter the title."),
        ("your_name", "Enter your name."),
        ("sla_hours", "Enter the SLA in hours."),
        ("target", "Choose the target phase."),
        ("seats", "Choose at least one."),
        ("agreed", "Tick this to go on."),
        ("mail", "Where shall we write to?"),
    ],
)
def test_what_is_missing_is_named(name: str, says: str) -> None:
    assert Sample({}).errors[name] == [says]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("title", "sixsix", "At most 5 characters; these are 6."),
        ("sla_hours", "11", "Enter 10 or less."),
        ("sla_hours", "soon", "Enter a whole number, in digits only."),
        ("due", "next week", "Enter a day as year-month-day, for example 2026-12-18."),
        ("target", "9", "“9” is not one of the choices. Choose one of those that are shown."),
        ("mail", "mia", "Enter an e-mail address, for example mia@firm.example."),
        ("note", "a\0b", "This holds a character that cannot be stored. Type the text anew."),
    ],
)
def test_what_does_not_fit_says_what_does(name: str, value: str, says: str) -> None:
    assert Sample({name: value}).errors[name] == [says]


def test_one_of_two_fields_is_not_called_optional() -> None:
    drawn = Template("{% field form.pasted %}|{% field form.note %}").render(Context({"form": Sample()}))
    pasted, note = drawn.split("|")
    assert "(optional)" not in pasted
    assert "(optional)" in note
