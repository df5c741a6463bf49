"""The keys that seal sign-off sheets: the installation's own, made at first use, or one from outside. Pure.

They lie in the folder of keys, beside the audit key and outside the database. `seal-ca.pem` issues and
`seal.pem` seals, each a private key with its certificate. `seal-roots/` keeps the certificate behind every
key that ever sealed here, so that old sheets stay verifiable when keys change.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

CA_FILE, SEAL_FILE, ROOTS = "seal-ca.pem", "seal.pem", "seal-roots"
CA_YEARS, SEAL_YEARS = 40, 30
# RFC 9336: a certificate that signs documents.
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


class SealKeyError(Exception):
    """A key or certificate that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private key (PKCS#8, DER), its certificate, those between it and the root, and the root (DER)."""

    private: bytes
    certificate: bytes
    between: tuple[bytes, ...]
    root: bytes

    @property
    def mark(self) -> str:
        """The SHA-256 of the certificate: which key sealed a sheet."""
        return mark_of(self.certificate)


def mark_of(certificate: bytes) -> str:
    return x509.load_der_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def own_key(folder: Path, host: str) -> SealKey:
    """The installation's own key, made at first use. Processes that start at once agree on one."""
    ca = _kept(folder / CA_FILE, lambda: _new_ca(host))
    seal = _kept(folder / SEAL_FILE, lambda: _new_seal(ca, host))
    root = _certificates(ca)[0]
    _remember(folder, root)
    return SealKey(_private(seal, folder / SEAL_FILE), _certificates(seal)[0], (), root)


def rotate(folder: Path, host: str, *, issuer_too: bool = False) -> SealKey:
    """A new sealing key, with `issuer_too` also a new issuer. Old private keys go, the roots stay."""
    own_key(folder, host)
    if issuer_too:
        _replace(folder / CA_FILE, _new_ca(host))
    _replace(folder / SEAL_FILE, _new_seal((folder / CA_FILE).read_bytes(), host))
    return own_key(folder, host)


def outside_key(folder: Path, key: Path, certificates: Path | None, password: str) -> SealKey:
    """A key from a PEM or PKCS#12 file; its certificate first, then those that issued it, the root last."""
    try:
        content = key.read_bytes()
        if content.lstrip().startswith(b"-----"):
            private, chain = _from_pem(content, certificates, password)
        else:
            private, chain = _from_pkcs12(content, password)
    except OSError as error:
        raise SealKeyError(f"The sealing key cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError) as error:
        raise SealKeyError(f"The sealing key or its password is not usable: {error}.") from error
    _remember(folder, chain[-1])
    return SealKey(private, chain[0], tuple(chain[1:-1]), chain[-1])


def roots(folder: Path) -> list[bytes]:
    """Every root that this installation ever sealed under, as DER."""
    found = sorted((folder / ROOTS).glob("*.pem")) if (folder / ROOTS).is_dir() else []
    return [certificate for path in found for certificate in _certificates(path.read_bytes())]


def read_certificates(content: bytes) -> list[bytes]:
    """The certificates of a PEM or DER file, as DER. Raises SealKeyError when there are none."""
    try:
        if b"-----BEGIN" in content:
            return _certificates(content)
        return [x509.load_der_x509_certificate(content).public_bytes(DER)]
    except ValueError as error:
        raise SealKeyError("This is no certificate in PEM or DER form.") from error


def as_pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(PEM)


def _from_pem(content: bytes, certificates: Path | None, password: str) -> tuple[bytes, list[bytes]]:
    private = serialization.load_pem_private_key(content, password.encode() or None)
    chain = _certificates(certificates.read_bytes() if certificates else content)
    if not chain:
        raise SealKeyError("The sealing key needs its certificate: set SEAL_CERTIFICATE.")
    public = x509.load_der_x509_certificate(chain[0]).public_key()
    if _public(private.public_key()) != _public(public):
        raise SealKeyError("The first certificate is not that of the sealing key.")
    return _pkcs8(private), chain


def _from_pkcs12(content: bytes, password: str) -> tuple[bytes, list[bytes]]:
    private, first, more = pkcs12.load_key_and_certificates(content, password.encode() or None)
    if private is None or first is None:
        raise SealKeyError("The PKCS#12 file holds no key with a certificate.")
    return _pkcs8(private), [first.public_bytes(DER), *(one.public_bytes(DER) for one in more)]


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a file, made once: it is written beside its place and linked in, so that one wins."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path, make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def _replace(path: Path, content: bytes) -> None:
    _draft(path, content).replace(path)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _remember(folder: Path, root: bytes) -> None:
    _kept(folder / ROOTS / f"{mark_of(root)[:16]}.pem", lambda: as_pem(root))


def _new_ca(host: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Throughline issuer of {host}")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    built = (
        _builder(name, name, key, CA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _bundle(key, built.sign(key, hashes.SHA256()))


def _new_seal(ca: bytes, host: str) -> bytes:
    issuer_key = serialization.load_pem_private_key(ca, None)
    issuer = x509.load_pem_x509_certificate(ca)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise SealKeyError(f"The key file {CA_FILE} in the data folder is not the issuer that was made here.")
    key = ec.generate_private_key(ec.SECP256R1())
    usage = _usage(digital_signature=True, content_commitment=True)
    extended = x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    built = (
        _builder(_name(f"Throughline seal of {host}"), issuer.subject, key, SEAL_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(extended, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    return _bundle(key, built.sign(issuer_key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, years: int
) -> x509.CertificateBuilder:
    # A day back, since a clock may be set back.
    start = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365 * years))
    )


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words[:64])])


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _bundle(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(PEM)


def _private(bundle: bytes, path: Path) -> bytes:
    try:
        return _pkcs8(serialization.load_pem_private_key(bundle, None))
    except ValueError as error:
        raise SealKeyError(f"The key file {path.name} in the data folder is damaged.") from error


def _pkcs8(key: object) -> bytes:
    if not hasattr(key, "private_bytes"):
        raise SealKeyError("The sealing key is of a kind that cannot seal.")
    private: bytes = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private


def _public(key: object) -> bytes:
    public: bytes = key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return public


def _certificates(content: bytes) -> list[bytes]:
    return [one.public_bytes(DER) for one in x509.load_pem_x509_certificates(content)]
