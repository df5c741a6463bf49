"""From HTML to a tagged PDF; with ui.pdf_engine the only module that imports WeasyPrint.

The same HTML gives the same bytes: dates come from the caller, the file's identifier is the hash of what
goes in, and the one clock that font tools read is set while fonts are cut down. All that a document may
load lies in the product's own static files; any other address ends the rendering.
"""

from __future__ import annotations

import gc
import hashlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder

from ui import limited, pdf_markup, pdf_sheets
from ui.errors import DomainError

MAX_PAGES = 400
MAX_HTML_BYTES = 12 * 1024 * 1024
MAX_MEGABYTES = 2000
MAX_SECONDS = 120
# Never opened: relative addresses need a scheme that joins, and the fetcher reads files alone.
BASE_URL = "https://throughline.invalid/"
# What templates/pdf/base.html links; read before the first document asks for it.
SHEETS = ("tokens", "fonts", "pdf", "report")
_EPOCH_LOCK = threading.Lock()


class TooLong(DomainError):
    """The document would have more pages, or the HTML more bytes, than one PDF may have."""

    code = "document_too_long"


class ForeignAddress(DomainError):
    """The HTML asks for something that is not one of the product's own static files."""

    code = "foreign_address"


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF. ``relationship`` is one of PDF's own words, such as "Data" or "Source"."""

    name: str
    content: bytes
    description: str = ""
    relationship: str = "Data"


def render_pdf(
    html: str,
    *,
    title: str,
    language: str,
    created: date,
    attachments: Sequence[Attached] = (),
) -> bytes:
    """The document as PDF/UA-1.

    html      a whole document; addresses in it are static files ("/static/…")
    title     the title among the document's properties
    language  a BCP 47 tag such as "en-US"
    created   the day or moment in the properties; naive moments are taken as UTC
    Raises TooLong above 400 pages or 12 MiB of HTML, ForeignAddress for any address outside the static files,
    OverLimit above 2 minutes of processor time or 2 GB of memory.
    """
    if len(html.encode()) > MAX_HTML_BYTES:
        raise TooLong(
            f"This document is larger than {MAX_HTML_BYTES // 1024 // 1024} MiB. Choose fewer parts."
        )
    moment = _moment(created)
    document_html = _with_properties(html, title=title, language=language, moment=moment)
    content: bytes = limited.call(
        _lay_out_and_end,
        document_html,
        moment,
        tuple(attachments),
        MAX_PAGES,
        what="This document",
        megabytes=MAX_MEGABYTES,
        seconds=MAX_SECONDS,
        preload=("ui.pdf_preload",),
    )
    return content


def lay_out(document_html: str, moment: datetime, attachments: Sequence[Attached], most_pages: int) -> bytes:
    """The bytes of a complete document."""
    with _collector_paused():
        return _make(document_html, moment, attachments, most_pages)


def _lay_out_and_end(*args: Any) -> bytes:
    """In a process of its own, since layout takes what it gets; what it leaves ends with the process."""
    gc.disable()
    return lay_out(*args)


def warm() -> None:
    """Import, unpack and read what every document needs."""
    prefix = urljoin(BASE_URL, settings.STATIC_URL)
    for more in ((), ("pdf-letter",)):
        _rules(tuple(f"{prefix}css/{name}.css" for name in (*SHEETS, *more)))
    for path in sorted((settings.BASE_DIR / "static").rglob("*.woff2")):
        _plain_font(path)


def _make(document_html: str, moment: datetime, attachments: Sequence[Attached], most_pages: int) -> bytes:
    fetcher = _fetcher()
    document = _rendered(document_html, fetcher)
    _refuse_foreign(fetcher)
    if len(document.pages) > most_pages:
        raise TooLong(f"This document has {len(document.pages)} pages; {most_pages} is the most.")
    document.metadata.attachments = [_attachment(one, moment) for one in attachments]
    identifier = hashlib.sha256(document_html.encode())
    for one in attachments:
        identifier.update(hashlib.sha256(one.content).digest())
    with _fixed_epoch(moment):
        pdf: bytes = document.write_pdf(
            pdf_identifier=identifier.hexdigest()[:32].encode(), pdf_variant="pdf/ua-1"
        )
    # Images inside drawings and attachments are fetched only while the file is written.
    _refuse_foreign(fetcher)
    return pdf


def _rendered(document_html: str, fetcher: Any) -> Any:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    from ui import pdf_engine

    pdf_engine.adapt()
    html = _read(document_html, fetcher)
    pdf_engine.set_parts_aside(html.etree_element)
    rules, faces = _rules(_linked(html))
    # Fonts are named anew for each document: what finds them runs threads, which no copy of a process has.
    fonts = FontConfiguration()
    own = weasyprint.CSS(string=faces, base_url=BASE_URL, url_fetcher=fetcher, font_config=fonts)
    return html.render(font_config=fonts, stylesheets=[rules, own])


