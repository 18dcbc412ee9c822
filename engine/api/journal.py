"""A line in the audit and an event for what a person changes, in the transaction of the change."""

from engine.api.asked import Asked
from engine.audit import log
from engine.ports import Transaction
from engine.store import events
from engine.store.authorisations import latest_time
from engine.trace.context import Context


async def write(
    context: Context,
    tx: Transaction,
    asked: Asked,
    action: str,
    object_id: str,
    *,
    outcome: str = "done",
    case_id: str = "",
    tell: bool = True,
    told: str = "",
    detail: dict[str, str] | None = None,
) -> None:
    """``tell`` False for what changes nothing (a view, a read); ``told`` is what consoles hear in place
    of ``outcome``, where that is not for all of them. The login uid stands beside the name,
    where the kernel has recorded one: who became somebody else by su or sudo is still to be found."""
    at = await latest_time(tx, context.clock)
    await log.append(
        tx,
        at=at,
        person=asked.name,
        login=asked.person.login_uid,
        action=action,
        object_id=object_id,
        outcome=outcome,
        detail=detail,
    )
    if tell:
        state = told or outcome
        await events.note(tx, at=at, kind=action, object_id=object_id, state=state, case_id=case_id)
