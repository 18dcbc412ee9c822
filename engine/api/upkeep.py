"""What a custodian does for the store as a whole."""

import asyncio
from pathlib import Path

from engine.api import journal
from engine.api.asked import Asked
from engine.api.once import HOUSE_KEY, answered_before, once
from engine.api.schema import BackupRequest, BackupTaken
from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store.backup import backup
from engine.trace.context import Context


class Upkeep:
    """One method per request."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._one_backup = asyncio.Lock()  # whoever asks again in the meantime gets what came of the first

    async def backup(self, asked: Asked, wanted: BackupRequest) -> BackupTaken:
        """A checked copy of the sealed data, without a key. The intent is in the audit before a byte is
        written; what came of it after. Under a key that was used before it is what came of it then; one
        that was cut short is begun anew, with an intent of its own."""
        folder = Path(wanted.folder)
        if not folder.is_absolute() or "\0" in wanted.folder:
            raise InputError("is no absolute path", place="folder", mend="name the folder from / on")
        async with self._one_backup:
            before = await answered_before(self._context, asked, BackupTaken)
            return before or await self._backup(asked, folder)

    async def _backup(self, asked: Asked, folder: Path) -> BackupTaken:
        async def intend(tx: Transaction) -> None:
            await journal.write(self._context, tx, asked, "backup", "store", outcome="intent", tell=False)

        await self._context.store.run(intend)
        taken = await backup(self._context.store, folder, self._context.clock)

        async def taken_down(tx: Transaction) -> BackupTaken:
            detail = {"audit_size": str(taken.audit_size), "sha256": taken.sha256}
            await journal.write(self._context, tx, asked, "backup", "store", outcome="done", detail=detail)
            return BackupTaken(
                name=taken.name,
                created_at=taken.created_at,
                size=taken.size,
                sha256=taken.sha256,
                audit_size=taken.audit_size,
            )

        return await once(self._context, asked, HOUSE_KEY, BackupTaken, taken_down)
