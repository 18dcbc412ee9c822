import errno
import os
from pathlib import Path

import pytest

from adapters.witness.ledger import AFTER_SYNC, BEFORE_SYNC, Ledger
from engine import failpoints
from engine.domain.errors import InputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def filled(path: Path, *lines: bytes) -> Ledger:
    ledger = Ledger(path)
    for line in lines:
        ledger.append(line)
    return ledger


def test_lines_come_back_in_order_also_after_it_was_opened_anew(path: Path) -> None:
    with filled(path, b"one", b"two") as ledger:
        assert ledger.last() == b"two"
        assert list(ledger.lines()) == [b"one", b"two"]
    with filled(path, b"three") as ledger:
        assert list(ledger.lines()) == [b"one", b"two", b"three"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_empty_one_has_no_last_line(path: Path) -> None:
    with Ledger(path) as ledger:
        assert ledger.last() is None
        assert list(ledger.lines()) == []


def test_the_last_line_is_found_however_long_it_is(path: Path) -> None:
    for length in (0, 1, 65_535, 65_536, 65_537, 200_000):
        with filled(path, b"short", b"x" * length) as ledger:
            assert ledger.last() == b"x" * length


def test_one_line_is_one_line(path: Path) -> None:
    with Ledger(path) as ledger, pytest.raises(ValueError, match="one line"):
        ledger.append(b"a\nb")


def unlink(path: Path) -> None:
    path.unlink()


def rotate(path: Path) -> None:
    path.rename(path.with_suffix(".1"))
    path.write_bytes(b"")


def replace_by_a_copy(path: Path) -> None:
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def truncate(path: Path) -> None:
    os.truncate(path, 4)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def link(path: Path) -> None:
    path.with_suffix(".link").hardlink_to(path)


def symlink(path: Path) -> None:
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        (unlink, "was taken away"),
        (rotate, "is another file"),
        (replace_by_a_copy, "is another file"),
        (truncate, "became shorter"),
        (empty, "became shorter"),
        (link, "has a second name"),
        (symlink, "is another file"),
    ],
)
def test_meddling_is_noticed_at_every_look_from_then_on(path: Path, attack: object, said: str) -> None:
    with filled(path, b"one", b"two") as ledger:
        attack(path)  # type: ignore[operator]
        for look in (lambda: ledger.append(b"three"), ledger.last, lambda: list(ledger.lines())):
            with pytest.raises(InputError, match=said):
                look()


def test_it_does_not_follow_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        Ledger(path)


def test_lines_of_another_process_are_seen(path: Path) -> None:
    with filled(path, b"one") as ledger, filled(path, b"two") as other:
        assert ledger.last() == b"two"
        ledger.append(b"three")
        assert other.last() == b"three"


@pytest.mark.parametrize("torn", [b"half a li", b"x" * 70_000, b""])
def test_what_a_crash_left_half_written_is_cut_off(path: Path, torn: bytes) -> None:
    filled(path, b"one", b"two").close()
    with path.open("ab") as file:
        file.write(torn)
    with filled(path, b"three") as ledger:
        assert list(ledger.lines()) == [b"one", b"two", b"three"]


def test_a_file_of_nothing_but_half_a_line_is_empty(path: Path) -> None:
    path.write_bytes(b"half")
    with Ledger(path) as ledger:
        assert ledger.last() is None


@pytest.mark.parametrize("point", [BEFORE_SYNC, AFTER_SYNC])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_line_that_was_not_synced_does_not_count(path: Path, point: str, code: int) -> None:
    def fail() -> None:
        raise OSError(code, os.strerror(code))

    with filled(path, b"one") as ledger:
        failpoints.arm(point, fail)
        try:
            with pytest.raises(OSError, match=os.strerror(code)):
                ledger.append(b"two")
        finally:
            failpoints.disarm()
        assert list(ledger.lines()) == [b"one"]
        ledger.append(b"three")
        assert list(ledger.lines()) == [b"one", b"three"]
