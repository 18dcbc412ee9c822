"""An exported file is checked without the engine, and each attack on it is named."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.audit import checkpoint, export, log
from engine.audit.check import Verdict
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.export import check_file, split_notes
from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
KEY = SIGNER.verifier


async def write(store: SqliteStore, count: int, name: str = "o") -> None:
    async def some(tx: Transaction) -> None:
        for number in range(count):
            await log.append(tx, at=NOW, person="kim", action="view", object_id=f"{name}{number}")

    await store.run(some)


async def exported(store: SqliteStore, after: int = 0, upto: int = 30) -> list[bytes]:
    head = await store.run(lambda tx: export.header(tx, KEY, after))
    lines = [msgspec.json.encode(head)]
    while True:
        found = await store.run(lambda tx, a=after: export.records(tx, a, upto))  # type: ignore[misc]
        if not found:
            return lines
        lines += [msgspec.json.encode(one) for one in found]
        after += sum(1 for one in found if one.line)


@pytest.fixture
async def lines(store: SqliteStore) -> list[bytes]:
    """The file of thirty lines, signed for at 10, 20 and 30."""
    for _ in range(3):
        await write(store, 10)
        await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    return await exported(store)


@pytest.fixture
async def notes(store: SqliteStore, lines: list[bytes]) -> list[str]:
    """What the witness remembers: the checkpoints of 20 and 30 lines."""
    return [note for _, note in await store.run(lambda tx: checkpoint.between(tx, 10, 30))]


def place(lines: list[bytes], seq: int) -> int:
    """Where audit line ``seq`` stands in the file."""
    return next(n for n, line in enumerate(lines) if f'\\"seq\\":{seq},'.encode() in line)


def first_bad(found: Verdict) -> tuple[int, int] | None:
    return (found.fault.seq, found.fault.until) if found.fault else None


async def test_a_sound_file_is_found_sound_with_and_without_the_witness(
    lines: list[bytes], notes: list[str]
) -> None:
    assert len(lines) == 1 + 30 + 3
    for witnessed in ([], notes):
        found = check_file(lines, KEY, witnessed)
        assert (found.lines, found.fault, found.checkpoints, found.signed_upto) == (30, None, 3, 30)


@pytest.mark.parametrize("after", [1, 9, 10, 13, 29])
async def test_a_file_that_begins_in_the_middle_is_proved_all_the_same(
    store: SqliteStore, lines: list[bytes], after: int
) -> None:
    part = await exported(store, after)
    found = check_file(part, KEY)
    assert (found.lines, found.fault, found.signed_upto) == (30, None, 30)
    head = msgspec.json.decode(part[0], type=export.Header)
    forged = msgspec.structs.replace(head, peaks=("00" * 32, *head.peaks[1:]))
    assert first_bad(check_file([msgspec.json.encode(forged), *part[1:]], KEY)) is not None


def edit(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    return [*lines[:at], lines[at].replace(b"kim", b"lee"), *lines[at + 1 :]]


def edit_with_a_fresh_hash(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    record = msgspec.json.decode(lines[at], type=export.Record)
    text = record.line.replace("kim", "lee")
    forged = export.Record(line=text, hash=log.leaf_hash(text.encode()))
    return [*lines[:at], msgspec.json.encode(forged), *lines[at + 1 :]]


def drop(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    return lines[:at] + lines[at + 1 :]


def swap(lines: list[bytes]) -> list[bytes]:
    a, b = place(lines, 13), place(lines, 14)
    return [*lines[:a], lines[b], lines[a], *lines[b + 1 :]]


def repeat(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


def garble(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    return [*lines[:at], b"\xff nonsense", *lines[at + 1 :]]


def empty_record(lines: list[bytes]) -> list[bytes]:
    at = place(lines, 13)
    return [*lines[:at], b"{}", *lines[at + 1 :]]


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (edit, 13),
        (edit_with_a_fresh_hash, 14),
        (drop, 13),
        (swap, 13),
        (repeat, 14),
        (garble, 13),
        (empty_record, 13),
    ],
)
async def test_the_first_bad_line_is_named(
    lines: list[bytes], attack: Callable[[list[bytes]], list[bytes]], named: int
) -> None:
    assert first_bad(check_file(attack(lines), KEY)) == (named, named)


async def test_a_checkpoint_that_was_changed_is_named_with_the_lines_it_covers(lines: list[bytes]) -> None:
    at = place(lines, 20) + 1
    forged = lines[at].replace(b"\\n20\\n", b"\\n21\\n")
    assert forged != lines[at]
    assert first_bad(check_file([*lines[:at], forged, *lines[at + 1 :]], KEY)) == (11, 20)


async def test_a_file_forged_whole_fits_no_checkpoint(tmp_path: Path, lines: list[bytes]) -> None:
    async with SqliteStore(tmp_path / "forged.sqlite") as other:
        await write(other, 12)
        await write(other, 18, "x")
        forged = await exported(other)
        bare = check_file(forged, KEY)
        assert (bare.fault, bare.checkpoints) == (None, 0)  # sound in itself, and signed for by nobody
        at = place(lines, 20) + 1
        inside = place(forged, 20) + 1
        assert first_bad(check_file([*forged[:inside], lines[at], *forged[inside:]], KEY)) == (1, 20)


@pytest.mark.parametrize("kept", [0, 5, 10, 15, 29])
async def test_a_cut_tail_shows_beside_what_the_witness_remembers(
    lines: list[bytes], notes: list[str], kept: int
) -> None:
    cut = lines[: place(lines, kept) + 1] if kept else lines[:1]
    assert check_file(cut, KEY).fault is None  # by itself nobody can tell
    assert first_bad(check_file(cut, KEY, notes)) == (kept + 1, 30)


async def test_the_witness_tells_a_fork_at_the_size_that_it_remembers(
    tmp_path: Path, notes: list[str]
) -> None:
    async with SqliteStore(tmp_path / "forged.sqlite") as other:
        await write(other, 12)
        await write(other, 18, "x")
        assert first_bad(check_file(await exported(other), KEY, notes)) == (1, 20)


async def test_another_key_does_not_do(lines: list[bytes], notes: list[str]) -> None:
    other = CheckpointSigner(b"t" * 32, "bucheon/test").verifier
    assert first_bad(check_file(lines, other)) == (1, 10)
    with pytest.raises(InputError, match="another engine, or forged"):
        check_file(lines, other, notes)


@pytest.mark.parametrize(
    "first", [b"", b"{}", b"nonsense", b'{"format":"other","key":"","after":0,"previous":"","peaks":[]}']
)
async def test_another_file_is_no_export(lines: list[bytes], first: bytes) -> None:
    with pytest.raises(InputError, match="is no exported audit"):
        check_file([first, *lines[1:]], KEY)
    with pytest.raises(InputError, match="is no exported audit"):
        check_file([], KEY)


async def test_an_export_begins_at_a_line_that_there_is(store: SqliteStore, lines: list[bytes]) -> None:
    with pytest.raises(InputError, match="there is no line 31"):
        await store.run(lambda tx: export.header(tx, KEY, 31))


async def test_a_page_is_at_most_a_thousand_lines(store: SqliteStore) -> None:
    await write(store, export.PAGE + 5)
    assert len(await store.run(lambda tx: export.records(tx, 0, 10**6))) == export.PAGE
    assert len(await store.run(lambda tx: export.records(tx, 2, 7))) == 5


async def test_notes_are_told_apart_in_one_text(notes: list[str]) -> None:
    assert list(split_notes("".join(notes))) == notes
    assert list(split_notes("")) == []
    with pytest.raises(InputError, match="is no checkpoint"):
        list(split_notes(notes[0] + "more"))
