"""A store put back from a backup: said in the audit, so that the witness can tell it from a fraud."""

import asyncio

from engine.audit.checkpoint import CheckpointSigner
from engine.audit.witnessed import Standing, accept_restore, compare
from engine.ports import Clock, Store, Transaction, Witness, WitnessAway
from engine.store.authorisations import latest_time
from engine.store.restoring import RESTORED_FROM

TRY_S = 2.0


async def accept_restored(store: Store, clock: Clock, signer: CheckpointSigner, witness: Witness) -> bool:
    """Where the store was put back on purpose, write down from which size to which, once; the witness
    still has to accept it. False where nothing was put back, or the witness does not answer yet."""

    async def marked(tx: Transaction) -> bool:
        return await tx.row("SELECT 1 FROM meta WHERE key = ?", (RESTORED_FROM,)) is not None

    if not await store.run(marked):
        return False
    try:
        async with asyncio.timeout(TRY_S):
            remembered = await witness.latest()
    except (WitnessAway, TimeoutError):
        return False

    async def accept(tx: Transaction) -> None:
        standing, _ = await compare(tx, signer, remembered)
        if remembered is not None and standing in (Standing.ROLLED_BACK, Standing.FORKED):
            at = await latest_time(tx, clock)
            await accept_restore(tx, signer, at=at, person="engine", remembered=remembered)
        await tx.execute("DELETE FROM meta WHERE key = ?", (RESTORED_FROM,))

    await store.run(accept)
    return True
