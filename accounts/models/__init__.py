"""The tables of accounts, by subject."""

from accounts.models.audit import AuditClearText, AuditEvent, ChainHead
from accounts.models.keys import ApiToken, FirstLink, IdempotencyKey, Invitation, PersonalLink
from accounts.models.mail import MailAttachment, OutgoingMail
from accounts.models.people import Function, Membership, Organization, Role, Unit, User

__all__ = [
    "ApiToken",
    "AuditClearText",
    "AuditEvent",
    "ChainHead",
    "FirstLink",
    "Function",
    "IdempotencyKey",
    "Invitation",
    "MailAttachment",
    "Membership",
    "Organization",
    "OutgoingMail",
    "PersonalLink",
    "Role",
    "Unit",
    "User",
]
