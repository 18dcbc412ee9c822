"""What a server trusts: where its keys come from, and who remembers what its audit said."""

import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from adapters.loading import LoadedSite
from adapters.settings import SiteFile
from adapters.witness.file import FileWitness
from adapters.witness.http import HttpWitness
from engine.audit.checkpoint import CheckpointSigner
from engine.ports import Witness
from engine.vault.keys import Vault, rehearsal_secret
from engine.vault.unseal import ask_from, read_secret

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ended(Exception):
    """The engine was told to end while it waited for a passphrase."""


def opened_vault(site: LoadedSite, state: Path, unseal_fd: int | None, wrong: Callable[[str], None]) -> Vault:
    """The keys of this engine. A rehearsal has its secret beside the data, a server never.
    ``wrong`` is told of each passphrase that was not the right one. Raises Ended at a signal to end."""
    service = site.settings.service
    if service is None:
        return Vault(state, rehearsal_secret(state))
    keys = service.keys

    def told(line: str) -> None:
        wrong(line)
        sys.stderr.write(f"{line}\n")

    ask = ask_from(0 if unseal_fd is None else unseal_fd) if keys.unseal == "passphrase" else None
    with _ended_by_signals() if ask else contextlib.nullcontext():
        secret = read_secret(
            state,
            passphrase=ask,
            credential=keys.name if keys.unseal == "credential" else "",
            file=Path(keys.name) if keys.unseal == "file" else None,
            environment=os.environ,
            wrong=lambda number, why: told(f"{why} (try {number})"),
        )
    return Vault(
        state,
        secret,
        epoch_folder=Path(keys.epoch_folder) if keys.epoch_folder else None,
        copy_folder=Path(keys.copy_folder) if keys.copy_folder else None,
    )


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Whoever waits for a passphrase holds up the event loop, and so its handlers of signals too."""

    def end(*_: object) -> None:
        raise Ended

    before = {n: signal.getsignal(n) for n in ENDING if signal.getsignal(n) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.asynccontextmanager
async def witness_of(settings: SiteFile, signer: CheckpointSigner) -> AsyncIterator[Witness | None]:
    """Who remembers what the audit says; nobody in a rehearsal. On the way out no connection is left."""
    if settings.service is None:
        yield None
        return
    said = settings.service.witness
    if said.file:
        yield FileWitness(Path(said.file), signer.verifier)
        return
    fingerprint = said.certificate_sha256
    async with contextlib.aclosing(HttpWitness(said.url, settings.name, fingerprint=fingerprint)) as witness:
        yield witness
