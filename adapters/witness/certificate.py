"""The self-signed certificate of a witness server; clients know it by its fingerprint."""

import hashlib
import ipaddress
import os
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine import failpoints
from engine.domain.errors import InputError

BEFORE_SYNC = failpoints.name("certificate.before_fsync")
AFTER_SYNC = failpoints.name("certificate.after_fsync")

CERTIFICATE, KEY = "certificate.pem", "key.pem"
LASTS = timedelta(days=3650)


def make_certificate(folder: Path, names: tuple[str, ...], now: datetime) -> str:
    """Write key and certificate for these host names or addresses; returns the fingerprint. Raises
    InputError where there are some already."""
    if (folder / KEY).exists() or (folder / CERTIFICATE).exists():
        raise InputError(
            "holds a certificate already", file=str(folder), mend="use it, or name another folder"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tracedesk witness")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks of two institutions
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / KEY, private, 0o600)
    _write(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM), 0o644)
    return fingerprint(folder)


def fingerprint(folder: Path) -> str:
    """SHA-256 over the certificate, in hexadecimal. Raises InputError where there is none."""
    try:
        pem = (folder / CERTIFICATE).read_text("ascii")
        return digest(ssl.PEM_cert_to_DER_cert(pem))
    except (OSError, ValueError):
        raise InputError(
            "has no certificate", file=str(folder), mend="make one with: tracedesk witness init"
        ) from None


def digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with the certificate of this folder. Raises InputError without one."""
    fingerprint(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except (OSError, ssl.SSLError):
        raise InputError(
            "does not open together with its certificate", file=str(folder / KEY), mend="restore both"
        ) from None
    return context


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        os.write(descriptor, content)
        failpoints.reached(BEFORE_SYNC)
        os.fsync(descriptor)
        failpoints.reached(AFTER_SYNC)
    finally:
        os.close(descriptor)
