"""The 25 tamperings that the product promises to deal with: named, refused, or clean where nothing is wrong.

Those of the database end in `verify_audit`, those of the paper in `verify_charter`; what is refused is
refused when it is tried. The number in each test's name is that of the list in docs/threat-model.md.
"""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from accounts import append_only, audit
from accounts.actions import add_unit
from accounts.models import AuditClearText, AuditEvent, ChainHead, User
from charters import seal_keys, sheet_check
from charters.actions import Proof, sign, start_revision, withdraw
from charters.actions.deciding import Choice, decide
from charters.keeping import standing_of
from charters.models import Decision, Revision, Signature, SignoffEvent, SignoffRound
from charters.queries import in_turn
from tests.charters import papers
from tests.charters.cast import (
    ALL_LIMITS,
    Cast,
    build_cast,
    fresh,
    send_charter,
    visitor,
    write_charter,
)
from tests.charters.sealed import four_parties, in_force
from tests.kept import kept
from ui.errors import DomainError

pytestmark = pytest.mark.django_db


class Stand:
    """A charter in force, and a second one that waits for its first signatures."""

    def __init__(self) -> None:
        self.cast: Cast = build_cast()
        self.round = in_force(self.cast)
        self.open = send_charter(self.cast, write_charter(self.cast, **four_parties()))
        self.anchor = audit.anchor(self.cast.organization)

    @property
    def revision(self) -> Revision:
        return self.round.revision

    @property
    def entries(self) -> Any:
        return AuditEvent.objects.filter(chain=str(self.cast.organization.pk)).order_by("number")

    @property
    def head(self) -> Any:
        return ChainHead.objects.filter(pk=str(self.cast.organization.pk))

    def sign(self, seat: str = "", **more: Any) -> None:
        """One signature in the open round, by the holder of the seat."""
        found = seat or sorted(in_turn(SignoffRound.objects.get(pk=self.open.pk)))[0]
        by = more.pop("by", self.cast.signers[found])
        given = {"shown_hash": self.open.sha256, "proof": fresh(), "accepted": ALL_LIMITS, **more}
        sign(visitor(self.open, found), by=by, **given)

    def first(self) -> str:
        return sorted(in_turn(SignoffRound.objects.get(pk=self.open.pk)))[0]


def said(stand: Stand, anchor: str = "") -> list[str]:
    return [str(one) for one in audit.verify([stand.cast.organization], anchors=anchor).tampering]


