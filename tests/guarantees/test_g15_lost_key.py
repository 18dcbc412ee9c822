"""G15: a case whose key is gone, being erased or lost, keeps nobody from the other cases."""

import sys
from pathlib import Path

import pytest

from adapters.assembly.engine import KEY_FILE, StandIn, running
from adapters.bench.town import build
from engine.api.schema import TraceStart
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Unknown
from engine.domain.trace import TraceState
from engine.store.sealing import case_key, face_key
from engine.vault.keys import Vault
from tests.guarantees.house import ME, SECRET, House, a_house, by, case_import, until
from tests.guarantees.server_house import CHOI, KIM, PARK, a_case, an_order, permitted


async def without_keys(house: House, case_id: str) -> None:
    """As between the destruction of the keys and the last row, or after an old key file was put back."""
    house.vault.destroy(frozenset({case_key(case_id), face_key(case_id)}))


async def test_g15_the_rows_of_the_desk_are_shown_while_a_case_is_erased(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.may_ask.clear()
        for case_id in ("A", "B"):
            await house.case(case_id)
        cancelled = await house.trace("A")
        await house.tracing.cancel(ME, cancelled)  # says why, sealed under the key of the case
        going = await house.trace("B")
        await without_keys(house, "A")
        rows = {row.case_id: row for row in await house.tracing.traces(ME)}
        assert rows["A"].state is TraceState.CANCELLED
        assert rows["B"].trace_id == going
        await house.authorise.revoke(ME, (await house.authorise.all(ME))[0].authorisation_id)
        assert await house.over(going) is TraceState.STOPPED_AUTHORISATION


async def test_g15_the_withdrawal_of_one_patient_waits_for_no_key_of_another(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.may_ask.clear()
        for case_id in ("A", "B"):
            await house.case(case_id)
        await house.tracing.cancel(ME, await house.trace("A"))
        await without_keys(house, "A")
        await house.intake.withdraw_ground(ME, "B")
        assert not house.vault.has(face_key("B"))


async def test_g15_cases_and_authorisations_of_others_are_listed_beside_a_lost_one(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        for case_id in ("A", "B"):
            await a_case(house, case_id, photo=False)
            await permitted(house, case_id)
        await without_keys(house, "A")
        assert [c.case_id for c in await house.intake.cases(CHOI)] == ["A", "B"]
        for who in (KIM, PARK):
            assert [a.case_id for a in await house.authorise.all(who)] == ["B"]


async def test_g15_cases_of_others_are_listed_beside_a_damaged_one(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        for case_id in ("A", "B"):
            await a_case(house, case_id, photo=False)
        damage = "UPDATE notice SET sealed = zeroblob(60) WHERE case_id = 'A'"
        await house.store.run(lambda tx: tx.execute(damage))
        found = [(c.case_id, c.notice) for c in await house.intake.cases(CHOI)]
        assert found == [("A", "damaged"), ("B", "due")]


async def test_g15_an_engine_starts_beside_a_lost_key(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.may_ask.clear()
        await house.case("A")
        await house.tracing.cancel(ME, await house.trace("A"))
        await without_keys(house, "A")
    async with a_house(tmp_path) as house:
        assert len(await house.tracing.everything()) == 1


async def test_g15_an_engine_starts_beside_a_withdrawal_without_its_key(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        for case_id in ("A", "B"):
            await house.case(case_id)
        await house.intake.withdraw_ground(ME, "A")
        await house.store.run(lambda tx: tx.execute("UPDATE ground SET withdrawn = 1"))
        await without_keys(house, "A")
        await house.intake.finish_withdrawals()
        assert not house.vault.has(face_key("B"))


async def test_g15_a_trace_without_its_key_ends_once_and_gives_its_slot_back(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.may_ask.clear()
        await house.case("A")
        trace_id = await house.trace("A")
        await house.pool.asked.wait()
    Vault(tmp_path, SECRET).destroy(frozenset({case_key("A"), face_key("A")}))
    async with a_house(tmp_path) as house:
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        await until(lambda: not house.runner.busy)


async def test_g24_a_lost_key_tells_nobody_whose_authorisation_it_was(tmp_path: Path) -> None:
    outsider = by("han", 2009, Role.INVESTIGATOR)
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        await house.intake.put_case(outsider, case_import("Q"))
        authorisation_id = (await permitted(house)).authorisation_id
        await without_keys(house, "A")
        start = TraceStart(case_id="Q", authorisation_id=authorisation_id)
        for asked in (
            house.authorise.revoke(outsider, authorisation_id),
            house.tracing.start(outsider, start),
        ):
            with pytest.raises(Unknown, match=f"no authorisation {authorisation_id}"):
                await asked


async def test_g15_an_engine_with_cases_makes_no_new_key_file_in_the_place_of_a_lost_one(
    tmp_path: Path,
) -> None:
    """It would open none of them, and stand in the way of the right one."""
    async with a_house(tmp_path) as house:
        await house.case("A")
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    worker = (sys.executable, "-P", "-m", "adapters.bench.worker", "0.1", "0")
    site = build(tmp_path / "town", cases=1).site
    with pytest.raises(InputError, match="is not there, and 1 cases are"):
        async with running(site, tmp_path, workers=1, stand_in=StandIn(worker_command=worker)):
            raise AssertionError
    assert not (tmp_path / KEY_FILE).exists()
