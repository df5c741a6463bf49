"""Putting seals on a sign-off sheet and looking at them again; the only module that imports pyHanko. Pure.

Each approval is one PAdES signature by the installation's key in a field of its own. All fields are there
from the first seal on, the first seal certifies that nothing but fields is filled in, and the last one locks
the file. So a seal that was taken away leaves an empty field, and whatever is added later shows.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import cms, keys, x509  # type: ignore[import-untyped]
from pyhanko.pdf_utils import content, layout
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import HTTPTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from charters.seal_keys import SealKey

# A seal that does not hold is an answer for its reader, not a fault for the log.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

MAX_SEALS = 60
MAX_ATTACHED = 20
MAX_ATTACHED_BYTES = 40_000_000
SUBFILTER = fields.SigSeedSubFilter.PADES
TIME_STAMP = "signature_time_stamp_token"
NO_STAMP = "The time stamp authority gave no time stamp"
COVERED = "the bytes that it covers were changed"


class NotSealable(Exception):
    """The seal could not be made; the message says why."""


class NotReadable(Exception):
    """The file is no PDF that can be looked at; the message says why."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal to be made: its field, whose approval it is, what it says, where to ask, and its place.

    `page` may count from the end, where -1 is the last page.
    """

    field: str
    name: str
    says: str
    ask: str
    page: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SealFound:
    """One seal of a file. `hole` is where it lies itself; it covers everything else before `end`."""

    field: str
    name: str
    says: str
    by: str
    hole: tuple[int, int]
    end: int
    trusted: bool
    time_stamped: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file: seals in their order, fields without one, attachments, what does not fit."""

    size: int
    seals: tuple[SealFound, ...] = ()
    empty: tuple[str, ...] = ()
    attached: dict[str, bytes] = field(default_factory=dict)


def add_seals(
    pdf: bytes, seals: Sequence[Seal], stamps: bytes, key: SealKey, *, time_stamps: str = ""
) -> bytes:
    """The file with one seal after the other, each an incremental update.

    stamps       a PDF with one page for each seal: what is seen in its place
    time_stamps  the address of a time stamp authority (RFC 3161), empty for none
    """
    signer = _signer(key)
    stamper = HTTPTimeStamper(time_stamps, timeout=20) if time_stamps else None
    drawn = PdfFileReader(io.BytesIO(stamps))
    for at, seal in enumerate(seals):
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        if not at:
            for number, one in enumerate(seals, start=1):
                fields.append_signature_field(writer, _field(one, is_last=number == len(seals)))
        metadata = signers.PdfSignatureMetadata(
            field_name=seal.field,
            md_algorithm="sha256",
            subfilter=SUBFILTER,
            name=seal.name,
            reason=seal.says,
            contact_info=seal.ask,
            certify=not at,
            docmdp_permissions=(
                fields.MDPPerm.NO_CHANGES if at == len(seals) - 1 else fields.MDPPerm.FILL_FORMS
            ),
        )
        style = StaticStampStyle(
            background=_Drawn(drawn, at),
            background_opacity=1.0,
            border_width=0,
            background_layout=layout.SimpleBoxLayoutRule(
                layout.AxisAlignment.ALIGN_MIN, layout.AxisAlignment.ALIGN_MIN, layout.Margins()
            ),
        )
        made = signers.PdfSigner(metadata, signer, stamp_style=style, timestamper=stamper)
        try:
            pdf = made.sign_pdf(writer, existing_fields_only=True).getvalue()
        except (OSError, ValueError) as error:
            if stamper is None:
                raise
            raise NotSealable(f"{NO_STAMP}: {_words(error)}.") from error
    if stamper is not None:
        _refuse_broken_stamps(pdf)
    return pdf


def _refuse_broken_stamps(pdf: bytes) -> None:
    """An authority may answer with a stamp for something else: better no sheet than a broken one."""
    for one in inspect(pdf, [], thorough=False).seals:
        if one.problems:
            raise NotSealable(f"{NO_STAMP} that fits: {one.problems[0]}.")


def _signer(key: SealKey) -> signers.SimpleSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(x509.Certificate.load(one) for one in key.between)
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(key.certificate),
        signing_key=keys.PrivateKeyInfo.load(key.private),
        cert_registry=store,
    )


