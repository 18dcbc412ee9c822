"""What there is of several cases, read together: a few statements however many cases there are.

Sealed values come as they lie there. Whoever shows them opens them after the transaction, so that
others do not wait for the store meanwhile; what was erased until then opens no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.domain.case import Case
from engine.ports import Row, Transaction
from engine.store.cases import USABLE, CaseCounts
from engine.store.listed import listed
from engine.store.sealing import Sealer, case_key

NO_COUNTS = CaseCounts(records=0, stills=0, unseconded=0, ground="")


@dataclass(slots=True, kw_only=True)
class CaseRows:
    """``members`` in the order in which they came: the first has opened it. ``authorisations`` newest
    first, ``requests`` as they were asked."""

    case_id: str
    version: int
    sealed: bytes
    members: list[str] = field(default_factory=list)
    counts: CaseCounts = NO_COUNTS
    requests: list[Row] = field(default_factory=list)
    authorisations: list[Row] = field(default_factory=list)
    notice: bytes | None = None


class CaseBoard:
    """Repository over tables that have their own; ``read`` belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def read(self, tx: Transaction, case_ids: Iterable[str] | None) -> dict[str, CaseRows]:
        """The open ones of these cases (None: all), in the order of their ids."""
        some = "" if case_ids is None else " AND case_id IN (SELECT value FROM json_each(?))"
        found = {
            row["case_id"]: CaseRows(case_id=row["case_id"], version=row["version"], sealed=row["sealed"])
            for row in await tx.rows(
                f"SELECT case_id, version, sealed FROM case_file WHERE state = 'open'{some}"  # noqa: S608
                " ORDER BY case_id",
                () if case_ids is None else (listed(case_ids),),
            )
        }
        ids = listed(found)
        for row in await self._of(tx, "SELECT case_id, person FROM member", ids, "ORDER BY rowid"):
            found[row["case_id"]].members.append(row["person"])
        for case_id, counts in (await self._counts(tx, ids)).items():
            found[case_id].counts = counts
        order = "ORDER BY asked_at, request_id"
        for row in await self._of(tx, "SELECT * FROM source_request", ids, order):
            found[row["case_id"]].requests.append(row)
        columns = "SELECT authorisation_id, case_id, state, sealed FROM authorisation"
        for row in await self._of(tx, columns, ids, "ORDER BY rowid DESC"):
            found[row["case_id"]].authorisations.append(row)
        for row in await self._of(tx, "SELECT case_id, sealed FROM notice", ids):
            found[row["case_id"]].notice = row["sealed"]
        return found

    def case(self, rows: CaseRows) -> Case:
        """Raises Erased, InputError."""
        return self._sealer.open(case_key(rows.case_id), "case_file", rows.case_id, rows.sealed, Case)

    async def _counts(self, tx: Transaction, ids: str) -> dict[str, CaseCounts]:
        of_case: dict[str, dict[str, int]] = defaultdict(dict)
        grounds: dict[str, str] = {}
        many = "SELECT case_id, count(*) AS n FROM record"
        for row in await self._of(tx, many, ids, "GROUP BY case_id"):
            of_case[row["case_id"]]["records"] = row["n"]
        stills = f"SELECT case_id, count(*) AS n, total({USABLE}) AS usable FROM still"  # noqa: S608
        for row in await self._of(tx, stills, ids, "GROUP BY case_id"):
            of_case[row["case_id"]] |= {"stills": row["n"], "usable": int(row["usable"])}
        said = "SELECT case_id, CASE WHEN withdrawn THEN 'withdrawn' ELSE kind END AS ground FROM ground"
        for row in await self._of(tx, said, ids):
            grounds[row["case_id"]] = row["ground"]
        return {
            case_id: CaseCounts(
                records=of_case[case_id].get("records", 0),
                stills=of_case[case_id].get("usable", 0),
                unseconded=of_case[case_id].get("stills", 0) - of_case[case_id].get("usable", 0),
                ground=grounds.get(case_id, ""),
            )
            for case_id in {*of_case, *grounds}
        }

    async def _of(self, tx: Transaction, select: str, ids: str, then: str = "") -> Sequence[Row]:
        where = "WHERE case_id IN (SELECT value FROM json_each(?))"
        return await tx.rows(f"{select} {where} {then}", (ids,))
