"""What a file that somebody uploads is, by its bytes, and whether it could act on who opens it. Pure.

The name's ending and the bytes must agree. What can run (macros, scripts, programs inside, templates fetched
from elsewhere) is held back, not refused: a lead may let it through by hand.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

MOST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 150
MOST_PARTS, MOST_UNPACKED = 2000, 200 * 1024 * 1024
MOST_READ_OF_A_PART = 5 * 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."

# What a PDF can do by itself, by the name that asks for it. Names of two letters would be found in pictures.
PDF_ACTS = {
    b"/JavaScript": "a script",
    b"/Rendition": "media that run",
    b"/Launch": "a command that starts a program",
    b"/EmbeddedFile": "another file inside",
    b"/RichMedia": "media that run",
    b"/XFA": "a form with scripts",
    b"/SubmitForm": "a form that sends what is typed",
    b"/ImportData": "a form that reads files",
}
OFFICE_PARTS = (
    ("vbaproject.bin", "macros"),
    ("/activex/", "controls that run"),
    ("/embeddings/", "another file inside"),
    ("oleobject", "another file inside"),
)
# A picture or a link to a page is only followed by a click; these are fetched when the file is opened.
_FETCHED = re.compile(rb"(attachedTemplate|oleObject|frame|subDocument|externalLinkPath)\b", re.IGNORECASE)
_EXTERNAL = re.compile(rb"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)
_STREAM = re.compile(rb"stream[ \t]*(?:\r\n|\r|\n)(.*?)endstream", re.DOTALL)
# A part that holds objects, and with them the names that are looked for.
_OBJECTS = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
_OF_OBJECTS = re.compile(rb"/N\s+\d.*/First\s+\d|/First\s+\d.*/N\s+\d", re.DOTALL)
_FILTER = re.compile(rb"/Filter(?![A-Za-z0-9])")
_PLAIN = re.compile(rb"/Filter\s*(?:/FlateDecode|\[\s*/FlateDecode\s*\])(?=\s*(?:/|>>))")
_PARAMS = re.compile(rb"/(?:DecodeParms|DP|F|FFilter)(?![A-Za-z0-9])|/Filter.*/Filter", re.DOTALL)
CLOSED = "parts that nobody can look inside"
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Refused(ValueError):
    """A file that is not taken, with why as a sentence."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The type that the bytes have, and what the file could do by itself; empty for a quiet one."""

    content_type: str
    acts: tuple[str, ...] = ()


def clean_name(name: str) -> str:
    """A file's name without its path and without characters that hide how it ends; at most 150 characters."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    stem, dot, ending = " ".join(shown.split()).rpartition(".")
    if not dot:
        return ending[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip()}.{ending}"[-LONGEST_NAME:]


def examine(name: str, content: bytes) -> Examined:
    """What the file is and could do. Raises Refused for an unknown type, an empty or too large file, or bytes
    that are something else than the name says."""
    _, dot, last = name.rpartition(".")
    ending = last.lower()
    if not dot or ending not in _READERS:
        raise Refused(
            "This type of file is not taken. Taken are PDF, PNG, JPEG, text, Markdown, CSV, Word, Excel and "
            "PowerPoint."
        )
    if not content:
        raise Refused("This file is empty.")
    if len(content) > MOST_BYTES:
        raise Refused(f"This file is larger than {MOST_BYTES // 1024 // 1024} MB. Add a link instead.")
    return _READERS[ending](content)


def _starting(content_type: str, *marks: bytes) -> Callable[[bytes], Examined]:
    def check(content: bytes) -> Examined:
        if not content.startswith(marks):
            raise Refused("The bytes of this file are not what its name says.")
        return Examined(content_type)

    return check


def _text(content_type: str) -> Callable[[bytes], Examined]:
    def check(content: bytes) -> Examined:
        try:
            words = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError:
            raise Refused("This file is no text in UTF-8. Save it as UTF-8 and try again.") from None
        if "\x00" in words:
            raise Refused("The bytes of this file are not what its name says.")
        return Examined(content_type)

    return check


def _pdf(content: bytes) -> Examined:
    if b"%PDF-" not in content[:1024]:
        raise Refused("The bytes of this file are not what its name says.")
    parts, closed = _inflated(content)
    seen = _written_out(content) + b"".join(parts)
    acts = dict.fromkeys(
        words for key, words in PDF_ACTS.items() if re.search(key + rb"(?![A-Za-z0-9])", seen)
    )
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", seen):
        acts["a lock, so that nobody can look inside"] = None
    if closed:
        acts[CLOSED] = None
    return Examined("application/pdf", tuple(acts))


def _written_out(names: bytes) -> bytes:
    """Names with escapes, as readers read them."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), names)


