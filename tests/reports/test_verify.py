"""The sealed sheet from the last signature on: made once, mailed, checked by page, address and command."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import audit
from accounts.models import OutgoingMail
from charters import seal_keys
from charters.actions import start_revision
from charters.actions.sheets import request_sheet
from charters.models import SealedSheet, Signature, SignoffEvent, SignoffRound
from charters.proof import check
from charters.signoff import State
from jobs import files
from jobs.models import Job
from jobs.runner import run
from reports import verifying
from tests.charters import papers
from tests.charters.cast import Cast, build_cast
from tests.charters.sealed import in_force, seal, sheet_of
from ui.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def people() -> Cast:
    return build_cast()


@pytest.fixture
def round_(people: Cast) -> SignoffRound:
    return in_force(people)


@pytest.fixture
def row(round_: SignoffRound) -> SealedSheet:
    return seal(round_)


def content_of(row: SealedSheet) -> bytes:
    return files.read(row.file)


def hand_in(content: bytes, **more: Any) -> Any:
    file = SimpleUploadedFile("sheet.pdf", content, "application/pdf")
    return Client().post("/verify/", {"file": file}, **more)


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_last_signature_has_the_sheet_sealed_once(
    people: Cast, django_capture_on_commit_callbacks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    round_ = in_force(people)
    job = Job.objects.get(name="charters.seal")
    assert job.args == [str(round_.pk)]
    # Killed while it keeps the sheet: nothing of it stays.
    with monkeypatch.context() as broken:
        broken.setattr("charters.actions.sheets.mail.send", lambda **_: 1 / 0)
        run(str(job.pk))
    assert not SealedSheet.objects.exists()
    assert not SignoffEvent.objects.filter(kind="sealed").exists()
    for _ in range(2):
        Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
        with django_capture_on_commit_callbacks(execute=True):
            run(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    row = SealedSheet.objects.get()
    signers = set(Signature.objects.filter(round=round_).values_list("email", flat=True))
    sent = OutgoingMail.objects.filter(template="emails/charter_sealed")
    assert set(sent.values_list("to", flat=True)) == signers
    assert sent.count() == len(signers) == 9
    attached = [one for message in mail.outbox for one in message.attachments]
    assert len(attached) == 9
    assert all(hashlib.sha256(one[1]).hexdigest() == row.file.sha256 for one in attached)
    assert SignoffEvent.objects.filter(kind="sealed").count() == 1
    assert list(check([str(people.organization.pk)])) == []
    assert audit.verify().intact
    with pytest.raises(Conflict):
        request_sheet(round_, by=people.frida)


def test_a_file_as_it_was_sealed_is_intact(row: SealedSheet) -> None:
    answer = hand_in(content_of(row))
    assert answer.status_code == 200
    said = words(answer)
    assert "This sheet is intact" in said
    for part in ("Solveig Aasgaard", "Decision maker", "signed in with an account (password)", "HP-01"):
        assert part in said
    assert "@halvorsen.example" not in said
    assert "This is the full charter that was signed" in words(hand_in(files.read(row.paper)))


def test_a_changed_file_is_named_by_its_bytes(row: SealedSheet) -> None:
    content = content_of(row)
    for changed, says in (
        (papers.flipped(content, 5000), "It differs from what was sealed from byte 5000 on."),
        (papers.with_update(content), f"Bytes {len(content)} to "),
        (papers.cut_before_last_seal(content), "seals are missing"),
    ):
        said = words(hand_in(changed))
        assert "This file was changed after it was sealed" in said
        assert says in said
        assert "Solveig" not in said


def test_files_of_others_tell_a_stranger_nothing(row: SealedSheet) -> None:
    made = papers.paper()
    assert "did not seal this file as it is" in words(hand_in(made.sheet))
    assert "Nothing to rely on" in words(hand_in(made.charter))
    assert "This is not a PDF" in words(hand_in(b"GIF89a"))
    assert "cannot be read" in words(hand_in(b"%PDF-1.7\n" + b"\x00" * 4000))
    for answer in (hand_in(made.sheet), hand_in(b"GIF89a")):
        assert "Halvorsen" not in words(answer)


def test_a_sheet_sealed_here_without_a_record_says_so(round_: SignoffRound) -> None:
    made = sheet_of(round_)
    assert "Sealed here, and not on record" in words(hand_in(made.sheet))


def test_what_is_no_file_or_too_large_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().post("/verify/").status_code == 422
    monkeypatch.setattr("reports.verify_views.MAX_BYTES", 10)
    assert hand_in(b"%PDF-1.7 and more").status_code == 413


def test_tries_are_counted() -> None:
    for _ in range(30):
        assert hand_in(b"x").status_code == 200
    assert hand_in(b"x").status_code == 429


def test_the_address_on_the_sheet_tells_what_was_sealed(row: SealedSheet, people: Cast) -> None:
    said = words(Client().get(f"/verify/{row.token}/"))
    assert "Revision 1 of HP-01 has a sealed sheet" in said
    assert "Gunhild Strand" in said
    assert Client().get(f"/verify/{uuid4().hex}/").status_code == 404
    assert Client().get(f"/verify/{row.pk}/").status_code == 404
    start_revision(row.round.revision.charter, by=people.frida, reason="More pumps.")
    row.round.revision.refresh_from_db()
    newer = row.round.revision
    newer.pk, newer.number, newer.state = None, 2, State.OUT
    newer.save(force_insert=True)
    said = words(hand_in(content_of(row)))
    assert "There is a newer revision, 2: out for signature." in said


def test_a_changed_record_is_said(row: SealedSheet) -> None:
    Signature.objects.filter(round=row.round, seat="legal").update(name="Somebody Else")
    said = words(hand_in(content_of(row)))
    assert "The record of this sheet was changed here" in said
    assert "legal, name" in said
    assert "Somebody Else" not in said


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"token": "f" * 32}, "token"),
        ({"key_mark": "0" * 64}, "key"),
        ({"time_stamped": True}, "time_stamped"),
    ],
)
def test_the_row_of_a_sheet_is_held_against_the_log(
    row: SealedSheet, people: Cast, values: dict[str, Any], field: str
) -> None:
    assert list(check([str(people.organization.pk)])) == []
    SealedSheet.objects.update(**values)
    (found,) = check([str(people.organization.pk)])
    assert (found.row.endswith("sealed sheet"), found.field) == (True, field)


def test_the_page_of_the_charter_offers_the_sheet(row: SealedSheet, people: Cast) -> None:
    client = Client()
    client.force_login(people.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    charter = row.round.revision.charter
    page = client.get(f"/charters/{charter.pk}/")
    path = f"/charters/{charter.pk}/revisions/1/sheet.pdf"
    assert path in page.content.decode()
    assert f"/verify/{row.token}/" in page.content.decode()
    assert b"".join(client.get(path).streaming_content) == content_of(row)


def _verify(*args: str) -> str:
    out = StringIO()
    call_command("verify_charter", *args, stdout=out)
    return out.getvalue()


def test_the_command_needs_the_file_and_the_certificate_only(row: SealedSheet, tmp_path: Path) -> None:
    sheet, paper, ca = tmp_path / "sheet.pdf", tmp_path / "charter.pdf", tmp_path / "ca.pem"
    sheet.write_bytes(content_of(row))
    paper.write_bytes(files.read(row.paper))
    ca.write_bytes(Client().get("/verify/certificates.pem").content)
    said = _verify(str(sheet), "--trust", str(ca), "--charter", str(paper))
    assert "Intact" in said
    assert "HP-01 revision 1" in said
    sheet.write_bytes(papers.flipped(content_of(row), 5000))
    with pytest.raises(CommandError, match="bytes 0 to") as stopped:
        _verify(str(sheet), "--trust", str(ca))
    assert stopped.value.returncode == 1
    sheet.write_bytes(papers.paper().sheet)
    with pytest.raises(CommandError, match="not trusted here"):
        _verify(str(sheet))
    for bad in (str(tmp_path / "none.pdf"), str(ca)):
        with pytest.raises(CommandError):
            _verify(bad)


def test_the_sheet_holds_the_end_of_the_log(row: SealedSheet, tmp_path: Path, capsys: Any) -> None:
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(content_of(row))
    call_command("verify_audit", anchor=[str(sheet)])
    assert "Compared with an anchor" in capsys.readouterr().out


def test_rotating_leaves_old_sheets_verifiable(row: SealedSheet, capsys: Any) -> None:
    roots = len(seal_keys.roots(Path(django_settings.KEYS_DIR)))
    call_command("rotate_seal_key", "--issuer")
    assert len(seal_keys.roots(Path(django_settings.KEYS_DIR))) == roots + 1
    assert "This sheet is intact" in words(hand_in(content_of(row)))
    assert audit.verify().intact
    assert verifying.by_token(row.token) == row
