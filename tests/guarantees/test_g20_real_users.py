"""G20 and G14: what a running engine keeps lies open to no other user of the machine."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.bench.town import build
from engine.api.client import EngineClient
from tests.guarantees.real_users import a_folder_for_all, as_root, ask, opened_by, request
from tui.commands.bring_in import bring_in
from tui.commands.trace import read_cases

pytestmark = as_root
ROOT = Path(__file__).resolve().parents[2]
STRANGER = 64_007
PATIENCE_S = 120.0
KEYS = {"keys.json", "rehearsal.secret"}


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """The folder of a real engine that holds a case, open to all, under a umask that takes nothing away."""
    with a_folder_for_all() as folder:
        town = build(folder / "town", cases=1)
        state = folder / "state"
        for made in (state, state / "backups"):
            made.mkdir()
            made.chmod(0o755)
        words = ["--state", str(state), "--site", str(town.site), "--workers", "1"]
        engine = subprocess.Popen(
            [sys.executable, "-P", "-m", "adapters.bench.engine", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            umask=0,
        )
        try:
            assert engine.stdout is not None
            assert engine.stdout.readline() == "ready\n"
            asyncio.run(_a_case(state, town.cases, town.site))
            yield state
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.communicate(timeout=PATIENCE_S)


async def _a_case(state: Path, cases: tuple[Path, ...], site: Path) -> None:
    async with EngineClient(state / "engine.sock") as client:
        await bring_in(client, read_cases(cases, site), lambda _: None)
        await client.backup(state / "backups")


def files(state: Path) -> list[Path]:
    return sorted(path for path in state.rglob("*") if stat.S_ISREG(path.stat().st_mode))


def test_g20_no_file_of_an_engine_is_read_or_written_by_another_user(state: Path) -> None:
    found = files(state)
    assert any("backups" in path.parts for path in found)
    assert {"tracedesk.sqlite", "tracedesk.sqlite-wal", "tracedesk.lock"} <= {path.name for path in found}
    assert opened_by(STRANGER, found, groups=(0,)) == []


def test_g14_the_keys_are_the_engines_alone(state: Path) -> None:
    """In their group as well nobody reads them, who was let into the folder for another reason."""
    keys = [path for path in files(state) if path.name in KEYS]
    assert {path.name for path in keys} == KEYS
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert opened_by(STRANGER, keys, groups=(0,)) == []


async def test_g20_no_other_user_reaches_the_engine_of_a_rehearsal(state: Path) -> None:
    with pytest.raises(PermissionError):
        await ask(STRANGER, state / "engine.sock", request("GET", "/hello"))