def _field(seal: Seal, *, is_last: bool) -> fields.SigFieldSpec:
    locks = {
        "field_mdp_spec": fields.FieldMDPSpec(fields.FieldMDPAction.ALL),
        "doc_mdp_update_value": fields.MDPPerm.NO_CHANGES,
    }
    return fields.SigFieldSpec(
        seal.field,
        on_page=seal.page,
        box=seal.box,
        readable_field_name=f"{seal.name}: {seal.says}",
        **(locks if is_last else {}),
    )


class _Drawn(content.PdfContent):  # type: ignore[misc]
    """One page of the stamps, as the picture of a seal."""

    def __init__(self, reader: PdfFileReader, page: int) -> None:
        self.reader, self.page = reader, page
        super().__init__()

    def render(self) -> bytes:
        picture = self._ensure_writer.import_page_as_xobject(self.reader, page_ix=self.page)
        self.resources.xobject["/Drawn"] = picture
        left, low, right, high = picture.get_object()["/BBox"]
        self.box = layout.BoxConstraints(width=abs(right - left), height=abs(high - low))
        return b"/Drawn Do"


def inspect(pdf: bytes, roots: Sequence[bytes], *, thorough: bool) -> Inspection:
    """Every seal of the file with what is wrong with it.

    roots     certificates (DER) whose seals are trusted
    thorough  also compare the revisions of the file object by object, which costs most of the time
    Raises NotReadable for what is no PDF, is encrypted, is broken, or holds more than any sheet does.
    """
    if b"%PDF-" not in pdf[:1024]:
        raise NotReadable("This is not a PDF.")
    try:
        return _inspect(pdf, roots, thorough)
    except NotReadable:
        raise
    except RecursionError as error:
        raise NotReadable("This PDF is nested too deeply to be read.") from error
    except MemoryError:
        raise
    except Exception as error:  # a parser meets files that were made to break it
        raise NotReadable(f"This PDF is broken and cannot be read ({_words(error)}).") from error


def _inspect(pdf: bytes, roots: Sequence[bytes], thorough: bool) -> Inspection:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    if reader.encrypted:
        raise NotReadable("This PDF is encrypted. Sheets of Throughline never are.")
    found = list(fields.enumerate_sig_fields(reader))
    if len(found) > MAX_SEALS:
        raise NotReadable(f"This PDF has {len(found)} signature fields; no sheet has more than {MAX_SEALS}.")
    empty = tuple(str(name) for name, value, _ in found if value is None)
    signed = sorted(reader.embedded_signatures, key=lambda one: _end(one))
    seals = tuple(_look(pdf, one, roots, thorough) for one in signed)
    return Inspection(len(pdf), seals, empty, dict(_attached(reader)))


def _end(one: EmbeddedPdfSignature) -> int:
    numbers = [int(number) for number in one.byte_range]
    return numbers[-2] + numbers[-1] if len(numbers) >= 2 else 0


def _look(pdf: bytes, one: EmbeddedPdfSignature, roots: Sequence[bytes], thorough: bool) -> SealFound:
    problems: list[str] = []
    trusted, stamped, by = False, False, ""
    hole = _hole(pdf, one)
    if hole is None:
        problems.append("its byte range is not that of one seal")
    else:
        problems.extend(form_problems(pdf[hole[0] : hole[1]]))
    try:
        by = str(one.signer_cert.subject.native.get("common_name", ""))
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(root) for root in roots], allow_fetching=False
        )
        status = validate_pdf_signature(one, context, skip_diff=not thorough)
        trusted, stamped = bool(status.trusted), status.timestamp_validity is not None
        problems.extend(_status_problems(status, thorough))
    except Exception as error:  # a seal that cannot even be read is a broken seal
        problems.append(f"cannot be read ({_words(error)})")
    says = one.sig_object
    return SealFound(
        field=str(one.field_name),
        name=str(says.get("/Name", "")),
        says=str(says.get("/Reason", "")),
        by=by,
        hole=hole or (0, 0),
        end=_end(one),
        trusted=trusted,
        time_stamped=stamped,
        problems=tuple(dict.fromkeys(problems)),
    )


def _status_problems(status: Any, thorough: bool) -> Iterator[str]:
    if not status.intact:
        yield COVERED
    elif not status.valid:
        yield "its signature does not fit its key"
    if status.timestamp_validity is not None and not (
        status.timestamp_validity.intact and status.timestamp_validity.valid
    ):
        yield "its time stamp is broken"
    if thorough and status.docmdp_ok is False:
        yield "the file was changed after it in a way that it forbids"


