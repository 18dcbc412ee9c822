from pathlib import Path

import pytest

from engine.api.audit_file import header_line, record_lines, verify_file
from engine.api.auditing import Auditing
from engine.audit import checkpoint, log
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.trace.context import Context
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
KEY = SIGNER.verifier.text()


@pytest.fixture
async def file(context: Context, tmp_path: Path) -> Path:
    """An export of five lines, and beside it what the witness remembers of them."""
    for _ in range(5):
        await context.store.run(lambda tx: log.append(tx, at=NOW, person="kim", action="read", object_id="o"))
    page = await Auditing(context, SIGNER).export(Person(uid=1, name="lee"), 0)
    write(tmp_path / "audit.jsonl", header_line(page) + b"".join(record_lines(page)))
    notes = await context.store.run(lambda tx: checkpoint.between(tx, 0, 5))
    write(tmp_path / "witness.txt", "".join(note for _, note in notes).encode())
    return tmp_path / "audit.jsonl"


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def test_what_was_written_from_pages_is_found_sound(file: Path) -> None:
    found = verify_file(file, KEY, file.with_name("witness.txt"))
    assert (found.lines, found.fault, found.checkpoints, found.signed_upto) == (5, None, 1, 5)


async def test_a_shorter_file_is_found_short(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)  # noqa: ASYNC240
    write(file, b"".join(lines[:4]))
    found = verify_file(file, KEY, file.with_name("witness.txt"))
    assert found.fault is not None
    assert found.fault.seq == 4


async def test_whichever_file_is_wrong_is_named(file: Path, tmp_path: Path) -> None:
    notes = file.with_name("witness.txt")
    missing, folder = tmp_path / "missing", tmp_path
    for path, witness, named in (
        (missing, notes, missing),
        (file, missing, missing),
        (folder, notes, folder),
        (file, folder, folder),
        (notes, notes, notes),
        (file, file, file),
    ):
        with pytest.raises(InputError) as problem:
            verify_file(path, KEY, witness)
        assert problem.value.file == str(named)
    with pytest.raises(InputError, match="is no key"):
        verify_file(file, "nonsense")
    other = CheckpointSigner(b"t" * 32, "bucheon/test").verifier.text()
    with pytest.raises(InputError, match="another engine") as problem:
        verify_file(file, other, notes)
    assert problem.value.file == str(notes)
    write(notes, b"\xff\xfe")
    with pytest.raises(InputError, match="is not UTF-8"):
        verify_file(file, KEY, notes)
