"""What is put back is what was made, and where anything else can have a say it is made anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from accounts.models import Organization
from jobs.actions import request
from jobs.models import Job
from tests import kept as keeping
from tests.charters.cast import Cast, build_cast, send_charter, write_charter
from tests.kept import from_the_start, kept

pytestmark = pytest.mark.django_db


class Counted:
    """A kept function, and how often it ran."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.times = 0

        @kept
        def call(*args: Any, **kwargs: Any) -> Any:
            self.times += 1
            return make(*args, **kwargs)

        self.call = call


def as_in_a_test(do: Callable[[], Any], patches: list[pytest.MonkeyPatch] | None = None) -> Any:
    """What it returns and all rows then; both gone from the database afterwards."""
    mark = transaction.savepoint()
    with from_the_start(patches or []):
        value = do()
        rows = keeping._read()
    transaction.savepoint_rollback(mark)
    return value, rows


def named(name: str = "Pumps") -> Organization:
    return Organization.objects.create(name=name, slug=name.lower(), currency="EUR")


def test_the_rows_and_the_value_are_the_same() -> None:
    people, written = Counted(build_cast), Counted(lambda cast: send_charter(cast, write_charter(cast)))

    def do() -> Any:
        cast = people.call()
        return cast, written.call(cast)

    (cast, round_), rows = as_in_a_test(do)
    (again, round_again), rows_again = as_in_a_test(do)
    assert (people.times, written.times) == (1, 1)
    assert rows_again == rows
    assert {"charters_charter", "accounts_auditevent", "accounts_personallink"} <= set(rows)
    assert (again, round_again) == (cast, round_)
    # Copies: a test which changes its own changes nobody else's.
    assert again.organization is not cast.organization
    assert round_again.revision is not round_.revision


def test_what_follows_is_counted_on() -> None:
    """A number that the database gives out next is free."""
    make = Counted(lambda: Job.objects.count() or named())
    as_in_a_test(make.call)

    def do() -> None:
        make.call()
        cast = build_cast()
        write_charter(cast)

    as_in_a_test(do)
    assert make.times == 1


def test_what_waits_for_the_commit_and_mails_come_too() -> None:
    def ask() -> None:
        mail.send_mail("S", "T", "a@firm.example", ["b@firm.example"])
        request("roadmap.plan", "x", title="Plan", by=None)

    make = Counted(ask)
    for _ in range(2):
        mail.outbox.clear()
        waited = len(connection.run_on_commit)
        with from_the_start([]), transaction.atomic():
            make.call()
        assert len(connection.run_on_commit) == waited + 1
        assert len(mail.outbox) == 1
        Job.objects.all().delete()
    assert make.times == 1


def test_other_arguments_settings_and_histories_make_anew(settings: Any) -> None:
    make = Counted(named)
    as_in_a_test(make.call)
    as_in_a_test(lambda: make.call("Valves"))
    assert make.times == 2
    settings.PUBLIC_URL = "https://other.example"
    as_in_a_test(make.call)
    assert make.times == 3
    as_in_a_test(lambda: (make.call(), make.call("Valves")))
    assert make.times == 4


def test_what_else_was_written_or_patched_makes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Counted(named)
    as_in_a_test(make.call)
    as_in_a_test(lambda: (named("Valves"), make.call()))
    assert make.times == 2

    def taken_back() -> None:
        make.call()
        Organization.objects.all().delete()
        make.call()

    as_in_a_test(taken_back)
    assert make.times == 3
    monkeypatch.setattr("accounts.actions.create_account", None)
    as_in_a_test(make.call, [monkeypatch])
    assert make.times == 4
    monkeypatch.undo()
    as_in_a_test(make.call, [monkeypatch])
    assert make.times == 4


def test_a_stopped_clock_makes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Counted(named)
    as_in_a_test(make.call)
    monkeypatch.setattr("django.utils.timezone.now", lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    as_in_a_test(make.call)
    assert make.times == 2


def test_what_was_given_looks_as_afterwards() -> None:
    def rename(organization: Organization) -> Organization:
        organization.name = "Renamed"
        organization.save()
        return organization

    make, first = Counted(rename), Counted(named)

    def do() -> str:
        organization = first.call()
        assert make.call(organization) is organization
        return str(organization.name)

    assert as_in_a_test(do)[0] == "Renamed"
    assert as_in_a_test(do)[0] == "Renamed"
    assert make.times == 1


@pytest.mark.django_db(transaction=True)
def test_where_rows_are_committed_all_is_made() -> None:
    make = Counted(named)
    make.call()
    Organization.objects.all().delete()
    make.call()
    assert make.times == 2


def test_a_cast_of_old_is_not_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Counted(build_cast)
    first: Cast = as_in_a_test(make.call)[0]
    monkeypatch.setattr(keeping, "SECONDS", 0)
    assert as_in_a_test(make.call)[0].olga.pk != first.olga.pk
