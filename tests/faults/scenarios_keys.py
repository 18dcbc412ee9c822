"""Breaks in the key files and in an erasure; see ``scenarios.py`` for what a scenario is."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from engine.domain.case import CaseState
from engine.schedule.sweep import erase_case, finish_interrupted
from engine.store.sealing import case_key
from engine.vault.keys import Erased, Vault
from tests.engine.fakes import SECRET, a_case, a_context, a_record, with_case
from tests.faults.forked import Say

GONE, KEPT, NEW = "case:gone", "case:kept", "case:new"


def opened(folder: Path) -> Vault:
    return Vault(folder, SECRET, epoch_folder=folder / "epochs", copy_folder=folder / "copies")


def two_keys(folder: Path) -> None:
    for name in ("epochs", "copies"):
        (folder / name).mkdir()
    vault = opened(folder)
    vault.ensure_all([GONE, KEPT])
    vault.refresh_copy()
    for key in (GONE, KEPT):
        (folder / key.replace(":", "-")).write_bytes(vault.seal(key, "row", key.encode()))


def destroy_one(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    vault = opened(folder)
    vault.destroy(frozenset({GONE}))
    say("ack destroyed")
    vault.ensure(NEW)
    say("ack new")


def opens(vault: Vault, folder: Path, key: str) -> bool:
    blob = (folder / key.replace(":", "-")).read_bytes()
    try:
        assert vault.open(key, "row", blob) == key.encode()
    except Erased:
        return False
    return True


def whole(folder: Path, acked: set[str]) -> None:
    vault = opened(folder)
    assert opens(vault, folder, KEPT), "a key that was to stay is gone"
    assert not ("destroyed" in acked and opens(vault, folder, GONE)), "a destroyed key opens again"
    assert vault.has(NEW) or "new" not in acked
    vault.destroy(frozenset({GONE}))
    vault.refresh_copy()
    vault = opened(folder)
    assert opens(vault, folder, KEPT)
    assert not opens(vault, folder, GONE)


# --- an erasure, from the intent to the outcome -------------------------------------------------


def two_cases(folder: Path) -> None:
    async def run() -> None:
        async with a_context(folder) as context:
            for case_id in ("case-1", "case-2"):
                record = a_record(0, record_id=f"card-{case_id}", case_id=case_id)
                await with_case(context, case=a_case(case_id), records=[record])

    asyncio.run(run())


def erase_one(folder: Path, say: Say, arm: Callable[[], None]) -> None:
    async def run() -> None:
        async with a_context(folder) as context:
            await erase_case(context, "case-1", "kim")
            say("ack erased")

    asyncio.run(run())


def erased_or_whole(folder: Path, acked: set[str]) -> None:
    async def run() -> None:
        async with a_context(folder) as context:
            await finish_interrupted(context)  # as at every start, before anything is served
            state, _ = await context.store.run(lambda tx: context.cases.state(tx, "case-1"))
            assert state in (CaseState.OPEN, CaseState.ERASED), state
            assert state == CaseState.ERASED or not acked, "acknowledged, and not erased"
            assert context.sealer.vault.has(case_key("case-1")) == (state == CaseState.OPEN)
            left = await context.store.run(lambda tx: context.cases.records(tx, "case-1"))
            assert len(left) == (1 if state == CaseState.OPEN else 0)
            kept = await context.store.run(lambda tx: context.cases.records(tx, "case-2"))
            assert len(kept) == 1, "another case lost something"

    asyncio.run(run())