def unguard() -> None:
    """The triggers out of the way, as for somebody who owns the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in append_only.SQLITE:
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            for name, (table, _) in append_only.POSTGRES.items():
                cursor.execute(f"DROP TRIGGER {name} ON {table}")


def remove(entry: AuditEvent) -> None:
    unguard()
    AuditClearText.objects.filter(event=entry).delete()
    SignoffEvent.objects.filter(audit=entry).delete()
    AuditEvent.objects.filter(pk=entry.pk).delete()


def in_text(stand: Stand, old: str, new: str) -> None:
    content = stand.revision.content
    assert old in content
    Revision.objects.filter(pk=stand.revision.pk).update(content=content.replace(old, new))


def change_signature(stand: Stand, **values: Any) -> None:
    Signature.objects.filter(round=stand.round, seat="legal").update(**values)


def change_decision(stand: Stand) -> None:
    charter = stand.revision.charter
    charter.refresh_from_db()
    revision = Revision.objects.get(pk=stand.revision.pk)
    choice = Choice("stop", "Nothing was found.", "Archive the code", "Rolf Tennfjord", dt.date(2027, 2, 1))
    owner = stand.cast.signers["outcome_owner"]
    decide(charter, choice, by=owner, shown=standing_of(revision).mark, proof=fresh())
    Decision.objects.filter(revision=revision).update(outcome="scale")


def delete_in_the_middle(stand: Stand) -> None:
    remove(stand.entries.get(number=4))


def insert(stand: Stand) -> None:
    unguard()
    last = stand.entries.last()
    last.pk, last.number, last.previous = None, last.number + 1, last.seal
    AuditEvent.objects.bulk_create([last])
    stand.head.update(length=last.number, seal=last.seal)


def reorder(stand: Stand) -> None:
    unguard()
    two, three = stand.entries.get(number=2), stand.entries.get(number=3)
    for row, number in ((two, 900), (three, 2), (two, 3)):
        stand.entries.filter(pk=row.pk).update(number=number)


def recompute(stand: Stand) -> None:
    unguard()
    previous = ""
    for row in stand.entries:
        audit._seal(row, b"x" * 32, previous)
        previous = row.seal
        row.save()
    stand.head.update(seal=previous)


def move_to(stand: Stand, same_charter: bool) -> None:
    """A signature of the first round counted for another revision, or for another charter."""
    target = stand.open
    if same_charter:
        revision = Revision.objects.get(pk=stand.revision.pk)
        revision.pk, revision.number, revision.state = None, 2, "frozen"
        revision.save(force_insert=True)
        target = SignoffRound.objects.create(revision=revision, sha256=revision.sha256, state="declined")
    row = Signature.objects.get(round=stand.round, seat="legal")
    Signature.objects.filter(pk=row.pk).update(round=target)


NAMED: dict[int, tuple[str, Callable[[Stand], Any], str]] = {
    1: ("text", lambda stand: in_text(stand, "Every six weeks", "Every nine weeks"), "content"),
    2: ("figure", lambda stand: in_text(stand, '"70000"', '"700000"'), "content"),
    3: ("criterion", lambda stand: in_text(stand, '"0.75"', '"0.57"'), "content"),
    4: ("signer", lambda stand: change_signature(stand, name="Somebody Else"), "legal · name"),
    5: ("time", lambda stand: change_signature(stand, signed_at=timezone.now()), "legal · signed_at"),
    6: ("decision", change_decision, "decision · outcome"),
    7: ("event deleted in the middle", delete_in_the_middle, "entry 5"),
    9: ("event inserted", insert, "· "),
    10: ("events reordered", reorder, "entry 2"),
    11: ("chain recomputed without the key", recompute, "key_mark"),
    12: ("signature moved to another revision", lambda stand: move_to(stand, True), "· audit"),
    13: ("signature moved to another charter", lambda stand: move_to(stand, False), "· audit"),
}


def show(number: int, name: str, ended: str) -> None:
    print(f"tampering {number}, {name}: {ended}")


@pytest.mark.parametrize("number", NAMED, ids=str)
def test_named(number: int) -> None:
    stand = kept(Stand)()
    assert said(stand) == []
    name, tamper, where = NAMED[number]
    tamper(stand)
    found = said(stand)
    assert any(where in line for line in found), found
    show(number, name, f"named, {found[0]}")


@pytest.mark.parametrize(("number", "entries"), [(8, 1), (25, 6)], ids=["8", "25"])
def test_named_against_an_anchor(number: int, entries: int) -> None:
    """8: the end of the log is cut. 25: an older database is put back. Only what lies elsewhere shows it."""
    cast = build_cast()
    for name in range(entries + 2):
        add_unit(cast.organization, by=cast.olga, name=f"Unit {name}")
    chain_of = AuditEvent.objects.filter(chain=str(cast.organization.pk)).order_by("number")
    anchor = audit.anchor(cast.organization)
    unguard()
    older = chain_of.reverse()[entries]
    later = chain_of.filter(number__gt=older.number)
    AuditClearText.objects.filter(event__in=later).delete()
    later.delete()
    ChainHead.objects.filter(pk=str(cast.organization.pk)).update(length=older.number, seal=older.seal)
    report = audit.verify([cast.organization])
    assert report.intact
    assert report.tails[str(cast.organization.pk)] == "The tail cannot be checked without an anchor."
    (found,) = audit.verify([cast.organization], anchors=anchor).tampering
    assert "the tail was cut or an older database restored" in str(found)
    show(number, "older state of the log", f"named against an anchor, {found}")


def replay(stand: Stand) -> None:
    seat = stand.first()
    stand.sign(seat)
    stand.sign(seat)


def not_a_party(stand: Stand) -> None:
    stand.sign(by=stand.cast.max)


def removed(stand: Stand) -> None:
    stand.cast.signers[stand.first()].memberships.all().delete()
    stand.sign(by=User.objects.get(pk=stand.cast.signers[stand.first()].pk))


def disabled(stand: Stand) -> None:
    User.objects.filter(pk=stand.cast.signers[stand.first()].pk).update(is_active=False)
    stand.sign(by=User.objects.get(pk=stand.cast.signers[stand.first()].pk))


def long_ago(stand: Stand) -> None:
    stand.sign(proof=Proof("account", "password", timezone.now() - dt.timedelta(minutes=6)))


def withdrawn(stand: Stand) -> None:
    seat = stand.first()
    withdraw(stand.open.revision.charter, by=stand.cast.frida, reason="A new text comes.")
    stand.sign(seat)


def changed(stand: Stand) -> None:
    seat = stand.first()
    start_revision(stand.open.revision.charter, by=stand.cast.frida, reason="A new text comes.")
    stand.sign(seat)


def edited_meanwhile(stand: Stand) -> None:
    stand.sign(shown_hash="0" * 64)


def out_of_turn(stand: Stand) -> None:
    """All at once: whose step has not come is refused, however the requests arrive (see test_races)."""
    turn = in_turn(SignoffRound.objects.get(pk=stand.open.pk))
    later = next(seat for seat in stand.cast.signers if seat not in turn)
    stand.sign(later)


REFUSED: dict[str, tuple[int, Callable[[Stand], Any]]] = {
    "request replayed": (14, replay),
    "not a party": (15, not_a_party),
    "removed from the organization": (15, removed),
    "account disabled": (15, disabled),
    "no fresh sign-in": (16, long_ago),
    "round withdrawn": (17, withdrawn),
    "text changed": (17, changed),
    "edited between display and signing": (18, edited_meanwhile),
    "all sign at once": (19, out_of_turn),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    stand = kept(Stand)()
    number, attempt = REFUSED[name]
    with pytest.raises(DomainError) as refused:
        attempt(stand)
    assert Signature.objects.filter(round=stand.open).count() == (1 if number == 14 else 0)
    assert said(stand) == []
    show(number, name, f"refused, {refused.value.message}")


@pytest.mark.parametrize(
    ("number", "name", "tamper"),
    [
        (20, "a byte of the PDF", lambda content: papers.flipped(content, len(content) // 3)),
        (21, "incremental update, shadow content", papers.with_update),
    ],
    ids=["20", "21"],
)
def test_named_in_the_paper(number: int, name: str, tamper: Callable[[bytes], bytes]) -> None:
    made = papers.paper()
    assert sheet_check.check(made.sheet, [made.key.root], thorough=True).intact
    verdict = sheet_check.check(tamper(made.sheet), [made.key.root], thorough=True)
    assert any("bytes" in str(problem) for problem in verdict.problems)
    show(number, name, f"named, {verdict.problems[0]}")


def rename_and_delete(stand: Stand, settings: Any) -> None:
    User.objects.filter(pk=stand.cast.signers["legal"].pk).update(
        name="Renamed", email="new@halvorsen.example"
    )
    stand.cast.signers["security"].memberships.all().delete()


def rotate(stand: Stand, settings: Any) -> None:
    settings.AUDIT_RETIRED_KEYS = (django_settings.AUDIT_KEY,)
    settings.AUDIT_KEY = b"n" * 32
    stand.sign()


def write_otherwise(stand: Stand, settings: Any) -> None:
    turned = json.dumps(dict(reversed(list(json.loads(stand.revision.content).items()))), indent=2)
    Revision.objects.filter(pk=stand.revision.pk).update(content=unicodedata.normalize("NFD", turned))


CLEAN: dict[int, tuple[str, Callable[[Stand, Any], Any]]] = {
    22: ("user deleted or renamed", rename_and_delete),
    23: ("key rotated", rotate),
    24: ("order of keys, normal form, time zone", write_otherwise),
}


@pytest.mark.parametrize("number", CLEAN, ids=str)
def test_clean(number: int, settings: Any) -> None:
    stand = kept(Stand)()
    name, change = CLEAN[number]
    change(stand, settings)
    assert said(stand) == []
    show(number, name, "clean")


def test_sealing_keys_rotate_cleanly(tmp_path: Any) -> None:
    old = papers.seal("HP-03", 1, seal_keys.own_key(tmp_path, "x.example"))
    seal_keys.rotate(tmp_path, "x.example", issuer_too=True)
    assert sheet_check.check(old.sheet, seal_keys.roots(tmp_path), thorough=True).intact
