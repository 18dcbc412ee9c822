import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from engine.api.schema import BackupRequest, BackupTaken
from engine.domain.errors import InputError
from engine.store.backup import DATABASE, backup
from engine.store.restoring import KEY_FILE
from engine.store.writer import SqliteStore
from tests.engine.fakes import SetClock
from tests.tui.commands.answering import Answering, refuses
from tui.cli import app
from tui.commands.backup import taken_by

TAKEN = BackupTaken(
    name="tracedesk-x", created_at=datetime(2026, 3, 6, tzinfo=UTC), size=1, sha256="f00", audit_size=3
)


def test_the_engine_is_asked_for_the_folder() -> None:
    asked: list[BackupRequest] = []

    def answer(request: httpx.Request) -> BackupTaken:
        asked.append(msgspec.json.decode(request.content, type=BackupRequest))
        return TAKEN

    engine = Answering({"POST /backup": answer})
    assert asyncio.run(taken_by(engine.client(), Path("/backups"))) == TAKEN
    assert asked == [BackupRequest(folder="/backups")]


def test_a_refusal_is_said_in_the_engines_words() -> None:
    engine = Answering({"POST /backup": refuses("/backups: a backup cannot be written (read-only)")})
    with pytest.raises(InputError, match="read-only"):
        asyncio.run(taken_by(engine.client(), Path("/backups")))


def test_without_an_engine_there_is_one_plain_line(tmp_path: Path) -> None:
    words = ["backup", "--to", str(tmp_path), "--state", str(tmp_path)]
    outcome = CliRunner().invoke(app, words)
    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines() == ["tracedesk: no engine answers; start it, or name its --state"]


def made(tmp_path: Path) -> tuple[Path, Path]:
    """A state folder whose store has a row that its backup has not."""
    state = tmp_path / "state"
    state.mkdir()
    (state / KEY_FILE).write_bytes(b"keys")

    async def make() -> Path:
        async with SqliteStore(state / DATABASE) as store:
            manifest = await backup(store, tmp_path / "backups", SetClock())
            await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('late', '')"))
        return tmp_path / "backups" / manifest.name

    return asyncio.run(make()), state


def test_restore_says_of_when_the_store_is_and_where_the_old_one_lies(tmp_path: Path) -> None:
    taken, state = made(tmp_path)
    outcome = CliRunner().invoke(app, ["restore", str(taken), "--state", str(state)])
    assert outcome.exit_code == 0, outcome.output
    assert "as of 2026-03-06 00:00 UTC, 0 audit lines" in outcome.stdout
    assert "tracedesk.sqlite.replaced" in outcome.stdout


def test_restore_refuses_plainly(tmp_path: Path) -> None:
    taken, state = made(tmp_path)
    (state / KEY_FILE).unlink()
    outcome = CliRunner().invoke(app, ["restore", str(taken), "--state", str(state)])
    assert outcome.exit_code == 2
    assert "put the key file in place first" in outcome.stderr
