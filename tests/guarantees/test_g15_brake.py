"""G15: the brake on erasure and its way round; what is overwritten, and what never comes back."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.domain.case import Case
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.schedule.sweep import confirm, erase_case, health, sweep
from engine.store.backup import backup
from engine.store.restoring import restore
from engine.store.sealing import case_key, face_key
from engine.vault.keys import Erased, Vault
from tests.guarantees.house import ME, SECRET, TurnableClock, a_house, case_import
from tests.guarantees.test_g15_erasure import due, left, state_of, traced


@pytest.mark.parametrize("boot_s", [3600.0, 0.0], ids=["an hour at a time", "by the wall clock alone"])
async def test_g15_a_clock_that_creeps_does_not_get_round_the_brake(tmp_path: Path, boot_s: float) -> None:
    """Ten cases fall due at a time, twenty keys: each time just under the brake."""
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        for number in range(30):
            await due(house, f"case-{number}", clock.now() + timedelta(days=2 * (1 + number // 10)))
        for _ in range(3):
            clock.wall += timedelta(days=2)
            clock.boot_s += boot_s
            await sweep(house.context)
        assert await left(house) == 20


async def test_g15_of_what_waits_the_custodian_takes_out_what_is_not_to_go(tmp_path: Path) -> None:
    """Of eleven cases one is confirmed; the ten others, alone, would have been few enough to go."""
    async with a_house(tmp_path) as house:
        for number in range(11):
            await due(house, f"case-{number}", house.clock.now())
        assert len((await sweep(house.context)).waiting) == 11
        await confirm(house.context, "custodian", ["case-3"])
        assert (await sweep(house.context)).erased == ("case-3",)
        assert await left(house) == 10


async def test_g15_nobody_confirms_what_does_not_wait(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await due(house, "A", house.clock.now() + timedelta(days=9))
        with pytest.raises(Refused, match="does not wait") as no:
            await confirm(house.context, "custodian", ["A"])
        assert no.value.rule == "G15"


WAITING = (
    "INSERT INTO erasure (case_id, state, because, asked_by, due_at, keys, four_eyes)"
    " VALUES ('A', 'waiting', 'due', 'kim', '2026-03-05T00:00:00+00:00', 2, 1)"
)


async def test_g15_nobody_confirms_what_they_asked_for(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        house.vault.ensure_all((case_key("A"), face_key("A")))
        await house.store.run(
            lambda tx: tx.execute("INSERT INTO case_file (case_id, state, sealed) VALUES ('A', 'open', x'')")
        )
        await house.store.run(lambda tx: tx.execute(WAITING))
        with pytest.raises(Refused, match="what they asked for"):
            await confirm(house.context, "kim", ["A"])
        await confirm(house.context, "custodian", ["A"])


FORGERIES = {
    "one hand": "UPDATE erasure SET confirmed_by = asked_by",
    "undone": "UPDATE erasure SET state = 'waiting' WHERE state = 'done'",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_g15_the_database_itself_keeps_an_erasure_and_its_two_hands(
    tmp_path: Path, forgery: str
) -> None:
    async with a_house(tmp_path) as house:
        await house.intake.put_case(ME, case_import())

        async def forge(tx: Transaction) -> None:
            await tx.execute(WAITING)
            if forgery == "undone":
                await tx.execute("UPDATE erasure SET state = 'intent'")
                await tx.execute("UPDATE erasure SET state = 'done'")
            await tx.execute(FORGERIES[forgery])

        with pytest.raises(sqlite3.IntegrityError, match=r"second person|was erased"):
            await house.store.run(forge)


def test_g15_the_old_epoch_key_is_overwritten_before_its_name_goes(tmp_path: Path) -> None:
    """A descriptor that somebody kept open reads random bytes."""
    vault = Vault(tmp_path, SECRET)
    vault.ensure_all(("case:A", "case:B"))
    with (tmp_path / "epoch-0.key").open("rb") as kept_open, (tmp_path / "keys.json").open("rb") as keys:
        before, table = kept_open.read(), keys.read()
        vault.destroy(frozenset({"case:A"}))
        for file, content in ((kept_open, before), (keys, table)):
            file.seek(0)
            after = file.read()
            assert len(after) == len(content)
            assert sum(a == b for a, b in zip(after, content, strict=True)) < len(content) / 8


def test_g15_a_key_that_survived_is_noticed(tmp_path: Path) -> None:
    """Somebody put the old key of the epoch back while the keys were being destroyed."""
    vault = Vault(tmp_path, SECRET)
    vault.ensure_all(("case:A", "case:B"))
    old = (tmp_path / "epoch-0.key").read_bytes()
    vault.destroy(frozenset({"case:A"}))
    vault.verify_gone({"case:A"})
    (tmp_path / "epoch-0.key").write_bytes(old)
    with pytest.raises(RuntimeError, match="1 old epochs"):
        vault.verify_gone({"case:A"})


def test_g15_a_key_that_was_used_before_is_gone_from_memory_too(tmp_path: Path) -> None:
    vault = Vault(tmp_path, SECRET)
    vault.ensure("case:A")
    sealed = vault.seal("case:A", "row", b"who it was")
    assert vault.open("case:A", "row", sealed) == b"who it was"
    vault.destroy(frozenset({"case:A"}))
    with pytest.raises(Erased):
        vault.open("case:A", "row", sealed)


async def test_g15_a_closed_id_never_gets_a_key_again(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await traced(house, "A")
        await erase_case(house.context, "A", ME.name)
        with pytest.raises(Refused):
            await house.intake.put_case(ME, case_import("A"))
        case = Case(**msgspec.structs.asdict(case_import("A")))
        with pytest.raises(Refused, match="closed") as no:
            await house.store.run(lambda tx: house.context.cases.put(tx, case))
        assert no.value.rule == "G15"
        assert not house.vault.has(case_key("A"))


async def test_g15_without_its_key_file_no_backup_is_put_in_place(tmp_path: Path) -> None:
    """Otherwise every case would be taken for erased."""
    state, bare = tmp_path / "state", tmp_path / "bare"
    state.mkdir()
    bare.mkdir()
    async with a_house(state) as house:
        await house.case("A")
        manifest = await backup(house.store, tmp_path / "backups", house.clock)
    with pytest.raises(InputError, match="a backup holds no keys"):
        restore(tmp_path / "backups" / manifest.name, bare)
    assert not list(bare.iterdir())


async def test_g15_nothing_but_its_id_is_left_of_an_erased_case(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await traced(house, "A", "B")
        await erase_case(house.context, "A", ME.name)
        for table in ("record", "still", "ground", "authorisation", "trace", "candidate", "member"):
            rows = await house.store.run(lambda tx, t=table: tx.rows(f"SELECT * FROM {t}"))  # type: ignore[misc]
            assert rows, table
            assert {row["case_id"] for row in rows} == {"B"}, table
        assert await state_of(house, "A") == "erased"


async def test_g15_an_engine_that_does_not_sweep_says_so(tmp_path: Path) -> None:
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        await due(house, "A", clock.now())
        clock.pass_s(2 * 3600.0)
        facts = await health(house.context)
        assert (facts.overdue, facts.keys_due) == (1, 2)
