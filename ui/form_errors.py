"""What a form says where a value is missing or does not fit: what to enter, in the words of the label.

Only Django's own sentences are replaced; a field that was given a message keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django import forms

ONE_OF_THE_CHOICES: Final = "“%(value)s” is not one of the choices. Choose one of those that are shown."
A_DAY: Final = "Enter a day as year-month-day, for example 2026-12-18."
A_WHOLE_NUMBER: Final = "Enter a whole number, in digits only."
FITTING: Final[Mapping[str, str]] = {
    "max_length": "At most %(limit_value)d characters; these are %(show_value)d.",
    "min_length": "At least %(limit_value)d characters; these are %(show_value)d.",
    "max_value": "Enter %(limit_value)s or less.",
    "min_value": "Enter %(limit_value)s or more.",
    "null_characters_not_allowed": "This holds a character that cannot be stored. Type the text anew.",
}
# The first match decides: a field of days is also a field of text.
INVALID: Final[tuple[tuple[type[forms.Field], Mapping[str, str]], ...]] = (
    (forms.DateField, {"invalid": A_DAY}),
    (forms.EmailField, {"invalid": "Enter an e-mail address, for example mia@firm.example."}),
    (forms.URLField, {"invalid": "Enter an address that begins with https://."}),
    (forms.MultipleChoiceField, {"invalid_choice": ONE_OF_THE_CHOICES}),
    (forms.ModelMultipleChoiceField, {"invalid_choice": ONE_OF_THE_CHOICES}),
    (forms.ModelChoiceField, {"invalid_choice": "This is not one of the choices."}),
    (forms.ChoiceField, {"invalid_choice": ONE_OF_THE_CHOICES}),
    (forms.FileField, {"empty": "The file is empty. Choose another one."}),
    (forms.FloatField, {"invalid": "Enter a number, for example 0.5."}),
    (forms.DecimalField, {"invalid": "Enter a number, for example 0.5."}),
    (forms.IntegerField, {"invalid": A_WHOLE_NUMBER}),
)
ASKS = re.compile(r"\?$|^(what|which|who|whom|why|how|when|where|until|by|at)\b", re.IGNORECASE)
HAS_ARTICLE = re.compile(r"^(your|the|a|an|my|one|at|each|every|all|this|new)\b", re.IGNORECASE)


def plain_messages(fields: Mapping[str, forms.Field]) -> None:
    """Replace the framework's sentences of these fields by ones that say what to enter."""
    for name, field in fields.items():
        _replace(field, "required", required(field, str(field.label or name.replace("_", " "))))
        for code, text in FITTING.items():
            field.error_messages.setdefault(code, text)
            _replace(field, code, text)
        for kind, messages in INVALID:
            if isinstance(field, kind):
                for code, text in messages.items():
                    _replace(field, code, text)
                break


def required(field: forms.Field, label: str) -> str:
    """ "Enter the title.", "Choose the target phase.", "Tick this to go on." """
    widget = field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "Tick this to go on."
    if isinstance(widget, forms.FileInput):
        return "Choose a file."
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.SelectMultiple):
        return "Choose at least one."
    if ASKS.search(label):
        return (
            "Choose an answer." if isinstance(widget, forms.Select | forms.RadioSelect) else "Fill this in."
        )
    verb = "Choose" if isinstance(widget, forms.Select | forms.RadioSelect) else "Enter"
    article = "" if HAS_ARTICLE.match(label) else "the "
    return f"{verb} {article}{_inside(label)}."


def _inside(label: str) -> str:
    """A label within a sentence: a capital stays where the word is an abbreviation."""
    words = label.rstrip(".:")
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _replace(field: forms.Field, code: str, text: str) -> None:
    if field.error_messages.get(code) == _of_the_framework(type(field), code):
        field.error_messages[code] = text


def _of_the_framework(kind: type[forms.Field], code: str) -> object:
    for base in kind.__mro__:
        messages: Mapping[str, object] = vars(base).get("default_error_messages", {})
        if code in messages and base.__module__.startswith("django."):
            return messages[code]
    return None
