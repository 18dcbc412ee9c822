import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.vault.keys import Erased, Vault, rehearsal_secret, replace_durably
from tests.engine.fakes import SECRET

OTHER_SECRET = b"another unseal secret, 32 bytes or more"
TEXT = b"what nobody else may read"


def key_file(folder: Path) -> dict[str, object]:
    return json.loads((folder / "keys.json").read_text())


def test_what_is_sealed_opens_again_and_looks_like_noise(vault: Vault) -> None:
    vault.ensure("case:a")
    blob = vault.seal("case:a", "record/1", TEXT)
    assert TEXT not in blob
    assert vault.open("case:a", "record/1", blob) == TEXT


def test_the_same_text_is_never_sealed_into_the_same_bytes(vault: Vault) -> None:
    vault.ensure("case:a")
    assert len({vault.seal("case:a", "record/1", TEXT) for _ in range(20)}) == 20


def test_a_blob_opens_only_in_its_own_row_and_under_its_own_key(vault: Vault) -> None:
    for key_id in ("case:a", "case:b"):
        vault.ensure(key_id)
    blob = vault.seal("case:a", "record/1", TEXT)
    for key_id, context in (("case:a", "record/2"), ("case:b", "record/1"), ("case:a", "step/1")):
        with pytest.raises(InputError, match="does not open"):
            vault.open(key_id, context, blob)


@pytest.mark.parametrize("size", [0, 1, 11, 12, 27])
def test_a_blob_cut_short_is_refused_and_not_a_crash(vault: Vault, size: int) -> None:
    vault.ensure("case:a")
    with pytest.raises(InputError, match="record/1: does not open"):
        vault.open("case:a", "record/1", vault.seal("case:a", "record/1", TEXT)[:size])


def test_a_single_changed_bit_is_seen(vault: Vault) -> None:
    vault.ensure("case:a")
    blob = vault.seal("case:a", "record/1", TEXT)
    for spot in range(len(blob)):
        damaged = bytearray(blob)
        damaged[spot] ^= 1
        with pytest.raises(InputError):
            vault.open("case:a", "record/1", bytes(damaged))


