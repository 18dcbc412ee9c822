"""How the engine and the house stand, for whoever keeps them going."""

from functools import partial

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from engine.api.lines import Health
from engine.api.site_schema import House
from tui.casework.finding import has
from tui.fresh import Fresh
from tui.keyboard.action import Where
from tui.keys import bindings
from tui.language.catalogue import tr
from tui.panes.housepane import CameraRow, CamerasPane, Standing, camera_rows, house_lines
from tui.screens.listing import ListScreen
from tui.station import Station

POLL_S = 2.0


class HealthScreen(ListScreen):
    where = Where.HEALTH
    BINDINGS = bindings(where)
    heading = "cameras"
    beside = "site"
    filter_hint = "in id, name or state of a camera"

    def __init__(self, station: Station) -> None:
        self.pane = CamerasPane()
        super().__init__(station, self.pane)
        engine = station.engine
        self.health: Fresh[Health] = Fresh(lambda: engine.health(), least_s=POLL_S, most_s=POLL_S)
        self.house: Fresh[House] = Fresh(lambda: engine.house(), least_s=POLL_S, most_s=POLL_S)
        self._every = False
        self._rows: tuple[CameraRow, ...] = ()

    def body(self) -> ComposeResult:
        """The house stands above its cameras."""
        with Container(id="list-body"):
            yield self.details
            with Vertical(id="list-side"):
                yield self.pane

    def paint(self) -> None:
        now_s = self.station.clock()
        for group, fresh in (("health", self.health), ("house", self.house)):
            if fresh.due(now_s) and not (fresh.refused and group == "house"):
                self.station.go(partial(fresh.fetch, now_s), group)
        super().paint()

    def show_rows(self) -> None:
        now, house = self.station.now, self.house.value
        if now is None:
            return
        rows = camera_rows(house, now, every=self._every)
        kept = tuple(row for row in rows if has(self.wanted, *_searched(row)))
        self.pane.say_nothing(self._why_empty(bool(rows)))
        if kept != self._rows or not kept:
            self._rows = kept
            self.pane.show(kept)
        well = ""
        if house is not None:
            total = house.cameras_total or len(house.cameras)
            fine = house.cameras_ok or sum(camera.state == "ok" for camera in house.cameras)
            well = tr("{n} of {m} ok", n=fine, m=total)
        self.say_title(len(kept), len(rows), well)

    def _why_empty(self, any_rows: bool) -> str:
        if any_rows:
            return tr("no camera has these letters: esc shows all")
        if self.house.value is None:
            return self.house.problem or tr("asking the engine…")
        return tr("no camera is silent, skewed or unmeasured")

    def show_details(self) -> None:
        standing = Standing(
            hello=self.station.hello,
            health=self.health.value,
            why_no_health=self.health.problem,
            house=self.house.value,
            why_no_house=self.house.problem,
        )
        self.details.show("house", house_lines(standing))

    def do_all_cameras(self) -> None:
        self._every = not self._every
        self.paint()

    def do_ask_house(self) -> None:
        self.health.outdate()
        self.house.outdate()
        self.house.refused = False
        self.paint()


def _searched(row: CameraRow) -> tuple[str, ...]:
    return row.camera.camera_id, row.camera.name, row.camera.state
