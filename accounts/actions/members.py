"""Changing who belongs to an organization and as what. The last owner stays."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import audit
from accounts.actions.organizations import known_functions
from accounts.models import ApiToken, Membership, Organization, PersonalLink, Role, Unit, User
from ui.errors import Conflict, Invalid, NotAllowed

LAST_OWNER = "An organization needs an owner. Make somebody else an owner first."


@transaction.atomic
def add_member(
    organization: Organization,
    *,
    user: User,
    by: User | None,
    role: str,
    functions: list[str],
    unit: Unit | None,
) -> Membership:
    """Make ``user`` a member; raises Conflict when the person is one already."""
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=user,
                organization=organization,
                role=_known_role(role),
                functions=known_functions(functions),
                unit=unit,
            )
    except IntegrityError as error:
        raise Conflict("This person is a member already.") from error
    audit.record(
        organization=organization,
        actor=by,
        event="member.added",
        subject=membership,
        data={"user": user.pk, "role": role, "functions": membership.functions},
        personal={"address": user.email, "name": user.name},
    )
    return membership


@transaction.atomic
def change_role(membership: Membership, *, by: User, role: str) -> Membership:
    """Give a member another role. It acts with the commit, in every process."""
    role = _known_role(role)
    _lock(membership.organization_id)
    current = _again(membership)
    _authorize(by, current, need_owner=True)
    if current.role == role:
        return current
    if current.role == Role.OWNER:
        _keep_an_owner(current)
    Membership.objects.filter(pk=current.pk).update(role=role)
    audit.record(
        organization=current.organization,
        actor=by,
        event="member.role_changed",
        subject=current,
        data={"user": current.user_id, "before": current.role, "after": role},
    )
    current.role = role
    return current


@transaction.atomic
def change_functions(
    membership: Membership, *, by: User, functions: list[str], unit: Unit | None
) -> Membership:
    """Correct the functions and the unit of a member."""
    functions = known_functions(functions)
    current = Membership.objects.select_for_update(of=("self",)).filter(pk=membership.pk).first()
    if current is None:
        raise Conflict("This person is no member any more.")
    if unit is not None and unit.organization_id != current.organization_id:
        raise Invalid(
            "This unit belongs to another organization.", fields={"unit": ["Choose one from the list."]}
        )
    unit_id = unit.pk if unit else None
    if (current.functions, current.unit_id) == (functions, unit_id):
        return current
    audit.record(
        organization=current.organization,
        actor=by,
        event="member.functions_changed",
        subject=current,
        data={
            "user": current.user_id,
            "before": {"functions": current.functions, "unit": current.unit_id},
            "after": {"functions": functions, "unit": unit_id},
        },
    )
    Membership.objects.filter(pk=current.pk).update(functions=functions, unit=unit)
    current.refresh_from_db()
    return current


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> None:
    """End a membership, with the person's tokens and links in this organization. Acts with the commit."""
    _lock(membership.organization_id)
    current = _again(membership)
    if current.user_id != by.pk:
        _authorize(by, current, need_owner=current.role in (Role.OWNER, Role.FACILITATOR))
    if current.role == Role.OWNER:
        _keep_an_owner(current)
    now = timezone.now()
    mine = {"user_id": current.user_id, "organization_id": current.organization_id}
    tokens = ApiToken.objects.filter(**mine, revoked_at=None).update(revoked_at=now)
    links = PersonalLink.objects.filter(
        organization_id=current.organization_id, address=current.user.email, revoked_at=None
    ).update(revoked_at=now)
    audit.record(
        organization=current.organization,
        actor=by,
        event="member.removed",
        subject=current,
        data={"user": current.user_id, "role": current.role, "tokens": tokens, "links": links},
        personal={"address": current.user.email, "name": current.user.name},
    )
    for path in settings.AFTER_LEAVING:
        import_string(path)(current.user, current.organization, by)
    current.delete()


def _known_role(role: str) -> str:
    if role not in Role.values:
        raise Invalid(
            "This role does not exist.", fields={"role": [f"Choose from: {', '.join(Role.values)}."]}
        )
    return role


def _lock(organization_id: UUID) -> None:
    """One change of roles at a time in an organization, or two owners could remove each other."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def _again(membership: Membership) -> Membership:
    """The membership as it stands now that the lock is held."""
    current = Membership.objects.select_related("organization", "user").filter(pk=membership.pk).first()
    if current is None:
        raise Conflict("This person is no member any more.")
    return current


def _authorize(by: User, membership: Membership, *, need_owner: bool) -> None:
    """Checked again under the lock: the right may have gone while the request was on its way."""
    role = (
        Membership.objects.filter(user=by, organization_id=membership.organization_id)
        .values_list("role", flat=True)
        .first()
    )
    enough = (Role.OWNER,) if need_owner else (Role.OWNER, Role.FACILITATOR)
    if role not in enough:
        raise NotAllowed("Only an owner can do this." if need_owner else "Your role does not allow this.")


def _keep_an_owner(leaving: Membership) -> None:
    others = Membership.objects.filter(
        organization_id=leaving.organization_id, role=Role.OWNER, user__is_active=True
    ).exclude(pk=leaving.pk)
    if not others.exists():
        raise Conflict(LAST_OWNER)
