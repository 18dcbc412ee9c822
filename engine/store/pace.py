"""How fast this machine has read footage so far."""

from datetime import datetime

from engine.ports import Transaction

LATEST = 50  # traces; what was before was another load, or another machine


async def camera_seconds_a_second(tx: Transaction) -> float | None:
    """Seconds of footage a second of machine work, over the latest finished traces; None where nothing
    was measured. A trace that looked again is left out: its times are those of the first look."""
    rows = await tx.rows(
        "SELECT started, finished, total(camera_s) AS camera_s FROM trace JOIN usage USING (trace_id)"
        " WHERE started IS NOT NULL AND finished IS NOT NULL AND revision = 1"
        " GROUP BY trace_id ORDER BY max(number) DESC LIMIT ?",
        (LATEST,),
    )
    spent_s = sum(
        (datetime.fromisoformat(row["finished"]) - datetime.fromisoformat(row["started"])).total_seconds()
        for row in rows
    )
    read_s = sum(float(row["camera_s"]) for row in rows)
    return read_s / spent_s if spent_s > 0 and read_s > 0 else None
