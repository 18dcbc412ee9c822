"""The audit, read by those whose office it is."""

from engine.api.asked import Asked
from engine.api.schema import AuditEntry
from engine.audit import log
from engine.trace.context import Context


class Auditing:
    """One method per request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def read(self, asked: Asked, after: int) -> tuple[AuditEntry, ...]:
        """Lines after a number, oldest first, a thousand at most."""
        found = await self._context.store.run(lambda tx: log.lines(tx, after))
        return tuple(
            AuditEntry(
                seq=line.seq,
                at=line.at,
                person=line.person,
                action=line.action,
                object=line.object,
                outcome=line.outcome,
                hash=digest,
            )
            for line, digest in found
        )
