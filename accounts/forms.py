"""The forms of accounts."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import validate_email

from accounts.addresses import Entry, decode, parse
from accounts.mail import mail_goes_to_files
from accounts.models import Function, Organization, Role, Unit, User
from accounts.scopes import SCOPES
from ui.forms import PlainForm, PlainFormMixin, TextLines, either

MAX_LIST_BYTES = 500_000
CURRENCIES = (
    "USD",
    "EUR",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "JPY",
    "CAD",
    "AUD",
    "INR",
    "BRL",
)


def time_zones() -> list[tuple[str, str]]:
    """All places with a time zone, UTC first."""
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


def currencies(current: str = "") -> list[tuple[str, str]]:
    """The usual ones, and the one in use if it is another."""
    return [(code, code) for code in dict.fromkeys([*CURRENCIES, *([current] if current else [])])]


def _choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    return cast(forms.ChoiceField, form.fields[name])


def _functions(**kwargs: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=Function.choices, widget=forms.CheckboxSelectMultiple, required=False, **kwargs
    )


class OrganizationForm(PlainForm):
    """What a new organization needs."""

    name = forms.CharField(label="Name of the organization", max_length=120)
    currency = forms.ChoiceField(choices=currencies, initial="USD")
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones, initial="UTC")
    functions = _functions(
        label="Your functions", help_text="The hats you answer with. You can change this later."
    )


NO_MAIL_YET = (
    "At least 12 characters. Choose one: no mail server is set yet, so the codes that would sign you in "
    "without it only go to files in the data folder."
)


class StartForm(OrganizationForm):
    """The first account becomes a person, and the first organization is made."""

    your_name = forms.CharField(label="Your name", max_length=150)
    email = forms.EmailField(label="Your e-mail address", max_length=254)
    password = forms.CharField(
        label="Password",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Without one, a code is mailed to you each time you sign in.",
    )
    field_order = ["your_name", "email", "password", "name", "currency", "time_zone", "functions"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if mail_goes_to_files():
            self.fields["password"].help_text = NO_MAIL_YET

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            raise forms.ValidationError("Another account has this address.")
        return email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, self.user)
        return password


class SettingsForm(PlainFormMixin, forms.ModelForm[Organization]):
    """The settings of an organization."""

    currency = forms.ChoiceField(choices=())
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones)

    class Meta:
        model = Organization
        fields = [
            "name",
            "currency",
            "time_zone",
            "date_format",
            "clock",
            "number_format",
            "language",
            "mail_sender_name",
            "mail_reply_to",
            "mail_footer",
        ]
        labels = {
            "date_format": "Dates",
            "clock": "Times",
            "number_format": "Numbers",
            "mail_sender_name": "Sender of mails",
            "mail_reply_to": "Replies go to",
            "mail_footer": "Last line of mails",
        }
        help_texts = {
            "mail_sender_name": "The name that recipients see, such as “Halvorsen Pumps, AI program”.",
            "mail_footer": "For example who to call with questions.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choice(self, "currency").choices = currencies(self.instance.currency)


class ProfileForm(PlainForm):
    """Name and theme of a person."""

    name = forms.CharField(
        label="Your name", max_length=150, help_text="As it stands in lists and on signatures."
    )
    theme = forms.ChoiceField(label="Light or dark", choices=User.Theme.choices, widget=forms.RadioSelect)


class AddressForm(PlainForm):
    """The new address of an account."""

    email = forms.EmailField(label="New e-mail address", max_length=254, help_text="A code is mailed to it.")


class CodeForm(PlainForm):
    """Six digits from a mail or an app."""

    code = forms.CharField(
        label="Code", max_length=12, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"})
    )


class ConfirmPasswordForm(PlainForm):
    """The password once more."""

    password = forms.CharField(
        label="Password",
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class UnitForm(PlainForm):
    """A unit's name."""

    name = forms.CharField(label="Name of the unit", max_length=120)


class OfOrganization(PlainForm):
    """A form that offers the units of an organization."""

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        unit = cast("forms.ModelChoiceField[Unit]", self.fields["unit"])
        unit.queryset = Unit.objects.filter(organization=organization, archived_at=None)


def _unit() -> forms.ModelChoiceField[Unit]:
    return forms.ModelChoiceField(Unit.objects.none(), required=False, empty_label="No unit")


