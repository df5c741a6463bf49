"""The sign-in library's forms as this product words them: labels instead of placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.recovery_codes import forms as recovery
from allauth.mfa.totp import forms as totp

from accounts.mail import mail_goes_to_files
from ui.form_errors import plain_messages


class Worded:
    """Mix in first: takes placeholders away and names the fields."""

    labels: dict[str, str] = {}
    helps: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")

    def full_clean(self) -> None:
        plain_messages(self.fields)  # type: ignore[attr-defined]
        super().full_clean()  # type: ignore[misc]

    @property
    def to_files(self) -> bool:
        """Whether the mail that this form speaks of only goes to the data folder."""
        return mail_goes_to_files()


PASSWORDS = {
    "oldpassword": "Your password now",
    "password": "Password",
    "password1": "New password",
    "password2": "New password again",
}
PASSWORD_HELP = {
    "password1": "At least 12 characters. A few words that belong together only for you are best."
}


class LoginForm(Worded, account.LoginForm):  # type: ignore[misc]
    labels = {"login": "E-mail address", "password": "Password", "remember": "Stay signed in on this device"}


class RequestLoginCodeForm(Worded, account.RequestLoginCodeForm):  # type: ignore[misc]
    labels = {"email": "E-mail address"}


class ConfirmLoginCodeForm(Worded, account.ConfirmLoginCodeForm):  # type: ignore[misc]
    labels = {"code": "Code"}


class ResetPasswordForm(Worded, account.ResetPasswordForm):  # type: ignore[misc]
    labels = {"email": "E-mail address"}


class ResetPasswordKeyForm(Worded, account.ResetPasswordKeyForm):  # type: ignore[misc]
    labels, helps = PASSWORDS, PASSWORD_HELP


class ChangePasswordForm(Worded, account.ChangePasswordForm):  # type: ignore[misc]
    labels, helps = PASSWORDS, PASSWORD_HELP


class SetPasswordForm(Worded, account.SetPasswordForm):  # type: ignore[misc]
    labels, helps = PASSWORDS, PASSWORD_HELP


class SecondFactorForm(Worded, mfa.AuthenticateForm):  # type: ignore[misc]
    labels = {"code": "Code of your authenticator app, or a recovery code"}


class ActivateTOTPForm(Worded, totp.ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": "Code that the app shows now"}


class DeactivateTOTPForm(Worded, totp.DeactivateTOTPForm):  # type: ignore[misc]
    pass


class GenerateRecoveryCodesForm(Worded, recovery.GenerateRecoveryCodesForm):  # type: ignore[misc]
    pass
