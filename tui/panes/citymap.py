"""The city in braille with one trace on it: streets, cameras, where the patient was, and how far on foot.

Lines are dots, things are signs of their own shape, so that nothing is told by colour alone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from engine.api.schema import CandidateView, VisitView
from tui.casework.moment import Course, Moment
from tui.casework.whereabouts import Whereabouts, has_position, path, whereabouts
from tui.language.catalogue import tr
from tui.language.words import Mark
from tui.panes.axis import BASES, CONFLICT, UNKNOWN_BASIS, place_of
from tui.panes.braille import BLANK, Codes, Dots, codes_of, draw_lines, draw_points, no_dots
from tui.panes.plan import Plan
from tui.panes.projection import DOTS_ACROSS, DOTS_DOWN, M_PER_DEG, Floats, View
from tui.terminal.theme import TONES

OPENED = Mark("■", "opened", "accent")
SCOPE = Mark("□", "in scope", "accent")
OTHER = Mark("▫", "other camera", "muted")
PATH = Mark("⠶", "path", "accent")
RING = Mark("•", "on foot by then", "notice")
CARD = Mark("○", "on the card", "notice")
HERE = Mark("[]", "here", "notice")
LAST = Mark("()", "last known", "notice")

MOST_OTHERS = 40  # cameras outside the scope are shown where they are few
NAME_CELLS = 14
DENSE, DENSEST = 0.3, 0.12  # share of dots from which streets are thinned, and what is left of them
RING_STEP_DOTS = 5.0
RING_MOST = 4.0  # a ring more than so many screens wide is not looked for


@dataclass(frozen=True, eq=False)
class Scene:
    """What a map shows: a course, a moment of it, and the city where it is known."""

    course: Course
    moment: Moment
    plan: Plan | None = None

    @cached_property
    def way(self) -> tuple[VisitView, ...]:
        return path(self.course.detail.visits)

    @cached_property
    def where(self) -> Whereabouts:
        at = self.moment.at
        return Whereabouts() if at is None else whereabouts(self.way, at)

    @property
    def on_card(self) -> tuple[CandidateView, float, float] | None:
        """The candidate at hand with the position of its camera, where no visit tells of it."""
        candidate = self.course.candidate
        if candidate is None or self.plan is None or candidate not in self.course.events:
            return None
        position = self.plan.position(candidate.camera_id)
        return None if position is None else (candidate, *position)


class Grid:
    """Cells of a screen: what stands there, in which tone, and whether it may be written over."""

    def __init__(self, ground: Codes) -> None:
        self.height, self.width = ground.shape
        self.signs = [[chr(code) if code != BLANK else " " for code in row] for row in ground.tolist()]
        self.tones = [["muted"] * self.width for _ in range(self.height)]
        self.taken = [[False] * self.width for _ in range(self.height)]

    def free(self, column: int, row: int, cells: int = 1) -> bool:
        inside = 0 <= row < self.height and column >= 0 and column + cells <= self.width
        return inside and not any(self.taken[row][column : column + cells])

    def put(self, column: int, row: int, sign: str, tone: str, *, take: bool = True) -> None:
        if 0 <= row < self.height and 0 <= column < self.width:
            self.signs[row][column], self.tones[row][column] = sign, tone
            self.taken[row][column] = self.taken[row][column] or take

    def overlay(self, codes: Codes, tone: str) -> None:
        """Where these cells have dots, they stand instead of what was there."""
        for row, column in np.argwhere(codes != BLANK).tolist():
            self.put(column, row, chr(codes[row, column]), tone, take=False)

    def write(self, column: int, row: int, words: Text, tone: str) -> None:
        """Words as wide as they are; a wide letter takes two cells, a mark on a letter none."""
        for letter in words.plain:
            cells = cell_len(letter)
            if cells == 0:
                if column > 0:
                    self.signs[row][column - 1] += letter
                continue
            self.put(column, row, letter, tone)
            if cells == 2:
                self.put(column + 1, row, "", tone)
            column += cells

    def lines(self) -> list[Text]:
        lines = []
        for signs, tones in zip(self.signs, self.tones, strict=True):
            line, start = Text(), 0
            for end in range(1, self.width + 1):
                if end == self.width or tones[end] != tones[start]:
                    line.append("".join(signs[start:end]), TONES[tones[start]])
                    start = end
            lines.append(line)
        return lines


def ground(plan: Plan | None, view: View) -> Codes:
    """Streets, or a plain grid of one scale bar a square where none are known."""
    dots = no_dots(*view.dots)
    if plan is None or not len(plan.streets):
        _draw_grid(dots, view)
        return codes_of(dots)
    x0, y0 = view.project(plan.streets[:, 1], plan.streets[:, 0])
    x1, y1 = view.project(plan.streets[:, 3], plan.streets[:, 2])
    draw_lines(dots, x0, y0, x1, y1)
    return codes_of(_thinned(dots))


def _thinned(dots: Dots) -> Dots:
    """From far away streets become a light ground, on which a path still stands out without colour."""
    share = dots.mean()
    every = math.ceil(share / DENSEST) if share > DENSE else 1
    if every == 1:
        return dots
    down, across = dots.shape
    kept = (np.arange(across)[None, :] + 2 * np.arange(down)[:, None]) % (every + 1) == 0
    return np.asarray(dots & kept)


def _draw_grid(dots: Dots, view: View) -> None:
    step = scale_m(view) / view.m_per_dot
    across, down = view.dots
    # squares stay where they are on the earth while the view moves over them
    left = -(view.lon * M_PER_DEG * math.cos(math.radians(view.lat)) / view.m_per_dot - across / 2) % step
    top = (view.lat * M_PER_DEG / view.m_per_dot + down / 2) % step
    for x in np.arange(left, across, step):
        y = np.arange(0.0, down, 4.0)
        draw_points(dots, np.full(len(y), x), y)
    for y_line in np.arange(top, down, step):
        x_line = np.arange(0.0, across, 4.0)
        draw_points(dots, x_line, np.full(len(x_line), y_line))


def draw(scene: Scene, view: View, under: Codes) -> list[Text]:
    """One line for each row of the view; ``under`` is its ``ground``."""
    grid = Grid(under)
    where = scene.where
    _draw_path(grid, scene, view)
    _draw_ring(grid, where, view)
    _draw_cameras(grid, scene, view)
    _draw_places(grid, scene, where, view)
    return grid.lines()


def _draw_path(grid: Grid, scene: Scene, view: View) -> None:
    way = scene.way
    if len(way) > 1:
        x, y = view.project(_degrees(v.lat for v in way), _degrees(v.lon for v in way))
        dots = no_dots(*view.dots)
        draw_lines(dots, x[:-1], y[:-1], x[1:], y[1:], thick=True)
        grid.overlay(codes_of(dots), PATH.tone)


def _degrees(values: Iterable[float | None]) -> Floats:
    return np.array([value for value in values if value is not None], dtype=np.float64)


def _draw_ring(grid: Grid, where: Whereabouts, view: View) -> None:
    if where.last is None or where.last.lat is None or where.last.lon is None:
        return
    radius = where.foot_m / view.m_per_dot
    if radius > RING_MOST * max(view.dots):
        return
    x, y = view.project(np.array([where.last.lat]), np.array([where.last.lon]))
    turn = np.arange(0.0, 2 * math.pi, min(1.0, RING_STEP_DOTS / max(radius, 1.0)))
    columns = np.floor((x[0] + radius * np.cos(turn)) / DOTS_ACROSS).astype(int)
    rows = np.floor((y[0] + radius * np.sin(turn)) / DOTS_DOWN).astype(int)
    for column, row in zip(columns.tolist(), rows.tolist(), strict=True):
        if grid.free(column, row) and grid.tones[row][column] != PATH.tone:
            grid.put(column, row, RING.glyph, RING.tone, take=False)


def _draw_cameras(grid: Grid, scene: Scene, view: View) -> None:
    plan, detail = scene.plan, scene.course.detail
    if plan is None or not len(plan.lats):
        return
    x, y = view.project(plan.lats, plan.lons)
    across, down = view.dots
    seen = (x >= 0) & (x < across) & (y >= 0) & (y < down)
    columns, rows = (x // DOTS_ACROSS).astype(int), (y // DOTS_DOWN).astype(int)
    scope = plan.places(detail.scope_cameras)
    opened = plan.places(view_.camera_id for view_ in detail.opened)
    others = seen.copy()
    others[scope] = others[opened] = False
    layers = [(np.flatnonzero(others), OTHER)] if np.count_nonzero(others) <= MOST_OTHERS else []
    layers += [(scope[seen[scope]], SCOPE), (opened[seen[opened]], OPENED)]
    for places, mark in layers:
        for cell in {*zip(columns[places].tolist(), rows[places].tolist(), strict=True)}:
            grid.put(*cell, mark.glyph, mark.tone)


def mark_of(visit: VisitView) -> Mark:
    return CONFLICT if visit.conflict else BASES.get(visit.basis, UNKNOWN_BASIS)


def _draw_places(grid: Grid, scene: Scene, where: Whereabouts, view: View) -> None:
    """Marks first, the strongest last; then names, of what is at hand first."""
    visits = [visit for visit in scene.course.detail.visits if has_position(visit)]
    ranks = {mark: rank for rank, mark in enumerate((UNKNOWN_BASIS, *BASES.values(), CONFLICT))}
    visits.sort(key=lambda visit: ranks[mark_of(visit)])
    at: dict[tuple[int, int], str] = {}
    for visit, cell in zip(visits, _cells(visits, view), strict=True):
        mark = mark_of(visit)
        grid.put(*cell, mark.glyph, mark.tone)
        at[cell] = place_of(visit)
    named = list(reversed(at.items()))
    if scene.on_card is not None:
        candidate, lat, lon = scene.on_card
        cell = view.cell(lat, lon)
        if cell not in at:
            grid.put(*cell, CARD.glyph, CARD.tone)
        named.insert(0, (cell, candidate.place or candidate.camera_name))
    if (known := where.here or where.last) is not None:
        cell = _cells([known], view)[0]
        for beside, sign in zip((-1, 1), HERE.glyph if where.here else LAST.glyph, strict=True):
            grid.put(cell[0] + beside, cell[1], sign, HERE.tone)
        named.insert(0, (cell, place_of(known)))
    for number, (cell, name) in enumerate(dict(named).items()):
        _write_name(grid, *cell, name, "strong" if number == 0 else "plain")


def _cells(visits: Sequence[VisitView], view: View) -> list[tuple[int, int]]:
    x, y = view.project(_degrees(v.lat for v in visits), _degrees(v.lon for v in visits))
    columns, rows = np.floor(x / DOTS_ACROSS).astype(int), np.floor(y / DOTS_DOWN).astype(int)
    return list(zip(columns.tolist(), rows.tolist(), strict=True))


def _write_name(grid: Grid, column: int, row: int, name: str, tone: str) -> None:
    """Beside its mark, else above or below; not at all where there is no room."""
    if not (0 <= row < grid.height and 0 <= column < grid.width):
        return
    words = Text(name)
    words.truncate(min(NAME_CELLS, grid.width // 3), overflow="ellipsis")
    cells = words.cell_len
    left, right = column - 2 - cells, column + 2
    spots = ((right, row), (left, row), (right, row - 1), (right, row + 1), (left, row - 1), (left, row + 1))
    # one cell more on either side keeps two names apart
    free = [
        (begins, line)
        for begins, line in spots
        if grid.free(begins, line, cells) and grid.free(max(0, begins - 1), line, cells + 1)
    ]
    clear = [(begins, line) for begins, line in free if PATH.tone not in grid.tones[line][begins:][:cells]]
    if not free:
        return
    begins, line = (clear or free)[0]
    for beside in (begins - 1, begins + cells):
        if grid.free(beside, line) and grid.tones[line][beside] != PATH.tone:
            grid.put(beside, line, " ", tone, take=False)
    grid.write(begins, line, words, tone)


def scale_m(view: View) -> float:
    """Length of the scale bar: 1, 2 or 5 times a power of ten, at most a third of the width."""
    longest = view.span_m[0] / 3
    power = 10.0 ** math.floor(math.log10(longest))
    return next(power * factor for factor in (5.0, 2.0, 1.0) if power * factor <= longest)


def scale_bar(view: View) -> Text:
    length_m = scale_m(view)
    cells = max(2, round(length_m / view.m_per_dot / DOTS_ACROSS))
    bar = "├" + "─" * (cells - 2) + "┤"
    return Text.assemble((bar, TONES["plain"]), (f" {length_m:.0f} m  {tr('north up')}", TONES["muted"]))
