"""Pane 3 at work: card, time cursor and map follow each other, at every size and without colours."""

import msgspec
import pytest

from engine.api.client import EngineSaysNo
from engine.api.site_schema import CityMap
from engine.domain.decision import Answer
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_casework import a_city
from tests.screens.fake_city import a_large_city, a_placed_detail
from tests.screens.fake_engine import FakeEngine, a_candidate, a_detail, a_visit, ten_traces
from tui.panes.timeplace import MAP, TIMELINE
from tui.terminal.theme import SIXTEEN

BROAD = (200, 60)


class CountingEngine(FakeEngine):
    """Counts how often the city is asked for, and may refuse it or not be there."""

    def __init__(self, refuses: str = "") -> None:
        super().__init__({**ten_traces(), "T-A": a_placed_detail()})
        self.maps = 0
        self.refuses = refuses

    async def city_map(self) -> CityMap:
        self._there()
        self.maps += 1
        if self.refuses:
            raise EngineSaysNo(403, "refused", self.refuses)
        return await super().city_map()


def pane(seat: Seat) -> str:
    """The lines of pane 3, whichever of the two is in front."""
    place = seat.desk.desk.timeplace
    widget = place.map if place.front == MAP else place.timeline
    return "\n".join(line.plain for line in widget._lines)


async def on_map(seat: Seat) -> None:
    await seat.press("3", "t")
    await seat.until(lambda: "⠶ path" in pane(seat) and "□" in pane(seat))


async def test_the_time_cursor_stands_at_the_candidate_on_the_card_and_goes_along() -> None:
    async with seated(CountingEngine()) as seat:
        assert "▌○ 12:07:00" in pane(seat)
        await seat.press("j")
        await seat.until(lambda: "▌○ 12:14:00" in pane(seat))
        await seat.press("t")
        await seat.until(lambda: "▼ 12:14:00" in pane(seat))
        await seat.press("j")
        await seat.until(lambda: "▼ 12:21:00" in pane(seat))


async def test_left_and_right_step_through_events_only_while_pane_3_is_at_hand() -> None:
    async with seated(CountingEngine()) as seat:
        await seat.press("right")
        assert "press 3 first" in seat.text() and "▌○ 12:07:00" in pane(seat)
        await seat.press("3", "left")
        assert "▌┊ 10:45–11:30" in pane(seat) or "▌◇ 11:30" in pane(seat)
        await seat.press("right")
        assert "▌○ 12:07:00" in pane(seat)


async def test_a_sighting_on_the_timeline_puts_its_candidate_on_the_card() -> None:
    detail = a_placed_detail()
    confirmed = a_candidate(1, answer=Answer.SAME, decided_by="lee")
    detail = msgspec.structs.replace(detail, candidates=(confirmed, *detail.candidates[1:]))
    async with seated(FakeEngine({"T-A": detail})) as seat:
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        await seat.press("3")
        for _ in range(3):
            if seat.desk.triage.state.candidate_id != "C-A-1":
                await seat.press("left")
        assert seat.desk.triage.state.candidate_id == "C-A-1"
        assert "▌◆ 12:07:00" in pane(seat), "the cursor stays on the sighting it came from"
        await seat.pictures("C-A-1")


async def test_an_answer_moves_the_card_and_with_it_timeline_and_map() -> None:
    async with seated(CountingEngine()) as seat:
        await seat.press("x")
        await seat.pictures("C-A-2")
        await seat.until(lambda: "▌○ 12:14:00" in pane(seat))


async def test_newer_facts_move_neither_the_cursor_nor_the_map() -> None:
    engine = CountingEngine()
    async with seated(engine) as seat:
        await on_map(seat)
        await seat.press("right")
        view, moment = seat.desk.desk.timeplace.map._view, seat.desk.desk.timeplace.moment
        more = a_placed_detail()
        near = msgspec.structs.replace(more.visits[1], start=more.visits[3].start, label="Cafe Onda again")
        engine.details["T-A"] = msgspec.structs.replace(more, visits=(*more.visits, near))
        engine.answer_elsewhere("C-A-4", Answer.NOT_SAME, "lee")
        await seat.until(lambda: seat.desk.triage.state.candidates[3].decided_by == "lee")
        assert seat.desk.desk.timeplace.map._view == view
        assert seat.desk.desk.timeplace.moment == moment


async def test_t_changes_between_timeline_and_map_and_the_title_says_which() -> None:
    async with seated(CountingEngine()) as seat:
        assert "3 timeline" in seat.text() and "3 map" not in seat.text()
        await on_map(seat)
        assert "3 map" in seat.text() and "3 timeline" not in seat.text()
        await seat.press("t")
        assert "3 timeline" in seat.text() and seat.desk.desk.timeplace.front == TIMELINE


async def test_the_city_is_asked_for_once_and_not_before_its_map_is_wanted() -> None:
    engine = CountingEngine()
    async with seated(engine) as seat:
        await seat.press("j", "3")
        assert engine.maps == 0
        await on_map(seat)
        await seat.press("t", "t", "j", "J", "K")
        assert engine.maps == 1


