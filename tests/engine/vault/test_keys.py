import base64
import secrets
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.domain.errors import InputError
from engine.vault import keyfile, keys
from engine.vault.keyfile import EpochFile, FirstKeyFile, KeyFile
from engine.vault.keys import Erased, Vault, rehearsal_secret
from tests.engine.fakes import SECRET

OTHER_SECRET = b"another unseal secret, 32 bytes or more"
TEXT = b"what nobody else may read"


def key_file(folder: Path) -> KeyFile:
    return msgspec.json.decode((folder / "keys.json").read_bytes(), type=KeyFile)


def write_key_file(folder: Path, content: KeyFile) -> None:
    """As an attacker writes it who knows the format and no key: with a digest that fits."""
    (folder / "keys.json").write_bytes(keyfile.encode(content))


def first_format(folder: Path, *key_ids: str, secret: bytes = SECRET) -> dict[str, bytes]:
    """A key file as the first release wrote it; returns the keys in it."""
    root = HKDF(hashes.SHA256(), 32, salt=None, info=b"tracedesk root key").derive(secret)
    epoch_key, made = secrets.token_bytes(32), {i: secrets.token_bytes(32) for i in key_ids}
    content = FirstKeyFile(
        epoch=3,
        epoch_key=keyfile.wrap(root, epoch_key, b"epoch"),
        case_keys={i: keyfile.wrap(epoch_key, k, i.encode()) for i, k in made.items()},
    )
    (folder / "keys.json").write_bytes(msgspec.json.encode(content))
    return made


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


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"epoch":0}', '{"epoch":0,"epoch_key":"","case_keys":{}}']
)
def test_a_damaged_key_file_is_named_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(InputError, match=r"keys\.json"):
        Vault(tmp_path, SECRET)
    assert (tmp_path / "keys.json").read_text() == content


@pytest.mark.parametrize("name", ["keys.json", "epoch-0.key"])
def test_damage_is_told_from_a_wrong_secret(tmp_path: Path, vault: Vault, name: str) -> None:
    vault.ensure("case:a")
    good = (tmp_path / name).read_bytes()
    with pytest.raises(InputError, match="does not open with this unseal secret"):
        Vault(tmp_path, OTHER_SECRET)
    for spot in range(0, len(good), 7):
        bad = good[:spot] + bytes([good[spot] ^ 1]) + good[spot + 1 :]
        (tmp_path / name).write_bytes(bad)
        for secret in (SECRET, OTHER_SECRET):
            if name == "epoch-0.key" and secret is OTHER_SECRET:
                continue  # the key file is whole, and says so first
            with pytest.raises(InputError, match="is damaged, whatever the unseal secret"):
                Vault(tmp_path, secret)
        assert (tmp_path / name).read_bytes() == bad


def test_without_the_key_of_its_epoch_the_key_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    vault = Vault(tmp_path, SECRET, epoch_folder=tmp_path / "small")
    vault.ensure("case:a")
    before = (tmp_path / "keys.json").read_bytes()
    (tmp_path / "elsewhere").mkdir()  # the volume is not mounted
    with pytest.raises(InputError, match=r"epoch-0\.key: is missing.*mount"):
        Vault(tmp_path, SECRET, epoch_folder=tmp_path / "elsewhere")
    assert (tmp_path / "keys.json").read_bytes() == before
    assert Vault(tmp_path, SECRET, epoch_folder=tmp_path / "small").has("case:a")


