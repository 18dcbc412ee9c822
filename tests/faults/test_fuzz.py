from pathlib import Path

from tests.faults.fuzz_worker import fuzz

ROUNDS = 120


async def test_damaged_bytes_end_in_a_result_or_a_plain_refusal(tmp_path: Path) -> None:
    """A short form without models; ``python -m tests.faults.fuzz_worker --rounds N`` runs longer."""
    outcome = await fuzz(ROUNDS, shared=tmp_path)
    assert outcome.broken == []
    assert sum(outcome.counts.values()) == ROUNDS
    assert {"inspect: read", "inspect: refused", "records: read", "records: refused"} <= outcome.counts.keys()


async def test_damaged_footage_and_photographs_end_a_whole_scan_plainly(shared: Path) -> None:
    outcome = await fuzz(ROUNDS, seed=10_000, shared=shared)
    assert outcome.broken == []
    assert {"scan: read", "scan: refused", "photo: refused"} <= outcome.counts.keys()
