"""How the sign-in library fits in: nobody signs up alone, mails go to the outbox, sign-ins are logged."""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from accounts import mail
from accounts.access import signed_in_how
from accounts.actions import record_account_event
from accounts.limits import client_address
from accounts.models import User
from accounts.sign_in import record_sign_in

log = logging.getLogger(__name__)

WORDS = {
    "account/messages/password_changed.txt": "Your password is changed.",
    "account/messages/password_set.txt": "Your password is set.",
    "mfa/messages/totp_activated.txt": "The second factor is on. Keep the recovery codes in a safe place.",
    "mfa/messages/totp_deactivated.txt": "The second factor is off.",
    "mfa/messages/recovery_codes_generated.txt": "New recovery codes are made. The old ones no longer work.",
    "usersessions/messages/sessions_logged_out.txt": "You are signed out everywhere else.",
}
EVENTS = {
    "account/messages/password_changed.txt": "account.password_changed",
    "account/messages/password_set.txt": "account.password_changed",
    "mfa/messages/totp_activated.txt": "account.second_factor_added",
    "mfa/messages/totp_deactivated.txt": "account.second_factor_removed",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Accounts come from invitations and from the first start, never from a sign-up page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        # accounts.sign_in_urls asks for a fresh sign-in before every view that needs one.
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        name = template_prefix.rsplit("/", 1)[-1]
        mail.send(organization=None, to=email, template=f"emails/{name}", context=context)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        record_sign_in(user, signed_in_how(request) or "password")
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        log.warning("A sign-in from %s failed.", client_address(request))
        super().authentication_failed(request, **credentials)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say it in our words, or not at all: a page that shows the person is signed in need not say so."""
        event = EVENTS.get(message_template or "")
        if event and isinstance(request.user, User):
            record_account_event(request.user, event)
        words = WORDS.get(message_template or "") or kwargs.get("message")
        if words:
            messages.add_message(request, level, words)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Secrets of authenticator apps are kept encrypted, with a key that is not in the database."""

    def build_totp_svg(self, url: str) -> str:
        import qrcode  # brings an imaging library along, which few pages need
        from qrcode.image.svg import SvgPathFillImage

        # On white in both themes: cameras read dark on light.
        picture = qrcode.make(url, image_factory=SvgPathFillImage)
        svg: str = picture.to_string().decode()
        return svg

    def _box(self) -> Fernet:
        key = hashlib.sha256(b"second factor\0" + settings.SECRET_KEY.encode()).digest()
        return Fernet(base64.urlsafe_b64encode(key))

    def encrypt(self, text: str) -> str:
        return self._box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box().decrypt(encrypted_text.encode()).decode()
