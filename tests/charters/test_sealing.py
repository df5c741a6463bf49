"""Sealed sign-off sheets: what a seal says, what is intact, what is named, and keys that change."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from charters import seal_keys, sealing, sheet, sheet_check
from charters.sheet import NOT_EVIDENCE
from reports.sheet import context_of, render_sheet
from tests.charters import papers
from tests.charters.papers import paper
from tests.reports.pdfs import is_tagged, pages, read


def found(content: bytes, **more: Any) -> list[str]:
    verdict = sheet_check.check(content, more.pop("roots", [papers.key().root]), thorough=True, **more)
    return [str(problem) for problem in verdict.problems]


def test_a_sealed_sheet_is_intact_and_says_who_agreed_to_what() -> None:
    made = paper()
    verdict = sheet_check.check(made.sheet, [made.key.root], thorough=True, charter=made.charter)
    assert verdict.problems == ()
    assert [name for name, _ in verdict.seals] == [
        "Solveig Aasgaard", "Rolf Tennfjord", "Hanneke Voss", "Gunhild Strand"
    ]  # fmt: skip
    assert verdict.seals[0][1] == (
        "Solveig Aasgaard, Decision maker, agreed to revision 1 of HP-03 on 20 Nov 2026, 14:00:11 UTC: "
        "signed in with an account (password)."
    )
    assert "in place of Yusuf Adebayo" in verdict.seals[2][1]
    assert verdict.seals[3][1].endswith("Not evidence.")


def test_the_sheet_prints_all_that_counts() -> None:
    made = paper()
    text = " ".join(" ".join(pages(made.sheet)).split())
    for part in (
        made.log["text_sha256"][:40], made.log["paper_sha256"][:40], "One change since the first signature",
        "simple electronic signatures", "Answers are probabilities.", NOT_EVIDENCE[:40],
        made.log["verify"][:40],
        "throughline-chain:installation:7:", "in place of Yusuf Adebayo",
    ):  # fmt: skip
        assert part in text or part.replace(" ", "") in text.replace(" ", ""), part
    assert 1 <= len(pages(made.sheet)) <= 4
    assert is_tagged(read(made.sheet))
    assert set(read(made.sheet).attachments) == {sheet.TEXT, sheet.LOG, sheet.PAPER}


def test_before_its_seals_the_same_sheet_has_the_same_bytes() -> None:
    made = paper()
    text = bytes(read(made.sheet).attachments[sheet.TEXT][0])
    assert render_sheet(made.log, text, made.charter) == render_sheet(made.log, text, made.charter)
    assert made.sheet.startswith(render_sheet(made.log, text, made.charter))


def test_no_certificate_bears_the_name_of_a_person() -> None:
    subject = x509.load_der_x509_certificate(papers.key().certificate).subject.rfc4514_string()
    assert subject == "CN=Throughline seal of charters.example"


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig is not installed")
def test_another_program_finds_every_seal_valid(tmp_path: Path) -> None:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(paper().sheet)
    said = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True).stdout
    assert said.count("Signature is Valid") == 4
    assert "Total document signed" in said


@pytest.mark.parametrize("share", [0.01, 0.2, 0.45, 0.62, 0.7, 0.78, 0.85, 0.93, 0.97, 0.999])
def test_a_flipped_bit_is_named_with_its_bytes(share: float) -> None:
    content = paper().sheet
    at = int(len(content) * share)
    said = found(papers.flipped(content, at))
    ranges = [line for line in said if "bytes " in line]
    assert ranges, said
    assert any(_covers(line, at) for line in ranges), (at, said)


def _covers(line: str, at: int) -> bool:
    words = line.split("bytes ", 1)[1].replace(":", " ").split()
    return int(words[0]) <= at <= int(words[2])


def test_a_change_inside_the_last_seal_itself_is_named() -> None:
    content = paper().sheet
    start, end = sealing.inspect(content, [], thorough=False).seals[-1].hole
    for at in (start + 40, (start + end) // 2, end - 3):
        for digit in b"05af":
            changed = content[:at] + bytes([digit]) + content[at + 1 :]
            if changed != content:
                assert any(line.startswith("seal 4") for line in found(changed)), (at, digit)
        assert found(content[:at] + b"g" + content[at + 1 :]), "no longer hexadecimal"


TAMPERED = {
    "incremental update with shadow content": (papers.with_update, "were added after the last seal"),
    "swapped attachment": (papers.with_other_attachment, "attachment charter.json: is not the one"),
    "seal taken out of the form": (papers.without_field, "were added after the last seal"),
    "seal cut off": (papers.cut_before_last_seal, "field seal_04_domain_expert: its seal is missing"),
    "a line added": (lambda content: content + b"% a line\n", "were added after the last seal"),
    "cut in the middle": (lambda content: content[: len(content) // 2], "its seal is missing"),
    "seal made blank": (
        lambda content: (
            content[: content.rindex(b"/Contents <")]
            + content[content.rindex(b"/Contents <") :].replace(b"3082", b"0000", 1)
        ),
        "seal 4, bytes",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_with_the_file_is_named(name: str) -> None:
    tamper, says = TAMPERED[name]
    said = found(tamper(paper().sheet))
    assert any(says in line for line in said), said


def test_the_sheet_of_another_charter_is_named() -> None:
    said = found(paper().sheet, charter=paper("HP-04", 2).charter)
    assert said == ["full charter: is of HP-04 revision 2; this sheet is of HP-03 revision 1"]


def test_a_sheet_by_a_foreign_key_is_named(tmp_path: Path) -> None:
    foreign = papers.seal("HP-03", 1, seal_keys.own_key(tmp_path, "elsewhere.example"))
    said = found(foreign.sheet)
    assert len(said) == 4
    assert all("not trusted here: Throughline seal of elsewhere.example" in line for line in said)


def test_seals_over_the_text_of_another_charter_are_named() -> None:
    """Even the right key cannot make a sheet of one charter out of the text of another."""
    one, other = paper(), paper("HP-04", 2)
    text = bytes(read(other.sheet).attachments[sheet.TEXT][0])
    from reports.sealing import _sealed
    from reports.sheet import render_stamps

    mixed = _sealed(render_sheet(one.log, text, one.charter), render_stamps(one.log), one.log, one.key)
    assert "attachment charter.json: is of HP-04 revision 2, and the sheet is of HP-03 revision 1" in found(
        mixed
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a PDF"),
        (b"GIF89a" * 100, "not a PDF"),
        (b"%PDF-1.7\nnothing follows", "broken"),
        (b"%PDF-1.7\n" + b"\x00\xff" * 50_000, "broken"),
        (b"%PDF-1.7\n" + b"[" * 200_000 + b"\nstartxref\n9\n%%EOF", "cannot be read|nested"),
    ],
)
def test_what_is_no_readable_pdf_gets_a_sentence(content: bytes, says: str) -> None:
    import re

    (problem,) = found(content)
    assert re.search(says, problem)


def test_encrypted_files_and_forms_with_thousands_of_fields_are_refused() -> None:
    assert any(
        "encrypted" in line or "cannot be read" in line for line in found(papers.encrypted(paper().charter))
    )
    import io

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields

    writer = IncrementalPdfFileWriter(io.BytesIO(paper().charter))
    for number in range(sealing.MAX_SEALS + 1):
        fields.append_signature_field(writer, fields.SigFieldSpec(f"f{number}"))
    out = io.BytesIO()
    writer.write(out)
    assert any("signature fields" in line for line in found(out.getvalue()))


def test_a_plain_charter_has_no_seal() -> None:
    assert found(paper().charter) == ["file: This file carries no seal."]


def test_many_approvals_take_more_pages() -> None:
    log = {**paper().log, "signatures": list(paper().log["signatures"]) * 6}
    assert [len(page) for page in context_of(log)["pages"]] == [10, 10, 4]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: seal_keys.own_key(tmp_path, "x.example"), range(24)))
    assert len({one.mark for one in made}) == 1
    assert len(seal_keys.roots(tmp_path)) == 1
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.pem")} == {0o600}


def test_old_sheets_stay_verifiable_when_keys_change(tmp_path: Path) -> None:
    old = papers.seal("HP-03", 1, seal_keys.own_key(tmp_path, "x.example"))
    second = seal_keys.rotate(tmp_path, "x.example")
    third = seal_keys.rotate(tmp_path, "x.example", issuer_too=True)
    assert len({old.key.mark, second.mark, third.mark}) == 3
    assert len(seal_keys.roots(tmp_path)) == 2
    new = papers.seal("HP-03", 1, third)
    for one in (old, new):
        assert found(one.sheet, roots=seal_keys.roots(tmp_path)) == []
    assert found(old.sheet, roots=[third.root]) != []


def _outside(folder: Path) -> tuple[Path, Path, Path]:
    """A key as somebody else would hand it over: PEM key, PEM chain, PKCS#12."""
    made = seal_keys.own_key(folder / "maker", "notary.example")
    key = serialization.load_der_private_key(made.private, None)
    chain = [x509.load_der_x509_certificate(one) for one in (made.certificate, made.root)]
    hidden = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    files = folder / "key.pem", folder / "chain.pem", folder / "key.p12"
    files[0].write_bytes(pem)
    files[1].write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    files[2].write_bytes(pkcs12.serialize_key_and_certificates(b"n", key, chain[0], chain[1:], hidden))  # type: ignore[arg-type]
    return files


