"""Who may do what in which state. This table is the source: the rights, docs/permissions.md and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OWNER, FACILITATOR, MEMBER, VIEWER = "owner", "facilitator", "member", "viewer"
ROLES: Final = (OWNER, FACILITATOR, MEMBER, VIEWER)
STATES: Final = ("active", "archived")

_ALL = frozenset(ROLES)
_WORKERS = frozenset({OWNER, FACILITATOR, MEMBER})
_LEADERS = frozenset({OWNER, FACILITATOR})
_OWNERS = frozenset({OWNER})
_NOBODY: frozenset[str] = frozenset()

# need -> state of the organization -> roles
GRANTS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "view": {"active": _ALL, "archived": _ALL},
    "oversee": {"active": _LEADERS, "archived": _LEADERS},
    "edit": {"active": _WORKERS, "archived": _NOBODY},
    "manage": {"active": _LEADERS, "archived": _NOBODY},
    "own": {"active": _OWNERS, "archived": _NOBODY},
    "restore": {"active": _NOBODY, "archived": _OWNERS},
}
NEEDS: Final = tuple(GRANTS)
MEANINGS: Final = {
    "view": "read what the organization shows its members",
    "oversee": "read what only its leaders see: the audit log, the outbox",
    "edit": "change the daily work",
    "manage": "run rounds, plans and charters; invite and correct people; change settings",
    "own": "change roles, remove leaders, archive",
    "restore": "bring an archived organization back",
}


@dataclass(frozen=True)
class Rule:
    """What an action needs, and whether it needs a fresh sign-in; ``also`` says who else may."""

    says: str
    need: str
    fresh: bool = False
    also: str = ""


ACTIONS: Final[dict[str, Rule]] = {
    "organization.switch": Rule("Work in the organization", "view"),
    "organization.change": Rule("Change settings and units", "manage"),
    "organization.archive": Rule("Archive the organization", "own", fresh=True),
    "organization.restore": Rule("Restore the organization", "restore"),
    "people.list": Rule(
        "See members, roles and functions", "view", also="addresses: owner and facilitator only"
    ),
    "people.invite": Rule("Invite, correct and withdraw invitations", "manage", also="as owner: owners only"),
    "people.functions": Rule("Correct functions and units of members", "manage"),
    "people.role": Rule("Change a role", "own", fresh=True),
    "people.remove": Rule("Remove a member or viewer", "manage", also="everybody may leave"),
    "people.remove_leader": Rule("Remove an owner or facilitator", "own", also="everybody may leave"),
    "people.erase": Rule(
        "Erase a person", "own", fresh=True, also="the person; others must own all their organizations"
    ),
    "mail.list": Rule("See the outbox", "oversee"),
    "mail.retry": Rule("Send a failed mail again, mark one as come back", "manage"),
    "webhook.list": Rule("See webhooks and what was delivered", "oversee"),
    "webhook.keep": Rule("Test, pause, resume and delete webhooks", "manage"),
    "webhook.add": Rule("Add a webhook, change its secret", "manage", fresh=True),
    "token.create": Rule("Make a token for oneself", "view", fresh=True),
    "token.revoke": Rule("Revoke anybody’s token", "own", also="everybody their own"),
    "charter.sign": Rule(
        "Sign a charter, decline it, ask for changes",
        "view",
        fresh=True,
        also="only whom the text or they name",
    ),
    "charter.delegate": Rule(
        "Name who signs in one’s place", "view", fresh=True, also="only the seat’s holder"
    ),
    "charter.cancel": Rule("Cancel a charter in force", "manage", fresh=True, also="its outcome owner"),
    "charter.change": Rule("Open or drop a change of a charter in force, name a successor", "manage"),
    "charter.report": Rule(
        "Hand in readings and learning records", "manage", also="editors whom the charter names"
    ),
    "charter.decide": Rule(
        "Decide scale, iterate or stop", "view", fresh=True, also="only the outcome owner who signed"
    ),
    "plan.read": Rule("Read plans, scenarios, initiatives and use cases", "view"),
    "plan.make": Rule("Ask for a plan, a replan, a what-if; apply a relaxation", "manage"),
    "plan.publish": Rule("Publish a plan, put one away", "manage"),
    "initiative.choose": Rule("Take an initiative in or out, set its week, say its use case", "manage"),
    "initiative.own": Rule("Add, change and remove own initiatives", "manage"),
    "initiative.progress": Rule("Record how far an initiative is", "edit"),
    "use_case.edit": Rule("Add, change and put away use cases", "edit"),
    "project.open": Rule("Open the project of a charter in force", "manage"),
    "project.load": Rule("See how much of their week people have promised to projects", "oversee"),
    "deployment.read": Rule("See the registry, environments, live pages and model cards", "view"),
    "environment.change": Rule("Make, change and archive environments", "manage"),
    "deployment.external": Rule("Register a deployment that runs elsewhere", "manage"),
    "audit.read": Rule("Read and check the audit log", "oversee"),
}

# In a project: right -> roles in the project, and the right in its organization that gives it too.
LEAD, CONTRIBUTOR = "lead", "contributor"
PROJECT_ROLES: Final = (LEAD, CONTRIBUTOR, VIEWER)
PROJECT_GRANTS: Final[dict[str, frozenset[str]]] = {
    "view": frozenset(PROJECT_ROLES),
    "contribute": frozenset({LEAD, CONTRIBUTOR}),
    "lead": frozenset({LEAD}),
}
PROJECT_BY_ORGANIZATION: Final = {"view": "view", "contribute": "manage", "lead": "manage"}
PROJECT_ACTIONS: Final[dict[str, Rule]] = {
    "project.read": Rule("Read the project, its board, records, check-ins and what it waits for", "view"),
    "project.work": Rule("Change tasks, milestones, risks and papers", "contribute"),
    "project.talk": Rule("Write check-ins; ask somebody, note an answer", "contribute"),
    "project.token": Rule("Make a token for tracking", "contribute", also="one’s own can always be ended"),
    "project.measure": Rule("Have the product measure the nominated version", "contribute"),
    "project.answer": Rule("Answer an ask", "contribute", also="who is asked, by account or personal link"),
    "project.release": Rule("Let a document through that was held back", "lead"),
    "project.people": Rule("Add people, change their role and share, take them off", "lead"),
    "project.close": Rule("Close, pause and take up the project", "lead"),
    "deployment.release": Rule(
        "Deploy a version, cancel, start what was stopped; move a canary",
        "lead",
        also="whom the environment lets: contributors, or only owners and facilitators",
    ),
    "deployment.operate": Rule(
        "Stop a deployment, roll it back",
        "lead",
        also="whom the environment lets deploy, and the owner for operation",
    ),
    "deployment.take": Rule("Take an alert", "contribute", also="the owner for operation"),
    "deployment.change": Rule("Change the owner and the fallback of a deployment, archive it", "lead"),
    "waiver.ask": Rule("Ask for a waiver", "contribute"),
    "waiver.sign": Rule("Sign a waiver as the second person", "lead", fresh=True, also="the outcome owner"),
    "waiver.withdraw": Rule("Withdraw a waiver", "lead", also="who asked for it or signed it"),
    "project.archive": Rule("Make and download the archive of the project", "lead"),
    "project.tokens": Rule("See and end everybody’s tokens", "lead"),
}


def roles_for(need: str, state: str) -> frozenset[str]:
    """The roles that have ``need`` while the organization is in ``state``."""
    return GRANTS[need][state]


def project_roles_for(need: str) -> frozenset[str]:
    """The roles in a project that have ``need`` there."""
    return PROJECT_GRANTS[need]


def allowed(role: str, need: str, state: str) -> bool:
    """Whether a member with ``role`` has ``need`` while the organization is in ``state``."""
    return role in roles_for(need, state)
