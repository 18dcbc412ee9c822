"""Keys at every instant: killed, or told EIO or ENOSPC, right before and after each sync and rename."""

import errno
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import failpoints
from engine.domain.errors import InputError
from engine.vault.copy import restore_keys
from engine.vault.keys import Erased
from tests.engine.vault.test_keys import first_format
from tests.faults import key_child
from tests.faults.key_child import GONE, KEPT, NEW, SECRET, At, open_vault

CHILD = Path(key_child.__file__)
ROOT = CHILD.parent.parent.parent
TEXT = b"what nobody else may read"
PLACES = {name for name in failpoints.NAMES if name.startswith("keys.")}


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A folder with nothing in it yet."""
    folder = tmp_path / "start"
    for name in ("epochs", "copies"):
        (folder / name).mkdir(parents=True)
    return folder


def filled(folder: Path) -> tuple[bytes, bytes]:
    """Two keys; a text sealed under each."""
    vault = open_vault(folder)
    vault.ensure_all((GONE, KEPT))
    vault.refresh_copy()
    return vault.seal(GONE, "record/1", TEXT), vault.seal(KEPT, "record/1", TEXT)


def killed_everywhere(root: Path, deed: str) -> list[str]:
    """The places at which a child died, in order; what each left lies in ``root``/1, 2, ..."""
    done = subprocess.run(
        [sys.executable, "-P", str(CHILD), str(root), deed],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def tidy(folder: Path) -> None:
    """Nothing half is left: one epoch, one key file, one copy."""
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == ["keys.json"]
    assert len(list((folder / "epochs").iterdir())) == 1
    assert [p.name for p in (folder / "copies").iterdir()] == ["keys.copy"]


def cannot_be_opened_from(before: Path, now: Path, blob: bytes) -> None:
    """Old copies of the key file and of keys.copy beside whatever epoch key is left."""
    attack = now.with_name(now.name + "-attack")
    shutil.copytree(now, attack)
    shutil.copyfile(before / "keys.json", attack / "keys.json")
    with pytest.raises(InputError):
        open_vault(attack)
    shutil.rmtree(attack)
    again = now.with_name(now.name + "-again")
    (again / "epochs").mkdir(parents=True)
    (again / "copies").mkdir()
    restore_keys(now / "copies", again, again / "epochs")
    with pytest.raises(Erased):
        open_vault(again).open(GONE, "record/1", blob)


def test_a_kill_in_a_destruction_leaves_the_key_there_or_gone_everywhere(tmp_path: Path, start: Path) -> None:
    gone, kept = filled(start)
    places = killed_everywhere(tmp_path, "destroy")
    assert len(places) > 20
    there = []
    for number in range(1, len(places) + 1):
        vault = open_vault(tmp_path / str(number))
        there.append(vault.has(GONE))
        assert vault.open(KEPT, "record/1", kept) == TEXT
        if there[-1]:
            assert vault.open(GONE, "record/1", gone) == TEXT
        tidy(tmp_path / str(number))
        vault.destroy(frozenset({GONE}))  # whoever finds the intent without its outcome does this
        with pytest.raises(Erased):
            vault.open(GONE, "record/1", gone)
        assert vault.destroyed(GONE)
        tidy(tmp_path / str(number))
        cannot_be_opened_from(start, tmp_path / str(number), gone)
    assert there == sorted(there, reverse=True)  # there up to one instant, gone from then on
    assert {True, False} == set(there)


def test_a_kill_while_a_key_is_made_costs_no_other_key(tmp_path: Path, start: Path) -> None:
    gone, kept = filled(start)
    places = killed_everywhere(tmp_path, "ensure")
    assert len(places) >= 4
    made = []
    for number in range(1, len(places) + 1):
        vault = open_vault(tmp_path / str(number))
        made.append(vault.has(NEW))
        assert vault.open(KEPT, "record/1", kept) == vault.open(GONE, "record/1", gone) == TEXT
        vault.ensure(NEW)
        tidy(tmp_path / str(number))
    assert made == sorted(made)


@pytest.mark.parametrize("format", ["nothing yet", "the first format"])
def test_a_kill_in_a_first_start_is_made_good_by_the_next(tmp_path: Path, start: Path, format: str) -> None:
    if format != "nothing yet":
        first_format(start, GONE, KEPT, secret=SECRET)
    places = killed_everywhere(tmp_path, "begin")
    assert len(places) > 6
    for number in range(1, len(places) + 1):
        vault = open_vault(tmp_path / str(number))
        assert vault.has(KEPT) == (format != "nothing yet")
        assert b"case:" not in (tmp_path / str(number) / "keys.json").read_bytes()
        vault.ensure(NEW)
        tidy(tmp_path / str(number))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_a_destruction_that_a_disk_refuses_says_so_and_goes_on_later(
    tmp_path: Path, start: Path, number: int
) -> None:
    gone, kept = filled(start)
    place, refused, there = 0, 0, []
    while True:
        place += 1
        folder = tmp_path / f"at {place}"
        shutil.copytree(start, folder)
        vault = open_vault(folder)
        reached: list[str] = []

        def refuse(point: str, reached: list[str] = reached) -> None:
            reached.append(point)
            raise OSError(number, "the disk refuses")

        At(place, refuse)
        try:
            vault.destroy(frozenset({GONE}))
        except InputError as problem:
            refused += 1
            assert "cannot be written (the disk refuses)" in str(problem)
        else:
            assert not vault.has(GONE)
            assert bool(vault.copy_behind) == bool(reached)  # here all is done; the copy says that it is not
        failpoints.disarm()
        there.append(vault.has(GONE))
        assert vault.open(KEPT, "record/1", kept) == TEXT
        vault.ensure(NEW)  # what is made after the failure is not lost by what it left behind
        for one in (vault, open_vault(folder)):
            assert one.has(NEW)
            assert one.has(GONE) == there[-1]
        vault.destroy(frozenset({GONE}))
        assert vault.copy_behind == ""
        assert open_vault(folder).open(KEPT, "record/1", kept) == TEXT
        tidy(folder)
        cannot_be_opened_from(start, folder, gone)
        if not reached:
            break
    assert refused > 12
    assert there == sorted(there, reverse=True)
    assert {True, False} == set(there)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_a_key_that_a_disk_refuses_was_never_made(tmp_path: Path, start: Path, number: int) -> None:
    gone, kept = filled(start)
    for place in range(1, 5):
        folder = tmp_path / f"at {place}"
        shutil.copytree(start, folder)
        vault = open_vault(folder)

        def refuse(_: str) -> None:
            raise OSError(number, "the disk refuses")

        At(place, refuse)
        with pytest.raises(InputError, match="the disk refuses"):
            vault.ensure_all((NEW, f"{NEW}-2"))
        failpoints.disarm()
        with pytest.raises(Erased):
            vault.seal(NEW, "record/1", TEXT)
        assert vault.open(KEPT, "record/1", kept) == vault.open(GONE, "record/1", gone) == TEXT
        vault.ensure(NEW)
        blob = vault.seal(NEW, "record/1", TEXT)
        assert open_vault(folder).open(NEW, "record/1", blob) == TEXT


def test_every_place_around_the_files_of_keys_is_reached(start: Path) -> None:
    reached: set[str] = set()
    for name in PLACES:
        failpoints.arm(name, lambda name=name: reached.add(name))  # type: ignore[misc]
    filled(start)
    open_vault(start).destroy(frozenset({GONE}))
    assert reached == PLACES