def test_a_key_from_outside_seals_as_pem_and_as_pkcs12(tmp_path: Path) -> None:
    key, chain, bundle = _outside(tmp_path)
    keys = tmp_path / "keys"
    for made in (
        seal_keys.outside_key(keys, key, chain, "secret"),
        seal_keys.outside_key(keys, bundle, None, "secret"),
    ):
        assert found(papers.seal("HP-03", 1, made).sheet, roots=seal_keys.roots(keys)) == []


def test_a_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    key, chain, bundle = _outside(tmp_path)
    other = tmp_path / "other.pem"
    other.write_bytes(seal_keys.as_pem(papers.key().certificate))
    for path, certificates, password in (
        (key, chain, "wrong"), (bundle, None, "wrong"), (tmp_path / "none", chain, ""),
        (key, other, "secret"),
        (key, None, "secret"), (chain, chain, ""),
    ):  # fmt: skip
        with pytest.raises(seal_keys.SealKeyError):
            seal_keys.outside_key(tmp_path / "keys", path, certificates, password)


def test_certificates_outlast_the_paper() -> None:
    certificate = x509.load_der_x509_certificate(papers.key().certificate)
    assert certificate.not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=365 * 25)
    assert certificate.not_valid_before_utc < dt.datetime.now(dt.UTC) - dt.timedelta(hours=20)
