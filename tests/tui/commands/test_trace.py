"""``tracedesk trace`` and ``sample`` where the engine, or a file, is not as they need it."""

import asyncio
import contextlib
import http.server
import io
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from engine.api.schema import API_VERSION, Hello, Problem
from engine.domain.errors import InputError
from tests.end_to_end.house import House
from tests.screens.fake_engine import HELLO
from tui.cli import app
from tui.commands import trace
from tui.commands.case_folder import read_case_folder
from tui.commands.engine_process import SOCKET

Answer = Callable[[str], tuple[int, msgspec.Struct] | None]
OTHER_AGE = msgspec.structs.replace(HELLO, version="9.9", api_min=API_VERSION + 1, api_max=API_VERSION + 1)
NOBODY = Problem(code="G24", message="nobody here may do that")


@contextlib.contextmanager
def engine_in(state: Path, answer: Answer) -> Iterator[Path]:
    """Something that answers on the engine's socket; None hangs up."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answer(self.path.removeprefix("/v1"))
            if found is None:
                return
            content = msgspec.json.encode(found[1])
            self.send_response(found[0])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *said: object) -> None:
            """Nobody reads it."""

    state.mkdir()
    with socketserver.ThreadingUnixStreamServer(str(state / SOCKET), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield state / SOCKET
        server.shutdown()


def another_age(path: str) -> tuple[int, Hello]:
    return 200, OTHER_AGE


def refuses(path: str) -> tuple[int, msgspec.Struct]:
    return (200, HELLO) if path == "/hello" else (403, NOBODY)


def hangs_up(path: str) -> None:
    return None


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path / "town")
    made.add_clip("cam1", b"never opened")
    return made


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (another_age, "install the engine's release here: tracedesk 9.9"),
        (refuses, "nobody here may do that"),
        (hangs_up, "the engine went away .*; the same command goes on from what it has"),
    ],
)
def test_an_engine_that_says_no_or_goes_away_before_the_desk_opens_is_one_line(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, line: str
) -> None:
    monkeypatch.setattr(trace, "PATIENCE_S", 0.0)
    folder = read_case_folder(house.case, house.stills, house.mappings, datetime(2026, 3, 5, tzinfo=UTC))
    with engine_in(tmp_path / "s", answer), pytest.raises(InputError, match=line):
        trace.trace_on_desk(house.site, [folder], tmp_path / "s", Console(file=io.StringIO()))


@pytest.mark.parametrize("answer", [another_age, hangs_up])
def test_whether_an_engine_misses_something_is_asked_as_carefully(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(trace, "PATIENCE_S", 0.0)
    with engine_in(tmp_path / "s", answer) as socket, pytest.raises(InputError):
        asyncio.run(trace._misses_something(socket))


def test_the_sample_looks_at_where_its_result_goes_before_it_works(tmp_path: Path) -> None:
    to = tmp_path / "nowhere" / "x.json"
    told = CliRunner().invoke(app, ["sample", "--json", str(to)])
    assert told.exit_code == 2
    assert told.output.startswith(f"tracedesk: {to}: there is no folder {to.parent}; ")
