"""Keys of one's own: read whole or not at all, and every mistake is told with file, line and mend."""

import tomllib
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tests.tui.write_keys import KEYS, keys_md
from tui.comfort.own_files import LARGEST_BYTES, own_file
from tui.keyboard.action import Where, on
from tui.keyboard.keymap import FILE, read_keymap, starting_file
from tui.keyboard.names import CHARACTERS, key_named, shown_key
from tui.keys import ACTIONS, OWN_KEYS, Keymap


def read(folder: Path, text: str) -> Keymap:
    file = folder / FILE
    file.write_text(text, encoding="utf-8")
    return read_keymap(file)


def test_a_file_names_only_what_changes(tmp_path: Path) -> None:
    changed = read(tmp_path, '[keys]\nsame = "b"\nundo = ["W", "backspace"]\nhelp = ["?", "F1"]\n')
    assert changed == {"same": ("b",), "undo": ("W", "backspace"), "help": ("question_mark", "f1")}


def test_without_a_file_every_key_is_the_desks_own(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / FILE) == {}
    assert read(tmp_path, "") == {}


def test_two_actions_may_change_places(tmp_path: Path) -> None:
    assert read(tmp_path, '[keys]\nsame = "x"\nnot_same = "a"\n') == {"same": ("x",), "not_same": ("a",)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys]\n\nsmae = "b"\n', "line 3, smae: there is no action 'smae'; did you mean same?"),
        ('[keys]\nwalk = "b"\n', "line 2, walk: there is no action 'walk'; tracedesk keys lists them"),
        ('[keys]\nsame = "bb"\n', "line 2, same: there is no key 'bb'; a letter"),
        ('[keys]\nsame = "ㅁ"\n', "there is no key 'ㅁ'; write the Latin letter of the same key"),
        ('[keys]\nsame = "x"\n', "line 2, same: x is the key of not_same too, on the screen"),
        ('[keys]\nsame = "ctrl+s"\n', "same is an answer and has only keys with ctrl or alt"),
        ('[keys]\nnot_same = ["alt+n"]\n', "not_same is an answer and has only keys with ctrl or alt"),
        ('[keys]\nsame = "enter"\n', "so enter is no key for it; give it a key that nobody presses"),
        ('[keys]\nsame = ["b", "ctrl+m"]\n', "so enter is no key for it"),
        ('[keys]\nsame = " "\n', "there is no key ' '"),
        ('[keys]\nsame = "space"\n', "so space is no key for it"),
        ('[keys]\nzoom = ":"\n', "':' opens the palette; take another key"),
        ("[keys]\nsame = []\n", 'is no key; write "k" or ["k", "f5"]'),
        ("[keys]\nsame = 3\n", "line 2, same: is no key"),
        ('same = "b"\n', "line 1, same: there is no table or key 'same' here; put actions under [keys]"),
        ("keys = 3\n", "keys: is no table"),
        ('[keys]\nsame = "b\n', "is not TOML"),
        ("#" * (LARGEST_BYTES + 1), "is too large; 64 KiB at most"),
    ],
)
def test_a_mistake_names_file_line_and_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / FILE))
    assert said in str(caught.value)


def test_where_letters_are_text_no_action_gets_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[keys]\nnext_pane = ["f8", "w"]\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2, next_pane: w is text on the screen desk, and no key"):
        read_keymap(tmp_path / FILE, writing=on(Where.DESK))
    assert read_keymap(tmp_path / FILE) == {"next_pane": ("f8", "w")}


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe[keys]")
    with pytest.raises(InputError, match="is not UTF-8; save it as UTF-8"):
        read_keymap(tmp_path / FILE)
    with pytest.raises(InputError, match="is a directory"):
        read_keymap(tmp_path)


def test_the_file_lies_where_the_person_keeps_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_file(FILE) == tmp_path / "tracedesk" / "keys.toml"


def test_the_file_to_start_from_changes_nothing_and_holds_with_every_line_taken_in(tmp_path: Path) -> None:
    text = starting_file()
    assert tomllib.loads(text) == {"keys": {}}
    head, _, rest = text.partition("[keys]\n")
    taken = "[keys]\n" + "".join(line.removeprefix("# ") for line in rest.splitlines(keepends=True))
    assert head.startswith("#")
    assert read(tmp_path, taken) == {action.id: OWN_KEYS[action.id] for action in ACTIONS}


def test_every_sign_of_a_keyboard_can_be_written_and_is_shown_as_written() -> None:
    assert len(CHARACTERS) == 94
    for sign in CHARACTERS:
        assert shown_key(key_named(sign)) == sign
    assert key_named("Esc") == "escape" and shown_key("escape") == "esc"
    assert key_named("ctrl+i") == "tab" and key_named("ctrl+j") == "enter"
    assert key_named("") == key_named("hyper+x") == key_named("é") == ""


def test_the_list_of_keys_in_the_manual_is_that_of_the_registry() -> None:
    assert KEYS.read_text(encoding="utf-8") == keys_md(), "write it again: python -m tests.tui.write_keys"
