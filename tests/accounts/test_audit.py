"""The audit log: written with the change, named tampering, erased without breaking."""

import zlib

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import actions, append_only, audit
from accounts.chain import anchor_text
from accounts.models import AuditClearText, AuditEvent, ChainHead

pytestmark = pytest.mark.django_db


@pytest.fixture
def unguarded(cast):
    """The triggers out of the way, as for somebody who owns the database."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in append_only.SQLITE:
                cursor.execute(f"DROP TRIGGER {name}")
    else:
        with connection.cursor() as cursor:
            for name, (table, _) in append_only.POSTGRES.items():
                cursor.execute(f"DROP TRIGGER {name} ON {table}")
    return cast


def entries(cast):
    return AuditEvent.objects.filter(chain=str(cast.organization.pk)).order_by("number")


def findings(cast, **kwargs):
    report = audit.verify([cast.organization], **kwargs)
    return [(finding.row.split(" (")[0], finding.field) for finding in report.tampering]


def test_untouched_chains_are_intact(cast):
    report = audit.verify()
    assert report.intact
    assert set(report.tails) == {"installation", str(cast.organization.pk), str(cast.other.pk)}
    assert report.entries == AuditEvent.objects.count() >= 8


@pytest.mark.django_db(transaction=True)
def test_an_entry_needs_the_transaction_of_its_change():
    with pytest.raises(RuntimeError):
        audit.record(organization=None, actor=None, event="x.y", subject=None, data={})


def test_entry_and_change_stand_or_fall_together(cast):
    before = AuditEvent.objects.count()
    with transaction.atomic():
        actions.add_unit(cast.organization, by=cast.alice, name="Foundry")
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before
    assert audit.verify().intact


@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditEvent.objects.update(event="other"),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
        lambda: AuditClearText.objects.update(value="Somebody else"),
        lambda: AuditClearText.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_refuses_changes(cast, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        change()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", "member.removed"),
        ("subject_id", "other"),
        ("subject_type", "accounts.unit"),
        ("actor_id", None),
        ("previous", "0" * 64),
        ("seal", "0" * 64),
        ("key_mark", "0" * 16),
    ],
)
def test_a_changed_field_is_named(unguarded, field, value):
    entries(unguarded).filter(number=2).update(**{field: value})
    named = [name for row, name in findings(unguarded) if row == "entry 2"]
    assert field.removesuffix("_id") in [name.removesuffix("_id") for name in named]


def test_a_changed_time_is_named(unguarded):
    row = entries(unguarded).get(number=2)
    entries(unguarded).filter(number=2).update(created_at=row.created_at.replace(year=2020))
    assert findings(unguarded) == [("entry 2", "created_at")]


@pytest.mark.parametrize("raw", ['{"role": 1e999}', '{"role": "\\ud800"}', '{"role": ' + "9" * 5000 + "}"])
def test_data_that_nobody_can_have_sealed_is_named(unguarded, raw):
    if connection.vendor != "sqlite" and "e999" not in raw:
        pytest.skip("PostgreSQL keeps no such JSON")
    row = entries(unguarded).get(number=2)
    with connection.cursor() as cursor:
        pk = row.pk.hex if connection.vendor == "sqlite" else str(row.pk)
        cursor.execute("UPDATE accounts_auditevent SET data = %s WHERE id = %s", [raw, pk])
    assert findings(unguarded)[0] in [("entry 2", "data.role"), ("entry 2", "data")]


def test_changed_added_and_dropped_data_is_named(unguarded):
    row = entries(unguarded).get(number=2)
    changed = {**row.data, "role": "owner", "extra": 1}
    del changed["functions"]
    entries(unguarded).filter(number=2).update(data=changed)
    assert {field for _, field in findings(unguarded)} == {"data.role", "data.extra", "data.functions"}


def test_marks_dropped_together_with_the_data_show_in_the_seal(unguarded):
    row = entries(unguarded).get(number=2)
    del row.data["role"], row.field_marks["data.role"]
    entries(unguarded).filter(number=2).update(data=row.data, field_marks=row.field_marks)
    assert findings(unguarded) == [("entry 2", "seal")]


def test_changed_and_deleted_clear_text_is_named(unguarded):
    row = entries(unguarded).get(number=2)
    AuditClearText.objects.filter(event=row, field="name").update(value="Mallory")
    AuditClearText.objects.filter(event=row, field="address").delete()
    assert findings(unguarded) == [("entry 2", "personal.address"), ("entry 2", "personal.name")]


def test_an_entry_missing_in_the_middle_is_named(unguarded):
    row = entries(unguarded).get(number=2)
    row.clear_texts.all().delete()
    row.delete()
    assert findings(unguarded) == [("entry 3", "number")]


def test_entries_missing_at_the_end_are_named(unguarded):
    row = entries(unguarded).last()
    row.clear_texts.all().delete()
    row.delete()
    assert findings(unguarded) == [("chain head", "length")]


def test_a_cut_tail_with_a_mended_head_shows_against_an_anchor_only(unguarded):
    anchor = audit.anchor(unguarded.organization)
    last, before = entries(unguarded).reverse()[:2]
    last.clear_texts.all().delete()
    last.delete()
    ChainHead.objects.filter(pk=str(unguarded.organization.pk)).update(length=before.number, seal=before.seal)
    report = audit.verify([unguarded.organization])
    assert report.intact
    assert report.tails[str(unguarded.organization.pk)] == "The tail cannot be checked without an anchor."
    assert findings(unguarded, anchors=anchor) == [("chain head", "length")]


def test_a_recomputed_chain_shows_without_the_key(unguarded, settings):
    right = settings.AUDIT_KEY
    settings.AUDIT_KEY = b"x" * 32
    previous = ""
    for row in entries(unguarded):
        row.data = {**row.data, "role": "owner"}
        audit._seal(row, settings.AUDIT_KEY, previous)
        previous = row.seal
        row.save()
    ChainHead.objects.filter(pk=str(unguarded.organization.pk)).update(seal=previous)
    settings.AUDIT_KEY = right
    assert {field for _, field in findings(unguarded)} == {"key_mark"}


def test_swapped_entries_are_named(unguarded):
    two, three = entries(unguarded).get(number=2), entries(unguarded).get(number=3)
    for row, number in ((two, 900), (three, 2), (two, 3)):
        entries(unguarded).filter(pk=row.pk).update(number=number)
    named = findings(unguarded)
    assert ("entry 2", "number") in named
    assert ("entry 3", "number") in named


def test_an_inserted_entry_is_named(unguarded):
    last = entries(unguarded).last()
    last.pk, last.number, last.previous = None, last.number + 1, last.seal
    AuditEvent.objects.bulk_create([last])
    ChainHead.objects.filter(pk=str(unguarded.organization.pk)).update(length=last.number, seal=last.seal)
    assert any(row == f"entry {last.number}" for row, _ in findings(unguarded))


def test_a_rotated_key_verifies(cast, settings):
    old = settings.AUDIT_KEY
    settings.AUDIT_KEY = b"n" * 32
    assert not audit.verify().intact
    settings.AUDIT_RETIRED_KEYS = (old,)
    actions.add_unit(cast.organization, by=cast.alice, name="Foundry")
    assert audit.verify().intact


def test_erasure_empties_clear_text_and_the_chain_still_verifies(cast):
    actions.erase_person(cast.bob, by=cast.bob)
    report = audit.verify()
    assert report.intact
    assert report.erased > 0
    assert not AuditClearText.objects.filter(value__icontains="bob").exists()
    cast.bob.refresh_from_db()
    assert (cast.bob.name, cast.bob.is_active) == ("Erased person", False)


def test_renaming_and_deleting_a_person_verifies(cast):
    actions.update_profile(cast.victor, name="Victoria", theme="dark")
    actions.change_address(cast.victor, email="victoria@firm.example")
    cast.membership("victor").delete()
    cast.victor.delete()
    assert audit.verify().intact


def test_the_command_says_intact_and_names_tampering(unguarded, capsys):
    call_command("verify_audit")
    assert "Intact:" in capsys.readouterr().out
    entries(unguarded).filter(number=2).update(event="other")
    with pytest.raises(CommandError):
        call_command("verify_audit", org="halvorsen-pumps")
    assert "entry 2" in capsys.readouterr().out


def test_the_command_reads_anchors_from_notes_and_pdfs(cast, tmp_path, capsys):
    line = audit.anchor(cast.organization)
    note, pdf, empty = tmp_path / "note.txt", tmp_path / "sealed.pdf", tmp_path / "empty.txt"
    note.write_text(f"kept on Friday: {line}")
    pdf.write_bytes(b"%PDF-1.7\n1 0 obj <<>>\nstream\n" + zlib.compress(line.encode()) + b"\nendstream\n")
    empty.write_text("nothing")
    call_command("verify_audit", anchor=[str(note), str(pdf)])
    assert "Compared with an anchor" in capsys.readouterr().out
    with pytest.raises(CommandError, match="holds no anchor"):
        call_command("verify_audit", anchor=[str(empty)])
    later = anchor_text(str(cast.organization.pk), 999, "a" * 64)
    note.write_text(later)
    with pytest.raises(CommandError):
        call_command("verify_audit", anchor=[str(note)])


def test_the_printed_anchor_is_the_head(cast, capsys):
    call_command("verify_audit", print_anchor=True)
    assert audit.anchor(cast.organization) in capsys.readouterr().out.splitlines()
