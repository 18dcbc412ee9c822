import msgspec
import pytest

from engine.domain.decision import Answer
from tests.screens.fake_engine import HELLO, a_candidate, a_detail, a_visit, at
from tui.commands.summary import SHOWN, print_summary
from tui.commands.trace_result import result


def printed(capsys: pytest.CaptureFixture[str], *details: object) -> list[str]:
    print_summary(HELLO, details, result(HELLO, details))  # type: ignore[arg-type]
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_rehearsal_says_so_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, a_detail("A"))[0] == "REHEARSAL sample"


def test_candidates_visits_and_exposures_are_one_line_each_in_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = a_visit(5, 20, "Around the western entrance of the old market hall and its bus stop")
    detail = msgspec.structs.replace(a_detail("A"), visits=(long,))
    lines = printed(capsys, detail)
    assert any(line.startswith("1 ") and "cam1" in line and "+3.2" in line for line in lines)
    assert any(line.startswith(long.label) and "03-02 03:05:00" in line for line in lines)
    assert any(line.strip().startswith("U-001: 2.6 min at 0.8-1.9 m on cam1") for line in lines)


def test_a_number_that_the_engine_keeps_back_is_left_empty(capsys: pytest.CaptureFixture[str]) -> None:
    detail = msgspec.structs.replace(a_detail("A"), candidates=(a_candidate(1, llr=None),))
    (line,) = (line for line in printed(capsys, detail) if line.startswith("1 ") and "cam1" in line)
    assert "+" not in line
    assert "None" not in line


def test_only_the_best_candidates_are_printed_and_the_rest_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys, a_detail("A", SHOWN + 3))
    assert "  and 3 more" in lines


def test_answers_and_impossible_journeys_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    candidates = (
        a_candidate(1, answer=Answer.NOT_SAME),
        a_candidate(2, infeasible="9 km in 1 min"),
    )
    lines = printed(capsys, msgspec.structs.replace(a_detail("A"), candidates=candidates))
    assert any(line.endswith("not same") for line in lines)
    assert any(line.endswith("undecided, impossible journey") for line in lines)


def test_what_was_left_out_stands_under_its_case(capsys: pytest.CaptureFixture[str]) -> None:
    detail = a_detail("A", 0)
    trace = msgspec.structs.replace(detail.trace, left_out=("no face search: no models",), finished=at(20))
    lines = printed(capsys, msgspec.structs.replace(detail, trace=trace, visits=(), exposures=()))
    place = next(n for n, line in enumerate(lines) if line.startswith("case A: "))
    assert lines[place + 1] == "  no face search: no models"
    assert lines[-1].startswith("1 trace in ")


def test_names_of_places_are_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    detail = msgspec.structs.replace(a_detail("A"), visits=(a_visit(5, 20, "[bold red]Market[/]"),))
    assert any("[bold red]Market[/]" in line for line in printed(capsys, detail))
