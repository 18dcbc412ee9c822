"""Pane 3 of the desk: when and where. Asks for the city once, when its map is first seen."""

import asyncio

from textual import events

from engine.api.client import EngineAway, EngineSaysNo
from tui.language.catalogue import tr
from tui.panes.plan import plan_of
from tui.panes.timeplace import TimePlace
from tui.screens.mode import ModeScreen
from tui.state import with_candidate
from tui.station import Station

BOTH_COLUMNS, BOTH_ROWS = 200, 50
ON_THE_MAP = frozenset({"map_closer", "map_farther", "map_west", "map_east", "map_fit"})


class LocatingScreen(ModeScreen):
    """The keys of pane 3, and what makes the card, the timeline and the map follow each other."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self.timeplace = TimePlace()
        self._city_asked = False
        self._room_for_both = False

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        self._room_for_both = columns >= BOTH_COLUMNS and rows >= BOTH_ROWS
        self.set_class(self._room_for_both, "broad")
        self.show_both(alone=False)

    def show_both(self, *, alone: bool) -> None:
        """Where there is room the map stands under the timeline; ``alone`` what is in front has it all."""
        self.timeplace.both(self._room_for_both and not alone)

    def forget_painted(self) -> None:
        super().forget_painted()
        self.timeplace.forget_painted()

    def show_whereabouts(self) -> None:
        """The trace at hand and the candidate on the card, in time and place."""
        state = self.station.triage.state
        self.timeplace.show(state.detail, state.candidate, self.station.zone)
        if self.timeplace.shows_map and not self._city_asked and self.station.hello is not None:
            self._city_asked = True
            self.station.go(self._fetch_city, "city")

    async def _fetch_city(self) -> None:
        try:
            city = await self.station.engine.city_map()
        except EngineAway:
            self._city_asked = False  # again when there is something new to show
            return
        except EngineSaysNo as refusal:
            self.timeplace.show_city(None, str(refusal))
            return
        plan = await asyncio.to_thread(plan_of, city)
        self.timeplace.show_city(plan, "" if len(plan.streets) else tr("no streets known here"))

    def also_why_not(self, action_id: str) -> str:
        if action_id in ON_THE_MAP and not self.timeplace.shows_map:
            return tr("the map is not shown: t")
        return super().also_why_not(action_id)

    def do_toggle_map(self) -> None:
        self.timeplace.toggle()
        self.show_whereabouts()
        self.pane_changed()

    def pane_changed(self) -> None:
        """Titles and keys have to be painted again."""

    def do_move_time(self, step: str) -> None:
        self._put_on_card(self.timeplace.step(int(step)))

    def move_day(self, step: int) -> None:
        self._put_on_card(self.timeplace.step_day(step))

    def _put_on_card(self, candidate_id: str) -> None:
        triage = self.station.triage
        if candidate_id and candidate_id != triage.state.candidate_id:
            triage.become(with_candidate(triage.state, candidate_id))

    def do_zoom_map(self, step: str) -> None:
        self.timeplace.map.zoom(int(step))

    def do_pan_map(self, east: str) -> None:
        self.timeplace.map.pan(int(east), 0)

    def do_fit_map(self) -> None:
        self.timeplace.map.fit()
