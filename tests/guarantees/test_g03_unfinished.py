"""G3: a withdrawal that was cut short is finished, and nothing comes between its beginning and its end."""

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.api.asked import Conflict
from engine.domain.errors import InputError
from engine.domain.ground import FaceGround, GroundKind
from engine.schedule.sweep import Sweeper
from engine.store.sealing import face_key
from engine.vault import files
from tests.guarantees.house import ME, NOW, House, a_house, a_track, seen
from tests.guarantees.test_g03_ground import ANOTHER


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


def a_full_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def sweeper(house: House) -> Sweeper:
    return Sweeper(house.context, stop=house.runner.stop)


async def said_of_faces(house: House) -> list[tuple[str, dict[str, str]]]:
    return [(line.outcome, line.detail) for line in await house.audit() if line.action == "erase"]


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


async def test_g03_no_other_ground_is_recorded_while_a_withdrawal_is_at_work(tmp_path: Path) -> None:
    """Otherwise everything of the ground before stayed, or what came with the new one went."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        house.pool.one_at_a_time()
        trace_id = await house.trace()
        await house.has_candidates(trace_id)
        async with house.runner._handing_out:  # stopping a trace waits for it
            withdrawing = asyncio.create_task(house.intake.withdraw_ground(ME, "A"))
            while (await house.intake.cases(ME))[0].ground != "withdrawn":
                pass
            (case,) = await house.intake.cases(ME)
            with pytest.raises(Conflict, match="still being withdrawn"):
                await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)
        await withdrawing
        assert await house.blobs("candidate") == await house.blobs("still") == []
        assert not house.vault.has(face_key("A"))
        await house.intake.put_ground(seen(ME, case.version), "A", ANOTHER)


async def test_g03_a_key_that_a_full_disk_kept_goes_with_the_next_sweep(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        found = len((await house.traced()).candidates)
        failpoints.arm(files.BEFORE_WRITE_SYNC, a_full_disk)
        with pytest.raises(InputError, match="no space left"):
            await house.intake.withdraw_ground(ME, "A")
        assert house.vault.has(face_key("A"))
        deleted = ("faces deleted", {"candidates": str(found)})
        assert await said_of_faces(house) == [deleted]  # nobody says that the key is gone
        facts = await sweeper(house).health()
        assert (facts.keys_due, facts.unfinished) == (1, 1)

        failpoints.disarm()
        await sweeper(house).now()
        assert not house.vault.has(face_key("A"))
        assert await said_of_faces(house) == [deleted, ("faces", {})]
        facts = await sweeper(house).health()
        assert (facts.keys_due, facts.unfinished) == (0, 0)
        await sweeper(house).now()
        assert len(await said_of_faces(house)) == 2  # once is enough


async def test_g03_a_withdrawal_that_failed_is_asked_for_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        failpoints.arm(files.BEFORE_WRITE_SYNC, a_full_disk)
        with pytest.raises(InputError):
            await house.intake.withdraw_ground(ME, "A")
        failpoints.disarm()
        assert (await house.intake.withdraw_ground(ME, "A")).ground == "withdrawn"
        assert not house.vault.has(face_key("A"))
        await house.intake.withdraw_ground(ME, "A")  # done already: no key is made to be destroyed
        assert [outcome for outcome, _ in await said_of_faces(house)] == ["faces deleted", "faces"]
