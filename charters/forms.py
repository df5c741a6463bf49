"""Forms made from the specs of `charters.fields`, so that pages and API refuse the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from accounts.models import Organization
from assessment.evidence.models import DataAsset
from charters.content import Clause
from charters.fields import BY_NAME, FAMILIES, FieldError, Spec, Value, clean_scalar
from charters.models import Charter, CharterTemplate
from roadmap.use_case_models import UseCase
from ui.forms import DateInput, PlainForm, TextLines

LONG = {"text"}


class SpecField(forms.Field):
    """A form field that holds what its spec allows."""

    def __init__(self, spec: Spec, **kwargs: Any) -> None:
        self.spec = spec
        super().__init__(
            required=False, label=spec.label, help_text=spec.help, widget=_widget(spec), **kwargs
        )

    def clean(self, value: Any) -> str | bool:
        try:
            return clean_scalar(self.spec, value)
        except FieldError as error:
            message = str(error).removeprefix(f"{self.spec.label}: ")
            raise forms.ValidationError(message[:1].upper() + message[1:]) from error


def _widget(spec: Spec) -> forms.Widget:
    if spec.kind == "yes":
        return forms.CheckboxInput()
    if spec.kind == "choice":
        return forms.Select(choices=[("", "Choose …"), *spec.options])
    if spec.kind == "date":
        return DateInput()
    if spec.kind in ("number", "whole"):
        widget = forms.TextInput({"inputmode": "decimal"})
        widget.width = "short"  # type: ignore[attr-defined]
        return widget
    if spec.kind == "address":
        return forms.EmailInput()
    return TextLines(rows=4) if spec.kind in LONG else forms.TextInput()


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are drawn together: the single fields of a section, or one record of a family."""

    key: str
    title: str
    help: str
    fields: Sequence[BoundField]
    open: bool = True
    apart: Sequence[BoundField] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What a group is made of, before it is bound."""

    name: str
    title: str = ""
    help: str = ""
    parts: tuple[Spec, ...] = ()
    open: bool = True
    apart: frozenset[str] = frozenset()


class FieldsForm(PlainForm):
    """Any fields of a draft with the versions that were shown."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rows: Sequence[Row],
        values: Mapping[str, Value],
        versions: Mapping[str, int],
    ) -> None:
        super().__init__(data, initial=_initial(rows, values))
        self.rows, self.versions = rows, versions
        for row in rows:
            for name, spec in _named(row):
                self.fields[name] = SpecField(spec)

    def groups(self) -> list[Group]:
        return [
            Group(
                row.name,
                row.title,
                row.help,
                [self[name] for name, spec in _named(row) if spec.name not in row.apart],
                row.open or any(name in self.errors for name, _ in _named(row)),
                [self[name] for name, spec in _named(row) if spec.name in row.apart],
            )
            for row in self.rows
        ]

    def shown_versions(self) -> list[tuple[str, int]]:
        """(hidden input, version) for every flat field of the form."""
        return [(f"v:{name}", self.versions.get(name, 0)) for name in self._flat()]

    def _flat(self) -> list[str]:
        return [name for row in self.rows for name in _flat_names(row)]

    def changes(self) -> dict[str, tuple[object, int]]:
        """What `save_fields` takes: each field that the page held, with the version that it showed."""
        shown = [name for name in self._flat() if f"v:{name}" in self.data]
        return {name: (self._value(name), self._seen(name)) for name in shown}

    def _seen(self, name: str) -> int:
        given = str(self.data.get(f"v:{name}", "0"))
        return int(given) if given.isdecimal() and len(given) < 9 else 0

    def _value(self, name: str) -> object:
        if name in BY_NAME:
            return self.cleaned_data[name]
        prefix = f"{name}."
        record = {
            key.removeprefix(prefix): value
            for key, value in self.cleaned_data.items()
            if key.startswith(prefix)
        }
        if record.get("asset") and not record.get("name"):
            record["name"] = self._words(f"{prefix}asset", record["asset"])
        return record

    def _words(self, name: str, value: object) -> str:
        """What stands in a list for a chosen value."""
        field = self.fields[name]
        return dict(field.spec.options).get(str(value), "") if isinstance(field, SpecField) else ""

    def add_field_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Errors that the action found, at the part that they speak of."""
        for name, messages in errors.items():
            for message in messages:
                self.add_error(self._place(name, message), message.partition(": ")[2] or message)

    def _place(self, name: str, message: str) -> str | None:
        if name in self.fields:
            return name
        label = message.partition(": ")[0]
        parts = (key for key in self.fields if key.startswith(f"{name}."))
        return next((key for key in parts if self.fields[key].label == label), None)


def _flat_names(row: Row) -> list[str]:
    return [spec.name for spec in row.parts] if not row.name else [row.name]


def _named(row: Row) -> list[tuple[str, Spec]]:
    """(form name, spec) of a row: flat names of single fields, dotted ones of a record's parts."""
    return [(f"{row.name}.{spec.name}" if row.name else spec.name, spec) for spec in row.parts]


