from pathlib import Path

import msgspec
import pytest

from engine.domain.errors import InputError
from engine.vault import keyfile
from engine.vault.keyfile import EpochFile, KeyFile

CHECK = b"c" * 16
PATH = Path("keys.json")


def test_a_key_file_comes_back_as_it_was_written() -> None:
    written = KeyFile(epoch=3, check=CHECK, case_keys={"ab": b"wrapped"}, gone=b"g" * 16)
    read = keyfile.decode(keyfile.encode(written), KeyFile, CHECK, PATH)
    assert msgspec.structs.replace(read, sha256="") == written


def test_an_epoch_file_is_not_taken_for_a_key_file() -> None:
    content = keyfile.encode(EpochFile(epoch=1, check=CHECK, key=b"wrapped"))
    with pytest.raises(InputError, match="damaged"):
        keyfile.decode(content, KeyFile, CHECK, PATH)


def test_every_single_changed_byte_is_damage_and_another_check_is_another_secret() -> None:
    content = keyfile.encode(KeyFile(epoch=3, check=CHECK, case_keys={"ab": b"wrapped"}))
    for spot in range(len(content)):
        bad = content[:spot] + bytes([content[spot] ^ 1]) + content[spot + 1 :]
        with pytest.raises(InputError, match=r"keys\.json: is damaged"):
            keyfile.decode(bad, KeyFile, CHECK, PATH)
    with pytest.raises(InputError, match=r"keys\.json: does not open with this unseal secret"):
        keyfile.decode(content, KeyFile, b"d" * 16, PATH)


def test_epochs_are_found_by_number_whatever_else_lies_there(tmp_path: Path) -> None:
    for name in ("epoch-2.key", "epoch-10.key.new", "epoch-3.key.next", "epoch-x.key", "keys.json"):
        (tmp_path / name).touch()
    assert list(keyfile.epochs(tmp_path)) == [2, 3, 10]


def test_a_wrapped_key_opens_in_its_own_place_only() -> None:
    key, other = b"k" * 32, b"o" * 32
    blob = keyfile.wrap(key, b"a case key", b"here")
    assert keyfile.unwrap(key, blob, b"here") == b"a case key"
    for wrong_key, wrong_blob, place in ((other, blob, b"here"), (key, blob, b"there"), (key, b"", b"here")):
        with pytest.raises(ValueError):
            keyfile.unwrap(wrong_key, wrong_blob, place)
