"""What footage was asked for: a line for each camera window, for the caps to add up."""

from dataclasses import dataclass

from engine.policy.caps import Used
from engine.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """To whose account a window goes. ``patient_mac`` is a keyed digest of the notification reference: a
    patient who is entered as two cases, or under two references, is one patient. ``day`` is one of UTC,
    ``2026-03-06``."""

    trace_id: str
    case_id: str
    patient_mac: str
    requester: str
    day: str


async def charge(tx: Transaction, payer: Payer, window_mac: str, camera_s: float) -> None:
    """Write the window down; the same one again, after a fault or a restart, is not counted twice."""
    await tx.execute(
        "INSERT INTO usage (trace_id, window_mac, case_id, requester, day, camera_s)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (payer.trace_id, window_mac, payer.case_id, payer.requester, payer.day, camera_s),
    )
    await tx.execute(
        "INSERT INTO usage_patient (case_id, patient_mac) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (payer.case_id, payer.patient_mac),
    )


async def charged(tx: Transaction, trace_id: str, window_mac: str) -> bool:
    """Whether this window was written down before."""
    return bool(
        await tx.row("SELECT 1 FROM usage WHERE trace_id = ? AND window_mac = ?", (trace_id, window_mac))
    )


async def used(tx: Transaction, payer: Payer) -> Used:
    """The four sums that another window of this payer would add to."""
    row = await tx.row(
        "WITH RECURSIVE same (case_id) AS (SELECT ?"
        " UNION SELECT case_id FROM usage_patient WHERE patient_mac = ?"
        " UNION SELECT b.case_id FROM same JOIN usage_patient AS a USING (case_id)"
        " JOIN usage_patient AS b USING (patient_mac))"
        " SELECT (SELECT total(camera_s) FROM usage WHERE trace_id = ?) AS trace,"
        " (SELECT total(camera_s) FROM usage WHERE case_id IN (SELECT case_id FROM same)) AS patient,"
        " (SELECT total(camera_s) FROM usage WHERE day = ? AND requester = ?) AS requester,"
        " (SELECT total(camera_s) FROM usage WHERE day = ?) AS installation",
        (payer.case_id, payer.patient_mac, payer.trace_id, payer.day, payer.requester, payer.day),
    )
    assert row is not None
    return Used(
        trace_s=row["trace"],
        patient_s=row["patient"],
        requester_s=row["requester"],
        installation_s=row["installation"],
    )
