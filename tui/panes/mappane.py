"""The pane of the map: what of the city is seen, and following the moment."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from tui.casework.moment import Course
from tui.casework.whereabouts import has_position
from tui.language.catalogue import tr
from tui.panes.braille import Codes
from tui.panes.citymap import Scene, draw, ground, scale_bar
from tui.panes.lines import LinesPane
from tui.panes.mapwords import legend, words
from tui.panes.plan import Plan
from tui.panes.projection import Point, View
from tui.terminal.theme import TONES

ZOOM = 1.5
PAN = 0.25  # of what is seen
LEAST_ROWS = 4  # of the map itself
NARROW, NARROW_WORDS, WORDS = 40, 6, 4  # lines kept for words, so that the map has the same room always
LEGENDS = ((0, 0), (16, 2), (24, 4), (32, 9))  # lines kept for the legend, from so many lines of the pane on


@dataclass(frozen=True, slots=True)
class _Ground:
    plan: Plan | None
    view: View
    codes: Codes


class MapPane(LinesPane):
    """Shows the places of the case. What is seen changes when one of them would be outside, or when the
    person moves it; from then on it is theirs, and only follows the moment where that leads out of it."""

    def __init__(self) -> None:
        super().__init__(id="map")
        self._scene: Scene | None = None
        self._why = ""
        self._view: View | None = None
        self._moved = False  # by the person
        self._ground: _Ground | None = None

    def show(self, scene: Scene | None, why: str = "") -> None:
        """``why``: one line about a city that is not there."""
        before, self._scene, self._why = self._scene, scene, why
        if scene is None or before is None or _trace_id(scene) != _trace_id(before):
            self._view, self._moved = None, False
        elif self._moved and self._view is not None and scene.moment != before.moment:
            self._view = followed(self._view, interest(scene))
        self.repaint()

    def zoom(self, step: int) -> None:
        """Closer (1) or farther (-1)."""
        self._move(lambda view: view.zoomed(ZOOM**-step))

    def pan(self, east: int, north: int) -> None:
        self._move(lambda view: view.panned(PAN * east, PAN * north))

    def fit(self) -> None:
        """All places of the case again."""
        self._view, self._moved = None, False
        self.repaint()

    def _move(self, changed: Callable[[View], View]) -> None:
        if self._view is not None:
            self._view, self._moved = changed(self._view), True
            self.repaint()

    def lines(self, width: int, height: int) -> list[Text]:
        scene = self._scene
        if scene is None:
            return [Text(tr("nothing known yet"), style=TONES["muted"])]
        known = legend(scene, width)
        kept = NARROW_WORDS if width < NARROW else WORDS
        below = kept + min(len(known), max(most for least, most in LEGENDS if height >= least))
        view = seen(self._view, scene, width, max(LEAST_ROWS, height - 1 - below), moved=self._moved)
        self._view = view
        said = [*words(scene, view, width)[:kept], *known][:below]
        bar = scale_bar(view).append(f"  {self._why}" if self._why else "", TONES["notice"])
        bar.truncate(width, overflow="ellipsis")
        return [*draw(scene, view, self._under(scene.plan, view)), bar, *said][:height]

    def _under(self, plan: Plan | None, view: View) -> Codes:
        """Streets are drawn again only where they lie otherwise."""
        known = self._ground
        if known is None or known.plan is not plan or known.view != view:
            known = self._ground = _Ground(plan, view, ground(plan, view))
        return known.codes


def _trace_id(scene: Scene) -> str:
    return scene.course.detail.trace.trace_id


def places_of_case(course: Course, plan: Plan | None) -> list[Point]:
    """What a map shows by itself: visits and cameras of candidates; without any the scope, else the city."""
    detail = course.detail
    points = [(v.lat, v.lon) for v in detail.visits if v.lat is not None and v.lon is not None]
    if plan is None:
        return points
    points += [p for p in (plan.position(c.camera_id) for c in detail.candidates) if p is not None]
    if not points:
        points = [p for p in map(plan.position, detail.scope_cameras) if p is not None]
    if not points:
        lats = np.concatenate((plan.lats, plan.streets[:, 1]))
        lons = np.concatenate((plan.lons, plan.streets[:, 0]))
        points = list(zip(lats.tolist(), lons.tolist(), strict=True))
    return points


def interest(scene: Scene) -> Point | None:
    """Where the moment leads: the candidate at hand, else where the patient was or was last."""
    if scene.on_card is not None and scene.moment.event == scene.on_card[0]:
        return scene.on_card[1], scene.on_card[2]
    visit = scene.where.here or scene.where.last
    if visit is None or not has_position(visit) or visit.lat is None or visit.lon is None:
        return None
    return visit.lat, visit.lon


def followed(view: View, point: Point | None) -> View:
    """The same view, or one with the point in its middle where that would not be seen."""
    if point is None or view.holds([point]):
        return view
    return View(*point, view.width, view.height, view.m_per_dot)


def seen(view: View | None, scene: Scene, width: int, rows: int, *, moved: bool) -> View:
    """What to show: the view as it is while it is the person's or holds every place, else all places."""
    if view is not None and moved:
        return view.sized(width, rows)
    points = places_of_case(scene.course, scene.plan)
    if view is not None and (view.width, view.height) == (width, rows) and view.holds(points):
        return view
    return View.around(points, width, rows)