def _inflated(content: bytes) -> tuple[list[bytes], bool]:
    """Compressed parts, where names of keys can hide, and whether there are some that were not opened.

    Parts with objects are opened where they are packed as nearly all programs pack them. What is packed in
    another way, or not whole, is not read around: such a file is held back.
    """
    found, room, closed, told, opened, end = [], MOST_UNPACKED // 4, False, 0, 0, 0
    for stream in _STREAM.finditer(content):
        before, end = _written_out(content[end : stream.start()]), stream.end()
        told += len(_OBJECTS.findall(before))
        head = before.rpartition(b"endobj")[2]
        mentions = len(_OBJECTS.findall(head))
        part, whole = _unpacked(stream[1], min(room, MOST_READ_OF_A_PART))
        room -= len(part)
        if mentions or _OF_OBJECTS.search(head):
            closed = closed or not _is_open(head, whole)
            opened += mentions
        # Pictures and fonts hold no keys; a part with objects holds their marks.
        if b"<<" in part:
            found.append(_written_out(part))
        if room <= 0:
            raise Refused("This file unpacks to more than can be looked at.")
    told += len(_OBJECTS.findall(_written_out(content[end:])))
    return found, closed or told > opened


def _is_open(head: bytes, whole: bool) -> bool:
    """Whether a part with objects lies in plain sight, or was unpacked to its end."""
    if _PARAMS.search(head):
        return False
    return whole if _PLAIN.search(head) else not _FILTER.search(head)


def _unpacked(packed: bytes, most: int) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj()
    try:
        part = unpacker.decompress(packed, most)
    except zlib.error:
        return b"", False
    return part, unpacker.eof


def _office(main: str, subtype: str) -> Callable[[bytes], Examined]:
    def check(content: bytes) -> Examined:
        # An archive may begin anywhere, behind a program for one.
        if not content.startswith(b"PK\x03\x04"):
            raise Refused("The bytes of this file are not what its name says.")
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                return Examined(OFFICE + subtype, tuple(_office_acts(packed, main)))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
            raise Refused("The bytes of this file are not what its name says.") from None

    return check


def _office_acts(packed: zipfile.ZipFile, main: str) -> list[str]:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("This file unpacks to more than can be looked at.")
    names = [part.filename.lower() for part in parts]
    if "[content_types].xml" not in names or not any(name.startswith(f"{main}/") for name in names):
        raise Refused("The bytes of this file are not what its name says.")
    acts = dict.fromkeys(words for mark, words in OFFICE_PARTS if any(mark in f"/{name}" for name in names))
    for part, name in zip(parts, names, strict=True):
        if name.endswith(".rels"):
            with packed.open(part) as handle:
                links = _EXTERNAL.findall(handle.read(MOST_READ_OF_A_PART))
            if any(_FETCHED.search(link) for link in links):
                acts["something that is fetched from elsewhere when it is opened"] = None
        elif name == "[content_types].xml":
            with packed.open(part) as handle:
                if b"macroEnabled" in handle.read(MOST_READ_OF_A_PART):
                    acts["macros"] = None
    return list(acts)


_READERS: dict[str, Callable[[bytes], Examined]] = {
    "pdf": _pdf,
    "png": _starting("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": _starting("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": _starting("image/jpeg", b"\xff\xd8\xff"),
    "txt": _text("text/plain"),
    "md": _text("text/plain"),
    "csv": _text("text/csv"),
    "docx": _office("word", "wordprocessingml.document"),
    "xlsx": _office("xl", "spreadsheetml.sheet"),
    "pptx": _office("ppt", "presentationml.presentation"),
}
ENDINGS = tuple(_READERS)
