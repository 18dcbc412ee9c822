"""The timeline in words: local time, gaps, conflicts, and shapes that tell record from sighting."""

from zoneinfo import ZoneInfo

import msgspec

from tests.screens.fake_engine import a_detail, a_gap, a_trace, a_visit
from tui.panes.timeline import timeline

SEOUL = ZoneInfo("Asia/Seoul")


def plain(width: int = 40, **given: object) -> list[str]:
    return [line.plain for line in timeline(msgspec.structs.replace(a_detail(), **given), SEOUL, width)]


def test_times_are_local_and_the_zone_is_named_once() -> None:
    text = "\n".join(plain())
    assert "11:30–11:50" in text
    assert text.count("KST") == 1


def test_records_and_sightings_differ_by_shape() -> None:
    lines = plain()
    assert any(line.startswith("◇ 11:30") for line in lines)
    assert any(line.startswith("◆ 12:07:00") for line in lines)


def test_what_nobody_covered_is_called_so() -> None:
    assert any("12:08–12:30  not covered" in line for line in plain())
    assert any("camera cam4 gave no video" in line for line in plain())


def test_a_conflict_stands_beside_its_visit() -> None:
    lines = plain(60)
    at = next(n for n, line in enumerate(lines) if "Hana market" in line)
    assert any("‼ conflict: the tram record" in line for line in lines[at : at + 3])


def test_visits_and_gaps_stand_in_order_of_time() -> None:
    given = {"visits": (a_visit(50, 60, "late"), a_visit(0, 5, "early")), "gaps": (a_gap(5, 50),)}
    text = "\n".join(plain(**given))
    assert text.index("early") < text.index("not covered") < text.index("late")


def test_no_line_is_wider_than_the_pane() -> None:
    visits = (a_visit(0, 5, "광역시립도서관 " * 9, conflict="x" * 180),)
    for width in (24, 27, 60):
        detail = msgspec.structs.replace(a_detail(), visits=visits)
        assert all(line.cell_len <= width for line in timeline(detail, SEOUL, width))


def test_what_was_left_out_is_listed() -> None:
    assert any(
        "cam5: no footage" in line for line in plain(trace=a_trace("A", left_out=("cam5: no footage",)))
    )
