"""Roles: who may change what, what acts at once, and that an owner always stays."""

import threading

import pytest
from django.db import connection, connections

from accounts import actions, audit
from accounts.access import get_membership, require
from accounts.models import ApiToken, Membership, Organization
from accounts.permissions import GRANTS, NEEDS, ROLES, STATES, allowed
from ui.errors import Conflict, DomainError, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("need", NEEDS)
def test_the_table_is_what_require_does(cast, need, role, state):
    if state == "archived":
        actions.archive_organization(cast.organization, by=cast.alice)
    user = cast.person(role)
    if allowed(role, need, state):
        assert require(user, cast.organization, need).user == user
    else:
        with pytest.raises(Conflict if allowed(role, need, "active") else NotAllowed):
            require(user, cast.organization, need)


@pytest.mark.parametrize("need", NEEDS)
def test_strangers_and_the_signed_out_find_nothing(cast, need):
    for who in (cast.charlie, None):
        with pytest.raises(NotFound):
            require(who, cast.organization, need)


def test_nobody_has_a_right_that_a_higher_role_lacks():
    for states in GRANTS.values():
        for roles in states.values():
            assert list(roles) == [] or "owner" in roles
            assert "viewer" not in roles or set(roles) == set(ROLES)


@pytest.mark.parametrize(
    ("take_away", "status"),
    [
        (lambda cast: actions.remove_member(cast.membership("frank"), by=cast.alice), 404),
        (lambda cast: actions.change_role(cast.membership("frank"), by=cast.alice, role="viewer"), 403),
        (lambda cast: actions.archive_organization(cast.organization, by=cast.alice), 409),
    ],
)
def test_rights_taken_away_are_gone_with_the_next_request(cast, take_away, status):
    client, bob = cast.client("facilitator"), cast.membership("bob")
    address = f"/people/{bob.pk}/functions/"
    assert client.post(address, {"functions": ["sponsor"]}).status_code == 302
    take_away(cast)
    assert client.post(address, {"functions": ["sponsor"]}).status_code == status


def test_a_disabled_account_is_a_stranger(cast):
    client = cast.client("owner")
    cast.alice.is_active = False
    cast.alice.save()
    assert client.get("/people/").status_code == 302
    assert get_membership(cast.alice, cast.organization) is None


def test_the_last_owner_stays(cast):
    mine = cast.membership("alice")
    for move in (
        lambda: actions.change_role(mine, by=cast.alice, role="member"),
        lambda: actions.remove_member(mine, by=cast.alice),
        lambda: actions.erase_person(cast.alice, by=cast.alice),
    ):
        with pytest.raises(Conflict, match="needs an owner"):
            move()
    actions.change_role(cast.membership("frank"), by=cast.alice, role="owner")
    actions.remove_member(mine, by=cast.alice)
    assert cast.membership("frank").role == "owner"


def test_a_disabled_owner_does_not_count_as_one(cast):
    actions.change_role(cast.membership("frank"), by=cast.alice, role="owner")
    cast.frank.is_active = False
    cast.frank.save()
    with pytest.raises(Conflict):
        actions.remove_member(cast.membership("alice"), by=cast.alice)


def test_facilitators_neither_change_roles_nor_remove_leaders(cast):
    with pytest.raises(NotAllowed):
        actions.change_role(cast.membership("bob"), by=cast.frank, role="owner")
    with pytest.raises(NotAllowed):
        actions.remove_member(cast.membership("alice"), by=cast.frank)
    with pytest.raises(NotAllowed):
        actions.invite(
            cast.organization, by=cast.frank, people=[actions.Invitee(email="x@y.example", role="owner")]
        )
    actions.remove_member(cast.membership("victor"), by=cast.frank)


def test_removal_ends_tokens(cast):
    actions.create_token(cast.organization, by=cast.bob, name="x", scopes=["audit:read"])
    actions.remove_member(cast.membership("bob"), by=cast.alice)
    assert ApiToken.objects.get().revoked_at is not None


def test_only_who_owns_all_of_somebodys_organizations_may_erase(cast):
    actions.add_member(cast.other, user=cast.bob, by=cast.charlie, role="member", functions=[], unit=None)
    with pytest.raises(NotAllowed):
        actions.erase_person(cast.bob, by=cast.alice)
    actions.erase_person(cast.victor, by=cast.alice)
    with pytest.raises(Conflict):
        actions.erase_person(cast.victor, by=cast.alice)


def test_functions_are_known_and_in_order(cast):
    changed = actions.change_functions(
        cast.membership("bob"), by=cast.frank, functions=["people_finance", "sponsor"], unit=None
    )
    assert changed.functions == ["sponsor", "people_finance"]
    with pytest.raises(DomainError):
        actions.change_functions(changed, by=cast.frank, functions=["chief"], unit=None)


def test_a_unit_of_another_organization_is_refused(cast):
    unit = actions.add_unit(cast.other, by=cast.charlie, name="Elsewhere")
    with pytest.raises(DomainError):
        actions.change_functions(cast.membership("bob"), by=cast.frank, functions=[], unit=unit)


def test_short_names_do_not_clash(cast):
    names = [actions.create_organization(by=cast.alice, name="Halvorsen Pumps").slug for _ in range(3)]
    assert names == ["halvorsen-pumps-2", "halvorsen-pumps-3", "halvorsen-pumps-4"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_two_owners_who_remove_each_other_at_once(cast, round_):
    actions.change_role(cast.membership("frank"), by=cast.alice, role="owner")
    ready, outcomes = threading.Barrier(2), []

    def remove(actor: str, target: str) -> None:
        client = cast.client(actor)
        address = f"/people/{cast.membership(target).pk}/remove/"
        ready.wait()
        outcomes.append(client.post(address).status_code)
        connections.close_all()

    threads = [
        threading.Thread(target=remove, args=pair) for pair in (("alice", "frank"), ("frank", "alice"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owners = Membership.objects.filter(organization=cast.organization, role="owner").count()
    assert owners == 1, outcomes
    assert sorted(outcomes)[0] == 302
    assert sorted(outcomes)[1] in (403, 404, 409)
    assert audit.verify([Organization.objects.get(pk=cast.organization.pk)]).intact
    assert connection.is_usable()
