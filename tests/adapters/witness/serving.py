"""A witness server on a port of its own, as an engine meets it."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapters.witness.book import SILENCE, Book
from adapters.witness.certificate import make_certificate
from adapters.witness.http import HttpWitness
from adapters.witness.server import WitnessServer, serving
from tests.adapters.witness.audits import NOW, ORIGIN, SIGNER
from tests.engine.fakes import SetClock


@dataclass
class Running:
    url: str
    fingerprint: str
    folder: Path
    clock: SetClock
    server: WitnessServer
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self, origin: str = ORIGIN, fingerprint: str = "") -> HttpWitness:
        return HttpWitness(self.url, origin, fingerprint=fingerprint or self.fingerprint)


def prepared(folder: Path) -> str:
    """A folder with a certificate that knows our engine; the fingerprint."""
    folder.mkdir()
    book = Book(folder, NOW)
    book.enrol(SIGNER.verifier, NOW)
    book.close()
    return make_certificate(folder, ("localhost", "127.0.0.1"), NOW)


@contextlib.asynccontextmanager
async def a_witness(folder: Path, silence: timedelta = SILENCE, port: int = 0) -> AsyncIterator[Running]:
    known = prepared(folder)
    clock = SetClock(NOW)
    said: list[str] = []
    with socket.create_server(("127.0.0.1", port)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        async with serving(folder, clock, listening, said.append, silence) as server:
            yield Running(url, known, folder, clock, server, said)
