"""G19: a file of settings that somebody passed on commands no terminal by what is wrong in it."""

from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tui.comfort.settings import read_settings
from tui.keyboard.keymap import read_keymap

EVIL = r"\u001b]52;c;aGk=\u0007\u202e"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys.toml", f'[keys]\n"{EVIL}" = "k"\n'),
        ("keys.toml", f'["{EVIL}"]\nsame = "k"\n'),
        ("keys.toml", f'[keys]\nsame = "{EVIL}"\n'),
        ("desk.toml", f'"{EVIL}" = 1\n'),
        ("desk.toml", f'theme = "{EVIL}"\n'),
        ("desk.toml", "theme = \x1b]52;c;aGk=\x07\n"),
    ],
)
def test_g19_what_is_wrong_in_an_own_file_is_told_in_printable_words(
    tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as mistake:
        (read_keymap if name == "keys.toml" else read_settings)(file)
    assert str(mistake.value).isprintable()
