"""Authorisations, and the clock that never runs back under them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from engine.domain.authorisation import Authorisation, AuthorisationState
from engine.domain.errors import InputError, Refused, Unknown
from engine.ports import Clock, Row, Transaction
from engine.store.listed import listed
from engine.store.sealing import Sealer, case_key

_TOLD: WeakKeyDictionary[Transaction, datetime] = WeakKeyDictionary()


class Authorisations:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(self, tx: Transaction, authorisation: Authorisation) -> None:
        sealed = self._sealer.seal(
            case_key(authorisation.case_id), "authorisation", authorisation.authorisation_id, authorisation
        )
        values = {
            "case_id": authorisation.case_id,
            "state": authorisation.state,
            "expires_at": authorisation.expires_at.isoformat(),
            "sealed": sealed,
            "version": authorisation.version,
            "four_eyes": int(authorisation.four_eyes),
            "emergency": int(authorisation.review_due is not None),
            "review_due": authorisation.review_due.isoformat() if authorisation.review_due else None,
            "requested_uid": authorisation.requested_uid,
            "requested_login": authorisation.requested_login,
            "approved_uid": authorisation.approved_uid,
            "approved_login": authorisation.approved_login,
        }
        # an update that is one, so that the triggers which ask for a second person see what it is
        changes = ", ".join(f"{column} = ?" for column in values)
        row = (*values.values(), authorisation.authorisation_id)
        if await tx.execute(f"UPDATE authorisation SET {changes} WHERE authorisation_id = ?", row):  # noqa: S608
            return
        columns, marks = ", ".join(values), ", ".join("?" for _ in values)
        await tx.execute(
            f"INSERT INTO authorisation ({columns}, authorisation_id) VALUES ({marks}, ?)",  # noqa: S608
            row,
        )

    async def get(self, tx: Transaction, authorisation_id: str) -> Authorisation:
        row = await tx.row(
            "SELECT authorisation_id, case_id, state, sealed FROM authorisation WHERE authorisation_id = ?",
            (authorisation_id,),
        )
        if row is None:
            raise Unknown(f"there is no authorisation {authorisation_id[:64]}")
        return self.opened(row)

    async def case_of(self, tx: Transaction, authorisation_id: str) -> str:
        """Its case, "" for one that never was. Opens nothing, so that it says nothing to who may not know."""
        row = await tx.row(
            "SELECT case_id FROM authorisation WHERE authorisation_id = ?", (authorisation_id,)
        )
        return row["case_id"] if row else ""

    async def several(
        self, tx: Transaction, authorisation_ids: Iterable[str]
    ) -> dict[str, Authorisation | str]:
        """By id, those that there are; one that is not what it was is the reason why."""
        rows = await tx.rows(
            "SELECT authorisation_id, case_id, state, sealed FROM authorisation"
            " WHERE authorisation_id IN (SELECT value FROM json_each(?))",
            (listed(authorisation_ids),),
        )
        found: dict[str, Authorisation | str] = {}
        for row in rows:
            try:
                found[row["authorisation_id"]] = self.opened(row)
            except Refused as problem:
                found[row["authorisation_id"]] = problem.reason
            except InputError as problem:
                found[row["authorisation_id"]] = str(problem)
        return found

    async def unreviewed(self, tx: Transaction) -> tuple[Authorisation, ...]:
        """Emergencies that no second person has looked at, in force or ended. One whose key is gone is
        left out."""
        rows = await tx.rows(
            "SELECT authorisation_id FROM authorisation WHERE emergency = 1 AND approved_uid IS NULL"
        )
        found = await self.several(tx, [row["authorisation_id"] for row in rows])
        return tuple(a for a in found.values() if isinstance(a, Authorisation) and a.unreviewed)

    def opened(self, row: Row) -> Authorisation:
        """A row of the table, also after its transaction. Raises Erased, InputError, and Refused (G1)
        for one that was changed behind the engine's back."""
        authorisation_id = row["authorisation_id"]
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


async def unreviewed(tx: Transaction) -> int:
    """Emergencies in force that no second person has looked at: told to everybody."""
    row = await tx.row(
        "SELECT count(*) AS n FROM authorisation WHERE state = ?", (AuthorisationState.EMERGENCY,)
    )
    return int(row["n"]) if row else 0


async def latest_time(tx: Transaction, clock: Clock) -> datetime:
    """Now, but never earlier than this store can know: a clock turned back brings no expired
    authorisation to life again.

    Time goes on from the latest moment seen by at least what the boot clock has gone on since. That
    holds over a restart of the machine too: then the boot clock begins anew and counts too little.

    One transaction has one moment: whoever asks again in it is told the same.
    """
    if (told := _TOLD.get(tx)) is not None:
        return told
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
    _TOLD[tx] = now
    return now
