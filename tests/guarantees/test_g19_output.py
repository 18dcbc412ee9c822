"""G19: the command line leaks nothing and obeys nobody's data: hostile values in every field it prints."""

import json
import os
import pty
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from tui.cli import app

OSC52 = "\x1b]52;c;c3RvbGVu\x07"
HOSTILE = (
    f"{OSC52}\x1b[2J\x1b[31m\x9b32m\x00\x08\x7f\r\n\u202eesrever\u2066\u200f\u2028"
    "[@click=app.quit]press[/] [/x] [bold red] [link=http://evil/]here[/link] :smiley: {0} %s"
)
NAME = "\x1b[31m\x1b]0;owned\x07\u202e[blue][@click=app.quit]"  # of a file
LONG = "A" * 100_000
DIGEST = "a" * 64
COMMAND = (sys.executable, "-c", "from tui.cli import main; main()")


class Case(NamedTuple):
    site: Path
    folder: Path


def quoted(text: str) -> str:
    return json.dumps(text).replace("\\u007f", "\x7f")


@pytest.fixture
def hostile(tmp_path: Path) -> Case:
    return built(tmp_path)


def built(tmp_path: Path) -> Case:
    """A site and a case in which every free text is hostile; without footage, so that it is quick."""
    text = quoted(HOSTILE).replace("\x7f", "\\u007f")
    site = tmp_path / "site.toml"
    site.write_text(
        f'name = {text}\nprofile = "rehearsal"\ncameras = "cameras.toml"\nplaces = "places.csv"\n'
        'timezone = "Asia/Seoul"\nrehearsal_statement = "rehearsal.toml"\n',
        encoding="utf-8",
    )
    (tmp_path / "cameras.toml").write_text(
        f'[[camera]]\ncamera_id = "cam"\nname = {text}\nfixed = true\nlat = 37.5\nlon = 126.8\n',
        encoding="utf-8",
    )
    (tmp_path / "rehearsal.toml").write_text(
        f"said_by = {text}\nsaid_on = 2026-03-05\nstatement = {text}\nfiles = []\n", encoding="utf-8"
    )
    cell = '"' + HOSTILE.replace("\x00", "") + '"'
    (tmp_path / "places.csv").write_bytes(
        f"place_id,name,other_names,address,lat,lon,radius_m,kind,phone\np1,{cell},,,37.5,126.8,30,x,1\n"
        f"p2,{LONG},,,37.6,126.9,30,x,1\n".encode()
    )
    folder = tmp_path / "H"
    (folder / "records").mkdir(parents=True)
    (folder / "case.toml").write_text(
        f'case_id = "H"\ndisease = "covid-19"\nnotification_ref = {text}\nonset = 2026-03-03\n'
        f"isolation = 2026-03-04\nnote = {text}\n",
        encoding="utf-8",
    )
    (folder / "authorisation.toml").write_text(
        'purpose = "infection_control"\ncameras = ["cam"]\nsources = ["entry", "interview"]\n'
        "start = 2026-03-02T00:00:00+09:00\nend = 2026-03-03T00:00:00+09:00\nvalid_hours = 24\n"
        f"order_ref = {text}\n",
        encoding="utf-8",
    )
    (folder / "records" / f"entry-{NAME}.csv").write_bytes(
        "entered_at,place_id,facility\n2026-03-02T12:00:00,p1,\n2026-03-02T18:00:00,p2,\n"
        f'2026-03-02T15:00:00,,"not in the gazetteer{cell[1:]}\n'.encode()
    )
    return Case(site, folder)


def environment(tmp_path: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "TRACEDESK_MODELS": str(tmp_path / "no models"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "COLUMNS": "200",
        "TERM": "xterm-256color",
    }


class Printed(NamedTuple):
    """What one run left: exit code, both streams of a pipe, the JSON."""

    code: int
    said: str
    json: str


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    folder = tmp_path_factory.mktemp("hostile")
    case, out = built(folder), folder / "out.json"
    arguments = ("trace", case.folder, "--site", case.site, "--headless", "--json", out)
    done = subprocess.run(
        [*COMMAND, *map(os.fspath, arguments)],
        capture_output=True,
        env=environment(folder),
        timeout=60,
        check=False,
    )
    return Printed(done.returncode, (done.stdout + done.stderr).decode("utf-8"), out.read_text("utf-8"))


def refused(tmp_path: Path, *arguments: str | os.PathLike[str]) -> str:
    """What the command says, in this process; it must leave with exit code 2."""
    result = CliRunner().invoke(app, [*map(os.fspath, arguments)], env=environment(tmp_path))
    assert result.exit_code == 2, result.output
    return result.output


def run_on_terminal(tmp_path: Path, *arguments: str | os.PathLike[str]) -> str:
    """Everything that reaches a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(os.fspath, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path),
        close_fds=True,
    )
    os.close(theirs)
    got = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not more:
            break
        got += more
    os.close(ours)
    process.wait(60)
    return got.decode("utf-8", "replace")


def commands_in(text: str) -> set[str]:
    """Characters that a terminal acts upon."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"}


