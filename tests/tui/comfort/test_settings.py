"""What a person likes is read whole or not at all, and every field is in the example."""

import tomllib
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from tui.comfort.settings import EXAMPLE, FILE, Settings, of_environment, read_settings
from tui.terminal.theme import THEMES


def read(folder: Path, text: str) -> Settings:
    (folder / FILE).write_text(text, encoding="utf-8")
    return read_settings(folder / FILE)


def test_without_a_file_everything_is_as_the_desk_thinks_best(tmp_path: Path) -> None:
    assert read_settings(tmp_path / FILE) == Settings() == read(tmp_path, EXAMPLE)


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    text = (
        'theme = "tracedesk-light"\nlanguage = "ko"\nclipboard = "off"\nlock_after_min = 3\nmouse = false\n'
        "slow_link = true\n"
    )
    assert read(tmp_path, text) == Settings(
        theme="tracedesk-light", language="ko", clipboard="off", lock_after_min=3, mouse=False, slow_link=True
    )


def test_the_example_names_every_setting_and_holds_with_every_line_taken_in(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in EXAMPLE.splitlines() if " = " in line]
    given = tomllib.loads("\n".join(lines))
    assert set(given) == set(Settings.__struct_fields__)
    assert read(tmp_path, "\n".join(lines)) == Settings(lock_after_min=10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\ntheme = "neon"\n', "line 2, theme: invalid enum value 'neon'; one of: auto, tracedesk"),
        ("lock_after_min = -1\n", "line 1, lock_after_min: expected `float` >= 0"),
        ("mouse = 1\n", "line 1, mouse: expected `bool`, got `int`; see tracedesk settings --example"),
        ("colour = 1\n", "line 1, colour: there is no setting 'colour'; the settings are: theme, language"),
        ("theme = \n", "is not TOML"),
    ],
)
def test_a_mistake_names_file_line_and_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value) and str(tmp_path / FILE) in str(caught.value)


def test_every_theme_of_the_desk_can_be_chosen(tmp_path: Path) -> None:
    for name in THEMES:
        assert read(tmp_path, f'theme = "{name}"').theme == name


def test_the_screen_is_hidden_after_ten_minutes_on_a_server_and_never_in_a_rehearsal() -> None:
    assert Settings().lock_after_s("server") == 600
    assert Settings().lock_after_s("") == 600, "before it is known what house this is"
    assert Settings().lock_after_s("rehearsal") == 0
    assert Settings(lock_after_min=2).lock_after_s("rehearsal") == 120
    assert Settings(lock_after_min=0).lock_after_s("server") == 0


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(environ: dict[str, str], language: str) -> None:
    assert of_environment(environ) == Settings().spoken(environ) == language
    assert Settings(language="en").spoken(environ) == "en"


def test_a_bare_console_has_no_clipboard_unless_a_person_says_so() -> None:
    assert Settings().copies({"TERM": "tmux-256color"})
    assert not Settings().copies({"TERM": "linux"}) and not Settings().copies({})
    assert Settings(clipboard="osc52").copies({"TERM": "linux"})
    assert not Settings(clipboard="off").copies({"TERM": "xterm-256color"})