def _initial(rows: Sequence[Row], values: Mapping[str, Value]) -> dict[str, object]:
    initial: dict[str, object] = {}
    for row in rows:
        for name, spec in _named(row):
            held = values.get(row.name) if row.name else values.get(name)
            initial[name] = held.get(spec.name, "") if isinstance(held, dict) else held or ""
    return initial


def clause_spec(clause: Clause) -> Spec:
    """The one part of a clause, with the kind that its content asks for."""
    kind = {"date": "date", "choice": "choice", "person": "line", "weeks": "line"}.get(clause.kind, "text")
    return Spec("text", clause.label, kind, f"{clause.help} {clause.why}", clause.options)


def family_rows(family: str, values: Mapping[str, Value], *, blank: int, noun: str) -> list[Row]:
    """A row for each record of a family and some blank ones behind."""
    parts = FAMILIES[family].parts
    keys = [
        name.partition(".")[2] for name, value in values.items() if name.startswith(f"{family}.") and value
    ]
    numbers = [int(key) for key in keys if key.isdecimal()]
    following = range(max(numbers, default=0) + 1, max(numbers, default=0) + 1 + blank)
    ordered = sorted(keys, key=lambda key: (not key.isdecimal(), int(key) if key.isdecimal() else 0, key))
    return [
        Row(f"{family}.{key}", f"{noun} {at}", parts=parts)
        for at, key in enumerate([*ordered, *map(str, following)], start=1)
    ]


def asset_options(organization: Organization) -> tuple[tuple[str, str], ...]:
    assets = DataAsset.objects.filter(organization=organization, archived_at=None)
    return tuple((str(asset.pk), asset.name) for asset in assets)


class NewCharterForm(PlainForm):
    """How a charter begins."""

    use_case = forms.ModelChoiceField(
        UseCase.objects.none(), required=False, label="Use case", empty_label="Without a use case",
        help_text="Its title, description, owner and data become the first draft.",
    )  # fmt: skip
    title = forms.CharField(max_length=300, required=False, help_text="Empty: the title of the use case.")
    code = forms.CharField(max_length=20, required=False, help_text="Empty: the next free number.")
    template = forms.ModelChoiceField(
        CharterTemplate.objects.none(), required=False, empty_label="Without a template",
        help_text="Texts, criteria and seats of a template, where the use case says nothing.",
    )  # fmt: skip
    copy_of = forms.ModelChoiceField(Charter.objects.none(), required=False, widget=forms.HiddenInput)
    replaces = forms.BooleanField(
        required=False, label="It takes the place of the one copied, once it is in force itself"
    )

    def __init__(
        self, *args: Any, organization: Organization, copied: Charter | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        own = {
            "use_case": UseCase.objects.filter(organization=organization, archived_at=None),
            "template": CharterTemplate.objects.filter(organization=organization, archived_at=None),
            "copy_of": Charter.objects.filter(organization=organization),
        }
        for name, rows in own.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        if copied is None or copied.state != "in_force":
            del self.fields["replaces"]
        if copied is not None or not own["template"].exists():
            del self.fields["template"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("copy_of"):
            return cleaned
        if not cleaned.get("use_case") and not cleaned.get("title"):
            self.add_error("title", "Choose a use case or name the POC in a few words.")
        return cleaned


class SendForm(PlainForm):
    """When answers are due."""

    due_on = forms.DateField(label="Answers needed by", required=False, widget=DateInput())


class ReasonForm(PlainForm):
    """A reason, which is kept and shown to those concerned."""

    reason = forms.CharField(max_length=2000, widget=TextLines(rows=4))


class RefusedForm(PlainForm):
    """A form whose action may refuse more than the form itself."""

    def add_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """What the action refused, at its field."""
        for name, said in errors.items():
            self.add_error(name if name in self.fields else None, list(said))


class TemplateForm(RefusedForm):
    """What a template is called."""

    name = forms.CharField(max_length=120)
    note = forms.CharField(max_length=300, required=False, help_text="When to begin from it.")


class GuestForm(RefusedForm):
    """Somebody from outside who may read this charter."""

    name = forms.CharField(max_length=300)
    email = forms.EmailField(
        label="E-mail address", help_text="The link goes to this address and to no other."
    )
    company = forms.CharField(max_length=300, required=False)


class CodeForm(PlainForm):
    """Six digits from a mail."""

    code = forms.CharField(
        max_length=12,
        label="Code from the mail",
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*"}
        ),
    )


def charter_choices(charter: Charter) -> tuple[tuple[str, str], ...]:
    """Names that stand in the charter already, offered where a person is asked for."""
    rows = charter.draft_fields.filter(name__startswith="seat.").values_list("value", flat=True)
    names = dict.fromkeys(value.get("name", "") for value in rows if isinstance(value, dict))
    return tuple((name, name) for name in names if name)
