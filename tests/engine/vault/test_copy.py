import hashlib
import os
import threading
from pathlib import Path

import msgspec
import pytest

from engine.domain.errors import InputError
from engine.vault.copy import COPY_FILE, copy_keys, restore_keys
from engine.vault.keys import Vault
from tests.engine.fakes import SECRET

TEXT = b"what nobody else may read"


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_copy_put_back_opens_everything(tmp_path: Path) -> None:
    epochs, copies = folder(tmp_path / "epochs"), folder(tmp_path / "copies")
    vault = Vault(tmp_path, SECRET, epoch_folder=epochs)
    vault.ensure_all(("case:a", "case:b"))
    vault.destroy(frozenset({"case:b"}))
    blob = vault.seal("case:a", "record/1", TEXT)
    copy_keys(vault, copies)
    fresh, fresh_epochs = folder(tmp_path / "fresh"), folder(tmp_path / "fresh-epochs")
    restore_keys(copies, fresh, fresh_epochs)
    assert [p.name for p in fresh_epochs.iterdir()] == ["epoch-1.key"]
    again = Vault(fresh, SECRET, epoch_folder=fresh_epochs)
    assert again.open("case:a", "record/1", blob) == TEXT
    assert again.destroyed("case:b")


def test_there_is_one_generation_and_an_unchanged_one_is_not_written_again(tmp_path: Path) -> None:
    copies = folder(tmp_path / "copies")
    vault = Vault(tmp_path, SECRET)
    copy_keys(vault, copies)
    first = (copies / COPY_FILE).stat().st_ino
    copy_keys(vault, copies)
    assert (copies / COPY_FILE).stat().st_ino == first
    vault.ensure("case:a")
    copy_keys(vault, copies)
    assert (copies / COPY_FILE).stat().st_ino != first
    assert [p.name for p in copies.iterdir()] == [COPY_FILE]


def test_a_copy_is_overwritten_in_place_before_the_next_takes_its_name(tmp_path: Path) -> None:
    copies = folder(tmp_path / "copies")
    vault = Vault(tmp_path, SECRET)
    vault.ensure("case:a")
    copy_keys(vault, copies)
    with (copies / COPY_FILE).open("rb") as old:
        before = old.read()
        vault.destroy(frozenset({"case:a"}))
        copy_keys(vault, copies)
        old.seek(0)
        after = old.read()
    assert not any(after[n : n + 8] == before[n : n + 8] for n in range(len(before) - 8))


def test_keys_that_are_there_are_never_replaced_by_a_copy(tmp_path: Path) -> None:
    copies = folder(tmp_path / "copies")
    vault = Vault(tmp_path, SECRET)
    copy_keys(vault, copies)
    before = (tmp_path / "keys.json").read_bytes()
    with pytest.raises(InputError, match="is there already"):
        restore_keys(copies, tmp_path)
    assert (tmp_path / "keys.json").read_bytes() == before


def test_a_damaged_or_missing_copy_puts_nothing_back(tmp_path: Path) -> None:
    copies, fresh = folder(tmp_path / "copies"), folder(tmp_path / "fresh")
    with pytest.raises(InputError, match="is not there"):
        restore_keys(copies, fresh)
    copy_keys(Vault(tmp_path, SECRET), copies)
    good = (copies / COPY_FILE).read_bytes()
    parts = {"../keys.json": b"written elsewhere"}
    digest = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
    outside = msgspec.json.encode({"parts": parts, "sha256": digest})
    for bad in (b"", b"{}", good[:-9], good[:40] + bytes([good[40] ^ 1]) + good[41:], outside):
        (copies / COPY_FILE).write_bytes(bad)
        with pytest.raises(InputError, match="is damaged"):
            restore_keys(copies, fresh)
    assert list(fresh.iterdir()) == []


def test_a_copy_on_a_disk_that_hangs_is_behind_and_holds_up_nobody(tmp_path: Path) -> None:
    """Whoever opens a pipe waits until somebody opens its other end, as with a volume that hangs."""
    copies = folder(tmp_path / "copies")
    vault = Vault(tmp_path, SECRET, copy_folder=copies, copy_limit_s=0.01)
    vault.ensure_all(("case:a", "case:b"))
    vault.refresh_copy()
    (copies / COPY_FILE).unlink()
    os.mkfifo(copies / COPY_FILE)
    vault.destroy(frozenset({"case:a"}))
    assert vault.copy_behind == "does not answer"
    assert not vault.has("case:a")
    vault.refresh_copy()  # no second one beside the first
    assert vault.copy_behind == "does not answer"
    assert sum(thread.name == "copy of the keys" for thread in threading.enumerate()) == 1

    with (copies / COPY_FILE).open("wb"):  # it goes on
        (copies / COPY_FILE).unlink()
    (hung,) = [thread for thread in threading.enumerate() if thread.name == "copy of the keys"]
    hung.join()
    vault.refresh_copy()
    assert vault.copy_behind == ""
    restore_keys(copies, folder(tmp_path / "fresh"))
    assert Vault(tmp_path / "fresh", SECRET).has("case:b")