def _hole(pdf: bytes, one: EmbeddedPdfSignature) -> tuple[int, int] | None:
    """Where the seal itself lies: the only gap in what it covers, one text of hexadecimal digits."""
    numbers = [int(number) for number in one.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return None
    start, end = numbers[1], numbers[2]
    is_text = start < end <= len(pdf) and pdf[start : start + 1] == b"<" and pdf[end - 1 : end] == b">"
    return (start, end) if is_text and end + numbers[3] <= len(pdf) else None


def form_problems(text: bytes) -> Iterator[str]:
    """A seal has one form of writing. Bytes that no check of a signature reads could be changed otherwise."""
    try:
        raw = bytes.fromhex(text[1:-1].decode("ascii"))
        info = cms.ContentInfo.load(raw)
        length = len(info.dump())
        is_plain = raw.hex().upper().encode() == text[1:-1] and not any(raw[length:])
        if not is_plain or _plain_form(info) != raw[:length]:
            yield "its own bytes were changed"
    except Exception:  # a parser meets bytes that were made to break it
        yield "its own bytes were changed"


def _plain_form(info: cms.ContentInfo) -> bytes:
    """The one way in which this product writes a seal, filled with what the seal says."""
    signed = info["content"]
    (signer,) = signed["signer_infos"]
    certificate = next(
        one.chosen
        for one in signed["certificates"]
        if one.chosen.serial_number == signer["sid"].chosen["serial_number"].native
    )
    rebuilt: dict[str, Any] = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": _written_anew(signed["certificates"]),
        "signer_infos": [
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": {
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        }
                    }
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": _written_anew(signer["signed_attrs"]),
                "signature_algorithm": _written_anew(signer["signature_algorithm"]),
                "signature": signer["signature"].native,
            }
        ],
    }
    if len(signer["unsigned_attrs"]):
        (more,) = signer["unsigned_attrs"]
        if more["type"].native != TIME_STAMP:
            raise ValueError("an attribute that no seal has")
        _refuse_other_authority(more["values"][0]["content"])
        rebuilt["signer_infos"][0]["unsigned_attrs"] = _written_anew(signer["unsigned_attrs"])
    plain: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(rebuilt)}).dump()
    return plain


def _refuse_other_authority(stamp: Any) -> None:
    """What no signature covers in a time stamp has to be what its covered parts say."""
    (signer,) = stamp["signer_infos"]
    (digest,) = stamp["digest_algorithms"]
    sid = signer["sid"].chosen
    serial = sid["serial_number"].native
    made_by = next(one.chosen for one in stamp["certificates"] if one.chosen.serial_number == serial)
    heads = (
        (stamp["version"].native, "v3"),
        (signer["version"].native, "v1"),
        (digest.dump(), signer["digest_algorithm"].dump()),
        (sid["issuer"].dump(), made_by.issuer.dump()),
    )
    if any(said != due for said, due in heads) or not _names(signer["signed_attrs"], made_by.dump()):
        raise ValueError("a time stamp whose parts do not fit each other")


def _names(attributes: Any, certificate: bytes) -> bool:
    """Whether signed attributes name a certificate by its hash (RFC 2634 with SHA-1, RFC 5035)."""
    for attribute in attributes:
        kind = attribute["type"].native
        if kind in ("signing_certificate", "signing_certificate_v2"):
            named = attribute["values"][0]["certs"][0]
            by = named["hash_algorithm"]["algorithm"].native if kind.endswith("v2") else "sha1"
            found = hashlib.new(by, certificate, usedforsecurity=False).digest()
            return bool(found == named["cert_hash"].native)
    return False


def _written_anew(part: Any) -> Any:
    """A part by the rules of DER, whatever it was read from. Part by part: what asn1crypto is forced to write
    anew takes twice as long with each level.
    """
    copy = part.copy()
    copy.dump(force=True)
    return copy


def _attached(reader: PdfFileReader) -> Iterator[tuple[str, bytes]]:
    """The attachments by name; more or larger ones than any sheet has are left out."""
    names: Any = reader.root
    for step in ("/Names", "/EmbeddedFiles", "/Names"):
        if step not in names:
            return
        names = names[step]
    total = 0
    for at in range(0, min(len(names), 2 * MAX_ATTACHED) - 1, 2):
        described = names[at + 1]  # references are followed by the list itself
        data: bytes = described["/EF"]["/F"].data
        total += len(data)
        if total > MAX_ATTACHED_BYTES:
            raise NotReadable("The attachments of this PDF are larger than those of any sheet.")
        yield str(names[at]), data


def _words(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0][:120]}" if said else type(error).__name__
