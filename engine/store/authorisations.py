"""Authorisations, and the clock that never runs back under them."""

from datetime import datetime, timedelta

from engine.domain.authorisation import Authorisation
from engine.domain.errors import Refused, Unknown
from engine.ports import Clock, Transaction
from engine.store.sealing import Sealer, case_key


class Authorisations:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(self, tx: Transaction, authorisation: Authorisation) -> None:
        sealed = self._sealer.seal(
            case_key(authorisation.case_id), "authorisation", authorisation.authorisation_id, authorisation
        )
        await tx.execute(
            "INSERT INTO authorisation (authorisation_id, case_id, state, expires_at, sealed, version,"
            " four_eyes, emergency, review_due, requested_uid, requested_login, approved_uid, approved_login)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (authorisation_id) DO UPDATE SET state = excluded.state, sealed = excluded.sealed,"
            " version = excluded.version, review_due = excluded.review_due,"
            " approved_uid = excluded.approved_uid, approved_login = excluded.approved_login",
            (
                authorisation.authorisation_id,
                authorisation.case_id,
                authorisation.state,
                authorisation.expires_at.isoformat(),
                sealed,
                authorisation.version,
                int(authorisation.four_eyes),
                int(authorisation.review_due is not None),
                authorisation.review_due.isoformat() if authorisation.review_due else None,
                authorisation.requested_uid,
                authorisation.requested_login,
                authorisation.approved_uid,
                authorisation.approved_login,
            ),
        )

    async def get(self, tx: Transaction, authorisation_id: str) -> Authorisation:
        row = await tx.row(
            "SELECT case_id, state, sealed FROM authorisation WHERE authorisation_id = ?", (authorisation_id,)
        )
        if row is None:
            raise Unknown(f"there is no authorisation {authorisation_id[:64]}")
        found = self._sealer.open(
            case_key(row["case_id"]), "authorisation", authorisation_id, row["sealed"], Authorisation
        )
        if found.state != row["state"]:
            raise Refused("the authorisation was changed behind the engine's back", rule="G1")
        return found

    async def of_case(self, tx: Transaction, case_id: str) -> tuple[Authorisation, ...]:
        rows = await tx.rows(
            "SELECT authorisation_id FROM authorisation WHERE case_id = ? ORDER BY rowid", (case_id,)
        )
        return tuple([await self.get(tx, row["authorisation_id"]) for row in rows])


async def latest_time(tx: Transaction, clock: Clock) -> datetime:
    """Now, but never earlier than this store can know: a clock turned back brings no expired
    authorisation to life again.

    Time goes on from the latest moment seen by at least what the boot clock has gone on since. That
    holds over a restart of the machine too: then the boot clock begins anew and counts too little.
    """
    now, boottime_s = clock.now(), clock.boottime_s()
    row = await tx.row("SELECT value FROM meta WHERE key = 'latest_time'")
    if row:
        text, _, seen_boottime_s = str(row["value"]).partition(" ")
        gone_on = timedelta(seconds=max(0.0, boottime_s - float(seen_boottime_s)))
        now = max(now, datetime.fromisoformat(text) + gone_on)
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES ('latest_time', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (f"{now.isoformat()} {boottime_s!r}",),
    )
    return now