def test_g19_a_hostile_case_prints_nothing_that_a_terminal_obeys(printed: Printed) -> None:
    assert printed.code == 0, printed.said
    assert commands_in(printed.said) == set()
    assert "case H: records only" in printed.said
    assert len(printed.said) < 20_000  # the long name is cut


def test_g19_markup_in_data_is_printed_as_it_is_written(printed: Printed) -> None:
    """Taken for markup it would vanish, colour the line, or end the program with an error."""
    for text in (
        "[@click=app.quit]press[/]",
        "[/x]",
        "[bold red]",
        "[link=http://evil/]here[/link]",
        ":smiley:",
    ):
        assert text in printed.said


def test_g19_markup_in_a_file_name_is_printed_as_it_is_written(printed: Printed) -> None:
    """In the warning about the row whose place is not known."""
    (line,) = (line for line in printed.said.splitlines() if "entry-" in line)
    assert "[blue][@click=app.quit].csv" in line


def test_g19_the_json_holds_no_command(printed: Printed) -> None:
    """It may go to standard output."""
    assert commands_in(printed.json) == set()
    (trace,) = json.loads(printed.json)["traces"]
    assert trace["visits"]
    assert commands_in("".join(v["label"] for v in trace["visits"])) == set()


def test_g19_no_sequence_of_the_data_reaches_a_terminal(hostile: Case, tmp_path: Path) -> None:
    """Rich writes sequences of its own on a terminal; those of the data must not be among them."""
    said = run_on_terminal(tmp_path, "trace", hostile.folder, "--site", hostile.site, "--headless")
    assert "case H: records only" in said
    for text in (
        "\x1b]52",
        "\x1b]8",
        "\x1b[2J",
        "\x9b",
        "\x07",
        "\x00",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u2028",
    ):
        assert text not in said, repr(text)
    assert "[@click=app.quit]" in said


def hostile_id(case: Case) -> Path:
    text = case.folder / "case.toml"
    written = text.read_text("utf-8").replace('case_id = "H"', f"case_id = {quoted(HOSTILE)}")
    text.write_text(written.replace("\x7f", "\\u007f"), encoding="utf-8")
    return case.folder


def hostile_folder(case: Case) -> Path:
    text = case.folder / "case.toml"
    text.write_text(text.read_text("utf-8").replace('case_id = "H"\n', ""), encoding="utf-8")
    return case.folder.rename(case.folder.with_name(HOSTILE.replace("/", "").replace("\x00", "")[:60]))


def hostile_still(case: Case) -> Path:
    text = case.folder / "case.toml"
    entry = f'stills = [{{ file = {quoted(HOSTILE)}, provenance = "x" }}]\n'.replace("\x7f", "\\u007f")
    text.write_text(entry + text.read_text("utf-8"), encoding="utf-8")
    return case.folder


def hostile_purpose(case: Case) -> Path:
    text = case.folder / "authorisation.toml"
    written = text.read_text("utf-8").replace(
        '"infection_control"', quoted(HOSTILE).replace("\x7f", "\\u007f")
    )
    text.write_text(written, encoding="utf-8")
    return case.folder


def hostile_cell(case: Case) -> Path:
    cell = HOSTILE.replace("\0", "")
    (case.folder / "records" / "interview.csv").write_bytes(f'start,place\n"{cell}",x\n'.encode())
    return case.folder


def hostile_stranger(case: Case) -> Path:
    (case.folder / HOSTILE.replace("/", "").replace("\x00", "")[:60]).write_bytes(b"x")
    return case.folder


@pytest.mark.parametrize(
    "made",
    [
        hostile_id,
        hostile_folder,
        hostile_still,
        hostile_purpose,
        hostile_cell,
        hostile_stranger,
    ],
)
def test_g19_a_refusal_that_quotes_hostile_data_is_one_clean_line(
    hostile: Case, tmp_path: Path, made: object
) -> None:
    folder = made(hostile)  # type: ignore[operator]
    said = refused(tmp_path, "trace", folder, "--site", hostile.site, "--headless")
    assert commands_in(said) == set()
    assert "Traceback" not in said
    assert said.strip().splitlines()[-1].startswith("tracedesk: ")


@pytest.mark.parametrize("flag", ["--site", "--decisions", "--json"])
def test_g19_hostile_arguments_are_refused_cleanly(hostile: Case, tmp_path: Path, flag: str) -> None:
    value = HOSTILE.replace("\x00", "")
    given = {"--site": str(hostile.site)} | {flag: value}
    arguments = [part for pair in given.items() for part in pair]
    said = refused(tmp_path, "trace", hostile.folder, "--headless", *arguments)
    assert commands_in(said) == set()