def test_keys_survive_a_restart_with_the_right_secret(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    blob = vault.seal("case:a", "record/1", TEXT)
    again = Vault(tmp_path, SECRET)
    assert again.open("case:a", "record/1", blob) == TEXT
    assert again.signing_seed() == vault.signing_seed()


def test_the_wrong_secret_opens_nothing_and_changes_nothing(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    before = (tmp_path / "keys.json").read_bytes()
    with pytest.raises(InputError, match="unseal secret"):
        Vault(tmp_path, OTHER_SECRET)
    assert (tmp_path / "keys.json").read_bytes() == before


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too short"):
        Vault(tmp_path, b"x" * 31)
    assert not (tmp_path / "keys.json").exists()


def damaged_key_files() -> list[str]:
    good = {"epoch": 0, "epoch_key": "", "case_keys": {}}
    return [
        "",
        "{",
        "[]",
        json.dumps(good),
        json.dumps(good | {"epoch_key": base64.b64encode(b"short").decode()}),
        json.dumps(good | {"epoch_key": "not base64!"}),
        json.dumps(good | {"epoch_key": base64.b64encode(bytes(60)).decode(), "extra": 1}),
    ]


@pytest.mark.parametrize("content", damaged_key_files())
def test_a_damaged_key_file_is_named_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(InputError, match=r"keys\.json"):
        Vault(tmp_path, SECRET)
    assert (tmp_path / "keys.json").read_text() == content


def test_a_key_swapped_between_two_cases_is_seen(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    vault.ensure("case:b")
    stored = key_file(tmp_path)
    keys = stored["case_keys"]
    assert isinstance(keys, dict)
    keys["case:a"], keys["case:b"] = keys["case:b"], keys["case:a"]
    (tmp_path / "keys.json").write_text(json.dumps(stored))
    with pytest.raises(InputError):
        Vault(tmp_path, SECRET)


def test_destroying_a_key_erases_what_was_sealed_under_it_and_nothing_else(
    tmp_path: Path, vault: Vault
) -> None:
    for key_id in ("case:a", "case:b"):
        vault.ensure(key_id)
    gone, kept = (vault.seal(key_id, "record/1", TEXT) for key_id in ("case:a", "case:b"))
    vault.destroy(frozenset({"case:a"}))
    for one in (vault, Vault(tmp_path, SECRET)):
        assert not one.has("case:a")
        with pytest.raises(Erased, match=r"case:a was erased \[G15\]"):
            one.open("case:a", "record/1", gone)
        assert one.open("case:b", "record/1", kept) == TEXT


def test_a_new_key_under_an_old_name_opens_nothing_of_before(vault: Vault) -> None:
    vault.ensure("case:a")
    gone = vault.seal("case:a", "record/1", TEXT)
    vault.destroy(frozenset({"case:a"}))
    vault.ensure("case:a")
    with pytest.raises(InputError, match="does not open"):
        vault.open("case:a", "record/1", gone)


def test_erasing_begins_a_new_epoch_so_that_the_old_file_no_longer_helps(
    tmp_path: Path, vault: Vault
) -> None:
    vault.ensure("case:a")
    vault.ensure("case:b")
    old = key_file(tmp_path)
    vault.destroy(frozenset({"case:a"}))
    new = key_file(tmp_path)
    assert new["epoch"] == 1
    assert new["epoch_key"] != old["epoch_key"]
    assert set(new["case_keys"]) == {"case:b"}
    assert new["case_keys"]["case:b"] != old["case_keys"]["case:b"]
    # the wrapped key of before, put back into the new file, does not open under the new epoch
    new["case_keys"]["case:a"] = old["case_keys"]["case:a"]
    (tmp_path / "keys.json").write_text(json.dumps(new))
    with pytest.raises(InputError):
        Vault(tmp_path, SECRET)


def test_no_key_and_no_secret_lies_in_the_key_file_in_clear(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    content = (tmp_path / "keys.json").read_bytes()
    assert SECRET not in content
    assert base64.b64encode(SECRET) not in content
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_keyed_digest_needs_the_secret(tmp_path: Path, vault: Vault) -> None:
    number = "010-1234-5678"
    (tmp_path / "other").mkdir()
    other = Vault(tmp_path / "other", OTHER_SECRET)
    assert vault.mac(number) == vault.mac(number) != other.mac(number)
    assert len(vault.mac(number)) == 16
    assert number not in vault.mac(number)


CHILD = """
import os, sys
from pathlib import Path
from engine.vault.keys import replace_durably
folder, when = Path(sys.argv[1]), sys.argv[2]
renamed = False
def die(event, given):
    global renamed
    if event == "os.rename":
        if when == "before rename":
            os.kill(os.getpid(), 9)
        renamed = True
    elif event == "open" and renamed:
        os.kill(os.getpid(), 9)
sys.addaudithook(die)
replace_durably(folder / "keys.json", b"new")
"""


@pytest.mark.parametrize(
    ("when", "left"), [("before rename", b"old"), ("after rename", b"new")], ids=["before", "after"]
)
def test_a_kill_around_the_rename_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, when: str, left: bytes
) -> None:
    (tmp_path / "keys.json").write_bytes(b"old")
    ended = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), when], check=False)
    assert ended.returncode == -9
    assert (tmp_path / "keys.json").read_bytes() == left
    replace_durably(tmp_path / "keys.json", b"newer")  # what the dead one left behind is in nobody's way
    assert (tmp_path / "keys.json").read_bytes() == b"newer"


def test_the_secret_of_a_rehearsal_is_made_once_and_kept(tmp_path: Path) -> None:
    made = rehearsal_secret(tmp_path)
    assert len(made) == 32
    assert rehearsal_secret(tmp_path) == made
    assert (tmp_path / "rehearsal.secret").stat().st_mode & 0o777 == 0o600
