"""Forms that read well aloud: no colon after labels, errors beside their fields, native widgets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ui.form_errors import plain_messages

NO_CHOICE = "---------"  # the framework's own words for nothing chosen
AnyField = TypeVar("AnyField", bound=forms.Field)


class PlainFormMixin(forms.BaseForm):
    """Mix in before ``forms.Form`` or ``forms.ModelForm``; draw with ``{% field %}`` or ui/form.html."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label == NO_CHOICE:
                field.empty_label = "None"

    def full_clean(self) -> None:
        # Here rather than at the start: forms add and relabel fields after their own __init__ has begun.
        plain_messages(self.fields)
        super().full_clean()


def either(field: AnyField) -> AnyField:
    """Mark one of several fields of which one is needed: it is not called optional."""
    field.either = True  # type: ignore[attr-defined]
    return field


class PlainForm(PlainFormMixin, forms.Form):
    """A form as the design wants it."""


class DateInput(forms.DateInput):
    """The browser's own date field, in the one format that it understands."""

    input_type = "date"
    width = "medium"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ShortNumberInput(forms.NumberInput):
    """A number field as wide as a number."""

    width = "short"


class TextLines(forms.Textarea):
    """A few lines of text."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, rows: int = 4) -> None:
        super().__init__({"rows": rows, **(attrs or {})})


class TextWithSuggestions(forms.TextInput):
    """One line of text with words to choose from; others can be typed."""

    template_name = "ui/suggestions.html"

    def __init__(self, suggestions: Iterable[str], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = list(suggestions)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return {**context, "suggestions": self.suggestions}

    def _render(self, template_name: str, context: dict[str, Any], renderer: object = None) -> SafeString:
        return _own_template(template_name, context)


class Segments(forms.RadioSelect):
    """Two to five short choices in one row."""

    template_name = "ui/segments.html"

    def _render(self, template_name: str, context: dict[str, Any], renderer: object = None) -> SafeString:
        return _own_template(template_name, context)


def _own_template(name: str, context: dict[str, Any]) -> SafeString:
    # The form renderer knows Django's own templates alone; these lie among the project's.
    return mark_safe(render_to_string(name, context))  # noqa: S308
