"""Where the desk does not come to open, it says so in the language of the person."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.api.client import EngineClient, EngineSaysNo
from engine.domain.errors import InputError
from tui.cli import app
from tui.commands.address import require_open, server_socket
from tui.commands.connect import ask
from tui.commands.engine_process import make_state, shared_engine
from tui.commands.failing import plainly
from tui.language import catalogue
from tui.language.catalogue import tr_engine

HANGUL = re.compile("[가-힣]")
ENGLISH = re.compile(r"(?<![a-z./_-])[a-z]{2,} [a-z]{2,}(?![a-z./-])")
COMMANDS = re.compile(r"tracedesk[ a-z]+|\(Invalid[^)]*\)")


@pytest.fixture(autouse=True)
def a_korean_at_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TRACEDESK_SOCKET", raising=False)
    yield
    catalogue.use("en")


def is_korean(line: str) -> bool:
    return bool(HANGUL.search(line)) and not ENGLISH.search(COMMANDS.sub("", line))


def said_to(*words: str) -> str:
    outcome = CliRunner().invoke(app, words)
    assert outcome.exit_code == 2 and outcome.stderr.count("\n") == 1, outcome.output
    return outcome.stderr


def refusal(problem: InputError) -> str:
    """As it is told once the language is chosen."""
    catalogue.use("ko")
    return tr_engine(str(problem))


def test_an_english_line_would_be_found() -> None:
    assert not is_korean("no engine answers; 엔진을 켜십시오") and not is_korean("the desk needs a terminal")


@pytest.mark.parametrize("words", [(), ("--language", "fr"), ("--theme", "neon")])
def test_what_the_command_line_lacks(words: tuple[str, ...]) -> None:
    assert is_korean(said_to(*words))


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    line = said_to("case", "list", "--socket", str(tmp_path / "none.sock"))
    assert is_korean(line) and "tracedesk engine start" in line


def test_a_language_of_ones_own_settings_goes_before_that_of_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "config" / "tracedesk").mkdir(parents=True)
    (tmp_path / "config" / "tracedesk" / "desk.toml").write_text('language = "en"\n', "utf-8")
    assert "no engine answers" in said_to("case", "list", "--socket", str(tmp_path / "none.sock"))


def test_an_engine_of_another_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def of_another_age(_: EngineClient) -> None:
        line = "this console speaks version 9 of the API, the engine 1 to 3"
        raise EngineSaysNo(426, "version", f"{line}; install the engine's release here: tracedesk 0.1.0")

    with pytest.raises(Exception, match="2"), plainly():
        ask(tmp_path / "some.sock", of_another_age)
    assert is_korean(capsys.readouterr().err)


def test_an_engine_that_one_may_not_speak_to(tmp_path: Path) -> None:
    (tmp_path / "engine.sock").touch()
    with pytest.raises(InputError, match="may not speak") as shut:
        require_open(tmp_path / "engine.sock", access=lambda *_: False)
    assert is_korean(refusal(shut.value))
    require_open(tmp_path / "engine.sock", access=lambda *_: True)
    require_open(tmp_path / "none.sock", access=lambda *_: False)


def test_a_service_whose_folder_is_shut_is_refused_in_a_line() -> None:
    def shut(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(InputError, match="may not speak to this engine"):
        server_socket(shut)


def test_a_site_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("x = [", "utf-8")
    (tmp_path / "few.toml").write_text('name = "x"', "utf-8")
    for name in ("none.toml", "broken.toml", "few.toml", ""):
        with pytest.raises(InputError) as wrong:
            shared_engine(tmp_path / name, tmp_path / "s")
        assert is_korean(refusal(wrong.value)), refusal(wrong.value)


def test_a_state_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for state in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 120)):
        with pytest.raises(InputError) as wrong:
            make_state(state)
        assert is_korean(refusal(wrong.value)), refusal(wrong.value)


@pytest.mark.parametrize(
    "line",
    [
        "/s/lock: another engine is using this state folder;"
        " use the running one, stop it, or name another folder with --state",
        "/s: belongs to the server profile, this engine runs the rehearsal profile [G27];"
        " use a state folder of its own for each",
        "/s/tracedesk.sqlite: was written by a newer tracedesk (schema 9, this one knows 7);"
        " install the newer tracedesk, or use another state folder",
        "the engine did not start (exit code 3); run: tracedesk doctor",
        "Until then the desk has its own keys",
        "Until then the desk has its own settings",
        "there is no setting 'x'; the settings are: theme, language",
    ],
)
def test_what_an_engine_says_that_does_not_start(line: str) -> None:
    catalogue.use("ko")
    assert HANGUL.search(tr_engine(line))
    assert is_korean(tr_engine(line)) or "exit code" in line
