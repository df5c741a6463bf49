"""The one door to a charter, and the one to a seat that is asked to sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts import links
from accounts.access import get_membership, require
from accounts.models import Membership, PersonalLink, User
from charters.models import ChangeRequest, Charter, CharterTemplate, FieldComment, Guest, Revision, Signatory
from charters.signoff import State
from ui.errors import Conflict, NotFound

SIGN = "sign"


def get_charter(user: Any, pk: UUID | str, *, need: str = "view") -> Charter:
    """The charter, for members of its organization; NotFound for strangers, NotAllowed without the right.

    "edit" is for writing the draft, "manage" for freezing, sending, withdrawing and starting a revision.
    """
    return get_charter_and_membership(user, pk, need=need)[0]


def get_charter_and_membership(
    user: Any, pk: UUID | str, *, need: str = "view"
) -> tuple[Charter, Membership]:
    charter = Charter.objects.select_related("organization", "use_case").filter(pk=pk).first()
    if charter is None:
        raise NotFound
    return charter, require(user, charter.organization, need)


def get_revision(charter: Charter, number: int) -> Revision:
    """A revision of a charter that the caller has already been let into."""
    revision = Revision.objects.select_related("frozen_by").filter(charter=charter, number=number).first()
    if revision is None:
        raise NotFound
    revision.charter = charter
    return revision


def get_change(charter: Charter, number: int) -> ChangeRequest:
    """A change request of a charter that the caller has already been let into."""
    found = ChangeRequest.objects.select_related("base", "revision", "opened_by")
    change = found.filter(charter=charter, number=number).first()
    if change is None:
        raise NotFound
    for revision in (change.base, change.revision):
        if revision is not None:
            revision.charter = charter
    return change


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands before the sign page: an account (`user`) or the reader of a personal link (`link`)."""

    signatory: Signatory
    user: User | None = None
    link: PersonalLink | None = None

    @property
    def email(self) -> str:
        """The address of the seat's holder, as frozen in the text."""
        return self.signatory.email

    @property
    def is_delegate(self) -> bool:
        """Whether this account looks at the seat of somebody else, who has asked it to sign."""
        return self.user is not None and self.signatory.delegate_id == self.user.pk


def get_visitor(request: HttpRequest | Any, pk: UUID | str) -> Visitor:
    """The seat of this visitor: the person's own account in the organization, that of the delegate whom the
    person has named, or a link that still holds.

    Nobody else gets in, facilitators and owners included.
    """
    signatory = (
        Signatory.objects.select_related("round__revision__charter__organization", "user")
        .filter(pk=pk)
        .first()
    )
    if signatory is None:
        raise NotFound
    organization = signatory.round.revision.charter.organization
    visitor = _by_account(request, signatory) or _by_link(request, signatory)
    if visitor is None:
        raise NotFound
    if organization.archived_at and request.method not in ("GET", "HEAD"):
        raise Conflict(f"{organization.name} is archived. Nothing can be changed until it is restored.")
    return visitor


def _by_account(request: HttpRequest | Any, signatory: Signatory) -> Visitor | None:
    user = request.user
    if not isinstance(user, User) or not (is_seat_of(signatory, user) or signatory.delegate_id == user.pk):
        return None
    organization = signatory.round.revision.charter.organization
    return Visitor(signatory, user=user) if get_membership(user, organization) is not None else None


def _by_link(request: HttpRequest | Any, signatory: Signatory) -> Visitor | None:
    if not links.kept_somewhere(request):
        return None
    link = links.current(request, SIGN, signatory)
    return Visitor(signatory, link=link) if link is not None and link.address == signatory.email else None


def is_seat_of(signatory: Signatory, user: User) -> bool:
    """Whether a seat belongs to this account: bound when the round was sent, else by its address."""
    if signatory.user_id is not None:
        return signatory.user_id == user.pk
    return signatory.email == user.email


def decides(signatory: Signatory, user: User | None) -> bool:
    """Whether this account (None: the reader of the seat's link) answers for the seat now, not another.

    A seat that was handed over is its delegate's until it is taken back.
    """
    if signatory.delegated_at is not None:
        return user is not None and signatory.delegate_id == user.pk
    return user is None or is_seat_of(signatory, user)


def seats_of(visitor: Visitor) -> list[Signatory]:
    """The seats that stand on one sign page: all roles of one holder, for a delegate those handed over."""
    rows = Signatory.objects.filter(round_id=visitor.signatory.round_id, email=visitor.email)
    if visitor.is_delegate and visitor.user is not None:
        return [row for row in rows if row.delegate_id == visitor.user.pk]
    return list(rows)


def is_outcome_owner(charter: Charter, user: Any) -> bool:
    """Whether this account holds the outcome owner's seat in the revision that is in force."""
    if not isinstance(user, User):
        return False
    seats = Signatory.objects.filter(
        round__revision__charter=charter,
        round__revision__state=State.IN_FORCE,
        round__state=State.IN_FORCE,
        seat="outcome_owner",
    )
    return any(is_seat_of(seat, user) for seat in seats)


def may_cancel(charter: Charter, user: Any, *, manages: bool) -> bool:
    """Whether to offer cancelling: something is in force, nothing is out, and the person may."""
    if charter.archived_at or charter.organization.archived_at or charter.state == State.OUT:
        return False
    if not Revision.objects.filter(charter=charter, state=State.IN_FORCE).exists():
        return False
    return manages or is_outcome_owner(charter, user)


def get_charter_to_cancel(user: Any, pk: UUID | str) -> Charter:
    """The charter, for those who may end it: its outcome owner, and who manages charters."""
    charter = get_charter(user, pk)
    if not is_outcome_owner(charter, user):
        require(user, charter.organization, "manage")
    elif charter.organization.archived_at:
        raise Conflict(
            f"{charter.organization.name} is archived. Nothing can be changed until it is restored."
        )
    return charter


def get_comment(user: Any, pk: UUID | str) -> FieldComment:
    """A comment that this person may settle or reopen: who writes drafts, and who made it."""
    comment = FieldComment.objects.select_related("charter__organization").filter(pk=pk).first()
    if comment is None:
        raise NotFound
    own = isinstance(user, User) and comment.by_id == user.pk
    require(user, comment.charter.organization, "view" if own else "edit")
    return comment


def get_template(user: Any, pk: UUID | str, *, need: str = "view") -> CharterTemplate:
    """A template that is still offered."""
    template = CharterTemplate.objects.select_related("organization").filter(pk=pk, archived_at=None).first()
    if template is None:
        raise NotFound
    require(user, template.organization, need)
    return template


def get_guest(user: Any, pk: UUID | str) -> Guest:
    """A guest, for those who run the charter."""
    guest = Guest.objects.select_related("charter__organization").filter(pk=pk).first()
    if guest is None:
        raise NotFound
    require(user, guest.charter.organization, "manage")
    return guest


def get_visiting_guest(request: HttpRequest | Any, pk: UUID | str) -> Guest:
    """The guest who stands before the page, by a link that still holds; NotFound for everybody else."""
    guest = (
        Guest.objects.select_related("charter__organization", "charter__use_case")
        .filter(pk=pk, revoked_at=None, charter__archived_at=None)
        .first()
    )
    link = links.current(request, "guest", guest) if guest and links.kept_somewhere(request) else None
    if guest is None or link is None or link.address != guest.email:
        raise NotFound
    return guest
