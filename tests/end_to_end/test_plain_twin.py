"""One whole case by plain commands alone, as somebody works who hears the screen or reads it line by line.

A real engine of a rehearsal with workers that make up what they find. Only the answer that confirms
somebody is given at a terminal, in a process of its own, since nobody is confirmed unseen.
"""

import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapters.bench.town import build
from tests.screens.in_tmux import Tmux, needs_tmux, plain_environment
from tui.cli import app
from tui.commands.engine_process import SOCKET

ENGINE = (sys.executable, "-P", "-m", "adapters.bench.engine", "--window-s", "0.02", "--many")
CASE = "made-up-0"
TOLD = "Place 0, 2 Mar 09:00-15:00, sure, no mask, alone\n"
LATER = "Place 0, 2 Mar 16:00-16:30, likely, with 2 others\n"
SIZE = (200, 60)


class Plain:
    """Commands in a pipe, each in a process of its own, and some in a terminal."""

    def __init__(self, folder: Path) -> None:
        town = build(folder / "town", cases=1)
        self.folder = folder
        self.case = town.cases[0]
        (self.case / "records" / "interview.csv").unlink()
        state = folder / "s"
        state.mkdir()
        self.socket = state / SOCKET
        place = ["--state", str(state), "--site", str(town.site), "--until-stdin-closes"]
        self.engine = subprocess.Popen([*ENGINE, *place], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.engine.stdout is not None
        assert self.engine.stdout.readline() == b"ready\n"
        self.environment = plain_environment(folder) | {"TRACEDESK_SOCKET": str(self.socket)}

    def end(self) -> None:
        assert self.engine.stdin is not None
        self.engine.stdin.close()
        self.engine.wait()

    def run(self, *words: str, typed: str = "") -> Result:
        done = CliRunner().invoke(app, words, input=typed, env={"TRACEDESK_SOCKET": str(self.socket)})
        assert "\x1b" not in done.output, "neither colour nor a moving cursor in a pipe"
        return done

    def says(self, *words: str, typed: str = "") -> list[str]:
        done = self.run(*words, typed=typed)
        assert done.exit_code == 0, done.stderr
        return done.stdout.splitlines()

    def rows(self, *words: str) -> list[dict[str, str]]:
        """What a command lists, by its headings."""
        return list(csv.DictReader(self.says(*words), delimiter="\t", quoting=csv.QUOTE_NONE))

    def refuses(self, *words: str, typed: str = "") -> str:
        """Its one line on stderr."""
        done = self.run(*words, typed=typed)
        assert done.exit_code == 2, done.stdout
        (line,) = done.stderr.splitlines()
        return line

    def finds(self, pattern: str, *words: str, typed: str = "") -> str:
        text = "\n".join(self.says(*words, typed=typed))
        match = re.search(pattern, text)
        assert match, text
        return match[1]


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    made = Plain(tmp_path)
    yield made
    made.end()


@needs_tmux
def test_a_case_is_worked_from_its_folder_to_the_refused_export_by_commands_alone(
    plain: Plain, tmp_path: Path
) -> None:
    brought_in_and_permitted(plain)
    first, second, *rest = candidates = traced(plain)
    assert rest, f"a third of more than forty windows: {candidates}"
    confirmed_at_a_terminal(plain, tmp_path, first)
    answered_in_words(plain, second, rest)
    told_in_words(plain, first)
    contacts_written_down(plain)
    kept_in_the_house(plain, tmp_path)


def brought_in_and_permitted(plain: Plain) -> None:
    plain.finds(f"(case {CASE} is open)", "case", "open", str(plain.case))
    plain.finds("(separate consent)", "case", "ground", CASE)
    wrong = plain.run("case", "interview", CASE, "-", "--yes", typed=TOLD + "then home\n")
    assert wrong.stderr.startswith("line 2: no time is told")
    plain.finds(r"(line 1: Mon 2 Mar 2026 09:00–15:00 .* Place 0 \(place0\), ±30 min, no mask, alone)",
                "case", "interview", CASE, "-", "--check", typed=TOLD)  # fmt: skip
    plain.finds("(1 records taken)", "case", "interview", CASE, "-", "--yes", typed=TOLD)
    plain.says("case", "handover", CASE, "--write", typed="the cafe calls back at four\n")
    assert plain.says("case", "handover", CASE)[1] == "the cafe calls back at four"
    photo = plain.finds("(?m)^([0-9a-f]{16}) ", "case", "photos", CASE)
    assert "nobody sees it here" in plain.refuses("case", "photo", CASE, photo)
    source = plain.finds(r"request (\w+):", "case", "source", "ask", CASE, "card", "province")
    plain.finds("(is answered)", "case", "source", "answer", CASE, source, typed="P-77")
    assert "no authorisation stands" in plain.refuses("case", "trace", CASE)
    plain.finds("(1 cameras, .* windows)", "authorisation", "preview", str(plain.case))
    paper = plain.finds(r"authorisation (\w+)", "authorisation", "request", str(plain.case))
    plain.finds("(cameras: 1: c0-0)", "authorisation", "show", paper)
    plain.finds("(is approved)", "authorisation", "approve", paper)


def traced(plain: Plain) -> list[str]:
    """Ids of the candidates, best first."""
    plain.finds("(awaiting review)", "case", "trace", CASE, "--wait")
    plain.says("case", "interview", CASE, "-", "--yes", typed=LATER)
    plain.finds("(awaiting review)", "case", "again", CASE, "--wait")
    listed = plain.rows("candidates", "list", CASE, "--unanswered")
    assert all(row["the model"] == "" for row in listed)
    assert all(row["to go on"] for row in listed)
    return [row["candidate"] for row in listed]


def confirmed_at_a_terminal(plain: Plain, home: Path, candidate: str) -> None:
    assert "nobody is confirmed unseen" in plain.refuses("decide", candidate, "same")
    words = f'"{sys.executable}" -m tui.cli decide {candidate} same; exec cat'
    lying = plain.environment | {"COLUMNS": "300", "LINES": "99"}
    with Tmux(["sh", "-c", words], (80, 24), lying) as terminal:
        terminal.shows("too small to confirm")
    with Tmux(["sh", "-c", words], SIZE, plain.environment) as terminal:
        terminal.shows("▀", "type same to answer")
        time.sleep(1.0)  # nobody answers sooner than a person can have looked, and that clock is real here
        terminal.press("s", "a", "m", "e", "Enter")
        terminal.shows(f"candidate {candidate}: same")
    plain.finds("(your answer: same)", "candidates", "show", candidate)
    with Tmux(["sh", "-c", words.replace("decide", "candidates show").replace(" same;", ";")], SIZE,
              plain.environment) as terminal:  # fmt: skip
        terminal.shows("▀", "large enough to confirm")


def answered_in_words(plain: Plain, second: str, rest: list[str]) -> None:
    assert "tracedesk: --because: is missing" in plain.refuses("decide", second, "cannot_tell")
    plain.says("decide", second, "cannot_tell", "--because", "blur")
    plain.says("candidates", "undo", second)
    plain.says("candidates", "note", second, typed="ask a second pair of eyes\n")
    plain.says("candidates", "second", second)
    plain.says("decide", second, "not_same")
    plain.says("candidates", "aside", *rest)
    assert plain.rows("candidates", "list", CASE, "--unanswered") == []
    plain.says("candidates", "aside", rest[0], "--not")
    (waiting,) = plain.rows("candidates", "list", CASE, "--unanswered")
    assert waiting["candidate"] == rest[0]
    plain.says("decide", rest[0], "not_same")
    assert "[G10]" in plain.refuses("candidates", "review-second", CASE)
    noted = next(row for row in plain.rows("candidates", "list", CASE) if row["candidate"] == second)
    assert noted["note"] == "ask a second pair of eyes"
    assert noted["second"].startswith("wanted by")


def told_in_words(plain: Plain, confirmed: str) -> None:
    said = plain.says("case", "timeline", CASE)
    assert said[0].endswith("complete")
    assert any("\trecord and seen\t" in line for line in said)
    assert "contradictions: none" in said
    other = plain.rows("candidates", "list", CASE)[-1]["candidate"]
    assert len(plain.says("candidates", "compare", other, confirmed)) > 4
    assert "to answer" in plain.says("case", "board")[0]


def contacts_written_down(plain: Plain) -> None:
    unnamed = plain.rows("contacts", "list", CASE)
    assert {row["status"] for row in unnamed} == {"unnamed"}
    entry = '{"name": "박지우", "reference": "roster of 2 March, line 14", "phone": "010-5550-1234"}'
    contact = plain.finds(
        r"contact (\S+) is on the list",
        "contacts", "add", CASE, "--backing", "roster", "--scene", unnamed[0]["contact"], "--from", "-",
        typed=entry,
    )  # fmt: skip
    plain.says("contacts", "change", CASE, contact, "--status", "reached", "--until", "2026-03-16")
    named = plain.rows("contacts", "list", CASE, "--named")
    assert [(row["name"], row["status"], row["until"]) for row in named] == [
        ("박지우", "reached", "until 2026-03-16")
    ]


def kept_in_the_house(plain: Plain, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    for kind in ("line_list", "timeline"):
        refused = plain.refuses("export", CASE, "--kind", kind, "--out", str(out), "--case-number", CASE)
        assert "nothing leaves a rehearsal" in refused
    assert not out.exists()
    plain.finds("(is due; its day: )", "case", "notice", "show", CASE)
    site = ["--state", str(plain.socket.parent)]
    plain.finds("(lines are as they were written)", "audit", "verify", *site)
    log = plain.says("audit", "show", *site)
    assert "박지우" not in "\n".join(log)
    plain.finds("(destroyed|erased)", "case", "withdraw", CASE)
    assert "no such candidate" in plain.refuses("candidates", "show", "gone")
