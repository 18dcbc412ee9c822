"""Keys, settings and options before the desk opens."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.domain.errors import InputError
from tui.cli import app
from tui.comfort.settings import Settings
from tui.commands.opening import Liking
from tui.keys import ACTIONS, use_keys


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "tracedesk").mkdir()
    return tmp_path / "tracedesk"


def test_what_is_said_on_the_command_line_goes_before_the_settings() -> None:
    settings = Settings(theme="tracedesk-light", language="ko", mouse=False)
    assert Liking().over(settings) == settings
    said = Liking(theme="tracedesk", language="en", slow_link=True).over(settings)
    assert said == Settings(theme="tracedesk", language="en", slow_link=True, mouse=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "neon"], "--theme: there is no theme 'neon'; one of: auto, tracedesk"),
        (["--language", "fr"], "--language: there is no language 'fr'; one of: auto, en, ko"),
    ],
)
def test_a_theme_or_language_that_there_is_not_is_refused_before_anything_starts(
    arguments: list[str], said: str
) -> None:
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output
    with pytest.raises(InputError):
        Liking(theme="neon")


def test_the_keys_are_listed_with_ids_and_a_persons_own(folder: Path) -> None:
    (folder / "keys.toml").write_text('[keys]\nnot_same = "b"\n', encoding="utf-8")
    try:
        result = CliRunner().invoke(app, ["keys"], env={"COLUMNS": "200"})
        rows = {line.split()[0]: line.split()[1] for line in result.output.splitlines() if line.strip()}
        assert result.exit_code == 0 and {action.id for action in ACTIONS} <= set(rows)
        assert (rows["not_same"], rows["same"], rows["help"]) == ("b", "a", "?")
    finally:
        use_keys({})


def test_a_file_with_a_mistake_is_told_after_the_desks_own_keys(folder: Path) -> None:
    (folder / "keys.toml").write_text('[keys]\nsame = "space"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["keys"], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert "line 2, same" in result.output and "until then the desk has its own keys" in result.output


def test_files_to_start_from_are_printed_whole() -> None:
    assert tomllib.loads(CliRunner().invoke(app, ["keys", "--toml"]).output) == {"keys": {}}
    assert tomllib.loads(CliRunner().invoke(app, ["settings", "--example"]).output) == {}


def test_the_settings_are_shown_as_they_stand_or_with_their_mistake(folder: Path) -> None:
    result = CliRunner().invoke(app, ["settings"])
    assert "(not there)" in result.output and "lock_after_min = by the house" in result.output
    (folder / "desk.toml").write_text('theme = "tracedesk-light"\n', encoding="utf-8")
    assert "theme = tracedesk-light" in CliRunner().invoke(app, ["settings"]).output
    (folder / "desk.toml").write_text('theme = "neon"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["settings"])
    assert result.exit_code == 2 and "line 1, theme" in result.output


def test_the_command_line_reads_the_environment_before_textual_does() -> None:
    code = "import sys, tui.cli, tui.commands.opening; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
