"""The witness of an engine: there while the engine is, and let go of with it."""

from pathlib import Path

import psutil

from adapters.assembly.trust import witness_of
from adapters.settings import Keys, Service, SiteFile, Witnessed
from adapters.witness.file import FileWitness
from tests.adapters.witness.audits import ORIGIN, SIGNER
from tests.adapters.witness.serving import a_witness


def settings(witness: Witnessed | None) -> SiteFile:
    service = (
        Service(level="basic", people={}, keys=Keys(unseal="credential"), witness=witness)
        if witness
        else None
    )
    return SiteFile(name=ORIGIN, profile="server", cameras="", places="", service=service)


def connections_to(port: int) -> int:
    """Of this very process."""
    return sum(c.raddr != () and c.raddr.port == port for c in psutil.Process().net_connections())


async def test_no_connection_to_the_witness_outlives_the_engine(tmp_path: Path) -> None:
    async with a_witness(tmp_path / "witness") as there:
        said = Witnessed(url=there.url, certificate_sha256=there.fingerprint)
        async with witness_of(settings(said), SIGNER) as witness:
            assert witness is not None
            assert await witness.latest() is None
            assert connections_to(there.port) == 1
        assert connections_to(there.port) == 0


async def test_a_rehearsal_has_no_witness_and_a_file_may_be_one(tmp_path: Path) -> None:
    async with witness_of(settings(None), SIGNER) as witness:
        assert witness is None
    async with witness_of(settings(Witnessed(file=str(tmp_path / "file"))), SIGNER) as witness:
        assert isinstance(witness, FileWitness)
