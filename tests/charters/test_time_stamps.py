"""Seals with the time stamps of an authority (RFC 3161) on loopback, and authorities that give none."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asn1crypto import keys, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.test import override_settings
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from charters import sealing, sheet_check
from reports.sealing import _sealed
from reports.sheet import render_sheet, render_stamps
from tests.charters import papers
from ui.errors import Conflict

Answer = Callable[[bytes], tuple[int, str, bytes]]
REPLY = "application/timestamp-reply"


@cache
def authority() -> DummyTimeStamper:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A time stamp authority")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(private, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    return DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(der)),
        keys.PrivateKeyInfo.load(
            private.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        ),
    )


def stamped(query: bytes) -> tuple[int, str, bytes]:
    return 200, REPLY, authority().request_tsa_response(tsp.TimeStampReq.load(query)).dump()


def for_another_file(query: bytes) -> tuple[int, str, bytes]:
    asked = tsp.TimeStampReq.load(query)
    asked["message_imprint"]["hashed_message"] = b"\x00" * 32
    return stamped(asked.dump(force=True))


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@cache
def drawn() -> tuple[bytes, bytes]:
    made = papers.paper()
    return render_sheet(made.log, papers.text_of(made), made.charter), render_stamps(made.log)


def sealed(address: str) -> bytes:
    with override_settings(SEAL_TIME_STAMPS=address):
        return _sealed(*drawn(), papers.paper().log, papers.key())


@cache
def sheet() -> bytes:
    with listening(stamped) as address:
        return sealed(address)


def test_each_seal_holds_the_time_stamp_of_the_authority() -> None:
    content = sheet()
    roots = [papers.key().root]
    seals = sealing.inspect(content, roots, thorough=True).seals
    assert [one.time_stamped for one in seals] == [True] * 4
    assert sheet_check.check(content, roots, thorough=True).problems == ()


@pytest.mark.parametrize("share", [0.3, 0.406, 0.6, 0.8])
def test_a_changed_time_stamp_is_named(share: float) -> None:
    content = sheet()
    start, end = sealing.inspect(content, [], thorough=False).seals[-1].hole
    used = len(content[start + 1 : end - 1].rstrip(b"0"))
    at = start + 1 + int(used * share)
    other = b"5" if content[at : at + 1] != b"5" else b"6"
    problems = sheet_check.check(
        content[:at] + other + content[at + 1 :], [papers.key().root], thorough=True
    ).problems
    assert any(str(one).startswith("seal 4") for one in problems), problems


@pytest.mark.parametrize(
    "answer",
    [
        lambda query: (500, "text/plain", b"broken"),
        lambda query: (200, "text/html", b"<p>Sign in</p>"),
        lambda query: (200, REPLY, b"\x30\x03garbage"),
        lambda query: (200, REPLY, b""),
        lambda query: (200, REPLY, tsp.TimeStampResp({"status": {"status": "rejection"}}).dump()),
        for_another_file,
    ],
    ids=["error", "page", "garbage", "nothing", "refusal", "another file's"],
)
def test_an_authority_that_gives_none_is_told_and_nothing_is_sealed(answer: Answer) -> None:
    with (
        listening(answer) as address,
        pytest.raises(Conflict, match="The time stamp authority gave no time stamp"),
    ):
        sealed(address)


def test_an_authority_that_is_away_is_told() -> None:
    with listening(stamped) as address:
        pass
    with pytest.raises(Conflict, match="The time stamp authority gave no time stamp"):
        sealed(address)
