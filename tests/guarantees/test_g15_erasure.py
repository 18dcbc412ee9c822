"""G15: erasure destroys keys, everywhere, within an hour of being due; and never by mistake of a clock.

The attacker holds the unseal secret, everything that lies on the disk now, and copies of the database
and of the key file from before.
"""

import asyncio
import base64
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.api.case_schema import KeptText
from engine.api.closing import Closing
from engine.api.forms import Confirm
from engine.api.keeping import Keeping
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule.erase import erase_case
from engine.schedule.sweep import Sweeper, confirm, finish_interrupted, health, sweep
from engine.store.sealing import case_key, face_key
from engine.vault.copy import COPY_FILE
from engine.vault.keyfile import unwrap
from engine.vault.keys import Erased, Vault, _slot
from tests.guarantees.house import (
    ME,
    SECRET,
    House,
    TurnableClock,
    a_house,
    a_track,
    by,
    case_import,
    consent,
    seen,
)

PERSONAL = [b"photo of A", b"a picture of a face", b"place-hall"]
TABLES = (
    "case_file",
    "record",
    "still",
    "ground",
    "authorisation",
    "step",
    "candidate",
    "window_result",
    "kept",
)
HOUR = timedelta(hours=1)


async def traced(house: House, *ids: str) -> None:
    """Cases with everything that a trace leaves behind."""
    house.pool.tracks = lambda _: (a_track(neighbours=1),)
    for case_id in ids:
        await house.case(case_id)
        assert (await house.traced(case_id)).candidates
        await Keeping(house.context).keep(
            seen(ME, 0), case_id, "handover", KeptText(text=f"photo of {case_id}")
        )


async def stolen(house: House, case_id: str) -> list[bytes]:
    """Every sealed blob of a case, as a thief finds it."""

    async def read(tx: Transaction) -> list[bytes]:
        of_case = "case_id = ?"
        of_trace = "trace_id IN (SELECT trace_id FROM trace WHERE case_id = ?)"
        found = []
        for table in TABLES:
            where = of_trace if table in ("step", "window_result") else of_case
            found += [
                r["sealed"] for r in await tx.rows(f"SELECT sealed FROM {table} WHERE {where}", (case_id,))
            ]
        found += [
            r["pictures"]
            for r in await tx.rows("SELECT pictures FROM candidate WHERE case_id = ?", (case_id,))
        ]
        return found

    return await house.store.run(read)


def keys_now(vault: Vault, *key_ids: str) -> list[bytes]:
    """Bytes of these keys, of the epoch key over them, and of both as they lie wrapped on the disk."""
    held = vault._held
    digests = [vault._digest(key_id) for key_id in key_ids]
    epoch_file = vault.parts()[f"epoch-{held.epoch}.key"]
    wrapped_epoch = base64.b64decode(epoch_file.split(b'"key":"')[1].split(b'"')[0])
    return [
        held.epoch_key,
        wrapped_epoch,
        *(held.keys[d] for d in digests),
        *(held.wrapped[d] for d in digests),
    ]


def forms(secret: bytes) -> list[bytes]:
    return [
        secret,
        secret[::-1],
        secret.hex().encode(),
        *(base64.b64encode(secret[n:])[4:-4] for n in range(3)),
    ]


def found_in(folder: Path, wanted: list[bytes]) -> list[str]:
    """Files of a folder, whatever their name, that hold one of these in any form."""
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return [p.name for p, content in files.items() for one in wanted for f in forms(one) if f in content]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            shutil.copyfile(path, to / path.name)
    return to


def put_back(before: Path, folder: Path) -> None:
    """The database of before, with its log; keys are in no backup of data."""
    for path in folder.glob("tracedesk.sqlite*"):
        path.unlink()
    for path in before.glob("tracedesk.sqlite*"):
        shutil.copyfile(path, folder / path.name)


async def cut_the_log(house: House) -> None:
    assert await house.store.write_back()


async def state_of(house: House, case_id: str) -> str:
    row = await house.store.run(
        lambda tx: tx.row("SELECT state FROM case_file WHERE case_id = ?", (case_id,))
    )
    assert row is not None
    return str(row["state"])