def _read(document_html: str, fetcher: Any) -> Any:
    import weasyprint
    from cssselect2 import ElementWrapper  # type: ignore[import-untyped]

    root = pdf_markup.tree(document_html)
    if root is None:
        return weasyprint.HTML(string=document_html, base_url=BASE_URL, url_fetcher=fetcher)
    html = weasyprint.HTML.__new__(weasyprint.HTML)
    html.base_url, html.url_fetcher, html.media_type = BASE_URL, fetcher, "print"
    html.etree_element = root
    html.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
    return html


def _linked(html: Any) -> tuple[str, ...]:
    """The addresses of the product's own style sheets, whose links leave the document."""
    head = html.etree_element.find("head")
    found = []
    for link in list(head.iter("link")):
        address = urljoin(BASE_URL, link.get("href", ""))
        if link.get("rel") == "stylesheet" and static_file(address):
            found.append(address)
            head.remove(link)
    return tuple(found)


@lru_cache(maxsize=8)
def _rules(addresses: tuple[str, ...]) -> tuple[Any, str]:
    """The style sheets of a document, read once per process, and the text that names their fonts."""
    import weasyprint

    files = [(address, static_file(address)) for address in addresses]
    sheets = pdf_sheets.joined([(address, file.read_text("utf-8")) for address, file in files if file])
    return weasyprint.CSS(string=sheets.rules, base_url=BASE_URL, url_fetcher=_fetcher()), sheets.faces


def _refuse_foreign(fetcher: Any) -> None:
    if fetcher.refused:
        raise ForeignAddress(f"A document may only use the product's own files, not {fetcher.refused[0]}.")


def _moment(created: date) -> datetime:
    if not isinstance(created, datetime):
        return datetime(created.year, created.month, created.day, tzinfo=UTC)
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _with_properties(html: str, *, title: str, language: str, moment: datetime) -> str:
    stamp = moment.isoformat(timespec="seconds")
    properties = (
        f"<title>{escape(title)}</title>"
        f'<meta name="dcterms.created" content="{stamp}"><meta name="dcterms.modified" content="{stamp}">'
        '<meta name="generator" content="Throughline">'
    )
    if "<head>" not in html:
        head = f"<head>{properties}</head>"
        return f'<!doctype html><html lang="{escape(language)}">{head}<body>{html}</body></html>'
    return html.replace("<head>", f"<head>{properties}", 1)


def _attachment(one: Attached, moment: datetime) -> Any:
    import weasyprint

    return weasyprint.Attachment(
        string=one.content,
        name=one.name,
        description=one.description or one.name,
        relationship=one.relationship,
        created=moment,
        modified=moment,
    )


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
        """Reads static files of the product and remembers what else was asked for."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("https",), allow_redirects=False)
            self.refused: list[str] = []

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            path = static_file(url)
            if path is None:
                self.refused.append(url[:120])
                raise ValueError(f"not a static file: {url[:120]}")
            body = _plain_font(path) if path.suffix == ".woff2" else path.read_bytes()
            return URLFetcherResponse(url, body=body, headers={"Content-Type": _type(path)})

    return OwnFilesOnly()


def static_file(url: str) -> Path | None:
    """The file behind an address of a document, or None where it is none of the product's static files."""
    parts = urlsplit(url)
    prefix = settings.STATIC_URL
    if f"{parts.scheme}://{parts.netloc}/" != BASE_URL or not parts.path.startswith(prefix):
        return None
    name = unquote(parts.path.removeprefix(prefix))
    if ".." in name.split("/") or name.startswith("/") or "\x00" in name:
        return None
    # The product's own folders alone, without the apps' registry: the process that lays out has none.
    found = FileSystemFinder().find(name)
    collected = Path(settings.STATIC_ROOT) / name
    if isinstance(found, str):
        return Path(found)
    return collected if collected.is_file() else None


_TYPES = {".css": "text/css", ".woff2": "font/ttf", ".svg": "image/svg+xml", ".png": "image/png"}


@lru_cache(maxsize=32)
def _plain_font(path: Path) -> bytes:
    """A font as it is once unpacked: WeasyPrint would unpack each one again for each document."""
    from fontTools.ttLib import woff2  # type: ignore[import-untyped]

    unpacked = io.BytesIO()
    woff2.decompress(io.BytesIO(path.read_bytes()), unpacked)
    return unpacked.getvalue()


@contextmanager
def _collector_paused() -> Iterator[None]:
    # A document is a million small objects that all stay until it is written; looking for garbage among them
    # takes a third of the time and finds none.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _type(path: Path) -> str:
    return _TYPES.get(path.suffix, "application/octet-stream")


@contextmanager
def _fixed_epoch(moment: datetime) -> Iterator[None]:
    # Font subsets carry a time of change that only this variable fixes. One document is written at a time, so
    # that two of them cannot mix their clocks.
    name = "SOURCE_DATE_EPOCH"
    with _EPOCH_LOCK:
        before = os.environ.get(name)
        os.environ[name] = str(int(moment.timestamp()))
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
