from pathlib import Path

import pytest

from engine.api.schema import BackupRequest
from engine.api.upkeep import Upkeep
from engine.audit import log
from engine.domain.errors import InputError
from engine.trace.context import Context
from tests.engine.api.test_once import KIM


async def test_a_backup_is_audited_before_and_after_and_holds_what_it_says(
    context: Context, tmp_path: Path
) -> None:
    taken = await Upkeep(context).backup(KIM, BackupRequest(folder=str(tmp_path / "backups")))
    assert (tmp_path / "backups" / taken.name / "tracedesk.sqlite").stat().st_size == taken.size
    lines = [line for line, _ in await context.store.run(log.lines) if line.action == "backup"]
    assert [(line.person, line.outcome) for line in lines] == [("kim", "intent"), ("kim", "done")]
    assert lines[1].detail["sha256"] == taken.sha256
    assert taken.audit_size >= lines[0].seq  # the intent is in what was copied


async def test_a_folder_is_named_from_the_root_on(context: Context) -> None:
    with pytest.raises(InputError, match="absolute"):
        await Upkeep(context).backup(KIM, BackupRequest(folder="backups"))
    assert await context.store.run(log.lines) == []