async def test_a_city_that_is_not_given_is_said_and_the_places_are_drawn_all_the_same() -> None:
    async with seated(CountingEngine(refuses="no map for this role"), size=NARROW) as seat:
        await seat.press("3", "t")
        await seat.until(lambda: "no map for this role" in pane(seat))
        assert "◈" in pane(seat) and "Cafe Onda" in pane(seat)


async def test_a_site_without_streets_says_so_and_has_a_grid() -> None:
    engine = CountingEngine()
    engine.city = CityMap(streets=(), cameras=a_city().cameras)
    async with seated(engine, size=NARROW) as seat:
        await seat.press("3", "t")
        await seat.until(lambda: "no streets known here" in pane(seat))


async def test_keys_of_the_map_say_why_while_it_is_not_shown() -> None:
    async with seated(CountingEngine()) as seat:
        await seat.press("greater_than_sign")
        assert "the map is not shown: t" in seat.text()
        await on_map(seat)
        whole = pane(seat)
        await seat.press("greater_than_sign")
        closer = pane(seat)
        await seat.press("H", "up")
        moved = pane(seat)
        await seat.press("0")
        assert whole != closer != moved and pane(seat) == whole


async def test_the_list_scrolls_and_the_axis_stays() -> None:
    async with seated(CountingEngine()) as seat:
        await seat.press("3")
        first = pane(seat).splitlines()
        await seat.press("down", "down")
        then = pane(seat).splitlines()
        assert then[:10] == first[:10] and then != first


async def test_page_keys_change_the_day_in_pane_3_and_scroll_the_words_elsewhere() -> None:
    detail = msgspec.structs.replace(
        a_detail(), visits=(a_visit(-30, -10, "Cafe Onda"), a_visit(1440, 1500, "Hana market"))
    )
    async with seated(FakeEngine({"T-A": detail})) as seat:
        await seat.press("pagedown")
        assert "Mon 2 Mar 2026  1/2" in pane(seat)
        await seat.press("3", "pagedown")
        assert "Tue 3 Mar 2026  2/2" in pane(seat)
        await seat.press("pageup")
        assert "Mon 2 Mar 2026  1/2" in pane(seat)


async def test_a_broad_screen_shows_both_and_t_says_which_the_arrows_move() -> None:
    async with seated(CountingEngine(), size=BROAD) as seat:
        await seat.until(lambda: "⠶ path" in seat.text() and "□" in seat.text())
        assert "3 timeline" in seat.text() and "3 map" in seat.text()
        await seat.press("3")
        assert "┏━ 3 timeline" in seat.text() and "╭─ 3 map" in seat.text()
        await seat.press("t")
        assert "╭─ 3 timeline" in seat.text() and "┏━ 3 map" in seat.text()
        await seat.pilot.resize_terminal(*WIDE)
        await seat.until(lambda: "3 timeline" not in seat.text() and "3 map" in seat.text())


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18), (100, 30), BROAD])
async def test_both_can_be_read_at_every_size(size: tuple[int, int]) -> None:
    async with seated(CountingEngine(), size=size) as seat:
        await seat.press("3")
        await seat.until(lambda: "▼" in pane(seat) and "▌○ 12:07:00" in pane(seat))
        assert "▼" in seat.text()
        await seat.press("t")
        await seat.until(lambda: "◈" in pane(seat) and "□" in pane(seat))
        assert "north up" in seat.text() and "REHEARSAL" in seat.text()


@pytest.mark.parametrize("theme", [None, SIXTEEN.name])
async def test_shapes_alone_tell_everything(theme: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if theme is None:
        monkeypatch.setenv("NO_COLOR", "1")
    async with seated(CountingEngine(), size=BROAD, **({} if theme is None else {"theme": theme})) as seat:
        await seat.until(lambda: "⠶ path" in seat.text() and "■" in seat.text())
        text = seat.text()
        for sign in ("◇", "◆", "◈", "‼", "╍", "╌", "┊", "▼", "│", "○", "■", "□", "[◆]", "⣠"):
            assert sign in text


async def test_a_trace_without_candidates_begins_at_its_first_event() -> None:
    detail = a_placed_detail(candidates=0)
    async with seated(FakeEngine({"T-A": detail})) as seat:
        await seat.press("3")
        await seat.until(lambda: "▌◇ 08:50–10:45" in pane(seat))
        await seat.press("right", "t")
        await seat.until(lambda: "Hillside flat" in pane(seat))


async def test_another_trace_brings_its_own_time_and_places() -> None:
    async with seated(CountingEngine()) as seat:
        await on_map(seat)
        assert "하늘의원" in pane(seat)
        await seat.press("J")
        await seat.until(lambda: "하늘의원" not in pane(seat))
        await seat.press("K")
        await seat.until(lambda: "하늘의원" in pane(seat))


async def test_a_large_city_comes_without_holding_up_the_keys() -> None:
    engine = CountingEngine()
    engine.city = a_large_city()
    async with seated(engine) as seat:
        await seat.press("t", "j")
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        await seat.until(lambda: seat.desk.desk.timeplace.map._scene.plan is not None)  # type: ignore[union-attr]


async def test_nothing_is_mounted_or_taken_away_while_working() -> None:
    async with seated(CountingEngine()) as seat:
        before = len(seat.desk.screen.query("*"))
        await on_map(seat)
        await seat.press("right", "right", "greater_than_sign", "t", "j")
        assert len(seat.desk.screen.query("*")) == before
