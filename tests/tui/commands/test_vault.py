import getpass
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.vault.keys import Vault
from engine.vault.unseal import from_file, open_with
from tui.cli import app

SECRET = b"an unseal secret of these tests."


def ran(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["vault", *words])
    return done.exit_code, done.output


def test_a_new_secret_is_for_its_owner_alone_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    code, said = ran("secret", str(file))
    assert (code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)
    secret = from_file(file, tmp_path, volume=lambda path: int(path == file))
    assert len(secret) == 32
    assert secret.hex() not in said


def test_a_secret_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(SECRET)
    code, said = ran("secret", str(file))
    assert (code, file.read_bytes()) == (2, SECRET)
    assert "name a file that is not there yet" in said


def test_two_custodians_type_a_part_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ["correct horse battery", "staple of the second"]
    typed = iter([part for part in parts for _ in ("first", "once more")])
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    code, said = ran("passphrase", "--state", str(tmp_path / "state"), "--parts", "2")
    assert code == 0, said
    assert len(open_with(tmp_path / "state", parts)) == 32


def test_the_one_copy_of_the_keys_is_put_back(tmp_path: Path) -> None:
    state, copy, new = tmp_path / "state", tmp_path / "copy", tmp_path / "new"
    for folder in (state, copy, new):
        folder.mkdir()
    vault = Vault(state, SECRET, copy_folder=copy)
    vault.ensure("case:A")
    vault.refresh_copy()
    sealed = vault.seal("case:A", "row", b"what was sealed")
    code, said = ran("restore-keys", str(copy), "--state", str(new))
    assert code == 0, said
    assert Vault(new, SECRET).open("case:A", "row", sealed) == b"what was sealed"
    assert ran("restore-keys", str(copy), "--state", str(new))[0] == 2  # never over keys that are there


@pytest.mark.parametrize("spoil", [lambda state: state.write_bytes(b""), lambda state: _occupied(state)])
def test_a_passphrase_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "correct horse battery")
    spoil(tmp_path / "state")
    code, said = ran("passphrase", "--state", str(tmp_path / "state"))
    assert code == 2
    assert said.startswith(f"tracedesk: {tmp_path / 'state'}")
    assert said.count("\n") == 1


def _occupied(state: Path) -> None:
    """The new file can get no place."""
    (state / "unseal.json.new").mkdir(parents=True)


@pytest.mark.parametrize("missing", ["state", "epoch"])
def test_keys_that_cannot_be_put_back_are_one_line(tmp_path: Path, missing: str) -> None:
    kept, copy = tmp_path / "kept", tmp_path / "copy"
    for folder in (kept, copy, *(tmp_path / name for name in ("state", "epoch") if name != missing)):
        folder.mkdir()
    vault = Vault(kept, SECRET, copy_folder=copy)
    vault.ensure("case:A")
    vault.refresh_copy()
    to = ("--state", str(tmp_path / "state"), "--epoch-folder", str(tmp_path / "epoch"))
    code, said = ran("restore-keys", str(copy), *to)
    assert code == 2
    assert said.startswith(f"tracedesk: {tmp_path / missing}")
    assert "no such file or directory; " in said
    assert said.count("\n") == 1
    assert not (tmp_path / "state" / "keys.json").exists()  # the one that decides


def test_nothing_of_it_reads_a_secret_from_arguments_or_variables() -> None:
    assert not any("passphrase" in name.lower() for name in os.environ)
    code, _ = ran("passphrase", "--state", "/x", "--passphrase", "y")
    assert code == 2
