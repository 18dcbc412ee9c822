import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from adapters.witness.certificate import CERTIFICATE, KEY, fingerprint, make_certificate, server_context
from engine.domain.errors import InputError
from tests.adapters.witness.audits import NOW


def test_a_certificate_names_its_hosts_and_is_known_by_its_fingerprint(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, ("witness.example", "192.0.2.7"), NOW)
    pem = (tmp_path / CERTIFICATE).read_text()
    assert made == fingerprint(tmp_path) == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    read = x509.load_pem_x509_certificate(pem.encode())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["witness.example"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert not read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    assert server_context(tmp_path).minimum_version is ssl.TLSVersion.TLSv1_2


def test_an_existing_one_is_never_written_over(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, ("localhost",), NOW)
    with pytest.raises(InputError, match="holds a certificate already"):
        make_certificate(tmp_path, ("localhost",), NOW)
    assert fingerprint(tmp_path) == made


def test_a_folder_without_one_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tracedesk witness init"):
        server_context(tmp_path)
    make_certificate(tmp_path, ("localhost",), NOW)
    (tmp_path / KEY).write_text("nonsense")
    with pytest.raises(InputError, match="does not open together"):
        server_context(tmp_path)