def test_a_lost_key_file_is_not_replaced_by_an_empty_one(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    (tmp_path / "keys.json").unlink()
    with pytest.raises(InputError, match=r"keys\.json: is missing.*put back the copy"):
        Vault(tmp_path, SECRET)
    assert not (tmp_path / "keys.json").exists()


def test_a_key_swapped_between_two_cases_is_seen(tmp_path: Path, vault: Vault) -> None:
    vault.ensure_all(("case:a", "case:b"))
    stored = key_file(tmp_path)
    (one, first), (two, second) = stored.case_keys.items()
    write_key_file(tmp_path, msgspec.structs.replace(stored, case_keys={one: second, two: first}))
    with pytest.raises(InputError, match="damaged"):
        Vault(tmp_path, SECRET)


def test_many_keys_are_made_in_one_write_and_one_that_is_there_costs_none(
    tmp_path: Path, vault: Vault
) -> None:
    wanted = [f"case:{n}" for n in range(50)]
    before = (tmp_path / "keys.json").stat().st_ino
    vault.ensure_all(wanted)
    after = (tmp_path / "keys.json").stat().st_ino
    assert after != before
    vault.ensure_all(wanted)
    vault.ensure(wanted[0])
    assert (tmp_path / "keys.json").stat().st_ino == after
    assert len(vault) == len(Vault(tmp_path, SECRET)) == 50


def test_the_key_file_names_no_case_and_does_not_show_which_one_it_is_about(
    tmp_path: Path, vault: Vault
) -> None:
    vault.ensure_all(("case:patient-17", "faces:patient-17"))
    vault.destroy(frozenset({"faces:patient-17"}))
    content = (tmp_path / "keys.json").read_bytes()
    for word in (b"patient-17", b"case:", b"faces:", b"patient", base64.b64encode(b"case:patient-17")[:12]):
        assert word not in content
    (tmp_path / "other").mkdir()
    other = Vault(tmp_path / "other", OTHER_SECRET)
    other.ensure_all(("case:patient-17", "faces:patient-17"))
    assert not key_file(tmp_path).case_keys.keys() & key_file(tmp_path / "other").case_keys.keys()


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
    vault.ensure_all(("case:a", "case:b"))
    old, old_bytes = key_file(tmp_path), (tmp_path / "keys.json").read_bytes()
    vault.destroy(frozenset({"case:a"}))
    new = key_file(tmp_path)
    assert (old.epoch, new.epoch) == (0, 1)
    assert [p.name for p in tmp_path.glob("epoch-*")] == ["epoch-1.key"]
    assert len(new.case_keys) == 1
    (survivor,) = new.case_keys
    assert new.case_keys[survivor] != old.case_keys[survivor]
    # the wrapped key of before, put back into the new file, does not open under the new epoch
    write_key_file(tmp_path, msgspec.structs.replace(new, case_keys=dict(old.case_keys)))
    with pytest.raises(InputError, match="damaged"):
        Vault(tmp_path, SECRET)
    # nor does the whole old file beside the key of the new epoch, under either name
    (tmp_path / "keys.json").write_bytes(old_bytes)
    with pytest.raises(InputError, match=r"epoch-0\.key: is missing"):
        Vault(tmp_path, SECRET)
    (tmp_path / "epoch-0.key").write_bytes((tmp_path / "epoch-1.key").read_bytes())
    with pytest.raises(InputError, match="damaged"):
        Vault(tmp_path, SECRET)


def test_the_key_of_an_epoch_opens_nothing_that_another_wrapped(tmp_path: Path, vault: Vault) -> None:
    vault.ensure_all(("case:a", "case:b"))
    old, old_key = key_file(tmp_path), vault._held.epoch_key
    vault.destroy(frozenset({"case:a"}))
    for digest, blob in old.case_keys.items():
        assert len(keyfile.unwrap(old_key, blob, keys._slot(0, digest))) == 32
        for epoch in (0, 1):
            with pytest.raises(ValueError, match="does not open"):
                keyfile.unwrap(vault._held.epoch_key, blob, keys._slot(epoch, digest))


def test_the_old_epoch_key_is_overwritten_where_it_lay(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    kept_open = [(tmp_path / name).open("rb") for name in ("epoch-0.key", "keys.json")]
    before = [file.read() for file in kept_open]
    vault.destroy(frozenset({"case:a"}))
    for file, content in zip(kept_open, before, strict=True):
        file.seek(0)
        after = file.read()
        assert len(after) == len(content)
        assert not any(after[n : n + 8] == content[n : n + 8] for n in range(len(content) - 8))
        file.close()


def test_a_destroyed_key_is_told_from_one_that_never_was(tmp_path: Path, vault: Vault) -> None:
    vault.ensure_all(("case:a", "case:b"))
    vault.destroy(frozenset({"case:a"}))
    for one in (vault, Vault(tmp_path, SECRET)):
        assert one.destroyed("case:a")
        assert not one.destroyed("case:b")
        assert not one.destroyed("case:never")
    vault.ensure("case:a")
    assert not Vault(tmp_path, SECRET).destroyed("case:a")


def test_what_is_still_there_is_not_called_gone(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    with pytest.raises(RuntimeError, match="1 keys survived"):
        vault.verify_gone({"case:a"})
    vault.verify_gone({"case:never"})
    vault.destroy(frozenset({"case:a"}))
    vault.verify_gone({"case:a"})
    (tmp_path / "epoch-0.key").write_bytes(b"an old one, put back")
    with pytest.raises(RuntimeError, match="1 old epochs"):
        vault.verify_gone({"case:a"})


def test_the_epoch_key_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    vault = Vault(tmp_path, SECRET, epoch_folder=tmp_path / "small")
    vault.ensure_all(("case:a", "case:b"))
    blob = vault.seal("case:b", "record/1", TEXT)
    vault.destroy(frozenset({"case:a"}))
    assert [p.name for p in (tmp_path / "small").iterdir()] == ["epoch-1.key"]
    assert [p.name for p in tmp_path.glob("*.*")] == ["keys.json"]
    again = Vault(tmp_path, SECRET, epoch_folder=tmp_path / "small")
    assert again.open("case:b", "record/1", blob) == TEXT


def test_the_copy_never_holds_a_destroyed_key(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    vault = Vault(tmp_path, SECRET, copy_folder=tmp_path / "copy")
    vault.ensure_all(("case:a", "case:b"))
    vault.refresh_copy()
    before = (tmp_path / "copy" / "keys.copy").read_bytes()
    vault.destroy(frozenset({"case:a"}))
    after = (tmp_path / "copy" / "keys.copy").read_bytes()
    assert after != before
    assert base64.b64encode((tmp_path / "keys.json").read_bytes()) in after
    assert vault.copy_behind == ""


def test_a_copy_that_cannot_be_written_is_said_and_made_good_later(tmp_path: Path) -> None:
    vault = Vault(tmp_path, SECRET, copy_folder=tmp_path / "copy")
    assert "No such file" in vault.copy_behind
    vault.ensure("case:a")
    vault.destroy(frozenset({"case:a"}))  # here it is gone all the same
    assert vault.copy_behind
    (tmp_path / "copy").mkdir()
    vault.refresh_copy()
    assert vault.copy_behind == ""
    assert (tmp_path / "copy" / "keys.copy").stat().st_mode & 0o777 == 0o600


def test_a_key_file_of_the_first_release_is_taken_over_without_its_names(tmp_path: Path) -> None:
    made = first_format(tmp_path, "case:patient-17", "faces:patient-17")
    kept_open = (tmp_path / "keys.json").open("rb")
    with pytest.raises(InputError, match="unseal secret"):
        Vault(tmp_path, OTHER_SECRET)
    vault = Vault(tmp_path, SECRET)
    assert all(vault.has(key_id) for key_id in made)
    assert key_file(tmp_path).epoch == 4
    assert b"patient-17" not in (tmp_path / "keys.json").read_bytes()
    assert b"patient-17" not in kept_open.read()  # overwritten where it lay
    kept_open.close()
    blob = vault.seal("case:patient-17", "record/1", TEXT)
    assert Vault(tmp_path, SECRET).open("case:patient-17", "record/1", blob) == TEXT


def test_nothing_that_is_printed_shows_a_key(tmp_path: Path, vault: Vault) -> None:
    vault.ensure("case:a")
    epoch = msgspec.json.decode((tmp_path / "epoch-0.key").read_bytes(), type=EpochFile)
    shown = f"{vault!r} {vault._held!r} {key_file(tmp_path)!r} {epoch!r}"
    held = vault._held
    for secret in (held.epoch_key, *held.keys.values(), *held.wrapped.values(), epoch.key):
        assert repr(secret)[2:12] not in shown
        assert secret.hex() not in shown


def test_seeds_for_signing_differ_by_purpose_and_hold_over_a_restart(tmp_path: Path, vault: Vault) -> None:
    again = Vault(tmp_path, SECRET)
    assert vault.checkpoint_seed() == again.checkpoint_seed() != vault.signing_seed()
    assert len(vault.checkpoint_seed()) == 32


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


def test_the_secret_of_a_rehearsal_is_made_once_and_kept(tmp_path: Path) -> None:
    made = rehearsal_secret(tmp_path)
    assert len(made) == 32
    assert rehearsal_secret(tmp_path) == made
    assert (tmp_path / "rehearsal.secret").stat().st_mode & 0o777 == 0o600
