"""What an audit entry says in words. It follows the name: "Alice" + "invited bob@firm.example".

A part in brackets is left out where one of its values is missing: "issued a personal link[ to {address}]".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

ERASED: Final = "(erased)"
# Who acted where no account did: visitors by personal link; all else is the work of the server itself.
VISITORS: Final[tuple[tuple[str, str], ...]] = (
    ("answers.", "A respondent"),
    ("respondent.", "A respondent"),
    ("charter.comment", "A guest"),
    ("charter.signed", "A signatory"),
    ("charter.declined", "A signatory"),
)
SERVER: Final = "The server"
PART = re.compile(r"\[([^\]]*)\]")

SENTENCES: Final[dict[str, str]] = {
    "account.address_changed": "changed the address of the account from {before} to {after}",
    "account.created": "opened an account for {address}",
    "account.erased": "erased a person",
    "account.password_changed": "changed the password",
    "account.renamed": "changed the name from {before} to {after}",
    "account.second_factor_added": "turned on a second factor",
    "account.second_factor_removed": "turned off a second factor",
    "account.signed_in": "signed in ({method})",
    "account.first_link": "printed a sign-in link on the console",
    "invitation.corrected": "corrected the invitation of {address}",
    "invitation.resent": "sent an invitation again",
    "invitation.revoked": "withdrew an invitation",
    "invitation.sent": "invited {address} as {role}",
    "link.issued": "issued a personal link[ to {address}][, to {purpose}]",
    "link.revoked": "revoked a personal link[, to {purpose}]",
    "mail.retried": "sent a mail again",
    "mail.bounced": "marked a mail as come back",
    "member.added": "added {address}[ as {role}]",
    "member.functions_changed": "corrected a member’s functions",
    "member.removed": "removed {address}, who was {role}",
    "member.role_changed": "changed a role from {before} to {after}",
    "organization.archived": "archived the organization",
    "organization.changed": "changed settings: {changed}",
    "organization.created": "created the organization",
    "organization.restored": "restored the organization",
    "token.created": "made a token for {scopes}",
    "token.revoked": "revoked a token",
    "unit.added": "added the unit {name}",
    "unit.archived": "archived the unit {name}",
    "unit.renamed": "renamed the unit {before} to {after}",
}


def sentence(event: str, values: Mapping[str, Any], sentences: Mapping[str, str]) -> str:
    """The sentence of an event with its values; an unknown event speaks for itself."""
    pattern = sentences.get(event)
    if pattern is None:
        return event.replace(".", ": ").replace("_", " ")
    pattern = PART.sub(lambda part: part[1] if all(map(values.get, _names(part[1]))) else "", pattern)
    names = _names(pattern)
    return pattern.format_map({name: _shown(values.get(name)) for name in names})


def visitor(event: str) -> str:
    """Who acted in an entry that names no account."""
    return next((who for start, who in VISITORS if event.startswith(start)), SERVER)


def _names(pattern: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(pattern) if name]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "somebody unnamed"
    if isinstance(value, list | tuple):
        return ", ".join(str(child).replace("_", " ") for child in value)
    return str(value).replace("_", " ") if isinstance(value, str) and "@" not in value else str(value)
