"""G3: a withdrawal that a crash cut short is finished by the next engine."""

from pathlib import Path

from engine.domain.ground import FaceGround, GroundKind
from engine.store.sealing import face_key
from tests.guarantees.house import ME, NOW, a_house, a_track


async def test_g03_a_withdrawal_cut_short_by_a_crash_is_finished_at_the_next_start(tmp_path: Path) -> None:
    """The ground is withdrawn, durably; then the machine went dark before anything was erased."""
    withdrawn = FaceGround(
        case_id="A",
        kind=GroundKind.SEPARATE_CONSENT,
        recorded_at=NOW,
        recorded_by=ME.name,
        document_sha256="a" * 64,
        withdrawn_at=NOW,
    )
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        assert (await house.traced()).candidates
        await house.store.run(lambda tx: house.context.cases.put_ground(tx, withdrawn))
    async with a_house(tmp_path) as house:
        await house.intake.finish_withdrawals()
        assert await house.blobs("candidate") == []
        assert await house.blobs("still") == []
        assert not house.vault.has(face_key("A"))
