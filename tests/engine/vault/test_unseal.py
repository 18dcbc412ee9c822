import os
import pty
import re
import termios
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.domain.errors import InputError, Refused
from engine.vault import unseal
from engine.vault.keys import Vault
from engine.vault.unseal import (
    WrongPassphrase,
    ask_from,
    from_credential,
    from_file,
    open_with,
    parts_needed,
    read_secret,
    set_passphrase,
)

PHRASE = "a long and quiet passphrase"
PARTS = ("what the first knows", "what the second knows")
CHEAP = {"memory_kib": 8 * 1024, "passes": 1}


def a_pipe(text: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    return reading


def in_turn(*answers: str | None) -> unseal.Ask:
    left = list(answers)
    return lambda _: left.pop(0)


def test_a_passphrase_opens_what_it_sealed(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    assert len(secret) == 32
    assert open_with(tmp_path, [PHRASE]) == secret
    assert parts_needed(tmp_path) == 1
    assert (tmp_path / "unseal.json").stat().st_mode & 0o777 == 0o600


def test_neither_passphrase_nor_secret_lies_in_the_file(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    content = (tmp_path / "unseal.json").read_bytes()
    assert secret not in content
    assert PHRASE.encode() not in content


def test_a_wrong_passphrase_says_so_plainly_and_changes_nothing(tmp_path: Path) -> None:
    set_passphrase(tmp_path, [PHRASE], **CHEAP)
    before = (tmp_path / "unseal.json").read_bytes()
    with pytest.raises(WrongPassphrase, match=r"^wrong passphrase$"):
        open_with(tmp_path, [PHRASE + "!"])
    assert (tmp_path / "unseal.json").read_bytes() == before


def test_a_damaged_file_is_not_called_a_wrong_passphrase(tmp_path: Path) -> None:
    set_passphrase(tmp_path, [PHRASE], **CHEAP)
    path = tmp_path / "unseal.json"
    good = path.read_bytes()
    for spot in range(len(good)):
        path.write_bytes(good[:spot] + bytes([good[spot] ^ 1]) + good[spot + 1 :])
        with pytest.raises(InputError, match="is damaged, whatever the passphrase"):
            open_with(tmp_path, [PHRASE])
    path.unlink()
    with pytest.raises(InputError, match="is not there"):
        open_with(tmp_path, [PHRASE])


def test_two_custodians_are_both_needed(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, PARTS, **CHEAP)
    assert parts_needed(tmp_path) == 2
    assert open_with(tmp_path, PARTS) == secret
    for wrong in ((PARTS[1], PARTS[0]), (PARTS[0], PARTS[0]), (PARTS[0], "something else")):
        with pytest.raises(WrongPassphrase, match="one of the 2 passphrases is wrong"):
            open_with(tmp_path, wrong)
    with pytest.raises(InputError, match="needs 2 passphrases, got 1"):
        open_with(tmp_path, PARTS[:1])


def test_a_korean_passphrase_opens_however_the_keyboard_composes_it(tmp_path: Path) -> None:
    composed = "감염병 역학조사 비밀문구 하나 둘"
    secret = set_passphrase(tmp_path, [composed], **CHEAP)
    decomposed = unseal.unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert open_with(tmp_path, [decomposed]) == secret


@pytest.mark.parametrize(
    "parts", [[], ["short"], ["x" * 14], [PARTS[0], "short"], [PARTS[0]] * 2, [*PARTS, PHRASE]]
)
def test_a_weak_choice_is_refused(tmp_path: Path, parts: list[str]) -> None:
    with pytest.raises(InputError):
        set_passphrase(tmp_path, parts, **CHEAP)
    assert not (tmp_path / unseal.UNSEAL_FILE).exists()


def test_a_passphrase_is_changed_without_changing_a_key(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    vault = Vault(tmp_path, secret)
    vault.ensure("case:a")
    blob = vault.seal("case:a", "record/1", b"text")
    set_passphrase(tmp_path, PARTS, secret, **CHEAP)
    assert Vault(tmp_path, open_with(tmp_path, PARTS)).open("case:a", "record/1", blob) == b"text"
    with pytest.raises(InputError):
        open_with(tmp_path, [PHRASE])


def test_a_new_passphrase_never_locks_out_a_store_that_is_there(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    with pytest.raises(Refused, match="has a secret already"):
        set_passphrase(tmp_path, [PHRASE], **CHEAP)
    Vault(tmp_path, secret)
    (tmp_path / "unseal.json").unlink()
    with pytest.raises(Refused, match="has a secret already"):
        set_passphrase(tmp_path, [PHRASE], **CHEAP)


def test_every_wrong_try_waits_longer_and_is_told(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    waited: list[float] = []
    told: list[tuple[int, str]] = []
    found = unseal.unseal(
        tmp_path,
        in_turn("wrong", "wrong again", PHRASE),
        sleep=waited.append,
        wrong=lambda number, why: told.append((number, why)),
    )
    assert found == secret
    assert waited == [2.0, 4.0]
    assert told == [(1, "wrong passphrase"), (2, "wrong passphrase")]


def test_after_the_last_try_it_is_over_and_the_waiting_has_a_bound(tmp_path: Path) -> None:
    set_passphrase(tmp_path, [PHRASE], **CHEAP)
    waited: list[float] = []
    with pytest.raises(WrongPassphrase):
        unseal.unseal(tmp_path, lambda _: "wrong", tries=8, sleep=waited.append)
    assert waited == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_nobody_there_to_answer_is_no_wrong_passphrase(tmp_path: Path) -> None:
    set_passphrase(tmp_path, PARTS, **CHEAP)
    with pytest.raises(InputError, match="ended before a passphrase came"):
        unseal.unseal(tmp_path, in_turn(PARTS[0], None), sleep=lambda _: None)


def test_lines_come_from_a_descriptor_and_nothing_is_read_ahead() -> None:
    descriptor = a_pipe("첫째\nsecond\n\nrest of the stream".encode())
    ask = ask_from(descriptor)
    assert [ask(1), ask(2), ask(1)] == ["첫째", "second", ""]
    assert os.read(descriptor, 100) == b"rest of the stream"
    assert ask(1) is None
    os.close(descriptor)


@pytest.mark.parametrize(("sent", "why"), [(b"x" * 1025, "too long"), (b"\xff\xfe\n", "UTF-8")])
def test_what_is_no_passphrase_is_refused_without_showing_it(sent: bytes, why: str) -> None:
    descriptor = a_pipe(sent)
    with pytest.raises(InputError, match=why) as said:
        ask_from(descriptor)(1)
    os.close(descriptor)
    assert "xxx" not in str(said.value)


def test_on_a_terminal_the_passphrase_does_not_show_and_the_echo_comes_back() -> None:
    ours, theirs = pty.openpty()

    def echoing() -> bool:
        return bool(termios.tcgetattr(theirs)[3] & termios.ECHO)

    assert echoing()
    with ThreadPoolExecutor(1) as custodian:
        asked = custodian.submit(ask_from(theirs), 1)
        while echoing() and not asked.done():
            pass
        os.write(ours, b"typed\n")
        assert asked.result(20) == "typed"
    assert echoing()
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):  # nothing came back to the screen
        os.read(ours, 100)
    os.close(ours)
    os.close(theirs)


def own_file(path: Path, content: bytes = b"s" * 32, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def other_volume(path: Path) -> int:
    return hash(path)


def test_a_secret_in_a_file_of_ours_on_another_volume_is_read(tmp_path: Path) -> None:
    path = own_file(tmp_path / "secret")
    assert from_file(path, tmp_path / "state", volume=other_volume) == b"s" * 32


def test_a_secret_beside_the_data_is_refused(tmp_path: Path) -> None:
    path = own_file(tmp_path / "secret")
    with pytest.raises(InputError, match="same volume as the data"):
        from_file(path, tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610])
def test_a_secret_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InputError, match="not ours alone"):
        from_file(own_file(tmp_path / "secret", mode=mode), tmp_path, volume=other_volume)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_secret_that_somebody_else_owns_is_refused(tmp_path: Path) -> None:
    path = own_file(tmp_path / "secret")
    os.chown(path, 12345, 12345)
    with pytest.raises(InputError, match="not ours alone"):
        from_file(path, tmp_path, volume=other_volume)


def test_links_folders_pipes_and_wrong_sizes_are_no_secret(tmp_path: Path) -> None:
    real = own_file(tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, why in (
        ("link", "cannot be read"),
        ("folder", "is no file"),
        ("pipe", "is no file"),
        ("no", "no such"),
    ):
        with pytest.raises(InputError, match=why):
            from_file(tmp_path / name, tmp_path, volume=other_volume)
    for size, why in ((0, "holds 0 bytes"), (31, "holds 31 bytes"), (1025, "too long")):
        with pytest.raises(InputError, match=why):
            from_file(own_file(tmp_path / "size", b"s" * size), tmp_path, volume=other_volume)


def test_a_credential_comes_from_the_folder_that_systemd_names(tmp_path: Path) -> None:
    own_file(tmp_path / "unseal", b"c" * 40, 0o440)  # root's, with an access list: group bits show
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert from_credential("unseal", environment) == b"c" * 40
    with pytest.raises(InputError, match="systemd handed over no credentials"):
        from_credential("unseal", {})
    with pytest.raises(InputError, match="cannot be read"):
        from_credential("other", environment)
    own_file(tmp_path / "open", b"c" * 40, 0o444)
    with pytest.raises(InputError, match="not ours alone"):
        from_credential("open", environment)


@pytest.mark.parametrize("name", ["", "../unseal", "/etc/shadow", "a/b", ".hidden"])
def test_a_credential_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name of a credential"):
        from_credential(name, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_exactly_one_source_gives_the_secret(tmp_path: Path) -> None:
    secret = set_passphrase(tmp_path, [PHRASE], **CHEAP)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    own_file(tmp_path / "unseal", b"c" * 32)
    assert read_secret(tmp_path, passphrase=in_turn(PHRASE), environment=environment) == secret
    assert read_secret(tmp_path, credential="unseal", environment=environment) == b"c" * 32
    with pytest.raises(InputError, match="same volume"):
        read_secret(tmp_path, file=tmp_path / "unseal", environment=environment)
    for wrong in ({}, {"credential": "unseal", "file": tmp_path / "unseal"}):
        with pytest.raises(InputError, match="exactly one source"):
            read_secret(tmp_path, environment=environment, **wrong)


def test_the_shipped_cost_is_what_the_rfc_recommends_and_is_paid(tmp_path: Path) -> None:
    set_passphrase(tmp_path, [PHRASE])
    content = (tmp_path / "unseal.json").read_text()
    assert re.search(r'"memory_kib":65536,"passes":3,"lanes":4', content)
    assert open_with(tmp_path, [PHRASE])