# --- backups, remnants, old key files ---------------------------------------------------------------


async def test_g15_a_database_put_back_opens_nothing_and_is_erased_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with a_house(state) as house:
        await traced(house, "A", "B")
    before = copied(state, tmp_path / "before")
    async with a_house(state) as house:
        await erase_case(house.context, "A", ME.name)
    put_back(before, state)
    async with a_house(state) as house:
        blobs = await stolen(house, "A")
        assert len(blobs) > 8
        with pytest.raises(Erased):
            await house.store.run(lambda tx: house.context.cases.get(tx, "A"))
        for blob in blobs:
            for key in house.vault._held.keys.values():  # no key that is left, whatever it is bound to
                for bound in (b"", b"case:A", b"case_file/A", b"case:A|case_file/A"):
                    with pytest.raises(InvalidTag):
                        AESGCM(key).decrypt(blob[:12], blob[12:], bound)
        assert (await finish_interrupted(house.context)).erased == ("A",)
        assert await stolen(house, "A") == [b""]
        assert await state_of(house, "A") == "erased"
        assert (await house.audit())[-1].outcome == "done"
        assert await house.store.run(lambda tx: house.context.cases.stills(tx, "B"))


async def test_g15_an_older_key_file_beside_the_key_of_today_opens_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with a_house(state) as house:
        await traced(house, "A")
        await house.case("B")
    before = copied(state, tmp_path / "before")
    async with a_house(state) as house:
        held = house.vault._held
        await erase_case(house.context, "A", ME.name)
        assert house.vault._held.epoch_key != held.epoch_key
        for digest, blob in held.wrapped.items():  # even by hand, around every check of a file
            with pytest.raises(ValueError, match="does not open"):
                unwrap(house.vault._held.epoch_key, blob, _slot(held.epoch, digest))
    shutil.copyfile(before / "keys.json", state / "keys.json")
    with pytest.raises(InputError, match=r"epoch-0\.key: is missing"):
        Vault(state, SECRET)
    (today,) = state.glob("epoch-*.key")
    shutil.copyfile(today, state / "epoch-0.key")
    with pytest.raises(InputError, match="damaged"):
        Vault(state, SECRET)
    # what was missing is the old epoch key, and nothing else: with it the attack succeeds
    shutil.copyfile(before / "epoch-0.key", state / "epoch-0.key")
    today.unlink()
    assert Vault(state, SECRET).has(case_key("A"))


