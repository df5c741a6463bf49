"""The writes of accounts. Each is atomic, names who does it and leaves its audit entry."""

from accounts.actions.invitations import (
    Invitee,
    accept_invitation,
    correct_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from accounts.actions.members import add_member, change_functions, change_role, remove_member
from accounts.actions.organizations import (
    add_unit,
    archive_organization,
    create_organization,
    remove_unit,
    rename_unit,
    restore_organization,
    update_organization,
)
from accounts.actions.outbox import mark_bounced, retry_mail
from accounts.actions.persons import (
    change_address,
    claim_account,
    create_account,
    erase_person,
    record_account_event,
    update_profile,
)
from accounts.actions.tokens import create_token, revoke_token

__all__ = [
    "Invitee",
    "accept_invitation",
    "add_member",
    "add_unit",
    "archive_organization",
    "change_address",
    "change_functions",
    "change_role",
    "claim_account",
    "correct_invitation",
    "create_account",
    "create_organization",
    "create_token",
    "erase_person",
    "invite",
    "mark_bounced",
    "record_account_event",
    "remove_member",
    "remove_unit",
    "rename_unit",
    "resend_invitation",
    "restore_organization",
    "retry_mail",
    "revoke_invitation",
    "revoke_token",
    "update_organization",
    "update_profile",
]
