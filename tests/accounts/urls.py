"""Who gets what at the addresses of accounts."""

from __future__ import annotations

from typing import Any

from accounts import actions
from accounts.models import ApiToken, OutgoingMail, Unit
from tests.urls_rows import (
    LINK,
    MISSING,
    POST,
    SIGN_IN,
    Row,
    at,
    by_link,
    everybody,
    own,
    signed_in,
)


def token(cast: Any) -> list[Any]:
    """A token that nobody ever issued."""
    return ["x" * 32]


def reset_key(cast: Any) -> list[Any]:
    return ["1", "set-password"]


def organization(cast: Any) -> list[Any]:
    return [cast.organization.pk]


def archived(cast: Any) -> list[Any]:
    actions.archive_organization(cast.organization, by=cast.alice)
    return [cast.organization.pk]


def member(cast: Any) -> list[Any]:
    return [cast.membership("bob").pk]


def _guest(cast: Any) -> Any:
    """A member who plays no part, so that removing the person is not leaving."""
    user = actions.create_account(email="gitte@firm.example", name="Gitte")
    return actions.add_member(
        cast.organization, user=user, by=cast.alice, role="member", functions=[], unit=None
    )


def guest(cast: Any) -> list[Any]:
    return [_guest(cast).pk]


def token_of_guest(cast: Any) -> list[Any]:
    user = _guest(cast).user
    actions.create_token(cast.organization, by=user, name="x", scopes=["audit:read"])
    return [ApiToken.objects.get(user=user).pk]


def invitation(cast: Any) -> list[Any]:
    people = [actions.Invitee(email="new@firm.example")]
    return [actions.invite(cast.organization, by=cast.alice, people=people)[0].pk]


def mail(cast: Any) -> list[Any]:
    invitation(cast)
    return [OutgoingMail.objects.get(to="new@firm.example").pk]


def unit(cast: Any) -> list[Any]:
    return [Unit.objects.create(organization=cast.organization, name="Bergen").pk]


PAGES = {
    "accounts:first": Row((LINK,) * 6, make=token),
    "accounts:start": signed_in(),
    "accounts:link": by_link(make=token),
    "accounts:invited": by_link(),
    "accounts:accept": Row((SIGN_IN, MISSING, MISSING, MISSING, MISSING, MISSING), method=POST),
    "accounts:join": by_link(method=POST),
    "accounts:invitation": by_link(make=token),
    "accounts:people": own("view"),
    "accounts:invite": own("manage"),
    "accounts:mails": own("manage"),
    "accounts:mail_retry": at("manage", make=mail, method=POST),
    "accounts:mail_bounced": at("manage", make=mail, method=POST),
    "accounts:invitation_correct": at("manage", make=invitation),
    "accounts:invitation_resend": at("manage", make=invitation, method=POST),
    "accounts:invitation_revoke": at("manage", make=invitation, method=POST),
    "accounts:member": at("view", make=member),
    "accounts:member_functions": at("manage", make=member, method=POST, data={"functions": ["sponsor"]}),
    "accounts:member_role": at("own", make=member, method=POST, data={"role": "viewer"}),
    "accounts:member_remove": at("manage", make=guest, method=POST),
    "accounts:member_erase": at("own", make=guest),
    "accounts:settings": signed_in(),
    "accounts:profile": signed_in(method=POST, data={"name": "New Name", "theme": "dark"}),
    "accounts:address": signed_in(),
    "accounts:address_code": signed_in(),
    "accounts:tokens": own("view"),
    "accounts:token_create": own(
        "view", method=POST, data={"name": "x", "scopes": ["audit:read"], "days": "30"}
    ),
    "accounts:token_revoke": at("own", make=token_of_guest, method=POST),
    "accounts:organization": own("manage"),
    "accounts:units": own("manage"),
    "accounts:unit_add": own("manage", method=POST, data={"name": "Foundry"}),
    "accounts:unit_rename": at("manage", make=unit, method=POST, data={"name": "Foundry"}),
    "accounts:unit_remove": at("manage", make=unit, method=POST),
    "accounts:archive": own("own"),
    "accounts:organization_new": signed_in(),
    "accounts:switch": at("view", make=organization, method=POST),
    "accounts:restore": at("restore", make=archived, method=POST),
    "accounts:audit": own("manage"),
    "accounts:audit_check": own("manage", method=POST),
}
SIGNING_IN = {
    "account_login": everybody(),
    "account_logout": everybody(),
    "account_signup": everybody(),
    "account_inactive": everybody(),
    "account_request_login_code": everybody(),
    "account_confirm_login_code": everybody(),
    "account_reset_password": everybody(),
    "account_reset_password_done": everybody(),
    "account_reset_password_from_key": everybody(make=reset_key),
    "account_reset_password_from_key_done": everybody(),
    "account_change_password": signed_in(),
    "account_set_password": signed_in(),
    "account_reauthenticate": signed_in(),
    "account_email": everybody(),
    "confirm_by_password": signed_in(method=POST),
    "confirm_by_second_factor": signed_in(method=POST),
    "confirm_send_code": signed_in(method=POST),
    "confirm_by_code": signed_in(method=POST),
    "mfa_authenticate": everybody(),
    "mfa_reauthenticate": signed_in(),
    "mfa_index": signed_in(),
    "mfa_activate_totp": signed_in(),
    "mfa_deactivate_totp": Row((SIGN_IN, *(MISSING,) * 5)),
    "mfa_view_recovery_codes": Row((SIGN_IN, *(MISSING,) * 5)),
    "mfa_generate_recovery_codes": signed_in(),
    "mfa_download_recovery_codes": Row((SIGN_IN, *(MISSING,) * 5)),
    "usersessions_list": signed_in(),
}
API = {
    "organization-list": signed_in(),
    "organization-detail": at("view", make=organization),
    "member-list": own("view"),
    "member-detail": at("view", make=member),
    "invitation-list": own("manage"),
    "invitation-detail": at("manage", make=invitation),
    "audit-list": own("manage"),
}
ROWS: dict[str, Row] = {**PAGES, **SIGNING_IN, **API}