async def test_g15_no_key_and_nothing_personal_is_left_in_any_file(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await traced(house, "A", "B")
        blobs = [blob[:48] for blob in await stolen(house, "A")]
        dead = keys_now(house.vault, case_key("A"), face_key("A"))
        assert set(found_in(tmp_path, dead)) == {"keys.json", "epoch-0.key"}  # the search finds what is there
        assert found_in(tmp_path, blobs)
        await erase_case(house.context, "A", ME.name, truncate=lambda: cut_the_log(house))
        assert found_in(tmp_path, [*PERSONAL, *dead]) == []
        assert found_in(tmp_path, blobs) == []  # free pages and the write-ahead log included
        assert {"tracedesk.sqlite", "tracedesk.sqlite-wal", "keys.json", "epoch-1.key"} <= names_in(tmp_path)
    assert found_in(tmp_path, [*PERSONAL, *dead, *blobs]) == []
    async with a_house(tmp_path) as house:
        assert await house.store.run(lambda tx: house.context.cases.get(tx, "B"))


async def test_g15_a_withdrawn_ground_leaves_no_key_in_any_file(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await traced(house, "A")
        dead = keys_now(house.vault, face_key("A"))
        await house.intake.withdraw_ground(ME, "A")
        assert found_in(tmp_path, dead) == []


async def test_g15_a_withdrawal_is_not_undone_by_an_older_database(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    async with a_house(state) as house:
        await traced(house, "A")
    before = copied(state, tmp_path / "before")
    async with a_house(state) as house:
        await house.intake.withdraw_ground(ME, "A")
    put_back(before, state)
    async with a_house(state) as house:
        await finish_interrupted(house.context)
        assert not house.vault.has(face_key("A"))
        await house.intake.finish_withdrawals()
        found = await house.traced("A")
        assert found.trace.state is TraceState.RECORDS_ONLY
        assert not house.pool.grants
        (case,) = await house.intake.cases(ME)
        assert case.ground == "withdrawn"
        with pytest.raises(Refused, match="was withdrawn"):  # nor is it recorded again
            await house.intake.put_ground(seen(ME, case.version), "A", consent())


async def test_g15_the_copy_of_the_keys_loses_a_key_with_the_house(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "copy").mkdir()
    vault = Vault(tmp_path / "state", SECRET, copy_folder=tmp_path / "copy")
    vault.ensure_all(("case:A", "case:B"))
    vault.refresh_copy()
    with (tmp_path / "copy" / COPY_FILE).open("rb") as still_open:
        before = still_open.read()
        dead = [base64.b64encode(part) for part in vault.parts().values()]
        assert all(part in before for part in dead)
        vault.destroy(frozenset({"case:A"}))
        still_open.seek(0)
        overwritten = still_open.read()
    assert not any(part[:40] in overwritten for part in dead)
    assert not any(part in (tmp_path / "copy" / COPY_FILE).read_bytes() for part in dead)


async def test_g15_an_erased_case_answers_like_one_that_never_was(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await traced(house, "A")
        await erase_case(house.context, "A", ME.name)
        words = []
        for case_id in ("A", "never"):
            with pytest.raises(Refused) as refused:
                await house.store.run(lambda tx, i=case_id: house.context.cases.get(tx, i))  # type: ignore[misc]
            words.append(refused.value.reason.replace(case_id, "X"))
        assert words[0] == words[1]
        assert await house.tracing.everything() == ()


async def test_g15_a_search_under_way_is_stopped_and_writes_nothing_more(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(),)
        await house.case("A")
        house.pool.one_at_a_time()
        trace_id = await house.trace("A")
        await house.has_candidates(trace_id)
        sweeper = Sweeper(house.context, stop=house.runner.stop)
        await sweeper.erase_case("A", ME.name)
        house.pool.may_answer.set()
        assert trace_id in house.pool.revoked
        assert not house.runner.busy
        assert await stolen(house, "A") == [b""]


# --- clocks ---------------------------------------------------------------------------------------


async def due(house: House, case_id: str, at: datetime | None) -> None:
    await house.intake.put_case(ME, case_import(case_id))
    house.vault.ensure_all((case_key(case_id), face_key(case_id)))
    await house.store.run(
        lambda tx: tx.execute(
            "UPDATE case_file SET erase_due = ? WHERE case_id = ?", (at.isoformat() if at else None, case_id)
        )
    )


async def left(house: House) -> int:
    rows = await house.store.run(lambda tx: tx.rows("SELECT case_id FROM case_file WHERE state <> 'erased'"))
    assert all(house.vault.has(case_key(row["case_id"])) for row in rows)
    return len(rows)


async def test_g15_gone_within_the_hour_of_being_due(tmp_path: Path) -> None:
    clock = TurnableClock()
    start = clock.now()
    async with a_house(tmp_path, clock=clock) as house:
        for minute in range(0, 240, 24):
            await due(house, f"case-{minute}", start + timedelta(minutes=minute))
        seen = asyncio.Queue[float]()
        go_on = asyncio.Semaphore(0)

        async def sleep(seconds: float) -> None:
            seen.put_nowait(seconds)
            await go_on.acquire()
            clock.pass_s(seconds)

        async with asyncio.timeout(30), Sweeper(house.context, stop=house.runner.stop, sleep=sleep):
            while await left(house):
                pause = await seen.get()
                minutes = (clock.now() - start + timedelta(seconds=pause)).total_seconds() / 60
                for minute in range(0, 240, 24):  # at the end of this pause, who is an hour late?
                    if minutes - minute >= 60:
                        assert await state_of(house, f"case-{minute}") == "erased"
                go_on.release()


@pytest.mark.parametrize("held", ["stands still", "turned back a year"])
async def test_g15_a_clock_that_is_held_saves_nothing(tmp_path: Path, held: str) -> None:
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        await due(house, "A", clock.now() + HOUR)
        await sweep(house.context)
        assert await left(house) == 1
        clock.boot_s += 3600  # an hour goes by, whatever the wall says
        if held != "stands still":
            clock.wall -= timedelta(days=365)
        await sweep(house.context)
        assert await left(house) == 0


async def test_g15_a_clock_turned_back_over_a_restart_saves_nothing(tmp_path: Path) -> None:
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        await due(house, "A", clock.now() + HOUR)
        clock.pass_s(3600)
        await health(house.context)  # whatever looks at the clock has seen it
    async with a_house(tmp_path, clock=TurnableClock(clock.wall - timedelta(days=365))) as house:
        await sweep(house.context)
        assert await left(house) == 0


@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(days=36500)])
async def test_g15_a_clock_that_jumps_destroys_nothing_before_the_custodian_agrees(
    tmp_path: Path, jump: timedelta
) -> None:
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        for number in range(12):
            await due(house, f"case-{number}", clock.now() + timedelta(days=30 + number))
        clock.wall += jump
        for _ in range(3):
            assert len((await sweep(house.context)).waiting) == 12
        assert await left(house) == 12
        facts = await health(house.context)
        assert (facts.waiting, facts.overdue, facts.keys_due) == (12, 12, 24)
    async with a_house(tmp_path, clock=clock) as house:  # a restart is no agreement
        await finish_interrupted(house.context)
        await sweep(house.context)
        assert await left(house) == 12
        await confirm(house.context, "custodian", ["case-3"])
        assert (await sweep(house.context)).erased == ("case-3",)
        assert await left(house) == 11


@pytest.mark.parametrize(
    ("due_cases", "all_cases", "waits"),
    [(10, 10, False), (11, 11, True), (11, 200, True), (11, 220, False), (12, 220, True)],
)
async def test_g15_more_than_a_twentieth_and_more_than_twenty_keys_need_the_custodian(
    tmp_path: Path, due_cases: int, all_cases: int, waits: bool
) -> None:
    async with a_house(tmp_path) as house:
        for number in range(due_cases):
            await due(house, f"due-{number}", house.clock.now())
        others = [key(f"other-{n}") for n in range(all_cases - due_cases) for key in (case_key, face_key)]
        house.vault.ensure_all(others)
        swept = await sweep(house.context)
        assert len(swept.waiting) == (due_cases if waits else 0)
        assert await left(house) == len(swept.waiting)
        if waits:
            everybody = [f"due-{n}" for n in range(due_cases)]
            await confirm(house.context, "custodian", everybody)
            await sweep(house.context)
            assert await left(house) == 0
            agreed = [line for line in await house.audit() if line.outcome == "confirmed"]
            assert {line.object for line in agreed} == set(everybody)
        assert len(house.vault) == len(others)


async def test_g15_a_custodian_whose_answer_was_lost_asks_again_and_is_answered(tmp_path: Path) -> None:
    custodian = by("custodian", 1007, Role.CUSTODIAN, login_uid=1017)
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        for number in range(12):
            await due(house, f"case-{number}", clock.now() + HOUR)
        clock.wall += timedelta(days=365)
        await sweep(house.context)
        closing = Closing(house.context, Sweeper(house.context, stop=house.runner.stop))
        asked = replace(custodian, key="confirm-1", request_sha256="c")
        form = Confirm(case_ids=("case-3", "case-4"))
        first = await closing.confirm(asked, form)
        assert (await closing.confirm(asked, form)).waiting == first.waiting
        assert await left(house) == 10
        agreed = [line for line in await house.audit() if line.outcome == "confirmed"]
        assert [(line.object, line.login) for line in agreed] == [("case-3", 1017), ("case-4", 1017)]