class FunctionsForm(OfOrganization):
    """The hats of a member and where the member works."""

    functions = _functions(label="Functions")
    unit = _unit()


class RoleForm(PlainForm):
    """A member's role."""

    role = forms.ChoiceField(choices=Role.choices)


class InvitationForm(OfOrganization):
    """An open invitation, corrected."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    name = forms.CharField(max_length=150, required=False)
    role = forms.ChoiceField(choices=Role.choices)
    functions = _functions(label="Functions")
    unit = _unit()


class AcceptForm(PlainForm):
    """What an invited person without an account adds."""

    name = forms.CharField(label="Your name", max_length=150)
    password = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Without one, a code is mailed to you each time you sign in.",
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password)
        return password


class InviteForm(OfOrganization):
    """People to invite, pasted or uploaded, with what holds for all of them."""

    people = either(
        forms.CharField(
            label="People to invite",
            required=False,
            widget=TextLines(rows=8),
            help_text="One a line: an address, “Mia Berg <mia@firm.example>”, "
            "or name, address and function from a sheet.",
        )
    )
    upload = either(
        forms.FileField(
            label="Or a file",
            required=False,
            help_text="CSV or text, with columns named address, name and function.",
        )
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.MEMBER)
    functions = _functions(label="Functions", help_text="For people whose line names none.")
    unit = _unit()

    entries: list[Entry]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.get("people") or ""
        upload = cleaned.get("upload")
        if upload is not None:
            if upload.size > MAX_LIST_BYTES:
                raise forms.ValidationError("The file is larger than 500 kB. Split the list.")
            text = f"{text}\n{decode(upload.read())}" if text.strip() else decode(upload.read())
        self.entries, problems = parse(text, FUNCTION_TITLES)
        for problem in problems[:20]:
            self.add_error("people", f"Line {problem.line} “{problem.text}”: {problem.says}.")
        self._check_entries()
        if not self.entries and not problems:
            self.add_error("people", "Enter at least one e-mail address.")
        return cleaned

    def _check_entries(self) -> None:
        units = {unit.name.lower() for unit in Unit.objects.filter(organization=self.organization)}
        for entry in self.entries:
            try:
                validate_email(entry.address)
            except forms.ValidationError:
                self.add_error("people", f"Line {entry.line}: {entry.address} is not an e-mail address.")
            if entry.function and function_key(entry.function) is None:
                allowed = ", ".join(str(label) for label in Function.labels)
                self.add_error(
                    "people", f"Line {entry.line}: there is no function “{entry.function}”. Use {allowed}."
                )
            if entry.unit and entry.unit.lower() not in units:
                self.add_error(
                    "people", f"Line {entry.line}: there is no unit “{entry.unit}”. Add it in settings."
                )


FUNCTION_TITLES: dict[str, str] = {
    **{str(function.label).lower(): function.value for function in Function},
    **{function.value.replace("_", " "): function.value for function in Function},
    **{function.value: function.value for function in Function},
}


def function_key(text: str) -> str | None:
    """The key of a function written as key or as title, in any case; None if there is none."""
    return FUNCTION_TITLES.get(text.strip().lower().replace("&", "and"))


class TokenForm(PlainForm):
    """A new token."""

    name = forms.CharField(max_length=80, help_text="What will use it, such as “nightly export”.")
    scopes = forms.MultipleChoiceField(
        label="What it may do", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(
        label="Valid for",
        choices=[("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "no end")],
        required=False,
    )


class NameTypedForm(PlainForm):
    """The name typed once more, before something that is hard to take back."""

    typed = forms.CharField(label="Name", max_length=150)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["typed"].label = f"Type “{expected}” to go on"

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if typed.strip().casefold() != self.expected.strip().casefold():
            raise forms.ValidationError(f"This is not “{self.expected}”.")
        return typed


class AuditFilterForm(PlainForm):
    """What to show of the audit log."""

    about = forms.ChoiceField(label="About", required=False, choices=())
    who = forms.ChoiceField(label="Who", required=False, choices=())
    since = forms.DateField(label="Since", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, areas: list[str], people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(area, area.replace("_", " ").capitalize()) for area in areas]
        _choice(self, "about").choices = [("", "Everything"), *kinds]
        _choice(self, "who").choices = [("", "Everybody"), *people]
