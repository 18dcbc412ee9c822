"""The plain commands about cases, town and house, on a real engine without models."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import Result as Outcome
from typer.testing import CliRunner

from engine.api.site_schema import AuditHead
from engine.domain.authorisation import AuthorisationState
from tests.end_to_end.house import House
from tests.screens.fake_casework import a_board, a_house, an_audit, an_authorisation
from tui.cli import app
from tui.commands.audit import FOLLOW_S, show_tail
from tui.commands.board import HEADINGS, row_of
from tui.commands.engine_process import end_engine, shared_engine
from tui.commands.house import show_house

NOW = datetime(2026, 3, 2, 3, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    folder = tmp_path_factory.mktemp("town")
    made = House(folder / "town")
    made.add_clip("cam1", b"never opened")
    socket = shared_engine(made.site, folder / "s")
    yield made, socket
    end_engine(socket)


def said(town: tuple[House, Path], *words: str, typed: str = "") -> Outcome:
    house, socket = town
    address = ["--socket", str(socket)]
    if words[0] in ("engine", "audit"):
        address = ["--site", str(house.site), "--state", str(socket.parent)]
    return CliRunner().invoke(app, [*words, *address], input=typed)


def test_a_case_is_on_the_board_with_the_note_that_was_left(town: tuple[House, Path]) -> None:
    assert "no case is open" in said(town, "case", "board").output
    said(town, "case", "open", str(town[0].case), "--site", str(town[0].site))
    assert "there is no handover note" in said(town, "case", "handover", "A").output
    written = said(town, "case", "handover", "A", "--write", typed="the cafe\ncalls \x1b[31mback\n")
    assert written.output == "the handover note of case A is written\n"
    shown = said(town, "case", "handover", "A").output.splitlines()
    assert shown[1:] == ["the cafe", "calls �[31mback"]
    board = said(town, "case", "board").output.splitlines()
    assert board[0].split() == " ".join(HEADINGS).split()
    assert len(board) == 2
    assert board[1].startswith("A ")
    assert said(town, "case", "handover", "A", "--forget").output == "the handover note of case A is gone\n"
    assert "there is no draft of yours" in said(town, "case", "draft", "A").output


def test_no_note_is_ever_an_argument_that_others_read(town: tuple[House, Path]) -> None:
    assert said(town, "case", "handover", "A", "Park calls back").exit_code == 2


def test_a_draft_is_written_from_a_pipe_and_only_by_forgetting_taken_away(town: tuple[House, Path]) -> None:
    assert said(town, "case", "draft", "A", "--write", typed="Market, 2 Mar\n").exit_code == 0
    assert said(town, "case", "draft", "A", "--write", typed=" \n").exit_code == 2
    assert said(town, "case", "draft", "A").output.splitlines()[1:] == ["Market, 2 Mar"]
    assert said(town, "case", "draft", "A", "--forget").output == "the draft of yours of case A is gone\n"


def test_a_note_that_somebody_changed_meanwhile_is_not_written_over(town: tuple[House, Path]) -> None:
    said(town, "case", "handover", "A", "--write", typed="the cafe calls back\n")
    shown = said(town, "case", "handover", "A").output.splitlines()
    version = shown[0].split("version ")[1]
    said(town, "case", "handover", "A", "--write", typed="the cafe has called\n")
    late = said(town, "case", "handover", "A", "--write", "--seen", version, typed="nobody calls\n")
    assert late.exit_code == 2
    assert "the note was changed by" in late.output and "read it, then write yours again" in late.output
    assert said(town, "case", "handover", "A").output.splitlines()[1:] == ["the cafe has called"]


def test_to_whom_what_was_passed_on_is_read_and_not_given(town: tuple[House, Path]) -> None:
    told = said(town, "case", "notice", "passed-on", "A", typed="Gaon Province\nlist of contacts\n")
    assert "still to tell: passed:list of contacts to Gaon Province" in told.output
    for typed in ("Gaon Province\n", "\n", "Gaon Province\nlist\nof contacts\n"):
        refused = said(town, "case", "notice", "passed-on", "A", typed=typed)
        assert refused.exit_code == 2
    assert said(town, "case", "notice", "show", "A").output == told.output


def test_what_a_notice_says_was_passed_on_is_read_from_a_file(
    town: tuple[House, Path], tmp_path: Path
) -> None:
    notice = tmp_path / "notice.pdf"
    notice.write_bytes(b"a notice")
    now = datetime.now(UTC).isoformat()
    words = ("case", "notice", "sent", "A", "--document", str(notice), "--collected", "", "--at", now)
    sent = said(town, *words, "--passed-on", "-", typed="list of contacts to Gaon Province\n\n")
    assert "is sent" in sent.output and "still to tell" not in sent.output


def test_a_text_and_taking_it_away_do_not_go_together(town: tuple[House, Path]) -> None:
    outcome = said(town, "case", "handover", "A", "--write", "--forget")
    assert outcome.exit_code == 2
    assert "give one of the two" in outcome.output


def test_a_case_that_is_not_there_is_one_line_and_exit_code_2(town: tuple[House, Path]) -> None:
    for words in (("case", "handover", "none"), ("case", "draft", "none")):
        outcome = said(town, *words)
        assert outcome.exit_code == 2
        assert "there is no open case none" in outcome.output


def test_places_are_looked_up(town: tuple[House, Path]) -> None:
    names = [place for place in town[0].places.read_text("utf-8").splitlines()[1:] if place]
    first = names[0].split(",")
    assert first[0] in said(town, "case", "places", typed=first[1][:4]).output
    nowhere = said(town, "case", "places", typed="nowhere at all")
    assert nowhere.output == "no place has that in its name\n"
    assert said(town, "case", "places").exit_code == 2, "nothing was asked for"


def test_the_house_and_the_head_of_the_audit_are_told(town: tuple[House, Path]) -> None:
    house = said(town, "engine", "house")
    assert house.exit_code == 3, "there is no model"
    assert "cameras: " in house.output
    assert "GiB free" in house.output
    head = said(town, "audit", "head").output.splitlines()
    assert head[0].split()[1:3] == ["lines,", "root"]
    last = said(town, "audit", "tail", "-n", "1")
    assert last.exit_code == 0
    assert len(last.output.splitlines()) == 1


def test_a_line_of_the_board_says_what_waits() -> None:
    board = a_board(NOW)
    assert [row_of(case)[0] for case in board.values()] == list("ABCDEFGHI")
    waiting = dict(zip(HEADINGS, row_of(board["B"]), strict=True))
    assert waiting["sources"] == "card waits 27 h"
    assert waiting["authorisation"].startswith("requested until 2026-03-04")
    assert waiting["footage"] == "gone 2026-03-02 08:20Z"
    assert dict(zip(HEADINGS, row_of(board["C"]), strict=True))["notice"].startswith("overdue 2026-03-01")
    in_a_hurry = msgspec.structs.replace(
        board["I"], authorisations=(an_authorisation(1, "I", NOW, state=AuthorisationState.EMERGENCY),)
    )
    assert "EMERGENCY" in row_of(in_a_hurry)[4]
    assert row_of(board["I"])[3:7] == ("", "", "", "")


def test_cameras_that_are_well_are_only_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert not show_house(a_house(NOW))
    told = capsys.readouterr().out
    assert "cameras: 2 of 5 ok" in told
    assert "cam1" not in told
    assert "its clock is +840 s off" in told
    well = msgspec.structs.replace(a_house(NOW), cameras=(), cameras_total=9, cameras_ok=9, witness="ok")
    assert show_house(well)
    for wrong in (
        {"cameras_ok": 8},
        {"keys_overdue": 1},
        {"witness": "silent"},
        {"disk_free": well.disk_total // 11},
    ):
        assert not show_house(msgspec.structs.replace(well, **wrong)), wrong


class Log:
    """An auditor's engine whose log grows by a line whenever somebody waits."""

    def __init__(self) -> None:
        self.lines = an_audit(NOW)
        self.waited: list[float] = []

    async def audit(self, after: int = 0) -> tuple[object, ...]:
        return tuple(line for line in self.lines if line.seq > after)

    async def audit_head(self) -> AuditHead:
        return AuditHead(size=len(self.lines), root="", signed_upto=0, witnessed_upto=0, witnessed_at=None)

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        if len(self.waited) == 3:
            raise KeyboardInterrupt
        last = self.lines[-1]
        new = msgspec.structs.replace(last, seq=last.seq + 1, at=last.at + timedelta(minutes=1))
        self.lines = (*self.lines, new)


async def test_the_tail_is_the_last_lines_and_goes_on_with_every_one_that_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log()
    await show_tail(log, 2)  # type: ignore[arg-type]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["4", "5"]
    with pytest.raises(KeyboardInterrupt):
        await show_tail(log, 1, log.sleep)  # type: ignore[arg-type]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["5", "6", "7"]
    assert log.waited == [FOLLOW_S] * 3
